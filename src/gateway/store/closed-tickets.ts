// SPDX-License-Identifier: GPL-3.0-or-later
/** Tickets that closes reveal, in SQL: there may be 65,536 of one account. */
import { setImmediate } from "node:timers/promises";

import type { SpentTicket } from "./records.ts";
import * as rows from "./rows.ts";
import type { Sql } from "./sql.ts";
import { TICKETS } from "./tickets.ts";

const { blob } = rows;

/** How many tickets one statement is about, at most: some ms of SQLite's time. */
const CHUNK = 512;

/** In lists whose lengths are powers of two, so that there are few statements: the last is filled up with what it has. */
export function chunksOf(nullifiers: readonly bigint[]): readonly (readonly bigint[])[] {
  const chunks: bigint[][] = [];
  for (let start = 0; start < nullifiers.length; start += CHUNK) {
    const chunk = nullifiers.slice(start, start + CHUNK);
    const length = 2 ** Math.ceil(Math.log2(chunk.length));
    while (chunk.length < length) chunk.push(chunk[0] as bigint);
    chunks.push(chunk);
  }
  return chunks;
}

/** The spent ones among a chunk, in its order. */
async function spentAmong(sql: Sql, chunk: readonly bigint[]): Promise<readonly SpentTicket[]> {
  const places = chunk.map(() => "?").join(", ");
  const where = `t.status <> 'closed' AND t.nullifier IN (${places})`;
  const found = (await sql.all(`${TICKETS} WHERE ${where}`, ...chunk.map(blob))).map(rows.spentTicketOf);
  const byNullifier = new Map(found.map((ticket) => [ticket.nullifier, ticket]));
  return [...new Set(chunk)].flatMap((nullifier) => byNullifier.get(nullifier) ?? []);
}

async function enter(sql: Sql, identityCommitment: bigint, chunk: readonly bigint[]): Promise<void> {
  const places = chunk.map(() => "(?, 'closed', ?)").join(", ");
  const closedBy = blob(identityCommitment);
  await sql.run(
    `INSERT INTO tickets (nullifier, status, closed_by) VALUES ${places} ON CONFLICT DO NOTHING`,
    ...chunk.flatMap((nullifier) => [blob(nullifier), closedBy]),
  );
}

/** Enters those of a chunk that are not spent. */
export async function closeRest(
  sql: Sql,
  identityCommitment: bigint,
  chunk: readonly bigint[],
): Promise<readonly SpentTicket[]> {
  const spent = await spentAmong(sql, chunk);
  await enter(sql, identityCommitment, chunk);
  return spent;
}

/** Enters all of them, unless one is spent. Other work has its turn after every chunk. */
export async function closeUnlessSpent(
  sql: Sql,
  identityCommitment: bigint,
  nullifiers: readonly bigint[],
): Promise<readonly SpentTicket[]> {
  const chunks = chunksOf(nullifiers);
  const spent: SpentTicket[] = [];
  for (const chunk of chunks) {
    spent.push(...(await spentAmong(sql, chunk)));
    await setImmediate();
  }
  if (spent.length > 0) return spent;
  for (const chunk of chunks) {
    await enter(sql, identityCommitment, chunk);
    await setImmediate();
  }
  return spent;
}
