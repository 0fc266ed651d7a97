// SPDX-License-Identifier: GPL-3.0-or-later
/** One account's disputes and grievances in the wallet's file. Every method that writes is one transaction. */
import { z } from "zod";

import { disputeFile } from "../wire/index.ts";
import type { DisputeFile } from "../wire/index.ts";
import type { AccountFile } from "./account-file.ts";
import { json, number, text } from "./columns.ts";
import type { WalletStore } from "./store.ts";

export type DisputeStatus = "open" | "answered" | "lost";

/** A dispute over a ticket that has no refund. */
export interface DisputeRecord {
  readonly index: number;
  /** Undefined of a dispute that another copy of the wallet opened. */
  readonly file: DisputeFile | undefined;
  readonly status: DisputeStatus;
}

/** Something a provider sent that it should not have, or did not send that it owes. */
export interface Grievance {
  readonly index: number | undefined;
  readonly reason: string;
  readonly evidence: unknown;
  /** Unix seconds. */
  readonly notedAt: number;
}

export class DisputeRecords {
  readonly #file: AccountFile;
  readonly #store: WalletStore;
  readonly #account: number;

  constructor(file: AccountFile) {
    this.#file = file;
    this.#store = file.store;
    this.#account = file.id;
  }

  /** Whatever became of its ticket. */
  at(index: number): DisputeRecord | undefined {
    const query = "SELECT * FROM disputes WHERE account = ? AND ticket_index = ?";
    const row = this.#store.get(query, this.#account, index);
    if (row === undefined) return undefined;
    const file = this.#file.openOrNone(row["file"], "disputes.file", index);
    return {
      index,
      file: file === undefined ? undefined : disputeFile.fromJson(file),
      status: z.enum(["open", "answered", "lost"]).parse(row["status"]),
    };
  }

  /** Those whose ticket has no refund, by status. */
  indices(...statuses: readonly DisputeStatus[]): number[] {
    const query = `SELECT d.ticket_index FROM disputes AS d JOIN tickets AS t
      ON t.account = d.account AND t.ticket_index = d.ticket_index
      WHERE d.account = ? AND t.status = 'open' AND d.status IN (${statuses.map(() => "?").join(", ")})
      ORDER BY d.ticket_index`;
    return this.#store.all(query, this.#account, ...statuses).map((row) => number(row["ticket_index"]));
  }

  /** From here on the session is used no more. */
  add(index: number, file: DisputeFile | undefined): void {
    const sealed = file === undefined ? null : this.#file.seal(disputeFile.toJson(file), "disputes.file", index);
    this.#store.transaction(() =>
      this.#store.run(
        "INSERT INTO disputes (account, ticket_index, file) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        ...[this.#account, index, sealed],
      ),
    );
  }

  setStatus(index: number, status: DisputeStatus): void {
    this.#store.transaction(() =>
      this.#store.run(
        "UPDATE disputes SET status = ? WHERE account = ? AND ticket_index = ?",
        ...[status, this.#account, index],
      ),
    );
  }

  addGrievance({ index, reason, evidence, notedAt }: Grievance): void {
    this.#store.transaction(() => {
      const row = this.#store.get("SELECT COALESCE(MAX(id), 0) + 1 AS id FROM grievances");
      const id = number(row?.["id"]);
      const sealed = this.#file.seal(json(evidence ?? null), "grievances.evidence", id);
      this.#store.run(
        "INSERT INTO grievances (id, account, ticket_index, reason, evidence, noted_at) VALUES (?, ?, ?, ?, ?, ?)",
        ...[id, this.#account, index ?? null, reason, sealed, notedAt],
      );
    });
  }

  grievances(): Grievance[] {
    return this.#store.all("SELECT * FROM grievances WHERE account = ? ORDER BY id", this.#account).map((row) => ({
      index: row["ticket_index"] === null ? undefined : number(row["ticket_index"]),
      reason: text(row["reason"]),
      evidence: JSON.parse(this.#file.open(row["evidence"], "grievances.evidence", number(row["id"]))) as unknown,
      notedAt: number(row["noted_at"]),
    }));
  }
}
