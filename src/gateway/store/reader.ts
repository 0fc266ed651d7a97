// SPDX-License-Identifier: GPL-3.0-or-later
/** Everything in a store, row by row, for who looks at it from outside: rows that cannot be read are told as such, and end nothing. */
import type { CertifiedFold, DisputeRecord, Enrolment, Fold, Offence, Ticket, Violation } from "./records.ts";
import { openReadOnly } from "./read-only.ts";
import type { ReadOnlyStore } from "./read-only.ts";
import * as rows from "./rows.ts";
import type { Row } from "./sql.ts";
import { TICKETS } from "./tickets.ts";

/** A row with its key, in hexadecimal or decimal; without a value where it cannot be read. */
export interface StoredRow<T> {
  readonly key: string;
  readonly value: T | undefined;
}

/** A line of the feed's table. */
export interface FeedRow {
  readonly position: number;
  readonly kind: string;
  readonly nullifier: bigint;
}

const PAGE = 500;

const keyText = (value: unknown): string =>
  value instanceof Uint8Array ? `0x${Buffer.from(value).toString("hex")}` : String(value);

export class StoreReader {
  readonly #store: ReadOnlyStore;

  private constructor(store: ReadOnlyStore) {
    this.#store = store;
  }

  /** @throws GatewayStoreError OTHER_POOL, NEWER_SCHEMA, UNREADABLE, UNREACHABLE */
  static async open(location: string, poolHash: bigint): Promise<StoreReader> {
    return new StoreReader(await openReadOnly(location, poolHash));
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async chainPosition(): Promise<number> {
    const [row] = await this.#store.all("SELECT block FROM chain_position");
    return row === undefined ? -1 : rows.number(row["block"]);
  }

  tickets(): AsyncGenerator<StoredRow<Ticket>> {
    return this.#pages(TICKETS, "t.nullifier", "nullifier", rows.ticketOf);
  }

  /** Undefined where there is none, or one that cannot be read. */
  async ticket(nullifier: bigint): Promise<Ticket | undefined> {
    const [row] = await this.#store.all(`${TICKETS} WHERE t.nullifier = ?`, rows.blob(nullifier));
    return row && attempt(() => rows.ticketOf(row));
  }

  enrolments(): AsyncGenerator<StoredRow<Enrolment>> {
    return this.#pages("SELECT * FROM enrolments", "nullifier", "nullifier", rows.enrolmentOf);
  }

  folds(): AsyncGenerator<StoredRow<Fold>> {
    return this.#pages("SELECT * FROM folds", "id", "id", rows.foldOf);
  }

  certifiedFolds(): AsyncGenerator<StoredRow<CertifiedFold>> {
    return this.#pages("SELECT * FROM certified_folds", "state", "state", rows.certifiedFoldOf);
  }

  disputes(): AsyncGenerator<StoredRow<DisputeRecord>> {
    return this.#pages("SELECT * FROM disputes", "nullifier", "nullifier", rows.disputeOf);
  }

  violations(): AsyncGenerator<StoredRow<Violation>> {
    return this.#pages("SELECT * FROM violations", "nullifier", "nullifier", rows.violationOf);
  }

  offences(): AsyncGenerator<StoredRow<Offence>> {
    return this.#pages("SELECT * FROM offences", "identity_commitment", "identity_commitment", rows.offenceOf);
  }

  /** In order; what has no position yet is not in it. */
  feed(): AsyncGenerator<StoredRow<FeedRow>> {
    return this.#pages("SELECT position, kind, key FROM feed", "position", "position", (row) => ({
      position: rows.number(row["position"]),
      kind: rows.text(row["kind"]),
      nullifier: rows.field(row["key"]),
    }));
  }

  /** Keys that a table has more than once, which its own rules forbid; and messages that several tickets have. */
  async repeated(
    table: "tickets" | "enrolments" | "fold_nullifiers",
    column: "nullifier" | "x" | "state",
  ): Promise<string[]> {
    const query = `SELECT ${column} AS key FROM ${table} WHERE ${column} IS NOT NULL GROUP BY ${column} HAVING COUNT(*) > 1 LIMIT 100`;
    return (await this.#store.all(query)).map((row) => keyText(row["key"]));
  }

  /** What the store has of these tickets, in any order. */
  async statuses(nullifiers: readonly bigint[]): Promise<ReadonlyMap<bigint, string>> {
    const found = new Map<bigint, string>();
    for (let start = 0; start < nullifiers.length; start += PAGE) {
      const page = nullifiers.slice(start, start + PAGE);
      const places = page.map(() => "?").join(", ");
      const query = `SELECT nullifier, status FROM tickets WHERE nullifier IN (${places})`;
      for (const row of await this.#store.all(query, ...page.map(rows.blob))) {
        found.set(rows.field(row["nullifier"]), rows.text(row["status"]));
      }
    }
    return found;
  }

  /** Which fold each refund is entered for. */
  async foldsOfNullifiers(nullifiers: readonly bigint[]): Promise<ReadonlyMap<bigint, string>> {
    const places = nullifiers.map(() => "?").join(", ");
    const query = `SELECT nullifier, fold FROM fold_nullifiers WHERE nullifier IN (${places})`;
    const found = await this.#store.all(query, ...nullifiers.map(rows.blob));
    return new Map(found.map((row) => [rows.field(row["nullifier"]), keyText(row["fold"])]));
  }

  /** Page by page, by a key that ascends. */
  async *#pages<T>(query: string, column: string, key: string, read: (row: Row) => T): AsyncGenerator<StoredRow<T>> {
    let after: Uint8Array | number | undefined;
    for (;;) {
      const where = after === undefined ? `${column} IS NOT NULL` : `${column} > ?`;
      const page = await this.#store.all(
        `${query} WHERE ${where} ORDER BY ${column} LIMIT ${PAGE}`,
        ...(after === undefined ? [] : [after]),
      );
      for (const row of page) yield { key: keyText(row[key]), value: attempt(() => read(row)) };
      if (page.length < PAGE) return;
      after = page.at(-1)?.[key] as Uint8Array | number;
    }
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
