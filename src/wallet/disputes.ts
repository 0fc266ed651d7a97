// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Disputes (docs/protocol.md, Disputes): for a ticket that was handed in and whose refund the provider withholds. The session is used no
 * more from the moment its dispute is recorded, and no further ticket is used with the provider while one is open.
 */
import { ZeroAddress, getAddress } from "ethers";

import type { DisputeFile, DisputeView, SignedRefund } from "../wire/index.ts";
import { toJson } from "../wire/index.ts";
import { WalletError } from "./errors.ts";
import { requireActive } from "./ports.ts";
import type { AccountContext } from "./ports.ts";
import type { Refunds } from "./refunds.ts";
import type { Sessions } from "./sessions.ts";
import type { Stock } from "./stock.ts";
import { sessionKeyOf, signDispute } from "./vouchers.ts";

/** Which ticket, and who gets the award. */
export type DisputeOptions = ({ readonly index: number } | { readonly nullifier: bigint }) & {
  readonly recipient: string;
};

/** A dispute of this account, as the chain has it. */
export interface SettledDispute {
  readonly index: number;
  readonly status: DisputeView["status"];
  /** Unix seconds: from then on an open one can be resolved. */
  readonly resolvableAt: bigint;
  /** Of an answered one; undefined where the answer is worth nothing. Also among the grievances where it is not what it must be. */
  readonly refund: SignedRefund | undefined;
}

export class Disputes {
  readonly #context: AccountContext;
  readonly #stock: Stock;
  readonly #sessions: Sessions;
  readonly #refunds: Refunds;

  constructor(context: AccountContext, stock: Stock, sessions: Sessions, refunds: Refunds) {
    this.#context = context;
    this.#stock = stock;
    this.#sessions = sessions;
    this.#refunds = refunds;
  }

  /**
   * Signs a dispute. It is on disk before it leaves, and a repeat gives the same. Nothing is sent: anyone may submit the file.
   * @throws WalletError ACCOUNT_NOT_OPEN, ACCOUNT_CLOSING, DISPUTE_INVALID
   */
  async prepare(options: DisputeOptions): Promise<DisputeFile> {
    const { index, recipient } = await this.#admit(options);
    const release = this.#sessions.claim(index);
    try {
      return await this.#sign(index, recipient);
    } finally {
      release();
    }
  }

  /**
   * Refuses what `prepare` would refuse as things stand, signs nothing, and asks nobody about this ticket.
   * @returns the dispute that the chain has already; undefined where there is none
   * @throws as `prepare`
   */
  async check(options: DisputeOptions): Promise<DisputeView | undefined> {
    const { index, recipient } = await this.#admit(options);
    const signed = this.#signedBefore(index, recipient);
    const onChain = await this.#context.chain.dispute(this.#stock.nullifierAt(index));
    if (onChain !== undefined && signed === undefined) throw disputedBefore();
    return onChain;
  }

  async #admit(options: DisputeOptions): Promise<{ readonly index: number; readonly recipient: string }> {
    const recipient = this.#recipientOf(options);
    await requireActive(this.#context);
    const { closingFrom, nextIndex } = this.#context.records.account;
    if (closingFrom !== undefined) {
      throw new WalletError("ACCOUNT_CLOSING", "a close has left this wallet: the account opens no dispute any more");
    }
    const index = "index" in options ? options.index : this.#indexOf(options.nullifier, nextIndex);
    return { index, recipient };
  }

  /** The dispute over a ticket that may have one, if it was signed for this recipient. */
  #signedBefore(index: number, recipient: string): DisputeFile | undefined {
    const { records } = this.#context;
    if (records.ticket(index)?.status !== "open") throw invalid(`ticket ${index} was not used, or has its refund`);
    const known = records.disputes.at(index);
    if (known === undefined || known.file?.recipient === recipient) return known?.file;
    throw invalid(`a dispute over ticket ${index} was signed before, for another recipient or by another copy`);
  }

  /** Compares with the chain: takes the refund of what was answered, and writes off the refund of what was lost, which is awarded there. */
  async settle(): Promise<readonly SettledDispute[]> {
    const { records, chain } = this.#context;
    const settled: SettledDispute[] = [];
    for (const index of [...records.openTickets(), ...records.disputes.indices("open", "answered", "lost")]) {
      const view = await chain.dispute(this.#stock.nullifierAt(index));
      if (view === undefined) continue;
      // Another copy of this wallet may have opened it.
      records.disputes.add(index, undefined);
      const refund = view.status === "answered" ? await this.#take(index, view) : undefined;
      records.disputes.setStatus(index, view.status);
      settled.push({ index, status: view.status, resolvableAt: view.resolvableAt, refund });
    }
    return settled;
  }

  async #sign(index: number, recipient: string): Promise<DisputeFile> {
    const { records, pool, identitySecret, chain } = this.#context;
    const known = this.#signedBefore(index, recipient);
    if (known !== undefined) return known;
    const opening = await this.#stock.opening(index);
    if ((await chain.dispute(opening.nullifier)) !== undefined) throw disputedBefore();
    const file = signDispute(pool, sessionKeyOf(identitySecret, index), opening, recipient);
    records.disputes.add(index, file);
    return file;
  }

  /** The refund that is on chain is the only one that there will be. */
  async #take(index: number, { nullifier, refund }: DisputeView): Promise<SignedRefund | undefined> {
    const { records } = this.#context;
    if (refund === undefined) return undefined;
    const isNew = records.disputes.at(index)?.status !== "answered";
    const checked = await this.#refunds.salvage(index, toJson({ nullifier, ...refund }), isNew);
    if (checked !== undefined) records.addRefund(index, checked);
    return checked;
  }

  #indexOf(nullifier: bigint, end: number): number {
    for (let index = 0; index < end; index++) if (this.#stock.nullifierAt(index) === nullifier) return index;
    throw invalid("no used ticket of this account has this nullifier");
  }

  #recipientOf({ recipient }: DisputeOptions): string {
    let address: string;
    try {
      address = getAddress(recipient);
    } catch (error) {
      throw new WalletError("DISPUTE_INVALID", "the recipient must be an address", { cause: error });
    }
    if (address === ZeroAddress || address === this.#context.pool.address) {
      throw invalid("the recipient must be neither the zero address nor the pool");
    }
    return address;
  }
}

const disputedBefore = (): WalletError => invalid("the chain has a dispute over this ticket");
const invalid = (reason: string): WalletError => new WalletError("DISPUTE_INVALID", reason);
