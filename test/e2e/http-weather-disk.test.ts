// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Full disks, over HTTP. SQLite itself is told that no page is left, on the very connections that gateway and wallet opened: what it then
 * answers is what it answers on a full disk.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect } from "chai";

import { PATHS } from "../../src/wire/index.ts";
import { serialIn } from "./processes/service.ts";
import { Place, asking, codeOf } from "./weather/place.ts";
import type { Shop } from "./weather/place.ts";

/** Larger than what is free inside the pages that a file has. */
const LONG = "a long text ".repeat(200);
const MOST_PAGES = 1_073_741_823;

/** Gives what `open` gives, and the databases that it opened. */
async function watching<T>(
  open: () => Promise<T>,
): Promise<{ readonly opened: T; readonly databases: DatabaseSync[] }> {
  const databases = new Set<DatabaseSync>();
  const exec = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, "exec") as PropertyDescriptor;
  const original = exec.value as (this: DatabaseSync, sql: string) => void;
  Object.defineProperty(DatabaseSync.prototype, "exec", {
    ...exec,
    value: function (this: DatabaseSync, sql: string) {
      databases.add(this);
      return original.call(this, sql);
    },
  });
  try {
    return { opened: await open(), databases: [...databases] };
  } finally {
    Object.defineProperty(DatabaseSync.prototype, "exec", exec);
  }
}

/** No page more than there are. */
const fill = (database: DatabaseSync): void => {
  const { page_count: pages } = database.prepare("PRAGMA page_count").get() as { page_count: number };
  database.prepare(`PRAGMA max_page_count = ${pages}`).get();
};
const clear = (database: DatabaseSync): void => void database.prepare(`PRAGMA max_page_count = ${MOST_PAGES}`).get();

describe("a full disk, over HTTP", function () {
  this.timeout(240_000);
  let place: Place;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "jeton-"));
    place = await Place.open();
  });
  afterEach(() => place.close());
  after(() => rmSync(folder, { recursive: true, force: true }));

  const served = (prefix: string): number => place.kettle.services.filter(({ id }) => id.startsWith(prefix)).length;
  /** Past the second for which a report is kept. */
  async function healthOf(shop: Shop): Promise<{ status: number; store: boolean }> {
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    const response = await fetch(`${shop.url}${PATHS.health}`);
    return { status: response.status, store: ((await response.json()) as { checks: { store: boolean } }).checks.store };
  }

  it("of the gateway: calls are refused unserved, health says so, and the same requests are served when there is room", async () => {
    const { opened: shop, databases } = await watching(() => place.shop({ path: join(folder, "gateway") }));
    const [database] = databases as [DatabaseSync];
    const { account } = await place.ready({ provider: shop.url, retry: { attempts: 2, pauseMilliseconds: 1 } }, 4);
    expect(await healthOf(shop)).to.deep.equal({ status: 200, store: true });
    fill(database);
    // Free bytes of the last pages may still take a call or two.
    const codes: string[] = [];
    for (let index = 0; index < 3; index++) codes.push(await codeOf(account.call(asking(`full${index}`))));
    expect(codes.at(-1)).to.be.oneOf(["UNANSWERED", "REFUND_WITHHELD"]);
    expect(await healthOf(shop)).to.deep.equal({ status: 503, store: false });
    expect(shop.faults.join("\n")).to.contain("full");
    const counted = (table: string): number => {
      const row = database.prepare(`SELECT COUNT(*) AS count FROM ${table}`).get();
      return (row as { count: number }).count;
    };
    const ids = new Set(place.kettle.services.map(({ id }) => id).filter((id) => id.startsWith("full")));
    expect(counted("tickets"), "tickets that were served").to.be.at.least(ids.size);
    const told = codes.filter((code) => code === "no error").length;
    expect(counted("calls WHERE answer IS NOT NULL"), "calls that were charged").to.equal(told);

    clear(database);
    const { failures } = await account.resume();
    expect(failures).to.deep.equal([]);
    expect(account.summary()).to.include({ unsettled: 0 });
    const { response } = await account.call(asking("afterwards"));
    expect(serialIn(response)?.id).to.equal("afterwards");
    expect(await healthOf(shop)).to.deep.equal({ status: 200, store: true });
  });

  it("of the wallet: no share leaves it, no ticket is used, and the next call has the same one", async () => {
    const shop = await place.shop();
    let sent = 0;
    const api = place.reach(shop.url);
    const provider = { ...api, call: (...request: Parameters<typeof api.call>) => ((sent += 1), api.call(...request)) };
    const path = join(folder, "wallet");
    const { opened, databases } = await watching(() => place.ready({ provider, path }, 1));
    const [database] = databases.slice(-1) as [DatabaseSync];
    const { account } = opened;
    fill(database);
    const failure: unknown = await account.call(asking("long", { user: LONG })).catch((error: unknown) => error);
    expect(String(failure)).to.contain("full");
    expect(sent).to.equal(0);
    expect(account.summary()).to.include({ used: 0, inStock: 1, unsettled: 0 });
    clear(database);
    const { index, refund } = await account.call(asking("long", { user: LONG }));
    expect(index).to.equal(0);
    expect(refund).not.to.equal(undefined);
    expect(served("long")).to.equal(1);
  });

  it("of the wallet while its call is served: the answer is not lost, nothing is paid twice", async () => {
    const shop = await place.shop();
    const api = place.reach(shop.url);
    let database: DatabaseSync | undefined;
    const provider: typeof api = {
      ...api,
      call: async (request, onPiece) => {
        const answer = await api.call(request, onPiece);
        if (database !== undefined) fill(database);
        return answer;
      },
    };
    const { opened, databases } = await watching(() => place.ready({ provider, path: join(folder, "late") }, 1));
    [database] = databases.slice(-1) as [DatabaseSync];
    const { account } = opened;
    const failure = await account.call(asking("late")).then(
      () => undefined,
      (error: Error) => error,
    );
    clear(database);
    database = undefined;
    if (failure !== undefined) {
      expect(failure.message).to.contain("full");
      expect(account.summary()).to.include({ used: 1, unsettled: 1 });
      const { answers, failures } = await account.resume();
      expect(failures).to.deep.equal([]);
      expect(answers.map(({ response }) => serialIn(response)?.id)).to.deep.equal(["late"]);
    }
    expect(served("late")).to.equal(1);
    expect(account.summary()).to.include({ used: 1, unsettled: 0 });
  });
});
