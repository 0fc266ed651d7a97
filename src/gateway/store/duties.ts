// SPDX-License-Identifier: GPL-3.0-or-later
/** How far the chain was followed, and which process does what only one may, in SQL. */
import type { Lease } from "./records.ts";
import * as rows from "./rows.ts";
import type { Sql } from "./sql.ts";

export async function chainPosition(sql: Sql): Promise<number> {
  const row = await sql.get("SELECT block FROM chain_position");
  return rows.number(row?.["block"]);
}

export async function advanceChainPosition(sql: Sql, block: number): Promise<void> {
  await sql.run("UPDATE chain_position SET block = ? WHERE block < ?", block, block);
}

export async function holdRole(sql: Sql, role: string, { owner, until }: Lease, now: number): Promise<boolean> {
  const changed = await sql.run(
    `INSERT INTO roles (role, lease_owner, lease_until) VALUES (?, ?, ?)
     ON CONFLICT (role) DO UPDATE SET lease_owner = excluded.lease_owner, lease_until = excluded.lease_until
     WHERE roles.lease_owner = excluded.lease_owner OR roles.lease_until <= ?`,
    ...[role, owner, until, now],
  );
  return changed === 1;
}

export async function releaseRole(sql: Sql, role: string, owner: string): Promise<void> {
  await sql.run("DELETE FROM roles WHERE role = ? AND lease_owner = ?", role, owner);
}
