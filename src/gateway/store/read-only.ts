// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A store opened to be looked at: no role is taken, nothing is migrated, no row written, and a gateway may work on it meanwhile. All questions see
 * one moment.
 */
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue } from "node:sqlite";

import pg from "pg";

import { GatewayStoreError, newerSchema, otherPool } from "./error.ts";
import { Statements, sqlOn, types } from "./postgres-connection.ts";
import { POSTGRES_SCHEMA } from "./postgres-schema.ts";
import * as rows from "./rows.ts";
import type { Row, Sql, SqlValue } from "./sql.ts";
import { SQLITE_SCHEMA } from "./sqlite-schema.ts";

/** For questions alone. */
export interface ReadOnlyStore {
  all(sql: string, ...values: SqlValue[]): Promise<Row[]>;
  close(): Promise<void>;
}

/**
 * @param location as for `openStore`.
 * @throws GatewayStoreError OTHER_POOL, NEWER_SCHEMA, UNREADABLE, UNREACHABLE
 */
export async function openReadOnly(location: string, poolHash: bigint): Promise<ReadOnlyStore> {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(location);
  const isPostgres = /^postgres(ql)?:\/\//i.test(location);
  if (isUrl && !isPostgres) {
    throw new GatewayStoreError("UNREADABLE", "a store is a file's path or a postgres:// URL");
  }
  const store = isPostgres ? await openPostgres(location) : openSqlite(location);
  try {
    await requireStore(store, poolHash, isPostgres ? POSTGRES_SCHEMA : SQLITE_SCHEMA);
    return store;
  } catch (error) {
    await store.close();
    if (error instanceof GatewayStoreError) throw error;
    throw new GatewayStoreError("UNREADABLE", "this is no gateway's store", { cause: error });
  }
}

async function requireStore(store: ReadOnlyStore, poolHash: bigint, schema: number): Promise<void> {
  const [version] = await store.all("SELECT COALESCE(MAX(version), 0) AS version FROM schema_migrations");
  const found = rows.number(version?.["version"]);
  if (found > schema) throw newerSchema(found, schema);
  if (found < schema) {
    const message = `the store has schema ${found}, and this program reads ${schema}: start its gateway once, which brings it up to date`;
    throw new GatewayStoreError("UNREADABLE", message);
  }
  const [bound] = await store.all("SELECT pool_hash FROM store");
  if (bound?.["pool_hash"] !== poolHash.toString()) throw otherPool();
}

function openSqlite(path: string): ReadOnlyStore {
  if (!existsSync(path)) throw new GatewayStoreError("UNREADABLE", `there is no store at ${path}`);
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    database.exec("BEGIN");
    return {
      all: async (sql, ...values) => database.prepare(sql).all(...(values as SQLInputValue[])),
      close: async () => database.close(),
    };
  } catch (error) {
    throw new GatewayStoreError("UNREADABLE", "the store's file cannot be opened", { cause: error });
  }
}

async function openPostgres(url: string): Promise<ReadOnlyStore> {
  let pool: pg.Pool | undefined;
  try {
    pool = new pg.Pool({
      connectionString: url,
      max: 1,
      connectionTimeoutMillis: 5_000,
      application_name: "jeton audit",
      types,
    });
    pool.on("error", () => undefined);
    const client = await pool.connect();
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const sql: Sql = sqlOn(client, new Statements());
    const opened = pool;
    return {
      all: (text, ...values) => sql.all(text, ...values),
      close: async () => {
        client.release(true);
        await opened.end();
      },
    };
  } catch {
    await pool?.end();
    // Without its cause, which may quote the URL, and with it the password.
    throw new GatewayStoreError("UNREACHABLE", "the store's database does not answer, or refuses this user");
  }
}
