// SPDX-License-Identifier: GPL-3.0-or-later
/** What a provider keeps: one set of rules and of SQL, on SQLite or PostgreSQL. */
export { GatewayStoreError } from "./error.ts";
export { openStore } from "./open.ts";
export type { PostgresStoreOptions } from "./postgres-database.ts";
export { PostgresStore } from "./postgres-store.ts";
export { StoreReader } from "./reader.ts";
export type { FeedRow, StoredRow } from "./reader.ts";
export { CALLS_PER_SESSION, decideEnd } from "./rules.ts";
export type { CallClaim, CallDecision } from "./rules.ts";
export { backUpStoreFile, checkStoreFile } from "./sqlite-backup.ts";
export type { StoreSummary } from "./sqlite-backup.ts";
export type { SqliteStoreOptions } from "./sqlite-database.ts";
export { SqliteStore } from "./sqlite-store.ts";
export type * from "./store.ts";
