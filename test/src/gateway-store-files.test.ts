// SPDX-License-Identifier: GPL-3.0-or-later
/** Opening stores: new ones, older ones, those of another pool or of a newer program; and files that others hold. */
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

import { expect } from "chai";

import { SqliteStore, openStore } from "../../src/gateway/index.ts";
import { codeOf, withFolder } from "./support/session-world.ts";
import {
  NOW,
  POOL_HASH,
  claimOf,
  describeStores,
  disputeOf,
  enrolmentOf,
  foldOf,
  leaseOf,
  outcomeOf,
  refundOf,
  serve,
  ticketKey,
  violationOf,
  wholeFeed,
} from "./support/stores.ts";

const VERSION_2 = readFileSync(new URL("./support/gateway-v2.sql", import.meta.url), "utf8");

function sqlite<T>(path: string, body: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path);
  try {
    return body(database);
  } finally {
    database.close();
  }
}

/** Tables and indexes, without the order of columns that were added later. */
const schemaOf = (path: string): unknown =>
  sqlite(path, (database) => {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
    const indexes = database.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name").all();
    const columns = tables.map(({ name }) =>
      database
        .prepare('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?) ORDER BY name')
        .all(name as string),
    );
    return { tables, indexes, columns };
  });

describeStores("a store that is opened", (home) => {
  it("belongs to one pool", async () => {
    await (await home().open()).close();
    expect(await codeOf(home().open(78n))).to.equal("OTHER_POOL");
    expect(await (await home().open()).chainPosition()).to.equal(-1);
  });

  it("is made once when many open it at the same time", async () => {
    const stores = await Promise.all(Array.from({ length: 5 }, () => home().open()));
    await Promise.all(stores.map((store, n) => serve(store, BigInt(n + 1))));
    expect(await wholeFeed(stores[0]!)).to.have.length(5);
  });

  it("may be closed twice, after what is under way", async () => {
    const store = await home().open();
    const call = store.beginCall(claimOf(1n), ticketKey(1n), leaseOf("me"), NOW);
    await Promise.all([call, store.close(), store.close()]);
    expect((await call).kind).to.equal("serve");
    expect(await (await home().open()).ticket(1n)).to.include({ status: "open" });
  });
});

describe("a store's file", () => {
  it("of schema 2 becomes one of today, with all that stood in it", () =>
    withFolder(async (path) => {
      sqlite(path("old"), (database) => database.exec(VERSION_2));
      const store = new SqliteStore({ path: path("old"), poolHash: POOL_HASH });
      const { signature } = foldOf(1n, []);
      expect(await wholeFeed(store)).to.deep.equal([
        { kind: "ticket", position: 1, nullifier: 1n, ...ticketKey(1n).share },
        { kind: "refund", position: 2, nullifier: 1n, ...refundOf(70n) },
        { kind: "ticket", position: 3, nullifier: 2n, ...ticketKey(2n).share },
        { kind: "enrolment", position: 4, ...enrolmentOf(21n) },
        { kind: "fold", position: 5, nullifiers: [34n, 31n, 32n, 33n], state: 5n, signature },
        { kind: "fold", position: 6, nullifiers: [41n, 42n, 43n, 44n], state: 6n, signature },
        { kind: "ticket", position: 7, nullifier: 4n, ...ticketKey(4n).share },
      ]);
      expect(await store.completeCall(outcomeOf(2n, "gone", { sequence: 2, charged: 60n }))).to.equal("done");
      expect(await store.ticket(2n)).to.include({ charged: 60n, violation: violationOf(2n).evidenceHash });
      expect(await store.ticket(3n)).to.deep.equal({ status: "closed", nullifier: 3n });
      expect((await store.recordDispute(disputeOf(4n), NOW)).x).to.equal(ticketKey(4n).share.x);
      const pending = { state: 8n, nullifiers: [41n, 52n, 53n, 54n], certified: 0n };
      const signed = foldOf(6n, [41n, 42n, 43n, 44n], 7n);
      expect(await store.unreportedConflicts()).to.deep.equal([{ pending, signed }]);
      expect(await store.offences()).to.have.length(1);
      expect(await store.chainPosition()).to.equal(-1);
      expect((await store.recordFold(foldOf(9n, [61n, 62n, 63n, 64n]))).kind).to.equal("new");
      expect(await store.feed(7, 10)).to.have.length(1);
      await store.close();

      await new SqliteStore({ path: path("new"), poolHash: POOL_HASH }).close();
      expect(schemaOf(path("old"))).to.deep.equal(schemaOf(path("new")));
    }));

  it("of a newer program, of another pool, or that is no store, is refused and left as it is", () =>
    withFolder(async (path) => {
      sqlite(path("old"), (database) => database.exec(VERSION_2));
      expect(await codeOf(openStore(path("old"), 78n))).to.equal("OTHER_POOL");
      const version = (): unknown =>
        sqlite(path("old"), (database) => database.prepare("SELECT MAX(version) AS last FROM schema_migrations").get());
      expect(version()).to.deep.include({ last: 2 });
      sqlite(path("old"), (database) => database.exec("INSERT INTO schema_migrations (version) VALUES (4)"));
      expect(await codeOf(openStore(path("old"), POOL_HASH))).to.equal("NEWER_SCHEMA");
      expect(version()).to.deep.include({ last: 4 });
      expect(await codeOf(openStore(path("no/such/folder"), POOL_HASH))).to.equal("UNREADABLE");
      expect(await codeOf(openStore("mysql://user:secret@host/database", POOL_HASH))).to.equal("UNREADABLE");
    }));

  it("that another process holds is waited for, and the event loop goes on meanwhile", () =>
    withFolder(async (path) => {
      const store = new SqliteStore({ path: path("gateway"), poolHash: POOL_HASH });
      const other = new DatabaseSync(path("gateway"));
      other.exec("BEGIN IMMEDIATE");
      const call = store.beginCall(claimOf(1n), ticketKey(1n), leaseOf("me"), NOW);
      let turns = 0;
      for (; turns < 20; turns += 1) await new Promise((resolve) => setTimeout(resolve, 2));
      other.exec("ROLLBACK");
      expect((await call).kind).to.equal("serve");
      other.close();
      await store.close();
    }));

  it("that another process holds for too long is busy, and serves again later", () =>
    withFolder(async (path) => {
      const store = new SqliteStore({ path: path("gateway"), poolHash: POOL_HASH, busyMilliseconds: 50 });
      const other = new DatabaseSync(path("gateway"));
      other.exec("BEGIN IMMEDIATE");
      expect(await codeOf(serve(store, 1n))).to.equal("BUSY");
      // Questions are answered all the same.
      expect(await store.ticket(1n)).to.equal(undefined);
      other.exec("ROLLBACK");
      other.close();
      await serve(store, 1n);
      await store.close();
    }));

  it("undoes a transaction that fails, and shows nothing of it", () =>
    withFolder(async (path) => {
      const store = new SqliteStore({ path: path("gateway"), poolHash: POOL_HASH });
      await serve(store, 1n);
      sqlite(path("gateway"), (database) => {
        database.exec(
          "CREATE TRIGGER full_disk BEFORE INSERT ON calls BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
        );
      });
      const failing = store.beginCall(claimOf(2n), ticketKey(2n), leaseOf("me"), NOW);
      const asked = store.ticket(2n);
      expect(await failing.catch((error: Error) => error.message)).to.contain("the disk is full");
      expect(await asked).to.equal(undefined);
      expect(await store.feed(1, 10)).to.deep.equal([]);
      await store.close();
    }));
});
