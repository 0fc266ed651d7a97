// SPDX-License-Identifier: GPL-3.0-or-later
/** Closes (docs/protocol.md, Closing): what they reveal is entered beside what was spent, and what contradicts them is caught. */
import { setImmediate } from "node:timers/promises";

import {
  CLOSE_CONSENT_TYPES,
  FIELD_MODULUS,
  TICKET_COUNT,
  closeChallenge,
  compressSlots,
  coverKeysHash,
  domainOf,
  holdOf,
  identityCommitmentOf,
  nullifierOf,
  recoverFromKey,
  shareOf,
  ticketKeyFromCover,
} from "../protocol/index.ts";
import { GatewayError } from "../wire/index.ts";
import type { AccountView, CloseConsent, CloseRequest } from "../wire/index.ts";
import type { GatewayContext } from "./ports.ts";
import type { SpentTicket } from "./store/index.ts";

/** A close as the chain's event tells it. */
export type ObservedClose = Pick<CloseRequest, "identityCommitment" | "firstUnused" | "coverKeys">;

/** How many tickets to derive before other work has its turn: some 10 ms. */
const DERIVED_PER_TURN = 32;

interface Revealed {
  readonly index: number;
  readonly ticketKey: bigint;
}

/** The tickets [j, j + ⌊D/hold⌋), cut at 65,536, by nullifier. docs/protocol.md, Closing, says why these are enough. */
async function revealedTickets(
  { pool }: GatewayContext,
  { coverKeys, ...close }: ObservedClose,
  deposit: bigint,
): Promise<ReadonlyMap<bigint, Revealed>> {
  const firstUnused = Number(close.firstUnused);
  const count = deposit / holdOf(pool.parameters);
  const end = count > BigInt(TICKET_COUNT - firstUnused) ? TICKET_COUNT : firstUnused + Number(count);
  const revealed = new Map<bigint, Revealed>();
  for (let index = firstUnused; index < end; index++) {
    const ticketKey = ticketKeyFromCover(coverKeys, firstUnused, index);
    revealed.set(nullifierOf(ticketKey), { index, ticketKey });
    if (revealed.size % DERIVED_PER_TURN === 0) await setImmediate();
  }
  return revealed;
}

/**
 * Takes note of a close that the chain has started. A revealed ticket that was spent before convicts the account: its share and its
 * key give k, and a second share is made of them for the slash.
 * @returns whether the close was honest.
 */
export async function observeClose(context: GatewayContext, close: ObservedClose): Promise<boolean> {
  const { store, chain, offences } = context;
  const { identityCommitment } = close;
  const account = await chain.account(identityCommitment);
  if (account === undefined) throw new GatewayError("ACCOUNT_NOT_OPEN", "the chain has no such account");
  const revealed = await revealedTickets(context, close, account.deposit);
  const [first] = await store.closeTickets(identityCommitment, [...revealed.keys()], "always");
  if (first === undefined) return true;

  const { nullifier, share } = first;
  const { index, ticketKey } = revealed.get(nullifier) as Revealed;
  const identitySecret = recoverFromKey(share, ticketKey);
  if (identityCommitmentOf(identitySecret) !== identityCommitment) {
    throw new GatewayError(
      "INTERNAL",
      "a revealed ticket's share does not open the account: the close cannot be the chain's",
    );
  }
  const second = shareOf(identitySecret, ticketKey, (share.x % (FIELD_MODULUS - 1n)) + 1n);
  const shares = [share, second] as const;
  await offences.accuse({ kind: "understated-close", identitySecret, identityCommitment, nullifier, index, shares });
  return false;
}

/** Of how many accounts it is remembered that the tickets of their close were entered. */
const REMEMBERED_CLOSES = 1_024;

/**
 * The tickets that proved closes reveal, entered for the consent to them. Of a large account they take seconds to derive: one account's
 * are derived at a time, and the same close sent again finds them entered.
 */
