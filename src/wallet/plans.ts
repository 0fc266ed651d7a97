// SPDX-License-Identifier: GPL-3.0-or-later
/** What one account is to do on its own, and when. It is kept in the wallet's file: a wait that began is not drawn again at every start. */
import { number } from "./columns.ts";
import type { WalletStore } from "./store.ts";

export type PlannedTask = "enrol" | "fold";

export class Plans {
  readonly #store: WalletStore;
  readonly #account: number;

  constructor(store: WalletStore, account: number) {
    this.#store = store;
    this.#account = account;
  }

  /** Unix seconds; undefined when nothing is planned. */
  at(task: PlannedTask): number | undefined {
    const row = this.#store.get("SELECT due_at FROM plans WHERE account = ? AND task = ?", this.#account, task);
    return row === undefined ? undefined : number(row["due_at"]);
  }

  set(task: PlannedTask, dueAt: number): void {
    this.#store.transaction(() =>
      this.#store.run(
        "INSERT INTO plans VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET due_at = excluded.due_at",
        ...[this.#account, task, Math.ceil(dueAt)],
      ),
    );
  }

  drop(task: PlannedTask): void {
    this.#store.transaction(() =>
      this.#store.run("DELETE FROM plans WHERE account = ? AND task = ?", this.#account, task),
    );
  }
}
