// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The provider's PostgreSQL database: transactions are SERIALIZABLE and run again when another was in the way, and commits are on the
 * server's disk. It connects by itself when the server comes back. It is asked directly, or through a pooler of whole sessions.
 */
import { randomInt } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

import pg from "pg";

import { GatewayStoreError } from "./error.ts";
import { ConnectionLost, Contended, Statements, execute, sqlOn, types } from "./postgres-connection.ts";
import { giveNumbers, hasUnnumbered } from "./postgres-feed.ts";
import { migrate } from "./postgres-schema.ts";
import type { Sql, SqlDatabase } from "./sql.ts";

export interface PostgresStoreOptions {
  /** "postgres://user:password@host:port/database" */
  readonly url: string;
  /** Π: a database belongs to one pool. */
  readonly poolHash: bigint;
  /** How many connections this process has at most. */
  readonly connections?: number;
  /** How long to wait for a connection. */
  readonly connectMilliseconds?: number;
  /** How long one statement may take. */
  readonly statementMilliseconds?: number;
  /** How long a transaction that others were in the way of is tried again; a few times in any case. */
  readonly busyMilliseconds?: number;
}

type Client = pg.PoolClient;

/** How often something is tried when connections are lost under it. */
const LOST_ATTEMPTS = 3;
/** How often a transaction that others were in the way of is tried at least: one attempt may take longer than all the time. */
const LEAST_ATTEMPTS = 5;
/** Between two attempts, at first and at most. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [4, 128];
/** Advisory locks of this database: "jeto", and what for. */
const LOCK = 0x6a65746f;
const [FEED_LOCK, MIGRATION_LOCK] = [1, 2];

/**
 * For every connection. Keys are looked up by index even in small tables: what a serializable transaction reads by going through a
 * table, it reads all of.
 */
const SETTINGS = `SELECT set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false),
  set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)`;

/** SQLSTATE classes of a database that this program cannot use: no access, no such database, no rights. */
const isRefusal = (error: unknown): error is pg.DatabaseError =>
  error instanceof pg.DatabaseError && /^(28...|3D000|42501|0A000|25006)$/.test(error.code ?? "");

function poolOf(options: PostgresStoreOptions): pg.Pool {
  const { connections = 10, connectMilliseconds = 5_000, statementMilliseconds = 10_000 } = options;
  const config: pg.PoolConfig = {
    connectionString: options.url,
    max: connections,
    connectionTimeoutMillis: connectMilliseconds,
    statement_timeout: statementMilliseconds,
    // A server that is cut off does not time out by itself.
    query_timeout: statementMilliseconds + connectMilliseconds,
    idle_in_transaction_session_timeout: 2 * statementMilliseconds,
    keepAlive: true,
    application_name: "jeton",
    types,
  };
  try {
    // Reads the URL, and connects to nothing.
    new pg.Client(config);
  } catch {
    // Without its cause, which quotes the URL, and with it the password.
    throw new GatewayStoreError("UNREADABLE", "the store's postgres:// URL cannot be read");
  }
  const pool = new pg.Pool(config);
  // Of connections that break; whoever uses one learns of it by the statement's own error.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

export class PostgresDatabase implements SqlDatabase {
  readonly #pool: pg.Pool;
  readonly #busyMilliseconds: number;
  readonly #statements = new Statements();
  readonly #set = new WeakSet<Client>();
  /** What is under way. */
  readonly #running = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  private constructor(options: PostgresStoreOptions) {
    this.#pool = poolOf(options);
    this.#busyMilliseconds = options.busyMilliseconds ?? 10_000;
  }

  /** @throws GatewayStoreError OTHER_POOL, NEWER_SCHEMA, UNREADABLE, UNREACHABLE */
  static async open(options: PostgresStoreOptions): Promise<PostgresDatabase> {
    const database = new PostgresDatabase(options);
    try {
      await database.#underLock(MIGRATION_LOCK, (sql, client) =>
        migrate(sql, async (text) => void (await execute(client, text)), options.poolHash),
      );
      return database;
    } catch (error) {
      await database.close();
      if (!isRefusal(error)) throw error;
      const message = `the store's database cannot be used: ${error.message}`;
      throw new GatewayStoreError("UNREADABLE", message, { cause: error });
    }
  }

  read<T>(body: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#untilDone((client) => body(sqlOn(client, this.#statements)));
  }

  transaction<T>(body: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#untilDone((client) => this.#inTransaction(client, "SERIALIZABLE", body));
  }

  /** See postgres-feed.ts. */
  async numberFeed(limit: number): Promise<void> {
    if (await this.read(hasUnnumbered)) await this.#underLock(FEED_LOCK, (sql) => giveNumbers(sql, limit));
  }

  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#running).then(() => this.#pool.end());
    return this.#closed;
  }

  /** One at a time; each statement sees what was committed before it. */
  #underLock<T>(lock: number, body: (sql: Sql, client: Client) => Promise<T>): Promise<T> {
    return this.#untilDone((client) =>
      this.#inTransaction(client, "READ COMMITTED", async (sql) => {
        await execute(client, `SELECT pg_advisory_xact_lock(${LOCK}, ${lock})`);
        return body(sql, client);
      }),
    );
  }

  async #inTransaction<T>(client: Client, isolation: string, body: (sql: Sql) => Promise<T>): Promise<T> {
    await execute(client, `BEGIN ISOLATION LEVEL ${isolation}`);
    let result: T;
    try {
      result = await body(sqlOn(client, this.#statements));
    } catch (error) {
      if (!(error instanceof ConnectionLost)) await execute(client, "ROLLBACK");
      throw error;
    }
    try {
      await execute(client, "COMMIT");
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      // It must not simply run again: it may have happened.
      const message = "the store's database went away during a commit: it may have happened";
      throw new GatewayStoreError("UNREACHABLE", message, { cause: error.cause });
    }
    return result;
  }

  #untilDone<T>(task: (client: Client) => Promise<T>): Promise<T> {
    const run = this.#repeat(task).finally(() => this.#running.delete(run));
    this.#running.add(run);
    return run;
  }

  /** Runs it on a connection; again, when others were in the way, or when the connection was lost before anything could last. */
  async #repeat<T>(task: (client: Client) => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#busyMilliseconds;
    let [lost, contended] = [0, 0];
    for (let longest = FIRST_PAUSE; ; longest = Math.min(2 * longest, LONGEST_PAUSE)) {
      try {
        return await this.#onConnection(task);
      } catch (error) {
        if (error instanceof ConnectionLost && (lost += 1) >= LOST_ATTEMPTS) {
          throw new GatewayStoreError("UNREACHABLE", "the store's database does not answer", { cause: error.cause });
        }
        if (error instanceof Contended && (contended += 1) >= LEAST_ATTEMPTS && performance.now() > deadline) {
          throw new GatewayStoreError("BUSY", "other transactions were in the way for too long", {
            cause: error.cause,
          });
        }
        if (!(error instanceof ConnectionLost || error instanceof Contended)) throw error;
      }
      await pause(randomInt(longest + 1));
    }
  }

  async #onConnection<T>(task: (client: Client) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    let isUsable = true;
    try {
      if (!this.#set.has(client)) await execute(client, SETTINGS);
      this.#set.add(client);
      return await task(client);
    } catch (error) {
      isUsable = !(error instanceof ConnectionLost || error instanceof GatewayStoreError);
      throw error;
    } finally {
      client.release(!isUsable);
    }
  }

  async #connect(): Promise<Client> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      if (isRefusal(error)) throw error;
      throw new ConnectionLost("no connection", { cause: error });
    }
  }
}
