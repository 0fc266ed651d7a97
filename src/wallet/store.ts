// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The wallet's file (node:sqlite): what must survive a crash, written through to the disk before anything leaves the wallet. One
 * process has it open at a time. It holds tickets, refunds, states and, while a call runs, its payload, each sealed under a key that follows
 * from the seed. It does not hold the seed or k; session keys are derived when they are needed.
 */
import { createHmac } from "node:crypto";
import { DatabaseSync } from "node:sqlite";

import { SqliteFile } from "../storage/index.ts";
import { WalletError } from "./errors.ts";
import { Seal } from "./sealing.ts";
import { migrate } from "./store-schema.ts";

/** SQLite's code for a file that somebody else has locked. */
const SQLITE_BUSY = 5;

export class WalletStore extends SqliteFile {
  readonly seal: Seal;
  readonly #seed: Uint8Array;

  private constructor(database: DatabaseSync, seed: Uint8Array, seal: Seal) {
    super(database);
    this.#seed = seed;
    this.seal = seal;
  }

  /**
   * Opens or makes a wallet's file (":memory:" keeps nothing).
   * @param seed at least 32 bytes; it is kept in memory only.
   * @throws WalletError WALLET_LOCKED, SEED_MISMATCH, WALLET_UNREADABLE
   */
  static open(path: string, seed: Uint8Array): WalletStore {
    if (seed.length < 32) throw new WalletError("SEED_MISMATCH", "a wallet's seed has at least 32 bytes");
    const seal = new Seal(seed);
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path);
      // The lock is taken by the first transaction and held until the file is closed.
      database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
      migrate(database, createHmac("sha256", seed).update("jeton.seed-check.v1").digest("hex").slice(0, 16), seal);
    } catch (error) {
      database?.close();
      if (error instanceof WalletError) throw error;
      const isBusy = error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
      if (isBusy)
        throw new WalletError(
          "WALLET_LOCKED",
          `another process has the wallet ${path} open: end it, or use what it offers; one process at a time may use a wallet`,
          { cause: error },
        );
      throw new WalletError("WALLET_UNREADABLE", `${path} cannot be opened as a wallet`, { cause: error });
    }
    return new WalletStore(database, Uint8Array.from(seed), seal);
  }

  /** For the derivation of accounts, inside the wallet. */
  get seed(): Uint8Array {
    return this.#seed;
  }

  override close(): void {
    super.close();
    this.#seed.fill(0);
    this.seal.close();
  }
}
