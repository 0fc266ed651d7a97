// SPDX-License-Identifier: GPL-3.0-or-later
/** The gateway's tables in PostgreSQL, and how an older database becomes a newer one. A migration, once released, is never edited. */
import { newerSchema, otherPool } from "./error.ts";
import * as rows from "./rows.ts";
import type { Sql } from "./sql.ts";

/** The tables of SQLite's schema 3. Field elements are of 32 bytes, amounts decimal text, flags 0 or 1. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE tickets (
    nullifier BYTEA PRIMARY KEY CHECK (length(nullifier) = 32),
    -- open and ended: handed in. closed: revealed by a close before it was.
    status TEXT NOT NULL CHECK (status IN ('open', 'ended', 'closed')),
    x BYTEA,
    y BYTEA,
    session_address TEXT,
    charged TEXT NOT NULL DEFAULT '0',
    voucher_sequence BIGINT,
    voucher_cap TEXT,
    voucher_request_hash TEXT,
    voucher_signature TEXT,
    refunded_charge TEXT,
    refunded_hold TEXT,
    refund_signature TEXT,
    -- Unix seconds of the last call of an open session; nothing is kept of an ended one.
    active_at BIGINT,
    closed_by BYTEA,
    CHECK ((status = 'closed') = (x IS NULL)),
    CHECK ((status = 'ended') = (refund_signature IS NOT NULL)),
    CHECK ((status = 'open') = (active_at IS NOT NULL))
  );
  CREATE INDEX tickets_active ON tickets (active_at) WHERE status = 'open';

  CREATE TABLE calls (
    nullifier BYTEA NOT NULL,
    sequence BIGINT NOT NULL,
    request_hash TEXT NOT NULL,
    cap TEXT NOT NULL,
    signature TEXT NOT NULL,
    lease_owner TEXT,
    lease_until BIGINT NOT NULL,
    answer TEXT,
    answered_at BIGINT,
    PRIMARY KEY (nullifier, sequence)
  );
  CREATE INDEX calls_answered ON calls (answered_at) WHERE answered_at IS NOT NULL;

  CREATE TABLE enrolments (
    nullifier BYTEA PRIMARY KEY,
    root BYTEA NOT NULL,
    state BYTEA NOT NULL,
    proof TEXT NOT NULL,
    signature TEXT NOT NULL
  );

  CREATE TABLE folds (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nullifiers TEXT NOT NULL,
    state BYTEA NOT NULL,
    certified BYTEA NOT NULL,
    proof TEXT NOT NULL,
    signature TEXT NOT NULL
  );
  CREATE INDEX folds_state ON folds (state);
  CREATE TABLE fold_nullifiers (
    nullifier BYTEA PRIMARY KEY,
    fold BIGINT NOT NULL REFERENCES folds (id)
  );

  -- Folds that were certified on chain, signed here or not. Several may share a nullifier until one of them is final.
  CREATE TABLE certified_folds (
    state BYTEA PRIMARY KEY,
    nullifiers TEXT NOT NULL,
    certified BYTEA NOT NULL
  );
  CREATE TABLE certified_nullifiers (
    nullifier BYTEA NOT NULL,
    state BYTEA NOT NULL REFERENCES certified_folds (state),
    PRIMARY KEY (nullifier, state)
  );
  CREATE TABLE fold_conflicts (
    pending_state BYTEA PRIMARY KEY REFERENCES certified_folds (state),
    fold BIGINT NOT NULL REFERENCES folds (id),
    reported INTEGER NOT NULL DEFAULT 0
  );

  CREATE TABLE disputes (
    nullifier BYTEA PRIMARY KEY,
    x BYTEA NOT NULL,
    -- Not kept of a ticket that was closed before.
    y BYTEA,
    session_address TEXT NOT NULL,
    resolvable_at TEXT NOT NULL,
    answer TEXT,
    done INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX disputes_pending ON disputes (done) WHERE done = 0;

  CREATE TABLE violations (
    nullifier BYTEA PRIMARY KEY,
    evidence_hash TEXT NOT NULL,
    evidence TEXT NOT NULL,
    reported INTEGER NOT NULL DEFAULT 0
  );

  CREATE TABLE offences (
    identity_commitment BYTEA PRIMARY KEY,
    identity_secret BYTEA NOT NULL,
    kind TEXT NOT NULL,
    nullifier BYTEA NOT NULL,
    ticket_index BIGINT NOT NULL,
    shares TEXT NOT NULL,
    reported INTEGER NOT NULL DEFAULT 0
  );

  -- What was recorded. Ids have gaps and become visible in any order; positions, given later, do neither (postgres-feed.ts).
  CREATE TABLE feed (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    position BIGINT UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('ticket', 'refund', 'enrolment', 'fold')),
    -- The nullifier; of a fold, one of its nullifiers.
    key BYTEA NOT NULL
  );
  CREATE INDEX feed_unnumbered ON feed (id) WHERE position IS NULL;

  -- How far the chain was followed: -1 is nowhere.
  CREATE TABLE chain_position (
    block BIGINT NOT NULL
  );
  INSERT INTO chain_position (block) VALUES (-1);

  -- What one process of a provider does at a time.
  CREATE TABLE roles (
    role TEXT PRIMARY KEY,
    lease_owner TEXT NOT NULL,
    lease_until BIGINT NOT NULL
  );
  `,
];

/** What a database of today has. */
export const POSTGRES_SCHEMA = MIGRATIONS.length;

/**
 * Brings a database, new or old, to the present schema: a part of its caller's transaction, which keeps all others of its kind out.
 * @throws GatewayStoreError OTHER_POOL, NEWER_SCHEMA
 */
export async function migrate(sql: Sql, script: (text: string) => Promise<void>, poolHash: bigint): Promise<void> {
  await script(`
    CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS store (pool_hash TEXT NOT NULL);
  `);
  const row = await sql.get("SELECT COALESCE(MAX(version), 0) AS version FROM schema_migrations");
  const version = rows.number(row?.["version"]);
  if (version > MIGRATIONS.length) throw newerSchema(version, MIGRATIONS.length);
  const recorded = await sql.get("SELECT pool_hash FROM store");
  if (recorded === undefined) await sql.run("INSERT INTO store (pool_hash) VALUES (?)", poolHash.toString());
  else if (recorded["pool_hash"] !== poolHash.toString()) throw otherPool();
  for (const [offset, text] of MIGRATIONS.slice(version).entries()) {
    await script(text);
    await sql.run("INSERT INTO schema_migrations (version) VALUES (?)", version + offset + 1);
  }
}
