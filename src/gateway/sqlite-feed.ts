// SPDX-License-Identifier: GPL-3.0-or-later
/** The public feed, in SQL. Every function is a part of its caller's transaction. */
import type { SQLInputValue } from "node:sqlite";

import type { Row } from "../storage/index.ts";
import type { FeedEntry } from "../wire/index.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";
import * as rows from "./sqlite-rows.ts";

/** @param key the nullifier; of a fold, its id. */
export function publish(db: SqliteDatabase, kind: FeedEntry["kind"], key: SQLInputValue): void {
  db.run("INSERT INTO feed (kind, key) VALUES (?, ?)", kind, key);
}

export function feedAfter(db: SqliteDatabase, after: number, limit: number): FeedEntry[] {
  const entries = db.all("SELECT * FROM feed WHERE position > ? ORDER BY position LIMIT ?", after, limit);
  return entries.map((row) => entryOf(db, row));
}

function entryOf(db: SqliteDatabase, row: Row): FeedEntry {
  const position = rows.number(row["position"]);
  const key = row["key"] as SQLInputValue;
  const from = (table: string, column = "nullifier"): Row => {
    const found = db.get(`SELECT * FROM ${table} WHERE ${column} = ?`, key);
    if (found === undefined) throw new Error(`the feed's entry ${position} has lost its record`);
    return found;
  };
  switch (row["kind"]) {
    case "enrolment":
      return rows.enrolmentEntryOf(position, from("enrolments"));
    case "fold":
      return rows.foldEntryOf(position, from("folds", "id"));
    case "refund":
      return rows.refundEntryOf(position, from("tickets"));
    default:
      return rows.ticketEntryOf(position, from("tickets"));
  }
}
