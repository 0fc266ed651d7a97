// SPDX-License-Identifier: GPL-3.0-or-later
/** Tickets are proved ahead of time: a call then costs one signature. */
import { nullifierOf, requestClaim, ticketKeyOf, ticketsCovered } from "../protocol/index.ts";
import type { SignedState } from "../protocol/index.ts";
import type { TicketOpening } from "../wire/index.ts";
import { WalletError } from "./errors.ts";
import { proveClaim } from "./ports.ts";
import type { AccountContext } from "./ports.ts";
import { sessionKeyOf } from "./vouchers.ts";
import type { SessionKey } from "./vouchers.ts";

export type Opening = TicketOpening & { readonly nullifier: bigint };

/** How many proofs are asked for at a time; the prover does them as its threads allow. */
const PROOFS_AHEAD = 4;
/** Proofs that a call waits for go before those that are made ahead. */
const AHEAD = -1;

/** What tickets are proved from. @throws WalletError NOT_ENROLLED */
export function newestState({ records, identitySecret }: AccountContext): SignedState {
  const state = records.folds.newestSigned(identitySecret);
  if (state === undefined) throw new WalletError("NOT_ENROLLED", "the account is not enrolled with the provider");
  return state;
}

export const budgetedTickets = (context: AccountContext): number =>
  ticketsCovered(context.pool.parameters, newestState(context).state.budget);

export class Stock {
  readonly #context: AccountContext;
  readonly #proving = new Map<number, Promise<Opening>>();
  readonly #nullifiers = new Map<number, bigint>();
  /** Of tickets that are proved and not used up: a call needs no work on the curve for them. */
  readonly #keys = new Map<number, SessionKey>();

  constructor(context: AccountContext) {
    this.#context = context;
  }

  /** The key of a ticket's session, as it was made for the proof, or made now. */
  sessionKey(index: number): SessionKey {
    const key = this.#keys.get(index) ?? sessionKeyOf(this.#context.identitySecret, index);
    this.#keys.set(index, key);
    return key;
  }

  /** Nobody is at work with its session any more. */
  forgetKey(index: number): void {
    this.#keys.delete(index);
  }

  nullifierAt(index: number): bigint {
    const known = this.#nullifiers.get(index) ?? nullifierOf(ticketKeyOf(this.#context.ticketRoot, index));
    this.#nullifiers.set(index, known);
    return known;
  }

  /** The proof of a ticket: from stock, or made now. Always the same message for the same ticket. */
  async opening(index: number, priority = 0): Promise<Opening> {
    const known = this.#context.records.ticket(index)?.opening ?? this.#proving.get(index);
    if (known !== undefined) return known;
    const running = this.#prove(index, priority).finally(() => this.#proving.delete(index));
    this.#proving.set(index, running);
    return running;
  }

  /**
   * Proves until `count` unused tickets are in stock, or as many as the budget covers.
   * @returns how many are in stock.
   */
  async fill(count: number, onProgress?: (proved: number, wanted: number) => void): Promise<number> {
    const { records } = this.#context;
    const covered = budgetedTickets(this.#context);
    const { nextIndex, closingFrom } = records.account;
    if (closingFrom !== undefined)
      throw new WalletError("ACCOUNT_CLOSING", "the account is closing: it needs no tickets");
    const end = Math.min(nextIndex + count, covered);
    const proved = new Set(records.provedTickets());
    const missing = Array.from({ length: Math.max(0, end - nextIndex) }, (_, offset) => nextIndex + offset).filter(
      (index) => !proved.has(index),
    );
    for (const index of proved) await this.#warm(index);
    let done = 0;
    const queue = missing.values();
    const work = async (): Promise<void> => {
      for (const index of queue) {
        await this.opening(index, AHEAD);
        done += 1;
        onProgress?.(done, missing.length);
      }
    };
    await Promise.all(Array.from({ length: PROOFS_AHEAD }, work));
    return records.provedTickets().length;
  }

  /** After a restart tickets are in stock, and their keys are not. One at a time, so that calls go first. */
  async #warm(index: number): Promise<void> {
    if (this.#keys.has(index)) return;
    await new Promise(setImmediate);
    if (this.#context.records.ticket(index)?.status === "proved") this.sessionKey(index);
  }

  async #prove(index: number, priority: number): Promise<Opening> {
    const { pool, records } = this.#context;
    const { address } = this.sessionKey(index);
    const claim = requestClaim(pool, newestState(this.#context), index, address);
    const [nullifier, y] = claim.publicSignals as [bigint, bigint];
    this.#nullifiers.set(index, nullifier);
    const opening = { nullifier, y, proof: await proveClaim(this.#context, "request", claim, priority) };
    records.addOpening(index, opening);
    return opening;
  }
}
