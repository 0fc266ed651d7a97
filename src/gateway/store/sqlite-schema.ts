// SPDX-License-Identifier: GPL-3.0-or-later
/** The gateway's tables in SQLite, and how an older file becomes a newer one. A migration, once released, is never edited. */
import type { DatabaseSync } from "node:sqlite";

import { newerSchema, otherPool } from "./error.ts";

const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE tickets (
    nullifier BLOB PRIMARY KEY CHECK (length(nullifier) = 32),
    -- open and ended: handed in. closed: revealed by a close before it was.
    status TEXT NOT NULL CHECK (status IN ('open', 'ended', 'closed')),
    x BLOB,
    y BLOB,
    session_address TEXT,
    charged TEXT NOT NULL DEFAULT '0',
    voucher_sequence INTEGER,
    voucher_cap TEXT,
    voucher_request_hash TEXT,
    voucher_signature TEXT,
    refunded_charge TEXT,
    refunded_hold TEXT,
    refund_signature TEXT,
    -- Unix seconds of the last call of an open session; nothing is kept of an ended one.
    active_at INTEGER,
    closed_by BLOB,
    CHECK ((status = 'closed') = (x IS NULL)),
    CHECK ((status = 'ended') = (refund_signature IS NOT NULL)),
    CHECK ((status = 'open') = (active_at IS NOT NULL))
  ) WITHOUT ROWID;
  CREATE INDEX tickets_active ON tickets (active_at) WHERE status = 'open';

  CREATE TABLE calls (
    nullifier BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    request_hash TEXT NOT NULL,
    cap TEXT NOT NULL,
    signature TEXT NOT NULL,
    lease_owner TEXT,
    lease_until INTEGER NOT NULL,
    answer TEXT,
    answered_at INTEGER,
    PRIMARY KEY (nullifier, sequence)
  ) WITHOUT ROWID;
  CREATE INDEX calls_answered ON calls (answered_at) WHERE answered_at IS NOT NULL;

  CREATE TABLE enrolments (
    nullifier BLOB PRIMARY KEY,
    root BLOB NOT NULL,
    state BLOB NOT NULL,
    proof TEXT NOT NULL,
    signature TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE folds (
    id INTEGER PRIMARY KEY,
    nullifiers TEXT NOT NULL,
    state BLOB NOT NULL,
    proof TEXT NOT NULL,
    signature TEXT NOT NULL
  );
  CREATE TABLE fold_nullifiers (
    nullifier BLOB PRIMARY KEY,
    fold INTEGER NOT NULL REFERENCES folds (id)
  ) WITHOUT ROWID;

  CREATE TABLE offences (
    identity_commitment BLOB PRIMARY KEY,
    identity_secret BLOB NOT NULL,
    kind TEXT NOT NULL,
    nullifier BLOB NOT NULL,
    ticket_index INTEGER NOT NULL,
    shares TEXT NOT NULL,
    reported INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;

  -- What was recorded, in order. Positions are never used again.
  CREATE TABLE feed (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('ticket', 'refund', 'enrolment', 'fold')),
    -- The nullifier; of a fold, its id.
    key BLOB NOT NULL
  );
  `,
  `
  ALTER TABLE folds ADD COLUMN certified BLOB NOT NULL
    DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000';

  -- Folds that were certified on chain, signed here or not. Several may share a nullifier until one of them is final.
  CREATE TABLE certified_folds (
    state BLOB PRIMARY KEY,
    nullifiers TEXT NOT NULL,
    certified BLOB NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE certified_nullifiers (
    nullifier BLOB NOT NULL,
    state BLOB NOT NULL REFERENCES certified_folds (state),
    PRIMARY KEY (nullifier, state)
  ) WITHOUT ROWID;
  CREATE TABLE fold_conflicts (
    pending_state BLOB PRIMARY KEY REFERENCES certified_folds (state),
    fold INTEGER NOT NULL REFERENCES folds (id),
    reported INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;

  CREATE TABLE disputes (
    nullifier BLOB PRIMARY KEY,
    x BLOB NOT NULL,
    -- Not kept of a ticket that was closed before.
    y BLOB,
    session_address TEXT NOT NULL,
    resolvable_at TEXT NOT NULL,
    answer TEXT,
    done INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE INDEX disputes_pending ON disputes (done) WHERE done = 0;

  CREATE TABLE violations (
    nullifier BLOB PRIMARY KEY,
    evidence_hash TEXT NOT NULL,
    evidence TEXT NOT NULL,
    reported INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  `,
  `
  -- How far the chain was followed: -1 is nowhere.
  CREATE TABLE chain_position (
    block INTEGER NOT NULL
  );
  INSERT INTO chain_position (block) VALUES (-1);

  -- What one process of a provider does at a time.
  CREATE TABLE roles (
    role TEXT PRIMARY KEY,
    lease_owner TEXT NOT NULL,
    lease_until INTEGER NOT NULL
  ) WITHOUT ROWID;

  -- The key of a fold's entry is one of its nullifiers, and no longer its id.
  UPDATE feed SET key = f.nullifier FROM (SELECT fold, MIN(nullifier) AS nullifier FROM fold_nullifiers GROUP BY fold) AS f
    WHERE feed.kind = 'fold' AND feed.key = f.fold;
  `,
];

/** What a file of today has. */
export const SQLITE_SCHEMA = MIGRATIONS.length;

/** What a file is found to be: its schema's version, and whether it belongs to a pool. 0 of an empty one. */
function inspect(database: DatabaseSync, poolHash: bigint): { readonly version: number; readonly isBound: boolean } {
  const tables = database.prepare("SELECT 1 FROM sqlite_master WHERE name IN ('schema_migrations', 'store')").all();
  if (tables.length < 2) return { version: 0, isBound: false };
  const row = database.prepare("SELECT COALESCE(MAX(version), 0) AS version FROM schema_migrations").get();
  const version = Number(row?.["version"]);
  if (version > MIGRATIONS.length) throw newerSchema(version, MIGRATIONS.length);
  const recorded = database.prepare("SELECT pool_hash FROM store").get();
  if (recorded !== undefined && recorded["pool_hash"] !== poolHash.toString()) throw otherPool();
  return { version, isBound: recorded !== undefined };
}

/** Brings a file, new or old, to the present schema, in one transaction. A file that needs nothing is only read. */
export function migrate(database: DatabaseSync, poolHash: bigint): void {
  if (inspect(database, poolHash).version === MIGRATIONS.length) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have been faster.
    const { version, isBound } = inspect(database, poolHash);
    database.exec("CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY)");
    database.exec("CREATE TABLE IF NOT EXISTS store (pool_hash TEXT NOT NULL)");
    if (!isBound) database.prepare("INSERT INTO store (pool_hash) VALUES (?)").run(poolHash.toString());
    for (const [offset, sql] of MIGRATIONS.slice(version).entries()) {
      database.exec(sql);
      database.prepare("INSERT INTO schema_migrations (version) VALUES (?)").run(version + offset + 1);
    }
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}
