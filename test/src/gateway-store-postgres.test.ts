// SPDX-License-Identifier: GPL-3.0-or-later
/** A PostgreSQL server that crashes, is away, refuses, or keeps its client waiting. */
import { inspect } from "node:util";

import { expect } from "chai";
import pg from "pg";

import { PostgresStore, openStore } from "../../src/gateway/index.ts";
import type { PostgresStoreOptions } from "../../src/gateway/index.ts";
import { POSTGRES_PASSWORD, ownPostgresOrSkip, postgresOrSkip } from "../support/postgres.ts";
import type { PostgresServer } from "../support/postgres.ts";
import { codeOf } from "./support/session-world.ts";
import {
  NOW,
  POOL_HASH,
  claimOf,
  leaseOf,
  outcomeOf,
  refundOf,
  serve,
  ticketKey,
  wholeFeed,
} from "./support/stores.ts";

const open = (url: string, options: Partial<PostgresStoreOptions> = {}): Promise<PostgresStore> =>
  PostgresStore.open({ url, poolHash: POOL_HASH, ...options });

/** What a promise rejects with. */
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** A connection beside the store. */
async function beside(url: string, body: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await body(client);
  } finally {
    await client.end();
  }
}

describe("a PostgreSQL server that crashes", function () {
  this.timeout(120_000);
  let server: PostgresServer | undefined;
  before(async function () {
    server = await ownPostgresOrSkip(this);
  });
  after(() => server?.stop());

  it("loses nothing that was acknowledged, and is served again by the same store", async () => {
    const postgres = server as PostgresServer;
    const store = await open(await postgres.newDatabase());
    const acknowledged = new Map<bigint, "open" | "served" | "ended">();
    const unknown = new Set<bigint>();
    let seen: Awaited<ReturnType<typeof wholeFeed>> = [];
    let [next, isCrashed] = [1n, false];
    const work = async (owner: string): Promise<void> => {
      while (!isCrashed) {
        const nullifier = next++;
        const lease = leaseOf(owner);
        unknown.add(nullifier);
        await store.beginCall(claimOf(nullifier), ticketKey(nullifier), lease, NOW);
        acknowledged.set(nullifier, "open");
        const refund = nullifier % 2n === 0n ? refundOf(70n) : undefined;
        await store.completeCall(outcomeOf(nullifier, owner, { refund }));
        acknowledged.set(nullifier, refund === undefined ? "served" : "ended");
        unknown.delete(nullifier);
      }
    };
    const read = async (): Promise<void> => {
      while (!isCrashed) seen = [...(await wholeFeed(store))];
    };
    const workers = [...Array.from({ length: 6 }, (_, n) => work(`worker ${n}`)), read()].map(errorOf);
    while (acknowledged.size < 60) await new Promise((resolve) => setTimeout(resolve, 5));
    await postgres.crash();
    isCrashed = true;
    const errors = (await Promise.all(workers)).filter((error) => error !== undefined);
    expect(errors).to.not.be.empty;
    for (const error of errors) expect(error).to.include({ code: "UNREACHABLE" });
    expect(await codeOf(store.ticket(1n))).to.equal("UNREACHABLE");

    await postgres.restart();
    for (const [nullifier, state] of acknowledged) {
      const ticket = await store.ticket(nullifier);
      const isEnded = ticket !== undefined && ticket.status === "ended";
      if (state === "ended") expect(ticket).to.deep.include({ status: "ended", charged: 30n, refund: refundOf(70n) });
      else if (state === "served") expect(ticket).to.include({ status: "open", charged: 30n });
      else if (!isEnded) expect(ticket).to.include({ status: "open" });
    }
    // What was not acknowledged happened whole or not at all, and is done again once its lease is over.
    for (const nullifier of unknown) {
      const decision = await store.beginCall(claimOf(nullifier), ticketKey(nullifier), leaseOf("me"), NOW + 15);
      expect(decision.kind).to.be.oneOf(["serve", "answered"]);
      if (decision.kind === "serve") expect(await store.completeCall(outcomeOf(nullifier, "me"))).to.equal("done");
      expect(await store.ticket(nullifier)).to.include({ charged: 30n });
    }
    const feed = await wholeFeed(store);
    expect(seen).to.not.be.empty;
    expect(feed.slice(0, seen.length)).to.deep.equal(seen);
    expect(feed.map(({ position }) => position)).to.deep.equal(feed.map((_, n) => n + 1));
    expect(feed.filter(({ kind }) => kind === "ticket")).to.have.length(Number(next - 1n));
    await store.close();
  });

  it("is waited for at no start: a store that cannot be reached says so", async () => {
    const postgres = server as PostgresServer;
    const url = await postgres.newDatabase();
    await (await open(url)).close();
    await postgres.crash();
    expect(await codeOf(open(url))).to.equal("UNREACHABLE");
    await postgres.restart();
    await (await open(url)).close();
  });

  it("is connected to again although every connection was lost while nothing ran", async () => {
    const postgres = server as PostgresServer;
    const store = await open(await postgres.newDatabase());
    await Promise.all(Array.from({ length: 10 }, (_, n) => serve(store, BigInt(n + 1))));
    await postgres.crash();
    await postgres.restart();
    await Promise.all(Array.from({ length: 10 }, (_, n) => serve(store, BigInt(n + 11))));
    expect(await wholeFeed(store)).to.have.length(20);
    await store.close();
  });
});

