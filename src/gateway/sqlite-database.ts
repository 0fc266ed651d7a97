// SPDX-License-Identifier: GPL-3.0-or-later
/** One SQLite file (node:sqlite): write-ahead log, every commit synced, statements prepared once. */
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, StatementSync } from "node:sqlite";

import type { Row } from "./sqlite-rows.ts";
import { migrate } from "./sqlite-schema.ts";
import { GatewayStoreError } from "./store-error.ts";

export interface SqliteStoreOptions {
  /** A file, or ":memory:". */
  readonly path: string;
  /** Π: a file belongs to one pool. */
  readonly poolHash: bigint;
  /** How long to wait for another process's transaction. */
  readonly busyMilliseconds?: number;
}

export class SqliteDatabase {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws GatewayStoreError */
  constructor({ path, poolHash, busyMilliseconds = 5_000 }: SqliteStoreOptions) {
    try {
      this.#database = new DatabaseSync(path);
      this.#database.exec(
        `PRAGMA busy_timeout = ${busyMilliseconds}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`,
      );
    } catch (error) {
      throw new GatewayStoreError("UNREADABLE", "the store's file cannot be opened", { cause: error });
    }
    migrate(this.#database, poolHash);
  }

  close(): void {
    this.#database.close();
  }

  /** Durable when it returns; nothing of it happened when it throws. */
  transaction<T>(body: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = body();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...values);
  }

  /** How many rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }
}
