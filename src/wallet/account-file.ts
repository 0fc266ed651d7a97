// SPDX-License-Identifier: GPL-3.0-or-later
/** One account's rows in the wallet's file: their key, and the values in them that are sealed. */
import type { SQLOutputValue } from "node:sqlite";

import type { Owner, SealedColumn } from "./sealing.ts";
import { number } from "./columns.ts";
import type { WalletStore } from "./store.ts";

export class AccountFile {
  readonly store: WalletStore;
  /** The account's key in the file. */
  readonly id: number;
  readonly #owner: Owner;

  /** Makes the account's row if there is none. */
  constructor(store: WalletStore, owner: Owner) {
    const key = [owner.poolHash.toString(), owner.account] as const;
    this.store = store;
    this.#owner = owner;
    this.id = store.transaction(() => {
      store.run("INSERT INTO accounts (pool_hash, number) VALUES (?, ?) ON CONFLICT DO NOTHING", ...key);
      const row = store.get("SELECT id FROM accounts WHERE pool_hash = ? AND number = ?", ...key);
      return number(row?.["id"]);
    });
  }

  seal(text: string, column: SealedColumn, ...row: readonly number[]): Uint8Array {
    return this.store.seal.seal(text, this.#owner, column, ...row);
  }

  /** @throws WalletError WALLET_UNREADABLE */
  open(value: SQLOutputValue | undefined, column: SealedColumn, ...row: readonly number[]): string {
    return this.store.seal.open(value, this.#owner, column, ...row);
  }

  /** Undefined for NULL. */
  openOrNone(value: SQLOutputValue | undefined, column: SealedColumn, ...row: readonly number[]): string | undefined {
    return value === null || value === undefined ? undefined : this.open(value, column, ...row);
  }
}
