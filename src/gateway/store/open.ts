// SPDX-License-Identifier: GPL-3.0-or-later
/** A store by its name, as it stands in a gateway's settings. */
import { GatewayStoreError } from "./error.ts";
import { PostgresStore } from "./postgres-store.ts";
import { SqliteStore } from "./sqlite-store.ts";
import type { GatewayStore } from "./store.ts";

/**
 * @param location "postgres://…", or the path of a SQLite file.
 * @param poolHash Π: a store belongs to one pool.
 * @throws GatewayStoreError OTHER_POOL, NEWER_SCHEMA, UNREADABLE, UNREACHABLE
 */
export async function openStore(location: string, poolHash: bigint): Promise<GatewayStore> {
  // Not the whole location goes into the message: it may hold a password.
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined) return new SqliteStore({ path: location, poolHash });
  if (scheme === "postgres" || scheme === "postgresql") return PostgresStore.open({ url: location, poolHash });
  throw new GatewayStoreError("UNREADABLE", `a store is a file's path or a postgres:// URL, and no ${scheme}:// one`);
}
