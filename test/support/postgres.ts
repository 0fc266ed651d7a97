// SPDX-License-Identifier: GPL-3.0-or-later
/** A PostgreSQL server of the tests' own, from the machine's binaries: in a temporary folder, on a free port of the loopback interface. */
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import pg from "pg";

export const POSTGRES_PASSWORD = "a secret of the tests";
const DEBIAN = "/usr/lib/postgresql";
const START_MILLISECONDS = 30_000;

/** Runs the server until its input ends, and takes the folder away then: also when this process is killed. */
const KEEPER = `
trap '' INT
run() { "$1/postgres" -D "$2/data" -p "$3" -k "$2" -c listen_addresses=127.0.0.1 -c shared_buffers=32MB >>"$2/log" 2>&1 </dev/null & pid=$!; }
run "$@"
while read -r word; do
  case $word in
    stop) kill -QUIT "$pid"; wait "$pid"; echo stopped ;;
    start) run "$@" ;;
  esac
done
kill -QUIT "$pid"; wait "$pid"
rm -rf "$2"
`;

function newestVersion(): string[] {
  if (!existsSync(DEBIAN)) return [];
  const versions = readdirSync(DEBIAN).sort((one, other) => Number(other) - Number(one));
  return versions.map((version) => join(DEBIAN, version, "bin"));
}

function configured(): string[] {
  try {
    return [execFileSync("pg_config", ["--bindir"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()];
  } catch {
    return [];
  }
}

/** Where server binaries may be, in the order that they are tried. */
function candidates(): string[] {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...newestVersion(), ...configured(), ...path];
}

const hasServer = (folder: string): boolean => ["initdb", "postgres"].every((name) => existsSync(join(folder, name)));

/** The server refuses to run as root. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class PostgresServer {
  readonly port: number;
  readonly #keeper: ChildProcess;
  #databases = 0;

  private constructor(keeper: ChildProcess, port: number) {
    this.#keeper = keeper;
    this.port = port;
  }

  /** Undefined where the machine has no server binaries. */
  static async start(): Promise<PostgresServer | undefined> {
    const binaries = candidates().find(hasServer);
    if (binaries === undefined) return undefined;
    const user = serverUser();
    const folder = mkdtempSync(join(tmpdir(), "jeton-postgres-"));
    if (user !== undefined) chownSync(folder, user.uid, user.gid);
    const options = { ...user, cwd: folder };
    const passwordFile = join(folder, "password");
    writeFileSync(passwordFile, POSTGRES_PASSWORD, { mode: 0o600 });
    if (user !== undefined) chownSync(passwordFile, user.uid, user.gid);
    const flags = ["--no-sync", "--auth=scram-sha-256", "--username=jeton", `--pwfile=${passwordFile}`];
    execFileSync(join(binaries, "initdb"), [...flags, "-D", join(folder, "data")], {
      ...options,
      stdio: ["ignore", "ignore", "inherit"],
    });
    const port = await freePort();
    const keeper = spawn("/bin/sh", ["-c", KEEPER, "sh", binaries, folder, String(port)], {
      ...options,
      stdio: ["pipe", "pipe", "ignore"],
    });
    // It ends with this process, and does not keep it from ending.
    keeper.unref();
    for (const stream of [keeper.stdin, keeper.stdout]) (stream as unknown as { unref(): void }).unref();
    const server = new PostgresServer(keeper, port);
    await server.#untilItAnswers();
    return server;
  }

  url(database: string): string {
    return `postgres://jeton:${encodeURIComponent(POSTGRES_PASSWORD)}@127.0.0.1:${this.port}/${database}`;
  }

  /** A new, empty database. */
  async newDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `store_${this.#databases}`;
    await this.query("postgres", `CREATE DATABASE ${name}`);
    return this.url(name);
  }

  async query(database: string, sql: string): Promise<object[]> {
    const client = new pg.Client({ connectionString: this.url(database) });
    try {
      await client.connect();
      return (await client.query<object>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** At once, as a crash does: nothing is finished, and nothing is written that is not written yet. */
  async crash(): Promise<void> {
    const { stdin, stdout } = this.#keeper;
    this.#keeper.ref();
    const stopped = new Promise((resolve) => stdout?.once("data", resolve));
    stdin?.write("stop\n");
    await stopped;
    this.#keeper.unref();
  }

  async restart(): Promise<void> {
    this.#keeper.stdin?.write("start\n");
    await this.#untilItAnswers();
  }

  /** For good. */
  async stop(): Promise<void> {
    this.#keeper.ref();
    const ended = new Promise((resolve) => this.#keeper.once("exit", resolve));
    this.#keeper.stdin?.end();
    await ended;
  }

  async #untilItAnswers(): Promise<void> {
    const deadline = Date.now() + START_MILLISECONDS;
    for (;;) {
      try {
        await this.query("postgres", "SELECT 1");
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await pause(50);
      }
    }
  }
}

let shared: Promise<PostgresServer | undefined> | undefined;
let isTold = false;

/** Says that tests are skipped, once, where nobody overlooks it. */
function tell(): void {
  if (isTold) return;
  isTold = true;
  const places = [...new Set(candidates())].join(", ");
  console.warn(`SKIPPED: no PostgreSQL server binaries found (looked in ${DEBIAN}/*/bin, ${places})`);
}

/** The one server of this process, which goes with it; skips the tests of `context` where there can be none. */
export async function postgresOrSkip(context: Mocha.Context): Promise<PostgresServer> {
  context.timeout(2 * START_MILLISECONDS);
  shared ??= PostgresServer.start();
  const server = await shared;
  if (server !== undefined) return server;
  tell();
  return context.skip();
}

/** A server that a test may crash; the test stops it. */
export async function ownPostgresOrSkip(context: Mocha.Context): Promise<PostgresServer> {
  context.timeout(2 * START_MILLISECONDS);
  const server = await PostgresServer.start();
  if (server !== undefined) return server;
  tell();
  return context.skip();
}
