// SPDX-License-Identifier: GPL-3.0-or-later
/** One account's part of the wallet's file. Every method that writes is one transaction. */
import { z } from "zod";

import type { Row } from "../storage/index.ts";
import { refundTicket, ticketOpening } from "../wire/index.ts";
import type { CallAnswer, CallRequest, CallRequestJson, SignedRefund, TicketOpening } from "../wire/index.ts";
import { AccountFile } from "./account-file.ts";
import { json, number, text } from "./columns.ts";
import { DisputeRecords } from "./dispute-records.ts";
import { WalletError } from "./errors.ts";
import { FoldRecords } from "./fold-records.ts";
import type { FoldRecord, KnownState } from "./fold-records.ts";
import { Plans } from "./plans.ts";
import type { WalletStore } from "./store.ts";

export interface AccountRecord {
  readonly nextIndex: number;
  readonly closingFrom: number | undefined;
  /** Tickets may have been used that this file does not know: it did not see the account begin, or another copy was met. */
  readonly isRestored: boolean;
  /** This file recorded, before there was such an account, that it begins it. */
  readonly isOwn: boolean;
}

export interface TicketRecord {
  readonly index: number;
  readonly status: "proved" | "open" | "ended";
  readonly opening: (TicketOpening & { readonly nullifier: bigint }) | undefined;
  readonly refund: SignedRefund | undefined;
  readonly isFolded: boolean;
}

export interface CallRecord {
  readonly sequence: number;
  readonly cap: bigint;
  /** What is sent, as it was sent before; undefined when the call was settled. */
  readonly body: CallRequestJson | undefined;
  /** What the receipt says, in total; undefined without a receipt. */
  readonly charged: bigint | undefined;
}

/** A call as it is stored before it is sent. */
export interface StoredCall {
  readonly request: CallRequest;
  readonly body: CallRequestJson;
}

type StoredOpening = TicketOpening & { readonly nullifier: bigint };

const openingWithNullifier = ticketOpening.extend({ nullifier: refundTicket.shape.nullifier });
const receiptJson = z.object({ receipt: z.object({ charged: z.string() }) });

/** The numbers of the accounts of a pool that the file knows. */
export const accountNumbers = (store: WalletStore, poolHash: bigint): number[] =>
  store
    .all("SELECT number FROM accounts WHERE pool_hash = ? ORDER BY number", poolHash.toString())
    .map((row) => number(row["number"]));

export class AccountRecords {
  readonly #file: AccountFile;
  readonly #store: WalletStore;
  readonly #id: number;
  readonly folds: FoldRecords;
  readonly disputes: DisputeRecords;
  readonly plans: Plans;

