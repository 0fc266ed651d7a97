// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The shares that were seen, and what a new one proves beside those: anybody can put junk into a feed, so what looks like evidence has to
 * lie on the line of its nullifier (one hash) before anything else is done with it.
 */
import { nullifierOf, recoverFromShares } from "../protocol/index.ts";
import type { Share } from "../protocol/index.ts";
import type { Row, SqliteFile } from "../storage/index.ts";
import { field, number, toField } from "./columns.ts";

/** The source of shares that disputes on chain showed. */
export const CHAIN = 0;
/** A provider's store has one share of a ticket. What one feed shows beyond this is not kept. */
const MOST_OF_ONE_SOURCE = 4;

export interface SeenShare {
  readonly nullifier: bigint;
  readonly share: Share;
  readonly source: number;
  readonly seen: number;
  readonly place: number;
}

export type ShareFinding =
  /** Two messages of one ticket: both shares lie on the line that the nullifier names. */
  | { readonly kind: "pair"; readonly nullifier: bigint; readonly shares: readonly [Share, Share] }
  /** A close revealed this ticket. */
  | { readonly kind: "revealed"; readonly commitment: bigint; readonly index: number; readonly seen: SeenShare }
  /** The source shows two things of one ticket that cannot both be true, or too many. */
  | { readonly kind: "junk"; readonly nullifier: bigint };

const seenOf = (row: Row): SeenShare => ({
  nullifier: field(row["nullifier"]),
  share: { x: field(row["x"]), y: field(row["y"]) },
  source: number(row["source"]),
  seen: number(row["seen"]),
  place: number(row["place"]),
});

const liesOn = (nullifier: bigint, first: Share, second: Share): boolean =>
  nullifierOf(recoverFromShares(first, second).ticketKey) === nullifier;

/** A part of the transaction of what showed it. @returns nothing for what was known. */
export function addShare(file: SqliteFile, pool: number, added: SeenShare): ShareFinding[] {
  const { nullifier, share, source, seen, place } = added;
  const { x, y } = share;
  const known = file.all("SELECT * FROM shares WHERE pool = ? AND nullifier = ?", pool, toField(nullifier)).map(seenOf);
  const same = known.find((other) => other.source === source && other.share.x === x);
  if (same !== undefined) {
    const key = [place, pool, toField(nullifier), toField(x), source] as const;
    file.run("UPDATE shares SET place = ? WHERE pool = ? AND nullifier = ? AND x = ? AND source = ?", ...key);
    return same.share.y === y ? [] : [{ kind: "junk", nullifier }];
  }
  const others = known.filter((other) => other.share.x !== x);
  const pairs = others.filter((other) => liesOn(nullifier, other.share, share));
  const findings: ShareFinding[] = pairs.map((other) => ({ kind: "pair", nullifier, shares: [other.share, share] }));
  const fromHere = known.filter((other) => other.source === source).length;
  // What proves a double spend is kept whatever else the source showed.
  if (fromHere > pairs.length && others.length > 0) findings.push({ kind: "junk", nullifier });
  if (fromHere >= MOST_OF_ONE_SOURCE && pairs.length === 0) return findings;
  const row = [pool, toField(nullifier), toField(x), source, toField(y), seen, place] as const;
  file.run("INSERT INTO shares VALUES (?, ?, ?, ?, ?, ?, ?)", ...row);
  const revealed = file.get(
    "SELECT commitment, ticket_index FROM revealed WHERE pool = ? AND nullifier = ?",
    ...[pool, toField(nullifier)],
  );
  if (revealed !== undefined) {
    const index = number(revealed["ticket_index"]);
    findings.push({ kind: "revealed", commitment: field(revealed["commitment"]), index, seen: added });
  }
  return findings;
}

/** The shares of the tickets that a close reveals. */
export const revealedShares = (
  file: SqliteFile,
  pool: number,
  commitment: bigint,
): (ShareFinding & { kind: "revealed" })[] =>
  file
    .all(
      `SELECT s.*, r.ticket_index FROM revealed AS r JOIN shares AS s ON s.pool = r.pool AND s.nullifier = r.nullifier
       WHERE r.pool = ? AND r.commitment = ? ORDER BY r.ticket_index`,
      ...[pool, toField(commitment)],
    )
    .map((row) => ({ kind: "revealed", commitment, index: number(row["ticket_index"]), seen: seenOf(row) }));
