// SPDX-License-Identifier: GPL-3.0-or-later
/** The tables of a watcher's file. A migration, once released, is never edited. No secret of anybody is in them. */
import type { DatabaseSync } from "node:sqlite";

import { WatcherError } from "./errors.ts";

/** "JTWA": tells a watcher's file from any other SQLite file. */
const APPLICATION_ID = 0x4a545741;

const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE pools (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- Known once the chain was reached.
    pool_hash TEXT,
    address TEXT,
    chain_id TEXT,
    token TEXT,
    challenge_window INTEGER,
    -- Where the event sync stands (JSON), and up to which block nothing can be reorganized.
    cursor TEXT,
    final_block INTEGER NOT NULL DEFAULT -1,
    read_at INTEGER
  );

  -- Of the newest block; what a reorganization makes void is deleted.
  CREATE TABLE accounts (
    pool INTEGER NOT NULL,
    commitment BLOB NOT NULL,
    deposit TEXT NOT NULL,
    stake TEXT NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (pool, commitment)
  ) WITHOUT ROWID;
  CREATE INDEX accounts_block ON accounts (pool, block);

  -- Accounts that were slashed or paid out.
  CREATE TABLE releases (
    pool INTEGER NOT NULL,
    commitment BLOB NOT NULL,
    status TEXT NOT NULL,
    transaction_hash TEXT NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (pool, commitment)
  ) WITHOUT ROWID;
  CREATE INDEX releases_block ON releases (pool, block);

  CREATE TABLE closes (
    pool INTEGER NOT NULL,
    commitment BLOB NOT NULL,
    first_unused INTEGER NOT NULL,
    cover_keys TEXT NOT NULL,
    finalizable_at INTEGER NOT NULL,
    block INTEGER NOT NULL,
    log_index INTEGER NOT NULL,
    -- Every ticket that it reveals stands in "revealed".
    is_derived INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (pool, commitment)
  ) WITHOUT ROWID;
  CREATE INDEX closes_block ON closes (pool, block);

  -- The tickets that closes reveal, while the closes can be challenged.
  CREATE TABLE revealed (
    pool INTEGER NOT NULL,
    nullifier BLOB NOT NULL,
    commitment BLOB NOT NULL,
    ticket_index INTEGER NOT NULL,
    PRIMARY KEY (pool, nullifier)
  ) WITHOUT ROWID;
  CREATE INDEX revealed_commitment ON revealed (pool, commitment);

  CREATE TABLE feeds (
    id INTEGER PRIMARY KEY,
    pool INTEGER NOT NULL,
    name TEXT NOT NULL,
    position INTEGER NOT NULL DEFAULT 0,
    -- A hash over all entries so far, and the one before the last entry.
    digest BLOB NOT NULL DEFAULT x'',
    previous_digest BLOB NOT NULL DEFAULT x'',
    -- Counts the readings; and how often the feed was read anew from its beginning.
    reading INTEGER NOT NULL DEFAULT 0,
    epoch INTEGER NOT NULL DEFAULT 0,
    restarted_at INTEGER NOT NULL DEFAULT 0,
    tickets INTEGER NOT NULL DEFAULT 0,
    -- When a reading last came to the feed's end.
    read_at INTEGER,
    audited_at INTEGER NOT NULL DEFAULT 0,
    audit_page INTEGER NOT NULL DEFAULT 0,
    UNIQUE (pool, name)
  );

  -- The hash over all entries up to the end of each full page.
  CREATE TABLE feed_pages (
    feed INTEGER NOT NULL,
    page INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (feed, page)
  ) WITHOUT ROWID;

  -- Which reading of a feed was the first to end after a close was final: later shares may be mistakes.
  CREATE TABLE cutoffs (
    pool INTEGER NOT NULL,
    commitment BLOB NOT NULL,
    feed INTEGER NOT NULL,
    reading INTEGER NOT NULL,
    PRIMARY KEY (pool, commitment, feed)
  ) WITHOUT ROWID;

  CREATE TABLE shares (
    pool INTEGER NOT NULL,
    nullifier BLOB NOT NULL,
    x BLOB NOT NULL,
    -- The feed that showed it; 0 for a dispute on chain.
    source INTEGER NOT NULL,
    y BLOB NOT NULL,
    -- The reading of the feed, or the block of the dispute.
    seen INTEGER NOT NULL,
    -- The feed's last epoch that showed it, or the dispute's place in its block.
    place INTEGER NOT NULL,
    PRIMARY KEY (pool, nullifier, x, source)
  ) WITHOUT ROWID;
  CREATE INDEX shares_of_disputes ON shares (pool, seen) WHERE source = 0;

  -- Pairs of shares that lie on the line of their nullifier, and whose secret opens an account: not yet known to be a ticket of the pool.
  CREATE TABLE suspicions (
    pool INTEGER NOT NULL,
    commitment BLOB NOT NULL,
    nullifier BLOB NOT NULL,
    x1 BLOB NOT NULL,
    y1 BLOB NOT NULL,
    x2 BLOB NOT NULL,
    y2 BLOB NOT NULL,
    PRIMARY KEY (pool, commitment, nullifier)
  ) WITHOUT ROWID;

  CREATE TABLE claims (
    id INTEGER PRIMARY KEY,
    pool INTEGER NOT NULL,
    commitment BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('double-spend', 'understated-close')),
    nullifier BLOB NOT NULL,
    ticket_index INTEGER NOT NULL,
    x1 BLOB NOT NULL,
    y1 BLOB NOT NULL,
    -- Of a double spend. Of an understated close the second share follows from its cover keys.
    x2 BLOB,
    y2 BLOB,
    bounty TEXT NOT NULL,
    -- When the account can be paid out; null while it is not closing.
    deadline INTEGER,
    found_at INTEGER NOT NULL,
    -- Of the proved claim: what is sent.
    recipient TEXT,
    calldata TEXT,
    -- Null while it is open. Each of the others is in a final block.
    outcome TEXT CHECK (outcome IN ('won', 'lost', 'missed')),
    UNIQUE (pool, commitment)
  );

  -- Written before they are sent.
  CREATE TABLE transactions (
    hash TEXT PRIMARY KEY,
    claim INTEGER NOT NULL REFERENCES claims (id),
    signer TEXT NOT NULL,
    chain_id TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    max_fee TEXT NOT NULL,
    priority_fee TEXT NOT NULL,
    raw TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('sent', 'mined', 'failed', 'replaced')),
    -- What it cost, in the chain's coin.
    cost TEXT NOT NULL DEFAULT '0'
  ) WITHOUT ROWID;
  CREATE INDEX transactions_claim ON transactions (claim);
  CREATE INDEX transactions_signer ON transactions (signer, chain_id, nonce);

  CREATE TABLE alarms (
    scope TEXT NOT NULL,
    code TEXT NOT NULL,
    subject TEXT NOT NULL,
    message TEXT NOT NULL,
    raised_at INTEGER NOT NULL,
    -- When it is told next, and after which pause once more.
    tell_at INTEGER NOT NULL,
    pause INTEGER NOT NULL,
    -- An incident ends by itself.
    lapses_at INTEGER,
    PRIMARY KEY (scope, code, subject)
  ) WITHOUT ROWID;
  `,
];

const numberOf = (database: DatabaseSync, pragma: string): number =>
  Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0] ?? 0);

/** Makes or upgrades the tables, whole or not at all. @throws WatcherError WATCHER_FILE_UNREADABLE */
export function migrate(database: DatabaseSync): void {
  const version = numberOf(database, "user_version");
  const isNew = version === 0 && numberOf(database, "schema_version") === 0;
  if (!isNew && numberOf(database, "application_id") !== APPLICATION_ID) {
    throw new WatcherError("WATCHER_FILE_UNREADABLE", "the file belongs to another program");
  }
  if (version > MIGRATIONS.length) {
    throw new WatcherError("WATCHER_FILE_UNREADABLE", "the file was written by a newer version of this program");
  }
  database.exec("BEGIN IMMEDIATE");
  for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT;`);
}