  constructor(store: WalletStore, poolHash: bigint, account: number) {
    this.#file = new AccountFile(store, { poolHash, account });
    this.#store = store;
    this.#id = this.#file.id;
    this.folds = new FoldRecords(this.#file);
    this.disputes = new DisputeRecords(this.#file);
    this.plans = new Plans(store, this.#id);
  }

  get account(): AccountRecord {
    const row = this.#store.get("SELECT * FROM accounts WHERE id = ?", this.#id);
    const closingFrom = row?.["closing_from"];
    return {
      nextIndex: number(row?.["next_index"]),
      closingFrom: closingFrom === null ? undefined : number(closingFrom),
      isRestored: row?.["is_restored"] === 1 || row?.["is_own"] !== 1,
      isOwn: row?.["is_own"] === 1,
    };
  }

  /** There is no such account yet, and this file begins it. */
  markOwn(): void {
    this.#store.transaction(() => this.#store.run("UPDATE accounts SET is_own = 1 WHERE id = ?", this.#id));
  }

  markRestored(): void {
    this.#store.transaction(() => this.#store.run("UPDATE accounts SET is_restored = 1 WHERE id = ?", this.#id));
  }

  /** From here on no ticket is reserved. */
  markClosing(firstUnused: number): void {
    this.#store.transaction(() =>
      this.#store.run("UPDATE accounts SET closing_from = ? WHERE id = ?", firstUnused, this.#id),
    );
  }

  ticket(index: number): TicketRecord | undefined {
    const row = this.#store.get("SELECT * FROM tickets WHERE account = ? AND ticket_index = ?", this.#id, index);
    return row === undefined ? undefined : this.#ticketOf(row);
  }

  /** Used, without a refund, and not disputed. */
  openTickets(): number[] {
    const query = `SELECT ticket_index FROM tickets AS t WHERE account = ? AND status = 'open' AND NOT EXISTS
      (SELECT 1 FROM disputes AS d WHERE d.account = t.account AND d.ticket_index = t.ticket_index) ORDER BY ticket_index`;
    return this.#store.all(query, this.#id).map((row) => number(row["ticket_index"]));
  }

  provedTickets(): number[] {
    const query = "SELECT ticket_index FROM tickets WHERE account = ? AND status = 'proved' ORDER BY ticket_index";
    return this.#store.all(query, this.#id).map((row) => number(row["ticket_index"]));
  }

  /** Refunds that no fold holds, worth something, oldest ticket first. */
  foldableTickets(): TicketRecord[] {
    const query = "SELECT * FROM tickets WHERE account = ? AND status = 'ended' AND fold IS NULL ORDER BY ticket_index";
    const all = this.#store.all(query, this.#id).map((row) => this.#ticketOf(row));
    return all.filter(({ refund }) => refund !== undefined && refund.refundedCharge + refund.refundedHold > 0n);
  }

  /** A proof for a ticket: in stock, or for one that was reserved before it was proved. */
  addOpening(index: number, opening: TicketOpening & { readonly nullifier: bigint }): void {
    this.#store.transaction(() =>
      this.#store.run(
        `INSERT INTO tickets (account, ticket_index, status, opening) VALUES (?, ?, 'proved', ?)
         ON CONFLICT DO UPDATE SET opening = excluded.opening`,
        ...[this.#id, index, this.#file.seal(json(opening), "tickets.opening", index)],
      ),
    );
  }

  /**
   * Takes the lowest index that was never reserved. It counts as used from here on, whatever happens.
   * @param firstCall of a ticket whose proof is in stock, for its first call: on disk by the same transaction.
   * @throws WalletError ACCOUNT_CLOSING, BUDGET_SPENT
   */
  reserveTicket(
    covered: number,
    firstCall?: (index: number, opening: StoredOpening) => StoredCall,
  ): { readonly index: number; readonly first: StoredCall | undefined } {
    return this.#store.transaction(() => {
      const { nextIndex: index, closingFrom } = this.account;
      if (closingFrom !== undefined) {
        throw new WalletError("ACCOUNT_CLOSING", "a close has left this wallet: the account uses no ticket any more");
      }
      if (index >= covered) {
        throw new WalletError(
          "BUDGET_SPENT",
          `all ${covered} tickets that the budget covers are used: fold refunds first`,
        );
      }
      const opening = this.ticket(index)?.opening;
      this.#store.run(
        `INSERT INTO tickets (account, ticket_index, status) VALUES (?, ?, 'open') ON CONFLICT DO UPDATE SET status = 'open'`,
        ...[this.#id, index],
      );
      this.#store.run("UPDATE accounts SET next_index = ? WHERE id = ?", index + 1, this.#id);
      const first = opening && firstCall?.(index, opening);
      if (first !== undefined) this.#insertCall(index, first);
      return { index, first };
    });
  }

  /** The calls of a session, in order. */
  calls(index: number): CallRecord[] {
    const query = "SELECT * FROM calls WHERE account = ? AND ticket_index = ? ORDER BY sequence";
    return this.#store.all(query, this.#id, index).map((row) => {
      const sequence = number(row["sequence"]);
      const body = this.#file.openOrNone(row["request"], "calls.request", index, sequence);
      const receipt = this.#file.openOrNone(row["receipt"], "calls.receipt", index, sequence);
      return {
        sequence,
        cap: BigInt(text(row["cap"])),
        body: body === undefined ? undefined : (JSON.parse(body) as CallRequestJson),
        charged: receipt === undefined ? undefined : BigInt(receiptJson.parse(JSON.parse(receipt)).receipt.charged),
      };
    });
  }

  addCall(index: number, call: StoredCall): void {
    this.#store.transaction(() => this.#insertCall(index, call));
  }

  /** Keeps a receipt and, with the session's end, its refund. */
  addAnswer(index: number, { receipt, signature, refund }: CallAnswer): void {
    const sequence = Number(receipt.sequence);
    const sealed = this.#file.seal(json({ receipt, signature }), "calls.receipt", index, sequence);
    this.#store.transaction(() => {
      this.#store.run(
        "UPDATE calls SET receipt = ? WHERE account = ? AND ticket_index = ? AND sequence = ?",
        ...[sealed, this.#id, index, sequence],
      );
      if (refund !== null) this.#end(index, refund);
    });
  }

  addRefund(index: number, refund: SignedRefund): void {
    this.#store.transaction(() => this.#end(index, refund));
  }

  /** What a restore found: states oldest first, tickets by index, each with its refund and whether it is folded; folds that are pending. */
  restore(
    states: readonly KnownState[],
    tickets: ReadonlyMap<number, { readonly refund: SignedRefund | undefined; readonly isFolded: boolean }>,
    pending: readonly Pick<FoldRecord, "indices" | "request">[] = [],
  ): void {
    this.#store.transaction(() => {
      if (this.folds.newest(0n) !== undefined || this.account.nextIndex > 0 || this.account.closingFrom !== undefined) {
        throw new WalletError("ACCOUNT_NOT_EMPTY", "this wallet knows the account already: restore into an empty one");
      }
      for (const state of states) this.folds.insertState(state);
      for (const [index, { refund, isFolded }] of tickets) {
        this.#store.run(
          "INSERT INTO tickets (account, ticket_index, status, refund, fold) VALUES (?, ?, ?, ?, ?)",
          ...[this.#id, index, refund === undefined ? "open" : "ended"],
          refund === undefined ? null : this.#sealRefund(index, refund),
          isFolded ? -1 : null,
        );
      }
      for (const { indices, request } of pending) this.folds.insert(indices, request);
      const nextIndex = Math.max(-1, ...tickets.keys()) + 1;
      this.#store.run("UPDATE accounts SET next_index = ?, is_restored = 1 WHERE id = ?", nextIndex, this.#id);
    });
  }

  #insertCall(index: number, { request: { sequence, cap }, body }: StoredCall): void {
    const sealed = this.#file.seal(JSON.stringify(body), "calls.request", index, sequence);
    this.#store.run(
      "INSERT INTO calls (account, ticket_index, sequence, cap, request) VALUES (?, ?, ?, ?, ?)",
      ...[this.#id, index, sequence, cap.toString(), sealed],
    );
  }

  #sealRefund(index: number, refund: SignedRefund): Uint8Array {
    return this.#file.seal(json(refund), "tickets.refund", index);
  }

  #end(index: number, refund: SignedRefund): void {
    this.#store.run(
      "UPDATE tickets SET status = 'ended', refund = ? WHERE account = ? AND ticket_index = ? AND refund IS NULL",
      ...[this.#sealRefund(index, refund), this.#id, index],
    );
    this.#store.run("UPDATE calls SET request = NULL WHERE account = ? AND ticket_index = ?", this.#id, index);
  }

  #ticketOf(row: Row): TicketRecord {
    const index = number(row["ticket_index"]);
    const opening = this.#file.openOrNone(row["opening"], "tickets.opening", index);
    const refund = this.#file.openOrNone(row["refund"], "tickets.refund", index);
    return {
      index,
      status: z.enum(["proved", "open", "ended"]).parse(row["status"]),
      opening: opening === undefined ? undefined : openingWithNullifier.parse(JSON.parse(opening)),
      refund: refund === undefined ? undefined : refundTicket.parse(JSON.parse(refund)),
      isFolded: row["fold"] !== null,
    };
  }
}
