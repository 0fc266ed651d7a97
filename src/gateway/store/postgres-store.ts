// SPDX-License-Identifier: GPL-3.0-or-later
/** The store on PostgreSQL, for a provider whose gateways run on several machines. */
import { PostgresDatabase } from "./postgres-database.ts";
import type { PostgresStoreOptions } from "./postgres-database.ts";
import { SqlStore } from "./sql-store.ts";

export class PostgresStore extends SqlStore {
  private constructor(database: PostgresDatabase) {
    super(database);
  }

  /** @throws GatewayStoreError OTHER_POOL, NEWER_SCHEMA, UNREADABLE, UNREACHABLE */
  static async open(options: PostgresStoreOptions): Promise<PostgresStore> {
    return new PostgresStore(await PostgresDatabase.open(options));
  }
}
