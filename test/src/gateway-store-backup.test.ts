// SPDX-License-Identifier: GPL-3.0-or-later
/** Backups of a provider's SQLite file, taken while tickets are being recorded. G-25. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { backUpStoreFile, checkStoreFile, SqliteStore } from "../../src/gateway/index.ts";
import { codeOf } from "./support/session-world.ts";
import { POOL_HASH, enrolmentOf, serve } from "./support/stores.ts";

describe("a backup of a store", () => {
  let folder: string;
  let path: string;
  let store: SqliteStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "jeton-backup-"));
    path = join(folder, "provider.sqlite");
    store = new SqliteStore({ path, poolHash: POOL_HASH });
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  it("holds every ticket that was recorded before it began, and opens as a store", async () => {
    let recorded = 0;
    let isOver = false;
    const calls = (async (): Promise<void> => {
      while (!isOver) {
        await serve(store, BigInt(recorded + 1));
        recorded++;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await store.recordEnrolment(enrolmentOf(9n));
    for (const name of ["one", "two", "three"]) {
      const before = recorded;
      const copy = join(folder, name);
      const { tickets } = await backUpStoreFile(path, copy);
      expect(tickets).to.be.at.least(before);
      const restored = new SqliteStore({ path: copy, poolHash: POOL_HASH });
      for (let nullifier = 1; nullifier <= before; nullifier++)
        expect((await restored.ticket(BigInt(nullifier)))?.status, `${nullifier}`).to.be.a("string");
      expect(await restored.enrolment(enrolmentOf(9n).nullifier)).to.not.equal(undefined);
      await restored.close();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    isOver = true;
    await calls;
    expect(recorded).to.be.greaterThan(3);
    expect(checkStoreFile(path)).to.deep.include({ tickets: recorded, enrolments: 1, poolHash: POOL_HASH.toString() });
  });

  it("is for its owner's eyes", async () => {
    const copy = join(folder, "copy");
    await serve(store, 1n);
    await backUpStoreFile(path, copy);
    expect((await stat(copy)).mode & 0o777).to.equal(0o600);
  });

  it("is refused where one is, and of what is no store", async () => {
    const copy = join(folder, "copy");
    await backUpStoreFile(path, copy);
    expect(await codeOf(backUpStoreFile(path, copy))).to.equal("UNREADABLE");
    await writeFile(join(folder, "text"), "no database at all, and long enough to be looked at as one by a reader");
    expect(await codeOf(backUpStoreFile(join(folder, "text"), join(folder, "other")))).to.equal("UNREADABLE");
    expect(await codeOf(backUpStoreFile(join(folder, "nothing"), join(folder, "other")))).to.equal("UNREADABLE");
    expect(existsSync(join(folder, "other"))).to.equal(false);
  });

  it("is seen to be damaged, wherever it is", async () => {
    for (let nullifier = 1n; nullifier <= 40n; nullifier++) await serve(store, nullifier);
    const copy = join(folder, "copy");
    await backUpStoreFile(path, copy);
    const bytes = await readFile(copy);
    await writeFile(copy, bytes.subarray(0, bytes.length - 8_192));
    expect(() => checkStoreFile(copy)).to.throw("is");
    await writeFile(copy, Buffer.concat([bytes.subarray(0, 4_096), Buffer.alloc(bytes.length - 4_096)]));
    expect(() => checkStoreFile(copy)).to.throw("is");
  });
});
