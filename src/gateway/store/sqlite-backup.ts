// SPDX-License-Identifier: GPL-3.0-or-later
/** Copies of a provider's SQLite file: taken in one read transaction while gateways run, looked through before they count. */
import { existsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { GatewayStoreError } from "./error.ts";

/** What a store holds. */
export interface StoreSummary {
  readonly schema: number;
  /** Π of the pool that it belongs to. */
  readonly poolHash: string;
  readonly tickets: number;
  readonly enrolments: number;
  readonly folds: number;
  readonly disputes: number;
  /** The last position of the public feed. */
  readonly feedPosition: number;
  /** The block up to which the chain was handled; -1: none. */
  readonly chainPosition: number;
}

/** How long to wait for another process's transaction. */
const BUSY_MILLISECONDS = 30_000;

function reading<T>(path: string, body: (database: DatabaseSync) => T): T {
  if (!existsSync(path)) throw new GatewayStoreError("UNREADABLE", `there is no store at ${path}`);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    database.exec(`PRAGMA busy_timeout = ${BUSY_MILLISECONDS}`);
    return body(database);
  } catch (error) {
    if (error instanceof GatewayStoreError) throw error;
    throw new GatewayStoreError("UNREADABLE", `${path} is no whole store: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    database?.close();
  }
}

/**
 * Reads a whole file, which may be in use, and says what it holds.
 * @throws GatewayStoreError UNREADABLE for a file that is damaged, or is no store
 */
export const checkStoreFile = (path: string): StoreSummary =>
  reading(path, (database) => {
    const [integrity] = database.prepare("PRAGMA integrity_check(1)").all();
    if (integrity?.["integrity_check"] !== "ok")
      throw new GatewayStoreError("UNREADABLE", `${path} is damaged: ${String(integrity?.["integrity_check"])}`);
    const number = (sql: string): number => Number(Object.values(database.prepare(sql).get() ?? {})[0] ?? 0);
    const count = (table: string): number => number(`SELECT COUNT(*) FROM ${table}`);
    return {
      schema: number("SELECT MAX(version) FROM schema_migrations"),
      poolHash: String(database.prepare("SELECT pool_hash FROM store").get()?.["pool_hash"]),
      tickets: count("tickets"),
      enrolments: count("enrolments"),
      folds: count("folds"),
      disputes: count("disputes"),
      feedPosition: number("SELECT MAX(position) FROM feed"),
      chainPosition: number("SELECT block FROM chain_position"),
    };
  });

async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Copies a store that may be in use. The copy holds everything that was recorded before this began, and appears when it is whole.
 * @throws GatewayStoreError UNREADABLE
 */
export async function backUpStoreFile(from: string, to: string): Promise<StoreSummary> {
  if (existsSync(to))
    throw new GatewayStoreError("UNREADABLE", `${to} is there already: a backup is never written over`);
  const beside = `${to}.new`;
  await rm(beside, { force: true });
  // It holds answers of the last calls: for its owner's eyes, whoever may read the folder.
  await (await open(beside, "wx", 0o600)).close();
  reading(from, (database) => database.prepare("VACUUM INTO ?").run(beside));
  const summary = checkStoreFile(beside);
  await sync(beside);
  await rename(beside, to);
  await sync(dirname(to));
  return summary;
}
