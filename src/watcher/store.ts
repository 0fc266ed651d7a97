// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A watcher's file (node:sqlite): where it stands on chain and in the feeds, the shares it saw, what it judged and what it sent. One process
 * at a time writes it, and holds the file beside it for that; others may read, so that the status can be asked while the watcher runs.
 */
import { DatabaseSync } from "node:sqlite";

import { SqliteFile } from "../storage/index.ts";
import { ChainRecords } from "./chain-records.ts";
import { ClaimRecords } from "./claim-records.ts";
import { WatcherError } from "./errors.ts";
import { FeedRecords } from "./feed-records.ts";
import { migrate } from "./schema.ts";

const IN_MEMORY = ":memory:";
/** Held by the process that writes. The kernel lets go of it when the process dies, however it does. */
const lockOf = (path: string): string => `${path}.lock`;

function takeLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(lockOf(path));
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    throw new WatcherError(
      "WATCHER_LOCKED",
      `another process watches with ${path}: end it first, or give this one a file of its own`,
      { cause: error },
    );
  }
}

export class WatcherStore extends SqliteFile {
  readonly chain = new ChainRecords(this);
  readonly feeds = new FeedRecords(this);
  readonly claims = new ClaimRecords(this);
  readonly #lock: DatabaseSync | undefined;

  private constructor(database: DatabaseSync, lock: DatabaseSync | undefined) {
    super(database);
    this.#lock = lock;
  }

  /** Opens or makes a file (":memory:" keeps nothing). @throws WatcherError WATCHER_LOCKED, WATCHER_FILE_UNREADABLE */
  static open(path: string): WatcherStore {
    const lock = path === IN_MEMORY ? undefined : takeLock(path);
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path);
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000;");
      migrate(database);
      return new WatcherStore(database, lock);
    } catch (error) {
      database?.close();
      lock?.close();
      throw unreadable(path, error);
    }
  }

  /** Opens a file to look at it; whoever writes it is not disturbed. @throws WatcherError WATCHER_FILE_UNREADABLE */
  static read(path: string): WatcherStore {
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path, { readOnly: true });
      const store = new WatcherStore(database, undefined);
      store.get("SELECT COUNT(*) FROM transactions");
      return store;
    } catch (error) {
      database?.close();
      throw unreadable(path, error);
    }
  }

  override close(): void {
    super.close();
    this.#lock?.close();
  }
}

const unreadable = (path: string, cause: unknown): WatcherError =>
  cause instanceof WatcherError
    ? cause
    : new WatcherError("WATCHER_FILE_UNREADABLE", `${path} cannot be opened as a watcher's file`, { cause });
