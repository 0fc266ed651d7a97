// SPDX-License-Identifier: GPL-3.0-or-later
/** The provider's public feed, read whole, page by page, as wallets read it, and held to the rules and to the chain; with the store, to that too. */
import type { FeedRow, StoreReader, StoredRow } from "../gateway/index.ts";
import { feedPage } from "../wire/index.ts";
import type { FeedEntry, FeedPage } from "../wire/index.ts";
import { Books } from "./books.ts";
import type { BookOptions } from "./books.ts";
import { AuditError } from "./errors.ts";
import type { FindingCode, Findings, Place } from "./findings.ts";
import { KeyTable } from "./key-table.ts";

/** The feed after a position, as the provider answers. */
export type FeedSource = (request: { readonly after: number; readonly limit: number }) => Promise<unknown>;

export interface FeedFigures {
  readonly tickets: number;
  readonly refunds: number;
  readonly enrolments: number;
  readonly folds: number;
  readonly charged: bigint;
  readonly signatures: number;
}

const LIMIT = 1_000;

export class FeedBooks {
  readonly #source: FeedSource;
  readonly #books: Books;
  readonly #reader: StoreReader | undefined;
  readonly #kept: AsyncGenerator<StoredRow<FeedRow>> | undefined;
  readonly #tickets = new KeyTable();
  readonly #refunds = new KeyTable();
  readonly #folds = new KeyTable();
  #charged = 0n;
  #foldCount = 0;

  constructor(source: FeedSource, options: BookOptions, reader?: StoreReader) {
    this.#source = source;
    this.#books = new Books(options);
    this.#reader = reader;
    this.#kept = reader?.feed();
  }

  get enrolmentTimes(): readonly number[] {
    return this.#books.enrolmentTimes;
  }

  /** @throws AuditError FEED_UNREADABLE */
  async reconcile(): Promise<FeedFigures> {
    let after = 0;
    for (;;) {
      const { entries, isEnd } = await this.#page(after);
      for (const entry of entries) {
        if (entry.position !== after + 1) this.#find("FEED_GAP", `position ${after + 1}`, placeOf(entry));
        after = Math.max(after + 1, entry.position);
        await this.#entry(entry);
        await this.#compare(entry);
      }
      if (isEnd || entries.length === 0) break;
    }
    this.#books.finish("feed");
    return {
      tickets: this.#tickets.size,
      refunds: this.#refunds.size,
      enrolments: this.#books.counts.enrolments,
      folds: this.#foldCount,
      charged: this.#charged,
      signatures: this.#books.counts.signatures,
    };
  }

  async #page(after: number): Promise<FeedPage> {
    try {
      return feedPage.parse(await this.#source({ after, limit: LIMIT }));
    } catch (error) {
      throw new AuditError("FEED_UNREADABLE", `the feed gives no page after position ${after}`, { cause: error });
    }
  }

  #find(code: FindingCode, subject: string, place: Place, difference: Parameters<Findings["add"]>[3] = {}): void {
    this.#books.findings.add(code, subject, place, difference);
  }

  async #entry(entry: FeedEntry): Promise<void> {
    const place = placeOf(entry);
    switch (entry.kind) {
      case "ticket":
        if (this.#tickets.has(entry.nullifier)) this.#find("TICKET_REPEATED", `ticket ${entry.nullifier}`, place);
        this.#tickets.add(entry.nullifier);
        return;
      case "refund":
        return this.#refund(entry, place);
      case "enrolment":
        return this.#books.enrolment(entry, place);
      case "fold": {
        this.#foldCount += 1;
        this.#books.state(entry.state, entry.signature, `fold ${entry.state}`, place);
        for (const nullifier of entry.nullifiers) {
          if (this.#folds.has(nullifier))
            this.#find("FOLD_REFUND_REPEATED", `fold ${entry.state}`, place, { found: nullifier });
          this.#folds.add(nullifier);
        }
      }
    }
  }

  #refund(entry: FeedEntry & { readonly kind: "refund" }, place: Place): void {
    const { nullifier, refundedCharge } = entry;
    const { pool } = this.#books.facts;
    if (!this.#tickets.has(nullifier)) this.#find("RECORD_MISSING", `ticket ${nullifier} of a refund`, place);
    if (this.#refunds.has(nullifier)) this.#find("REFUND_REPEATED", `ticket ${nullifier}`, place);
    this.#refunds.add(nullifier);
    this.#charged += pool.parameters.ticketPrice - refundedCharge;
    this.#books.refund(nullifier, entry, place);
  }

  /** The store's own list of what the feed shows. It may be older than the feed. */
  async #compare(entry: FeedEntry): Promise<void> {
    const next = await this.#kept?.next();
    if (next === undefined || next.done === true) return;
    const kept = next.value.value;
    const key = entry.kind === "fold" ? entry.nullifiers : [entry.nullifier];
    const isSame = kept?.position === entry.position && kept.kind === entry.kind && key.includes(kept.nullifier);
    if (!isSame) {
      const difference = { expected: kept?.kind, found: entry.kind };
      this.#find("FEED_DIFFERS", `position ${entry.position}`, placeOf(entry), difference);
    } else if (entry.kind === "refund") await this.#compareRefund(entry);
  }

  /** A provider can sign two refunds of one ticket, and show one of them. */
  async #compareRefund({
    nullifier,
    refundedCharge,
    refundedHold,
    position,
  }: FeedEntry & { kind: "refund" }): Promise<void> {
    const ticket = await this.#reader?.ticket(nullifier);
    const kept = ticket?.status === "ended" ? ticket.refund : undefined;
    if (kept?.refundedCharge === refundedCharge && kept.refundedHold === refundedHold) return;
    this.#find(
      "FEED_DIFFERS",
      `the refund of ticket ${nullifier}`,
      { table: "feed", key: `position ${position}` },
      {
        expected: kept && [kept.refundedCharge, kept.refundedHold],
        found: [refundedCharge, refundedHold],
      },
    );
  }
}

const placeOf = ({ position }: FeedEntry): Place => ({ table: "feed", key: `position ${position}` });
