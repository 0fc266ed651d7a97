// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Positions for the feed under PostgreSQL. Whoever records something takes a number from a sequence, the entry's id; but an id that is
 * taken early may be committed late, and a reader who went on from the last id that it saw would never learn of it. So positions are
 * given when the feed is read, to entries that are committed, by one transaction at a time:
 *
 * - The lock is taken by a statement of its own, and every later statement of a READ COMMITTED transaction sees what was committed
 *   before it began. PostgreSQL lets go of the lock when the commit is visible. So a transaction that has the lock sees every position
 *   that was ever given, and goes on after the last one: positions have no gaps and no duplicates.
 * - Positions become visible in order: a reader that sees one sees all before it, because they were committed before, or with it.
 * - They stay: a position is visible only when its commit is on the disk (synchronous_commit), and nothing ever changes it.
 * - Effects follow causes: an entry that was committed before another was recorded has the lower id, and gets the lower position, in
 *   the same pass or in an earlier one.
 *
 * Those that record wait for nobody: they only insert.
 */
import type { Sql } from "./sql.ts";

/** How many entries one transaction numbers, unless a page is larger. */
const BATCH = 10_000;

export async function hasUnnumbered(sql: Sql): Promise<boolean> {
  return (await sql.get("SELECT 1 FROM feed WHERE position IS NULL LIMIT 1")) !== undefined;
}

/** After its READ COMMITTED transaction has taken the lock. */
export async function giveNumbers(sql: Sql, limit: number): Promise<void> {
  await sql.run(
    `UPDATE feed SET position = numbered.position FROM (
       SELECT id, (SELECT COALESCE(MAX(position), 0) FROM feed) + ROW_NUMBER() OVER (ORDER BY id) AS position
       FROM (SELECT id FROM feed WHERE position IS NULL ORDER BY id LIMIT ?) AS waiting
     ) AS numbered WHERE feed.id = numbered.id`,
    Math.max(limit, BATCH),
  );
}
