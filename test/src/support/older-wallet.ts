// SPDX-License-Identifier: GPL-3.0-or-later
/** Wallet files as earlier versions wrote them. */
import { DatabaseSync } from "node:sqlite";

import { Seal } from "../../../src/wallet/sealing.ts";
import type { SealedColumn } from "../../../src/wallet/sealing.ts";
import { POOL, SEED } from "./session-world.ts";

/** The account that the tests use. */
export const OWNER = { poolHash: POOL.poolHash, account: 0 };

const COLUMNS: readonly [SealedColumn, ...string[]][] = [
  ["tickets.opening", "ticket_index"],
  ["tickets.refund", "ticket_index"],
  ["calls.request", "ticket_index", "sequence"],
  ["calls.receipt", "ticket_index", "sequence"],
  ["states.signature", "position"],
  ["folds.request", "position"],
  ["disputes.file", "ticket_index"],
  ["grievances.evidence", "id"],
];

/** Turns a file that nobody has open into one of the second version: the same rows, in clear. Returns the columns that held something. */
export function unsealFile(path: string): string[] {
  const database = new DatabaseSync(path);
  const seal = new Seal(SEED);
  const found: string[] = [];
  for (const [column, ...key] of COLUMNS) {
    const [table, name] = column.split(".") as [string, string];
    const query = `SELECT ${name} AS value, ${key.join(", ")} FROM ${table} WHERE ${name} IS NOT NULL`;
    const rows = database.prepare(query).all();
    if (rows.length > 0) found.push(column);
    for (const row of rows) {
      const place = key.map((part) => Number(row[part]));
      const text = seal.open(row["value"], OWNER, column, ...place);
      const condition = key.map((part) => `${part} = ?`).join(" AND ");
      database.prepare(`UPDATE ${table} SET ${name} = ? WHERE ${condition}`).run(text, ...place);
    }
  }
  unsealStates(database, seal);
  database.exec(`ALTER TABLE accounts DROP COLUMN is_own; DROP TABLE plans; DROP TABLE feeds; DROP TABLE feed_enrolments;
    ALTER TABLE calls ADD COLUMN request_hash TEXT NOT NULL DEFAULT '0x00'; UPDATE wallet SET schema_version = 2;`);
  database.close();
  return found;
}

/** Budget, returned holds and rho in columns of their own. */
function unsealStates(database: DatabaseSync, seal: Seal): void {
  const rows = database.prepare("SELECT * FROM states").all();
  database.exec(`DROP TABLE states; CREATE TABLE states (
    account INTEGER NOT NULL REFERENCES accounts (id), position INTEGER NOT NULL, budget TEXT NOT NULL,
    returned_holds TEXT NOT NULL, rho TEXT NOT NULL, signature TEXT, PRIMARY KEY (account, position)) WITHOUT ROWID;`);
  const insert = database.prepare("INSERT INTO states VALUES (?, ?, ?, ?, ?, ?)");
  for (const { account, position, state, signature } of rows) {
    const clear = JSON.parse(seal.open(state, OWNER, "states.state", Number(position))) as Record<string, string>;
    const { budget = "", returnedHolds = "", rho = "" } = clear;
    insert.run(account ?? null, position ?? null, budget, returnedHolds, rho, signature ?? null);
  }
}
