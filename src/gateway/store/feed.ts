// SPDX-License-Identifier: GPL-3.0-or-later
/** The public feed, in SQL. An entry names its record, which does not change in what the feed shows of it. */
import type { FeedEntry } from "../../wire/index.ts";
import * as rows from "./rows.ts";
import type { Row, Sql } from "./sql.ts";

type Kind = FeedEntry["kind"];

/**
 * A part of the transaction that records it. Where several transactions run at once, the entry gets its position later: see
 * `SqlDatabase.numberFeed`.
 * @param key the record's nullifier; of a fold, one of its nullifiers.
 */
export async function publish(sql: Sql, kind: Kind, key: Uint8Array): Promise<void> {
  await sql.run("INSERT INTO feed (kind, key) VALUES (?, ?)", kind, key);
}

/** The records of a kind with their positions, between two positions. */
const recordsOf = (kind: Kind, join: string): string =>
  `SELECT r.*, f.position FROM feed AS f ${join} WHERE f.kind = '${kind}' AND f.position > ? AND f.position <= ?`;
const TICKETS = "JOIN tickets AS r ON r.nullifier = f.key";
const FOLDS = "JOIN fold_nullifiers AS n ON n.nullifier = f.key JOIN folds AS r ON r.id = n.fold";

const SOURCES: Record<Kind, { readonly query: string; readonly entryOf: (position: number, row: Row) => FeedEntry }> = {
  ticket: { query: recordsOf("ticket", TICKETS), entryOf: rows.ticketEntryOf },
  refund: { query: recordsOf("refund", TICKETS), entryOf: rows.refundEntryOf },
  enrolment: {
    query: recordsOf("enrolment", "JOIN enrolments AS r ON r.nullifier = f.key"),
    entryOf: rows.enrolmentEntryOf,
  },
  fold: { query: recordsOf("fold", FOLDS), entryOf: rows.foldEntryOf },
};

export async function feedAfter(sql: Sql, after: number, limit: number): Promise<FeedEntry[]> {
  const page = await sql.all(
    "SELECT position, kind FROM feed WHERE position > ? ORDER BY position LIMIT ?",
    after,
    limit,
  );
  const positions = page.map((row) => rows.number(row["position"]));
  const entries = new Map<number, FeedEntry>();
  for (const kind of new Set(page.map((row) => row["kind"] as Kind))) {
    const { query, entryOf } = SOURCES[kind];
    for (const row of await sql.all(query, after, positions.at(-1) ?? after)) {
      const position = rows.number(row["position"]);
      entries.set(position, entryOf(position, row));
    }
  }
  return positions.map((position) => {
    const entry = entries.get(position);
    if (entry === undefined) throw new Error(`the feed's entry ${position} has lost its record`);
    return entry;
  });
}
