// SPDX-License-Identifier: GPL-3.0-or-later
/** How fast the gateway's store is, empty and full, on SQLite and PostgreSQL, beside a plain insert into the same database. */
import { closeSync, fsyncSync, openSync, statSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { PostgresServer } from "../../../test/support/postgres.ts";
import { Child } from "../child.ts";
import { ratio, spreadOf } from "../statistics.ts";
import type { Spread } from "../statistics.ts";
import type { Filling, Load, Pace } from "./store-process.ts";

export interface StoreOptions {
  /** How many spent tickets a full store has. */
  readonly nullifiers: number;
  readonly log: (step: string) => void;
}

export const WORKS = ["call", "retry", "unseen", "plain"] as const;

/** With so many callers at once. */
export interface Paces extends Readonly<Record<(typeof WORKS)[number], Pace>> {
  readonly callers: number;
  /** Calls over plain inserts, per second: a call is two durable transactions, an insert is one. */
  readonly callOverPlain: number;
}

export interface StoreState {
  readonly spentTickets: number;
  readonly paces: readonly Paces[];
  /** Mebibytes: the file with its log, or the database; and the process that works on it. */
  readonly size: number;
  readonly resident: number;
}

export interface StoreReport {
  /** Milliseconds for 4 KiB to be written to this disk for good. */
  readonly fsync: Spread;
  /** By database: empty, and full. PostgreSQL is absent where there are no server binaries. */
  readonly databases: Readonly<Record<string, readonly StoreState[]>>;
}

const CALLERS = [1, 8];
const MILLISECONDS = 3_000;
const WARM_UP_MILLISECONDS = 500;

/** A store of one kind: somewhere to make new ones. */
interface Kind {
  readonly name: string;
  readonly newLocation: () => Promise<string>;
  /** Bytes. */
  readonly sizeOf: (location: string) => Promise<number>;
}

const newChild = (): Child => new Child(new URL("./store-process.ts", import.meta.url));

async function pacesWith(child: Child, callers: number): Promise<Paces> {
  const paces: Partial<Record<(typeof WORKS)[number], Pace>> = {};
  for (const work of WORKS) {
    const load = (milliseconds: number): Promise<Pace> =>
      child.ask("load", { work, callers, milliseconds } satisfies Load);
    await load(WARM_UP_MILLISECONDS);
    paces[work] = await load(MILLISECONDS);
  }
  const all = paces as Required<typeof paces>;
  return { callers, callOverPlain: ratio(all.call.perSecond, all.plain.perSecond), ...all };
}

async function measureState(kind: Kind, rows: number): Promise<StoreState> {
  const location = await kind.newLocation();
  const filler = newChild();
  await filler.ask("fill", { location, rows } satisfies Filling);
  await filler.close();
  const size = await kind.sizeOf(location);
  const child = newChild();
  try {
    await child.ask("open", location);
    const paces: Paces[] = [];
    for (const callers of CALLERS) paces.push(await pacesWith(child, callers));
    const { resident } = await child.usage();
    await child.ask("close");
    const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
    return { spentTickets: rows, paces, size: mebibytes(size), resident: mebibytes(resident) };
  } finally {
    await child.close();
  }
}

function measureFsync(folder: string): Spread {
  const file = openSync(join(folder, "fsync"), "w");
  const page = Buffer.alloc(4_096, 1);
  const times = Array.from({ length: 200 }, () => {
    const start = performance.now();
    writeSync(file, page);
    fsyncSync(file);
    return performance.now() - start;
  });
  closeSync(file);
  return spreadOf(times);
}

function sqliteIn(folder: string): Kind {
  let files = 0;
  return {
    name: "SQLite",
    newLocation: async () => join(folder, `store-${files++}.sqlite`),
    sizeOf: async (location) => statSync(location).size,
  };
}

function postgresOn(server: PostgresServer): Kind {
  return {
    name: "PostgreSQL",
    newLocation: () => server.newDatabase(),
    sizeOf: async (location) => {
      const database = new URL(location).pathname.slice(1);
      const [row] = await server.query(database, "SELECT pg_database_size(current_database())::float8 AS size");
      return Number((row as { size: number }).size);
    },
  };
}

export async function measureStore({ nullifiers, log }: StoreOptions): Promise<StoreReport> {
  const folder = await mkdtemp(join(tmpdir(), "jeton-bench-"));
  const server = await PostgresServer.start();
  if (server === undefined) log("SKIPPED: the store on PostgreSQL. There are no server binaries");
  try {
    const databases: Record<string, StoreState[]> = {};
    const fsync = measureFsync(folder);
    for (const kind of [sqliteIn(folder), ...(server === undefined ? [] : [postgresOn(server)])]) {
      const states: StoreState[] = [];
      for (const rows of [0, nullifiers]) {
        log(`store: ${kind.name} with ${rows.toLocaleString("en-US")} spent tickets`);
        states.push(await measureState(kind, rows));
      }
      databases[kind.name] = states;
    }
    return { fsync, databases };
  } finally {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
