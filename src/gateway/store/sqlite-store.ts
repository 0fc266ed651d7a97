// SPDX-License-Identifier: GPL-3.0-or-later
/** The store on SQLite, for one machine: several processes may open one file. */
import { SqlStore } from "./sql-store.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import type { SqliteStoreOptions } from "./sqlite-database.ts";

export class SqliteStore extends SqlStore {
  /** @throws GatewayStoreError OTHER_POOL, NEWER_SCHEMA, UNREADABLE */
  constructor(options: SqliteStoreOptions) {
    super(new SqliteDatabase(options));
  }
}