describe("a store on PostgreSQL", function () {
  this.timeout(60_000);
  let server: PostgresServer;
  let url: string;
  before(async function () {
    server = await postgresOrSkip(this);
  });
  beforeEach(async () => {
    url = await server.newDatabase();
  });

  it("runs again what lost its connection before its commit", async () => {
    const store = await open(url, { connections: 1 });
    await serve(store, 1n);
    await beside(url, async (client) => {
      await client.query("BEGIN; LOCK TABLE calls IN ACCESS EXCLUSIVE MODE");
      const call = serve(store, 2n);
      for (;;) {
        const { rowCount } = await client.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
        );
        if (rowCount === 1) break;
      }
      await client.query("COMMIT");
      await call;
    });
    expect(await wholeFeed(store)).to.have.length(2);
    await store.close();
  });

  it("is busy when a statement waits for too long, and serves again later", async () => {
    const store = await open(url, { statementMilliseconds: 200 });
    await beside(url, async (client) => {
      await client.query("BEGIN; LOCK TABLE calls IN ACCESS EXCLUSIVE MODE");
      expect(await codeOf(serve(store, 1n))).to.equal("BUSY");
      await client.query("COMMIT");
    });
    expect(await store.ticket(1n)).to.equal(undefined);
    await serve(store, 1n);
    await store.close();
  });

  it("serves many calls over a few connections", async () => {
    const store = await open(url, { connections: 2 });
    await Promise.all(Array.from({ length: 60 }, (_, n) => serve(store, BigInt(n + 1))));
    const rows = await server.query(
      new URL(url).pathname.slice(1),
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'jeton' AND datname = current_database()",
    );
    expect(rows).to.have.length.within(1, 2);
    await store.close();
  });

  it("commits to the disk even where the database is set not to", async () => {
    const name = new URL(url).pathname.slice(1);
    await server.query("postgres", `ALTER DATABASE ${name} SET synchronous_commit = off`);
    const store = await open(url);
    await server.query(
      name,
      `CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF current_setting('synchronous_commit') <> 'on' OR current_setting('transaction_isolation') <> 'serializable'
         THEN RAISE EXCEPTION 'not safe'; END IF; RETURN NEW; END $$;
       CREATE TRIGGER note BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION note()`,
    );
    await serve(store, 1n);
    await store.close();
  });

  it("does not pass over entries whose transaction began first and committed last", async () => {
    const store = await open(url);
    await serve(store, 1n);
    await beside(url, async (client) => {
      await client.query("BEGIN");
      await client.query(
        "INSERT INTO tickets (nullifier, status, x, y, session_address, active_at) SELECT decode(lpad('99', 64, '0'), 'hex'), 'open', x, y, session_address, active_at FROM tickets",
      );
      await client.query("INSERT INTO feed (kind, key) VALUES ('ticket', decode(lpad('99', 64, '0'), 'hex'))");
      await serve(store, 2n);
      const early = await wholeFeed(store);
      expect(early.map((entry) => "nullifier" in entry && entry.nullifier)).to.deep.equal([1n, 2n]);
      await client.query("COMMIT");
    });
    const late = await store.feed(2, 10);
    expect(late).to.have.length(1);
    expect(late[0]).to.include({ position: 3, nullifier: 0x99n });
    await store.close();
  });

  it("refuses a database of a newer program, and leaves it as it is", async () => {
    await (await open(url)).close();
    const name = new URL(url).pathname.slice(1);
    await server.query(name, "INSERT INTO schema_migrations (version) VALUES (99)");
    expect(await codeOf(open(url))).to.equal("NEWER_SCHEMA");
    expect(
      await server.query(name, "SELECT version FROM schema_migrations ORDER BY version DESC LIMIT 1"),
    ).to.deep.equal([{ version: "99" }]);
  });

  it("never says its password: not when it is refused, cannot be reached, or cannot be read", async () => {
    const change = (edit: (parsed: URL) => void): string => {
      const parsed = new URL(url);
      edit(parsed);
      return parsed.href;
    };
    const encoded = encodeURIComponent(POSTGRES_PASSWORD);
    const cases: [string, string][] = [
      ["UNREADABLE", change((parsed) => (parsed.password = `${encoded}%20wrong`))],
      ["UNREADABLE", change((parsed) => (parsed.pathname = "/nowhere"))],
      ["UNREACHABLE", change((parsed) => (parsed.port = "1"))],
      ["UNREADABLE", `postgres://jeton:${encoded}@127.0.0.1:not-a-port/store`],
      ["UNREADABLE", `mysql://jeton:${encoded}@127.0.0.1/store`],
    ];
    for (const [code, location] of cases) {
      const error = await errorOf(openStore(location, POOL_HASH));
      expect(error, location).to.include({ code });
      const shown = inspect(error, { depth: 20, showHidden: true });
      expect(shown).not.to.contain(POSTGRES_PASSWORD).and.not.to.contain(encoded);
    }
    const store = await open(url);
    expect(inspect(store, { depth: 20 })).not.to.contain(POSTGRES_PASSWORD);
    await store.close();
  });

  it("quotes no row in its errors", async () => {
    const store = await open(url);
    const name = new URL(url).pathname.slice(1);
    await server.query(name, "ALTER TABLE offences ADD CHECK (ticket_index < 5)");
    const offence = { identitySecret: 0xabcdef1234n, identityCommitment: 6n, nullifier: 7n, index: 8 };
    const shares = [
      { x: 1n, y: 2n },
      { x: 3n, y: 4n },
    ] as const;
    const error = await errorOf(store.recordOffence({ kind: "double-spend", ...offence, shares }));
    expect(error).to.be.instanceOf(Error);
    expect(inspect(error, { depth: 20, showHidden: true })).not.to.contain("abcdef1234");
    expect(await store.offences()).to.deep.equal([]);
    await store.close();
  });
});
