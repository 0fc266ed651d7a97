// SPDX-License-Identifier: GPL-3.0-or-later
/** One connection to PostgreSQL: the store's SQL on it, and what its errors mean. */
import pg from "pg";

import { GatewayStoreError } from "./error.ts";
import type { Sql } from "./sql.ts";

/** The connection is gone, or never was there. What was not committed is undone by the server. */
export class ConnectionLost extends Error {}
/** Another transaction was in the way: this one did nothing, and may be run again. */
export class Contended extends Error {}

const CONTENDED = new Set(["40001", "40P01", "23505"]);
/** Connection exceptions, too many connections, and a server that stops or starts. */
const isLoss = (code: string): boolean => /^(08...|53300|57P0[1-4])$/.test(code);
const TIMED_OUT = "57014";
/** The type of whole numbers. */
const INT8 = 20;

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error("the store has a number that is too large");
  return value;
}

/** Whole numbers come as numbers, and everything else as `pg` gives it. */
export const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text"): unknown =>
    oid === INT8 ? safeInteger : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** Says what an error of `pg` means for the transaction. Rows that it quotes are left out: errors are logged. */
function translated(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return new ConnectionLost("the connection is lost", { cause: error });
  error.detail = undefined;
  error.where = undefined;
  const code = error.code ?? "";
  if (code === TIMED_OUT) return new GatewayStoreError("BUSY", "a statement took too long", { cause: error });
  if (isLoss(code)) return new ConnectionLost("the server ended the connection", { cause: error });
  return CONTENDED.has(code) ? new Contended("another transaction was in the way", { cause: error }) : error;
}

export async function execute(client: pg.PoolClient, query: string | pg.QueryConfig): Promise<pg.QueryResult<object>> {
  try {
    return await client.query<object>(query as pg.QueryConfig);
  } catch (error) {
    throw translated(error);
  }
}

/** Statements that are prepared once on each connection: name and text by the store's SQL. */
export class Statements {
  readonly #known = new Map<string, { readonly name: string; readonly text: string }>();

  /** "?" becomes "$1" and so on. */
  of(sql: string): { readonly name: string; readonly text: string } {
    let known = this.#known.get(sql);
    if (known === undefined) {
      let count = 0;
      known = { name: `jeton_${this.#known.size}`, text: sql.replaceAll("?", () => `$${(count += 1)}`) };
      this.#known.set(sql, known);
    }
    return known;
  }
}

export function sqlOn(client: pg.PoolClient, statements: Statements): Sql {
  const query = (sql: string, values: unknown[]): Promise<pg.QueryResult<object>> =>
    execute(client, { ...statements.of(sql), values });
  return {
    get: async (sql, ...values) => (await query(sql, values)).rows[0] as Record<string, unknown> | undefined,
    all: async (sql, ...values) => (await query(sql, values)).rows as Record<string, unknown>[],
    run: async (sql, ...values) => (await query(sql, values)).rowCount ?? 0,
  };
}
