// SPDX-License-Identifier: GPL-3.0-or-later
/** The provider's SQLite file: write-ahead log, every commit synced; several processes may have it open. */
import { DatabaseSync } from "node:sqlite";

import { SqliteFile } from "../storage/index.ts";
import { migrate } from "./sqlite-schema.ts";
import { GatewayStoreError } from "./store-error.ts";

export interface SqliteStoreOptions {
  /** A file, or ":memory:". */
  readonly path: string;
  /** Π: a file belongs to one pool. */
  readonly poolHash: bigint;
  /** How long to wait for another process's transaction. */
  readonly busyMilliseconds?: number;
}

function open({ path, poolHash, busyMilliseconds = 5_000 }: SqliteStoreOptions): DatabaseSync {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path);
    database.exec(`PRAGMA busy_timeout = ${busyMilliseconds}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`);
  } catch (error) {
    throw new GatewayStoreError("UNREADABLE", "the store's file cannot be opened", { cause: error });
  }
  migrate(database, poolHash);
  return database;
}

export class SqliteDatabase extends SqliteFile {
  /** @throws GatewayStoreError */
  constructor(options: SqliteStoreOptions) {
    super(open(options));
  }
}
