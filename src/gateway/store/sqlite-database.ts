// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The provider's SQLite file: write-ahead log, every commit synced; several processes may have it open. Transactions and questions of
 * one process come one after the other, on one connection: nobody reads what is not committed. Waiting for another process's
 * transaction does not hold up the event loop.
 */
import { randomInt } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";

import { SqliteFile } from "../../storage/index.ts";
import { GatewayStoreError } from "./error.ts";
import type { Sql, SqlDatabase } from "./sql.ts";
import { migrate } from "./sqlite-schema.ts";

export interface SqliteStoreOptions {
  /** A file, or ":memory:". */
  readonly path: string;
  /** Π: a file belongs to one pool. */
  readonly poolHash: bigint;
  /** How long to wait for another process's transaction. */
  readonly busyMilliseconds?: number;
}

const DEFAULT_BUSY_MILLISECONDS = 5_000;
/** SQLite's code for what somebody else has locked; its extended codes have it in their lowest byte. */
const SQLITE_BUSY = 5;
/** The longest pause before a locked file is tried again. */
const LONGEST_PAUSE = 10;

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    "errcode" in error &&
    typeof error.errcode === "number" &&
    (error.errcode & 0xff) === SQLITE_BUSY
  );
}

function open({ path, poolHash, busyMilliseconds = DEFAULT_BUSY_MILLISECONDS }: SqliteStoreOptions): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec(`PRAGMA busy_timeout = ${busyMilliseconds}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`);
    migrate(database, poolHash);
    // From here on it is for `#whenFree` to wait.
    database.exec("PRAGMA busy_timeout = 0");
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof GatewayStoreError) throw error;
    if (isBusy(error)) throw new GatewayStoreError("BUSY", "another process holds the store's file", { cause: error });
    throw new GatewayStoreError("UNREADABLE", "the store's file cannot be opened", { cause: error });
  }
}

class StoreFile extends SqliteFile {
  constructor(options: SqliteStoreOptions) {
    super(open(options));
  }
}

export class SqliteDatabase implements SqlDatabase {
  readonly #file: StoreFile;
  readonly #sql: Sql;
  readonly #busyMilliseconds: number;
  #last: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  /** @throws GatewayStoreError OTHER_POOL, NEWER_SCHEMA, UNREADABLE, BUSY */
  constructor(options: SqliteStoreOptions) {
    const file = new StoreFile(options);
    this.#file = file;
    this.#sql = {
      get: async (sql, ...values) => file.get(sql, ...values),
      all: async (sql, ...values) => file.all(sql, ...values),
      run: async (sql, ...values) => file.run(sql, ...values),
    };
    this.#busyMilliseconds = options.busyMilliseconds ?? DEFAULT_BUSY_MILLISECONDS;
  }

  read<T>(body: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#inTurn(() => this.#whenFree(() => body(this.#sql)));
  }

  transaction<T>(body: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await this.#whenFree(async () => this.#file.run("BEGIN IMMEDIATE"));
      try {
        const result = await body(this.#sql);
        this.#file.run("COMMIT");
        return result;
      } catch (error) {
        this.#rollBack();
        throw error;
      }
    });
  }

  /** Transactions that write come one after the other, so an entry's row number is its position from the beginning. */
  async numberFeed(): Promise<void> {}

  close(): Promise<void> {
    this.#closed ??= this.#inTurn(async () => this.#file.close());
    return this.#closed;
  }

  #rollBack(): void {
    try {
      this.#file.run("ROLLBACK");
    } catch {
      // Some faults, a full disk for one, end the transaction by themselves.
    }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#last.then(task);
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** Repeats what another process's lock kept from happening. */
  async #whenFree<T>(task: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#busyMilliseconds;
    for (;;) {
      try {
        return await task();
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (performance.now() > deadline) {
          throw new GatewayStoreError("BUSY", "another process holds the store's file", { cause: error });
        }
        await pause(randomInt(LONGEST_PAUSE + 1));
      }
    }
  }
}
