// SPDX-License-Identifier: GPL-3.0-or-later
/** Fills a store's tables with spent tickets by SQL alone, as they stand after their answers were forgotten, and the peer's table with their keys. */
import { DatabaseSync } from "node:sqlite";

import pg from "pg";

import { openStore } from "../../../src/gateway/index.ts";
import { batchesOf, ENDED, POOL_HASH, strideOf } from "./rows.ts";

const NAMES = Object.keys(ENDED).join(", ");
const VALUES = Object.values(ENDED)
  .map((value) => (typeof value === "number" ? value : `'${value}'`))
  .join(", ");
const KINDS = "('ticket'), ('refund')";

/** Keys come in order, so the file is as dense as it gets. */
function fillSqlite(path: string, rows: number): void {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;");
  database.exec("CREATE TABLE plain (nullifier BLOB PRIMARY KEY, x BLOB NOT NULL, y BLOB NOT NULL) WITHOUT ROWID");
  const fill = database.prepare(`
    INSERT INTO tickets (nullifier, x, y, ${NAMES})
    WITH RECURSIVE n (i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
    SELECT unhex(printf('%012x', i * ?) || hex(randomblob(26))), randomblob(32), randomblob(32), ${VALUES} FROM n`);
  for (const [from, to] of batchesOf(rows)) fill.run(from, to, Number(strideOf(rows)));
  database.exec(`
    INSERT INTO plain SELECT nullifier, x, y FROM tickets;
    INSERT INTO feed (kind, key) SELECT k.column1, nullifier FROM tickets, (VALUES ${KINDS}) AS k;
    PRAGMA wal_checkpoint(TRUNCATE);
  `);
  database.close();
}

async function fillPostgres(url: string, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("SET synchronous_commit = off; SET maintenance_work_mem = '256MB'");
    await client.query("CREATE TABLE plain (nullifier BYTEA PRIMARY KEY, x BYTEA NOT NULL, y BYTEA NOT NULL)");
    const bytes = (seed: string): string => `decode(md5('${seed}' || i) || md5(i || '${seed}'), 'hex')`;
    const key = `decode(lpad(to_hex(i * ${strideOf(rows)}::bigint), 12, '0'), 'hex') || substr(${bytes("n")}, 1, 26)`;
    for (const [from, to] of batchesOf(rows)) {
      await client.query(`INSERT INTO tickets (nullifier, x, y, ${NAMES})
        SELECT ${key}, ${bytes("x")}, ${bytes("y")}, ${VALUES} FROM generate_series(${from}::bigint, ${to - 1}) AS i`);
    }
    await client.query("INSERT INTO plain SELECT nullifier, x, y FROM tickets");
    await client.query(`INSERT INTO feed (position, kind, key)
      SELECT ROW_NUMBER() OVER (), k.column1, nullifier FROM tickets, (VALUES ${KINDS}) AS k`);
    await client.query("VACUUM ANALYZE");
    await client.query("CHECKPOINT");
  } finally {
    await client.end();
  }
}

/** @param location as `openStore` takes it, of an empty store or of none. */
export async function fillStore(location: string, rows: number): Promise<void> {
  // Makes the tables.
  await (await openStore(location, POOL_HASH)).close();
  if (location.startsWith("postgres:")) await fillPostgres(location, rows);
  else fillSqlite(location, rows);
}