export class ConsentedTickets {
  readonly #context: GatewayContext;
  /** The last close of an account whose tickets were entered without conflict: no later use can contradict it. */
  readonly #entered = new Map<bigint, string>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(context: GatewayContext) {
    this.#context = context;
  }

  /** @throws GatewayError CLOSE_CONFLICT */
  enter(close: CloseRequest, deposit: bigint): Promise<void> {
    const run = this.#queue.then(() => this.#enter(close, deposit));
    this.#queue = run.catch(() => undefined);
    return run;
  }

  async #enter(close: CloseRequest, deposit: bigint): Promise<void> {
    const { identityCommitment, firstUnused, coverKeys } = close;
    const revealing = [firstUnused, deposit, ...coverKeys].join(" ");
    if (this.#entered.get(identityCommitment) === revealing) return;
    const revealed = await revealedTickets(this.#context, close, deposit);
    const spent = await this.#context.store.closeTickets(identityCommitment, [...revealed.keys()], "unless-spent");
    if (spent.length > 0) throw closeConflict(spent, revealed);
    this.#entered.delete(identityCommitment);
    this.#entered.set(identityCommitment, revealing);
    const [oldest] = this.#entered.keys();
    if (this.#entered.size > REMEMBERED_CLOSES && oldest !== undefined) this.#entered.delete(oldest);
  }
}

/**
 * Consents to a close that reveals no spent ticket. The tickets are entered before the signature is made. A conflict is refused and
 * accuses nobody: the close is not on chain, and a wallet restored from its seed may have counted too low. The answer names the
 * least j that is without conflict.
 * @throws GatewayError ACCOUNT_NOT_OPEN, CLOSE_REFUSED, PROOF_INVALID, CLOSE_CONFLICT
 */
export async function consentToClose(
  context: GatewayContext,
  tickets: ConsentedTickets,
  close: CloseRequest,
): Promise<CloseConsent> {
  const { pool, chain, verify, clock, settings, signer } = context;
  const { identityCommitment, coverKeys, proof } = close;
  const account = await chain.account(identityCommitment);
  if (account === undefined || account.isClosing || (account.status !== "active" && account.status !== "expired")) {
    throw new GatewayError("ACCOUNT_NOT_OPEN", "there is no open account under this commitment");
  }
  requireSettleable(context, close);
  if (!(await verify("close", publicSignalsOf(context, close, account), proof))) {
    throw new GatewayError("PROOF_INVALID", "the close's proof is not valid");
  }
  if (close.certified !== 0n && !(await chain.finalFold(close.certified))) {
    throw new GatewayError("CLOSE_REFUSED", "the close's state is not certified, or not final yet");
  }
  await tickets.enter(close, account.deposit);

  const consentDeadline = BigInt(clock() + settings.consentSeconds);
  const { proof: _, coverKeys: __, ...message } = close;
  const consent = {
    ...message,
    coverKeysHash: coverKeysHash(coverKeys),
    consentDeadline,
  };
  return { consentDeadline, signature: await signer.signTypedData(domainOf(pool), CLOSE_CONSENT_TYPES, consent) };
}

function closeConflict(spent: readonly SpentTicket[], revealed: ReadonlyMap<bigint, Revealed>): GatewayError {
  const highest = Math.max(...spent.map(({ nullifier }) => revealed.get(nullifier)?.index ?? 0));
  return new GatewayError(
    "CLOSE_CONFLICT",
    `ticket ${highest} was used: no close below ${highest + 1} is consented to`,
    {
      firstUnused: highest + 1,
    },
  );
}

/** What the settlement contract would refuse. */
function requireSettleable({ pool, clock }: GatewayContext, close: CloseRequest): void {
  const { ticketPrice, policyHold } = pool.parameters;
  const refuse = (reason: string): never => {
    throw new GatewayError("CLOSE_REFUSED", reason);
  };
  const { firstUnused } = close;
  if (close.refundedCharges > firstUnused * ticketPrice) refuse("more charges are refunded than tickets were used");
  if (close.refundedHolds > firstUnused * policyHold) refuse("more holds are returned than tickets were used");
  if (close.deadline < BigInt(clock())) refuse("the close's deadline has passed");
}

function publicSignalsOf({ pool }: GatewayContext, close: CloseRequest, { deposit }: AccountView): readonly bigint[] {
  const { identityCommitment, firstUnused, refundedCharges, refundedHolds, certified, coverKeys } = close;
  const z = closeChallenge(pool.poolHash, identityCommitment, coverKeys, close);
  const e = compressSlots(coverKeys, z);
  const claimed = [firstUnused, refundedCharges, refundedHolds, certified];
  return [identityCommitment, deposit, ...claimed, z, e, pool.poolHash];
}
