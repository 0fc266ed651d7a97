// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The wallet's file (node:sqlite): what must survive a crash, written through to the disk before anything leaves the wallet. One
 * process has it open at a time. It holds tickets, refunds, states and, while a call runs, its payload. It does not hold the seed
 * or k; session keys are derived when they are needed. It is not encrypted: keep it on a disk that is, until the wallet encrypts it.
 */
import { createHmac } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";

import { WalletError } from "./errors.ts";
import { migrate } from "./store-schema.ts";

export type Row = Record<string, SQLOutputValue>;

/** SQLite's code for a file that somebody else has locked. */
const SQLITE_BUSY = 5;

export class WalletStore {
  readonly #database: DatabaseSync;
  readonly #seed: Uint8Array;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(database: DatabaseSync, seed: Uint8Array) {
    this.#database = database;
    this.#seed = seed;
  }

  /**
   * Opens or makes a wallet's file (":memory:" keeps nothing).
   * @param seed at least 32 bytes; it is kept in memory only.
   * @throws WalletError WALLET_LOCKED, SEED_MISMATCH, WALLET_UNREADABLE
   */
  static open(path: string, seed: Uint8Array): WalletStore {
    if (seed.length < 32) throw new WalletError("SEED_MISMATCH", "a wallet's seed has at least 32 bytes");
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path);
      // The lock is taken by the first transaction and held until the file is closed.
      database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
      migrate(database, createHmac("sha256", seed).update("jeton.seed-check.v1").digest("hex").slice(0, 16));
    } catch (error) {
      database?.close();
      if (error instanceof WalletError) throw error;
      const isBusy = error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
      if (isBusy)
        throw new WalletError("WALLET_LOCKED", `another process has the wallet ${path} open`, { cause: error });
      throw new WalletError("WALLET_UNREADABLE", `${path} cannot be opened as a wallet`, { cause: error });
    }
    return new WalletStore(database, Uint8Array.from(seed));
  }

  /** For the derivation of accounts, inside the wallet. */
  get seed(): Uint8Array {
    return this.#seed;
  }

  close(): void {
    this.#database.close();
    this.#seed.fill(0);
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
