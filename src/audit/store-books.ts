// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The provider's store held against its own rules and against the chain. Tickets cannot be linked to accounts, so what can be said of all
 * accounts together is said in sums: what spent tickets cost is covered by what was deposited.
 */

import type { PoolEvent } from "../chain/index.ts";
import type { SpentTicket, StoreReader, Ticket } from "../gateway/index.ts";
import {
  CALL_TYPES,
  TICKET_COUNT,
  digestOf,
  holdOf,
  nullifierOf,
  signerOf,
  ticketKeyFromCover,
  ticketMessage,
} from "../protocol/index.ts";
import type { Pool } from "../protocol/index.ts";
import { Books } from "./books.ts";
import type { BookOptions } from "./books.ts";
import type { FindingCode, Findings, Place } from "./findings.ts";
import { KeyTable } from "./key-table.ts";

type CloseEvent = PoolEvent & { readonly name: "CloseStarted" };

export interface StoreFigures {
  readonly tickets: { readonly open: number; readonly ended: number; readonly closed: number };
  readonly charged: bigint;
  readonly refunded: bigint;
  readonly enrolments: number;
  readonly folds: number;
  readonly signatures: number;
  readonly chainPosition: number;
  /** Closes whose revealed tickets were looked up. */
  readonly closes: number;
}

/** What closes say of tickets, asked of the store while the chain is replayed: their keys are not kept. */
export class CloseWatch {
  readonly #reader: StoreReader;
  readonly #pool: Pool;
  readonly #findings: Findings;
  readonly #position: number;
  /** Accounts whose closes contradict the store, until they are slashed. */
  readonly suspects: { readonly identityCommitment: bigint; readonly nullifier: bigint; readonly place: Place }[] = [];
  closes = 0;

  private constructor(reader: StoreReader, pool: Pool, findings: Findings, position: number) {
    this.#reader = reader;
    this.#pool = pool;
    this.#findings = findings;
    this.#position = position;
  }

  static async begin(reader: StoreReader, pool: Pool, findings: Findings): Promise<CloseWatch> {
    return new CloseWatch(reader, pool, findings, await reader.chainPosition());
  }

