// SPDX-License-Identifier: GPL-3.0-or-later
/** The wallet's tables and how an older file becomes a newer one. A migration, once released, is never edited. */
import type { DatabaseSync } from "node:sqlite";

import { number, text } from "./columns.ts";
import { WalletError } from "./errors.ts";
import type { Seal, SealedColumn } from "./sealing.ts";

type Migration = string | ((database: DatabaseSync, seal: Seal) => void);

const MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    pool_hash TEXT NOT NULL,
    number INTEGER NOT NULL,
    -- The first index that was never reserved. It only grows.
    next_index INTEGER NOT NULL DEFAULT 0,
    -- j of the close that left, or was about to leave, the wallet.
    closing_from INTEGER,
    -- This file cannot know that it holds the newest index: made from the seed, or found to be an old copy.
    is_restored INTEGER NOT NULL DEFAULT 0,
    UNIQUE (pool_hash, number)
  );

  -- The states that the provider signed, oldest first.
  CREATE TABLE states (
    account INTEGER NOT NULL REFERENCES accounts (id),
    position INTEGER NOT NULL,
    budget TEXT NOT NULL,
    returned_holds TEXT NOT NULL,
    rho TEXT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (account, position)
  ) WITHOUT ROWID;

  CREATE TABLE tickets (
    account INTEGER NOT NULL REFERENCES accounts (id),
    ticket_index INTEGER NOT NULL,
    -- proved: in stock, its share never left. open: reserved, its share may have left. ended: its refund is here.
    status TEXT NOT NULL CHECK (status IN ('proved', 'open', 'ended')),
    opening TEXT,
    refund TEXT,
    -- The fold that holds the refund.
    fold INTEGER,
    PRIMARY KEY (account, ticket_index),
    CHECK ((status = 'ended') = (refund IS NOT NULL))
  ) WITHOUT ROWID;
  CREATE INDEX tickets_status ON tickets (account, status);

  CREATE TABLE calls (
    account INTEGER NOT NULL,
    ticket_index INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    cap TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    -- The bytes that are sent, until the session has its refund.
    request TEXT,
    -- The provider's receipt, kept as evidence.
    receipt TEXT,
    PRIMARY KEY (account, ticket_index, sequence)
  ) WITHOUT ROWID;

  CREATE TABLE folds (
    account INTEGER NOT NULL REFERENCES accounts (id),
    position INTEGER NOT NULL,
    indices TEXT NOT NULL,
    request TEXT NOT NULL,
    is_signed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, position)
  ) WITHOUT ROWID;

  CREATE TABLE grievances (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    ticket_index INTEGER,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    noted_at INTEGER NOT NULL
  );
  `,
  `
  -- The states that the provider signed or the chain certified, oldest first.
  CREATE TABLE known_states (
    account INTEGER NOT NULL REFERENCES accounts (id),
    position INTEGER NOT NULL,
    budget TEXT NOT NULL,
    returned_holds TEXT NOT NULL,
    rho TEXT NOT NULL,
    -- Null: certified on chain, and final.
    signature TEXT,
    PRIMARY KEY (account, position)
  ) WITHOUT ROWID;
  INSERT INTO known_states SELECT account, position, budget, returned_holds, rho, signature FROM states;
  DROP TABLE states;
  ALTER TABLE known_states RENAME TO states;

  -- Its state is certified on chain, and final.
  ALTER TABLE folds ADD COLUMN is_final INTEGER NOT NULL DEFAULT 0;
  -- Another fold of one of its tickets prevailed on chain: its state never stands.
  ALTER TABLE folds ADD COLUMN is_fallen INTEGER NOT NULL DEFAULT 0;

  CREATE TABLE disputes (
    account INTEGER NOT NULL REFERENCES accounts (id),
    ticket_index INTEGER NOT NULL,
    -- What left, or was about to leave, the wallet; null of a dispute that another copy of it opened.
    file TEXT,
    -- As the chain had it when it was last looked at.
    status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'answered', 'lost')),
    PRIMARY KEY (account, ticket_index)
  ) WITHOUT ROWID;
  `,
  `
  -- What an account is to do on its own, and not before when: unix seconds.
  CREATE TABLE plans (
    account INTEGER NOT NULL REFERENCES accounts (id),
    task TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    PRIMARY KEY (account, task)
  ) WITHOUT ROWID;

  -- How far the provider's public feed was read.
  CREATE TABLE feeds (
    pool_hash TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
  ) WITHOUT ROWID;

  -- The enrolments in it, everybody's.
  CREATE TABLE feed_enrolments (
    pool_hash TEXT NOT NULL,
    nullifier TEXT NOT NULL,
    PRIMARY KEY (pool_hash, nullifier)
  ) WITHOUT ROWID;

  -- The request and the receipt hold it.
  ALTER TABLE calls DROP COLUMN request_hash;
  `,
  sealColumns,
  sealStates,
];

/** Values that stood in clear before the fourth version, and the rest of the keys of their rows. */
const SEALED_LATER: readonly { readonly column: SealedColumn; readonly key: readonly string[] }[] = [
  { column: "tickets.opening", key: ["ticket_index"] },
  { column: "tickets.refund", key: ["ticket_index"] },
  { column: "calls.request", key: ["ticket_index", "sequence"] },
  { column: "calls.receipt", key: ["ticket_index", "sequence"] },
  { column: "states.signature", key: ["position"] },
  { column: "folds.request", key: ["position"] },
  { column: "disputes.file", key: ["ticket_index"] },
  { column: "grievances.evidence", key: ["id"] },
];

function sealColumns(database: DatabaseSync, seal: Seal): void {
  for (const { column, key } of SEALED_LATER) {
    const [table, name] = column.split(".") as [string, string];
    const keys = key.map((part) => `t.${part}`).join(", ");
    const rows = database
      .prepare(
        `SELECT a.id AS owner, a.pool_hash, a.number, t.${name} AS value, ${keys} FROM ${table} AS t
         JOIN accounts AS a ON a.id = t.account WHERE t.${name} IS NOT NULL`,
      )
      .all();
    const condition = key.map((part) => `AND ${part} = ?`).join(" ");
    const update = database.prepare(`UPDATE ${table} SET ${name} = ? WHERE account = ? ${condition}`);
    for (const row of rows) {
      const owner = { poolHash: BigInt(text(row["pool_hash"])), account: number(row["number"]) };
      const place = key.map((part) => number(row[part]));
      update.run(seal.seal(text(row["value"]), owner, column, ...place), number(row["owner"]), ...place);
    }
  }
}

/**
 * Budgets and rho find an account's folds in the public feed, so they are sealed. Whether a file began an account is recorded, and
 * each signed state of the feed counts once.
 */
function sealStates(database: DatabaseSync, seal: Seal): void {
  database.exec(`
    -- This file recorded, before the chain had the account, that it begins it. Otherwise it counts as restored.
    ALTER TABLE accounts ADD COLUMN is_own INTEGER NOT NULL DEFAULT 0;
    UPDATE accounts SET is_own = 1 WHERE next_index > 0 OR closing_from IS NOT NULL;

    CREATE TABLE sealed_states (
      account INTEGER NOT NULL REFERENCES accounts (id),
      position INTEGER NOT NULL,
      -- Budget, returned holds and rho, sealed.
      state BLOB NOT NULL,
      -- Null: certified on chain, and final.
      signature BLOB,
      PRIMARY KEY (account, position)
    ) WITHOUT ROWID;

    DROP TABLE feed_enrolments;
    -- The states that the provider signed at enrolments, everybody's.
    CREATE TABLE feed_enrolments (
      pool_hash TEXT NOT NULL,
      state TEXT NOT NULL,
      nullifier TEXT NOT NULL,
      PRIMARY KEY (pool_hash, state),
      UNIQUE (pool_hash, nullifier)
    ) WITHOUT ROWID;
    -- The feed is read anew.
    DELETE FROM feeds;
  `);
  const rows = database
    .prepare("SELECT s.*, a.pool_hash, a.number FROM states AS s JOIN accounts AS a ON a.id = s.account")
    .all();
  const insert = database.prepare("INSERT INTO sealed_states VALUES (?, ?, ?, ?)");
  for (const row of rows) {
    const owner = { poolHash: BigInt(text(row["pool_hash"])), account: number(row["number"]) };
    const position = number(row["position"]);
    const state = { budget: row["budget"], returnedHolds: row["returned_holds"], rho: row["rho"] };
    const sealed = seal.seal(JSON.stringify(state), owner, "states.state", position);
    insert.run(number(row["account"]), position, sealed, row["signature"] ?? null);
  }
  database.exec("DROP TABLE states; ALTER TABLE sealed_states RENAME TO states;");
}

/** Brings a file, new or old, to the present schema, in one transaction. */
export function migrate(database: DatabaseSync, seedCheck: string, seal: Seal): void {
  // What a migration replaces is overwritten, and does not stay behind in the file.
  database.exec("PRAGMA secure_delete = ON");
  let isOlder = false;
  database.exec("BEGIN EXCLUSIVE");
  try {
    database.exec("CREATE TABLE IF NOT EXISTS wallet (schema_version INTEGER NOT NULL, seed_check TEXT NOT NULL)");
    const known = database.prepare("SELECT * FROM wallet").get();
    if (known === undefined) database.prepare("INSERT INTO wallet VALUES (0, ?)").run(seedCheck);
    if (known !== undefined && known["seed_check"] !== seedCheck) {
      throw new WalletError("SEED_MISMATCH", "the wallet's file was made with another seed");
    }
    const version = Number(known?.["schema_version"] ?? 0);
    if (version > MIGRATIONS.length) {
      throw new WalletError("WALLET_UNREADABLE", `the wallet's file has schema ${version}: use a newer program`);
    }
    isOlder = known !== undefined && version < MIGRATIONS.length;
    for (const migration of MIGRATIONS.slice(version)) {
      if (typeof migration === "string") database.exec(migration);
      else migration(database, seal);
    }
    database.prepare("UPDATE wallet SET schema_version = ?").run(MIGRATIONS.length);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
  if (isOlder) database.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
}
