// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What the store's SQL asks of a database. The SQL is one text for all of them: values stand for "?", in order, and it is what SQLite
 * and PostgreSQL both understand.
 */

/** Blobs, text, whole numbers in the safe range, and NULL; truth is 0 or 1. */
export type SqlValue = Uint8Array | string | number | null;
export type Row = Record<string, unknown>;

/** A transaction, or a place for a single question. */
export interface Sql {
  get(sql: string, ...values: SqlValue[]): Promise<Row | undefined>;
  all(sql: string, ...values: SqlValue[]): Promise<Row[]>;
  /** How many rows changed. */
  run(sql: string, ...values: SqlValue[]): Promise<number>;
}

export interface SqlDatabase {
  /**
   * For questions: what was committed, and nothing else. Each statement sees one moment, and two statements may see two.
   * @throws GatewayStoreError UNREACHABLE, BUSY
   */
  read<T>(body: (sql: Sql) => Promise<T>): Promise<T>;
  /**
   * As if no other transaction ran meanwhile. Durable when it resolves. `body` may run several times; only its last run counts, so it
   * does nothing but SQL.
   * @throws GatewayStoreError UNREACHABLE, BUSY
   */
  transaction<T>(body: (sql: Sql) => Promise<T>): Promise<T>;
  /** Gives entries of the feed that were committed, and have no position yet, theirs: all of them, or at least `limit`. */
  numberFeed(limit: number): Promise<void>;
  /** After what is under way. */
  close(): Promise<void>;
}