  /** The tickets [j, j + ⌊D/hold⌋), cut at 65,536: docs/protocol.md, Closing. */
  async see({ args, blockNumber, transactionHash, logIndex }: CloseEvent, deposit: bigint): Promise<void> {
    if (blockNumber > this.#position) return;
    const { firstUnused, coverKeys, identityCommitment } = args;
    const end = Math.min(TICKET_COUNT, firstUnused + Number(deposit / holdOf(this.#pool.parameters)));
    const nullifiers: bigint[] = [];
    for (let index = firstUnused; index < end; index++) {
      nullifiers.push(nullifierOf(ticketKeyFromCover(coverKeys, firstUnused, index)));
    }
    const known = await this.#reader.statuses(nullifiers);
    this.closes += 1;
    const place = { block: blockNumber, transaction: transactionHash, logIndex };
    for (const [offset, nullifier] of nullifiers.entries()) {
      const status = known.get(nullifier);
      const subject = `ticket ${firstUnused + offset} of the close, nullifier ${nullifier}`;
      if (status === undefined) this.#findings.add("CLOSED_TICKET_MISSING", subject, { ...place, table: "tickets" });
      else if (status !== "closed") this.suspects.push({ identityCommitment, nullifier, place });
    }
  }
}

/** How tickets stand, by their place in the table of nullifiers. */
const [OPEN, ENDED, IN_FEED, REFUND_IN_FEED] = [1, 2, 4, 8];

export class StoreBooks {
  readonly #reader: StoreReader;
  readonly #watch: CloseWatch;
  readonly #books: Books;
  readonly #spent = new KeyTable();
  readonly #marks: number[] = [];
  readonly #counts = { open: 0, ended: 0, closed: 0 };
  readonly #folds = new KeyTable();
  #charged = 0n;
  #refunded = 0n;
  #cost = 0n;
  #foldCount = 0;

  constructor(reader: StoreReader, watch: CloseWatch, options: BookOptions) {
    this.#reader = reader;
    this.#watch = watch;
    this.#books = new Books(options);
  }

  /** When the chain was replayed. */
  async reconcile(): Promise<StoreFigures> {
    const chainPosition = await this.#reader.chainPosition();
    const { toBlock } = this.#books.facts;
    if (chainPosition < toBlock)
      this.#find("STORE_BEHIND", "the store", { table: "chain_position" }, { expected: toBlock, found: chainPosition });
    await this.#repeated();
    for await (const { key, value } of this.#reader.tickets()) {
      if (this.#isReadable("tickets", key, value)) this.#ticket(value, { table: "tickets", key });
    }
    await this.#states();
    await this.#answers(chainPosition);
    await this.#feed();
    this.#sums();
    this.#suspects();
    return {
      tickets: { ...this.#counts },
      charged: this.#charged,
      refunded: this.#refunded,
      enrolments: this.#books.counts.enrolments,
      folds: this.#foldCount,
      signatures: this.#books.counts.signatures,
      chainPosition,
      closes: this.#watch.closes,
    };
  }

  get enrolmentTimes(): readonly number[] {
    return this.#books.enrolmentTimes;
  }

  #find(code: FindingCode, subject: string, place: Place, difference: Parameters<Findings["add"]>[3] = {}): void {
    this.#books.findings.add(code, subject, place, difference);
  }

  #isReadable<T>(table: string, key: string, value: T | undefined): value is T {
    if (value === undefined) this.#find("RECORD_MALFORMED", `a row of ${table}`, { table, key });
    return value !== undefined;
  }

  async #repeated(): Promise<void> {
    for (const key of await this.#reader.repeated("tickets", "nullifier")) {
      this.#find("TICKET_REPEATED", "a nullifier that stands there twice", { table: "tickets", key });
    }
    for (const key of await this.#reader.repeated("tickets", "x")) {
      this.#find("TICKET_REPEATED", "one message under two nullifiers", { table: "tickets", key });
    }
    for (const key of await this.#reader.repeated("fold_nullifiers", "nullifier")) {
      this.#find("FOLD_REFUND_REPEATED", "a refund that stands there twice", { table: "fold_nullifiers", key });
    }
  }

  #ticket(ticket: Ticket, place: Place): void {
    this.#counts[ticket.status] += 1;
    if (ticket.status === "closed") return;
    const { facts } = this.#books;
    const { nullifier, share, sessionAddress, charged, refund } = ticket;
    const { ticketPrice, policyHold } = facts.pool.parameters;
    const subject = `ticket ${place.key ?? ""}`;
    this.#marks[this.#spent.add(nullifier)] = ticket.status === "open" ? OPEN : ENDED;
    const x = ticketMessage(facts.pool.scope, sessionAddress);
    if (x !== share.x) this.#find("TICKET_MESSAGE_MISMATCH", subject, place, { expected: x, found: share.x });
    this.#charged += charged;
    this.#voucher(ticket, place);
    // What the account pays for it, as far as is known.
    this.#cost +=
      refund === undefined
        ? ticketPrice + policyHold
        : ticketPrice - refund.refundedCharge + policyHold - refund.refundedHold;
    if (refund === undefined) return;
    this.#refunded += refund.refundedCharge;
    this.#books.refund(nullifier, refund, place);
    if (refund.refundedCharge + charged !== ticketPrice) {
      const found = `a charge of ${charged} and a refund of ${refund.refundedCharge}`;
      this.#find("REFUND_OUT_OF_RANGE", subject, place, { expected: `${ticketPrice} together`, found });
    }
  }

  #voucher({ nullifier, charged, voucher, sessionAddress }: SpentTicket, place: Place): void {
    if (charged === 0n) return;
    const isCovered =
      voucher !== undefined &&
      charged <= voucher.cap &&
      voucherSigner(
        this.#books.facts.pool,
        { nullifier, ...voucher, sequence: BigInt(voucher.sequence) },
        voucher.signature,
      ) === sessionAddress.toLowerCase();
    if (isCovered) return;
    this.#find("CHARGE_NOT_COVERED", `ticket ${place.key ?? ""}`, place, { found: `a charge of ${charged}` });
  }

  async #states(): Promise<void> {
    for await (const { key, value } of this.#reader.enrolments()) {
      const place = { table: "enrolments", key };
      if (this.#isReadable("enrolments", key, value)) await this.#books.enrolment(value, place);
    }
    this.#books.finish("enrolments");
    const { folds } = this.#books.facts;
    for await (const { key, value } of this.#reader.folds()) {
      if (!this.#isReadable("folds", key, value)) continue;
      const [place, subject] = [{ table: "folds", key }, `fold ${key}`];
      this.#foldCount += 1;
      this.#books.state(value.state, value.signature, subject, place);
      await this.#books.foldProof(value, subject, place);
      if (value.certified !== 0n && folds.folds.get(value.certified)?.status !== "final") {
        this.#find("FOLD_STATE_NOT_CERTIFIED", subject, place, { found: value.certified });
      }
      const entered = await this.#reader.foldsOfNullifiers(value.nullifiers);
      for (const nullifier of value.nullifiers) {
        if (this.#folds.has(nullifier)) this.#find("FOLD_REFUND_REPEATED", subject, place, { found: nullifier });
        this.#folds.add(nullifier);
        if (entered.get(nullifier) !== key)
          this.#find("RECORD_MISSING", `${subject}: a refund of it`, { table: "fold_nullifiers", key });
      }
    }
  }

  /** Disputes, violations and offences, on both sides. */
  async #answers(chainPosition: number): Promise<void> {
    const { disputes, accounts } = this.#books.facts;
    const recorded = new Set<bigint>();
    for await (const { key, value } of this.#reader.disputes()) {
      if (!this.#isReadable("disputes", key, value)) continue;
      recorded.add(value.nullifier);
      const onChain = disputes.disputes.get(value.nullifier);
      const isSame =
        onChain !== undefined && onChain.sessionAddress.toLowerCase() === value.sessionAddress.toLowerCase();
      if (!isSame) this.#find("DISPUTE_NOT_RECORDED", `ticket ${key}`, { table: "disputes", key });
      const told = onChain?.refund;
      const { answer } = value;
      if (told === undefined || answer === undefined) continue;
      if (told.refundedCharge !== answer.refundedCharge || told.refundedHold !== answer.refundedHold) {
        const difference = {
          expected: `${answer.refundedCharge} and ${answer.refundedHold}`,
          found: `${told.refundedCharge} and ${told.refundedHold}`,
        };
        this.#find("ANSWER_DIFFERS", `ticket ${key}`, { table: "disputes", key }, difference);
      }
    }
    for (const [nullifier, { block }] of disputes.disputes) {
      if (block > chainPosition || recorded.has(nullifier)) continue;
      this.#find("DISPUTE_NOT_RECORDED", `ticket ${nullifier}`, { block, table: "disputes" });
    }
    for await (const { key, value } of this.#reader.violations()) {
      if (!this.#isReadable("violations", key, value)) continue;
      const hash = disputes.violations.get(value.nullifier)?.evidenceHash;
      if (hash !== value.evidenceHash.toLowerCase())
        this.#find("VIOLATION_NOT_REPORTED", `ticket ${key}`, { table: "violations", key });
    }
    for await (const { key, value } of this.#reader.offences()) {
      if (!this.#isReadable("offences", key, value)) continue;
      const index = accounts.table.indexOf(value.identityCommitment);
      if (index !== -1 && accounts.table.statusAt(index) === "slashed") continue;
      this.#find("OFFENCE_UNREPORTED", `account ${key}`, { table: "offences", key }, { found: value.kind });
    }
  }

  /** Every record is in the feed once, and every entry has its record. */
  async #feed(): Promise<void> {
    let last = 0;
    for await (const { key, value } of this.#reader.feed()) {
      if (!this.#isReadable("feed", key, value)) continue;
      const place = { table: "feed", key };
      if (value.position !== last + 1) this.#find("FEED_GAP", `position ${last + 1}`, place);
      last = value.position;
      if (value.kind === "ticket" || value.kind === "refund") this.#feedTicket(value.kind, value.nullifier, place);
    }
    for (let index = 0; index < this.#spent.size; index++) {
      const mark = this.#marks[index] ?? 0;
      const key = `0x${this.#spent.keyAt(index).toString(16).padStart(64, "0")}`;
      const isShown = (mark & IN_FEED) !== 0 && ((mark & ENDED) === 0 || (mark & REFUND_IN_FEED) !== 0);
      if (!isShown) this.#find("RECORD_MISSING", `ticket ${key}: its entry in the feed`, { table: "feed", key });
    }
  }

  #feedTicket(kind: "ticket" | "refund", nullifier: bigint, place: Place): void {
    const index = this.#spent.indexOf(nullifier);
    const mark = index === -1 ? 0 : (this.#marks[index] ?? 0);
    const bit = kind === "ticket" ? IN_FEED : REFUND_IN_FEED;
    const key = `0x${nullifier.toString(16).padStart(64, "0")}`;
    if (index === -1 || (kind === "refund" && (mark & ENDED) === 0)) {
      this.#find("RECORD_MISSING", `${kind} ${key}, which the feed has at ${place.key ?? ""}`, {
        table: "tickets",
        key,
      });
      return;
    }
    if ((mark & bit) !== 0)
      this.#find(kind === "ticket" ? "TICKET_REPEATED" : "REFUND_REPEATED", `${kind} ${key}`, place);
    this.#marks[index] = mark | bit;
  }

  /** By the solvency that every ticket proves: what an account spends is at most D. */
  #sums(): void {
    const { accounts, money } = this.#books.facts;
    const place = { table: "tickets" };
    if (this.#cost > accounts.deposited) {
      this.#find("CHARGES_EXCEED_DEPOSITS", "all tickets", place, {
        expected: `at most ${accounts.deposited}`,
        found: this.#cost,
      });
    }
    const covered = money.totals.earned + accounts.openDeposits;
    if (this.#charged > covered) {
      this.#find("CHARGES_EXCEED_ESCROW", "all charges", place, {
        expected: `at most ${covered}`,
        found: this.#charged,
      });
    }
  }

  #suspects(): void {
    const { table } = this.#books.facts.accounts;
    for (const { identityCommitment, nullifier, place } of this.#watch.suspects) {
      const index = table.indexOf(identityCommitment);
      if (index !== -1 && table.statusAt(index) !== "closed") continue;
      this.#find("CLOSE_UNCHALLENGED", `account ${identityCommitment}, ticket ${nullifier}`, place);
    }
  }
}

function voucherSigner(pool: Pool, message: Record<string, unknown>, signature: string): string {
  try {
    const { nullifier, sequence, cap, requestHash } = message;
    const digest = digestOf(pool, CALL_TYPES, { nullifier, sequence, cap, requestHash });
    return (signerOf(digest, signature) ?? "").toLowerCase();
  } catch {
    return "";
  }
}
