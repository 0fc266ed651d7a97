// SPDX-License-Identifier: GPL-3.0-or-later
/** What a watcher is put together from: its settings as documented, its prices and fees, the ways it calls, and what it shows. */
import { readFileSync, writeFileSync } from "node:fs";

import type { ServerResponse } from "node:http";

import { expect } from "chai";

import { WatchConfig } from "../../src/cli/jeton/watch-config.ts";
import {
  ALARMS,
  Watcher,
  WatcherStore,
  askedPrice,
  budgetOf,
  command,
  feesFor,
  fixedPrice,
  serveWatcher,
  webhook,
  worthOf,
} from "../../src/watcher/index.ts";
import type { AlarmMessage } from "../../src/watcher/index.ts";
import { sendJson, withService } from "./support/services.ts";
import { codeOf, withFolder } from "./support/session-world.ts";

const DOCUMENT = readFileSync(new URL("../../docs/watching.md", import.meta.url), "utf8");
const EXAMPLE = JSON.parse(/```json\n([\s\S]*?)```/.exec(DOCUMENT)?.[1] ?? "") as Record<string, unknown>;

const ALARM: AlarmMessage = {
  state: "raised",
  scope: "pool",
  code: "CHAIN_UNREACHABLE",
  subject: "chain",
  message: "not read for 700 s",
  raisedAt: 1_800_000_000,
};

describe("the parts of a watcher", () => {
  describe("settings", () => {
    const codeOfSettings = (value: unknown): Promise<string> => codeOf((async () => WatchConfig.of(value, {}))());
    const [pool, other] = EXAMPLE["pools"] as Record<string, unknown>[];

    it("are read as the documentation shows them, with their defaults and paths beside the file", () =>
      withFolder(async (path) => {
        writeFileSync(path("watcher.json"), JSON.stringify(EXAMPLE));
        const config = await WatchConfig.read(path("watcher.json"), { BASE_RPC_URL: "http://127.0.0.1:1" });
        const { settings } = config;
        expect(settings).to.deep.include({ store: "watcher.sqlite", pauseSeconds: 12 });
        expect(settings.claim?.price).to.deep.include({ path: ["price"], keepSeconds: 300, staleSeconds: 21_600 });
        expect(settings.pools.map(({ allowInsecure }) => allowInsecure)).to.deep.equal([false, false]);
        expect(settings.pools[0]?.pool).to.equal("0x00000000000000000000000000000000000000AA");
        expect(config.pathOf(settings.store)).to.equal(path("watcher.sqlite"));
      }));

    it("are refused when something is missing, unknown, no price, or said twice", async () => {
      const bad: unknown[] = [
        {},
        { ...EXAMPLE, more: 1 },
        { ...EXAMPLE, pools: [] },
        { ...EXAMPLE, pools: [pool, { ...other, name: pool?.["name"] }] },
        { ...EXAMPLE, pools: [{ ...pool, feeds: [] }] },
        { ...EXAMPLE, pools: [{ ...pool, feeds: ["gateway"] }] },
        { ...EXAMPLE, pools: [{ ...pool, pool: "0x12" }] },
        { ...EXAMPLE, claim: { signer: { privateKey: "11" }, price: "1" } },
        { ...EXAMPLE, claim: { signer: { env: "KEY" }, price: "1e3" } },
        { ...EXAMPLE, claim: { signer: { env: "KEY" }, price: "1", costPercent: 101 } },
      ];
      for (const settings of bad) expect(await codeOfSettings(settings)).to.equal("OPTION_INVALID");
      expect(await codeOfSettings(EXAMPLE)).to.equal("no error");
    });

    it("have every alarm in the documentation", () => {
      const documented = [...DOCUMENT.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
      expect(documented).to.have.members(Object.keys(ALARMS));
    });
  });

  describe("fees", () => {
    const quote = { baseFee: 100n, priorityFee: 10n, gasLimit: 1_000n, dataFee: 5_000n, replaced: undefined };

    it("are twice the base fee and the tip, cut to the budget, and none when that does not do for the next block", () => {
      expect(feesFor({ ...quote, budget: 10n ** 9n })).to.deep.equal({ maxFee: 210n, priorityFee: 10n });
      expect(feesFor({ ...quote, budget: 155_000n })).to.deep.equal({ maxFee: 150n, priorityFee: 10n });
      expect(feesFor({ ...quote, budget: 106_000n })).to.deep.equal({ maxFee: 101n, priorityFee: 10n });
      for (const budget of [105_999n, 5_000n, 0n]) expect(feesFor({ ...quote, budget })).to.equal(undefined);
    });

    it("of a replacement are higher by what nodes ask for, in both parts, or there is none", () => {
      const replaced = { maxFee: 400n, priorityFee: 40n };
      const fees = feesFor({ ...quote, budget: 10n ** 9n, replaced });
      expect(fees).to.deep.equal({ maxFee: 451n, priorityFee: 46n });
      expect(feesFor({ ...quote, budget: 5_000n + 450_000n, replaced })).to.equal(undefined);
    });

    it("never exceed the bounty's part, whatever base fee, tip, data and replacement are", () => {
      // A fixed sequence: the same cases in every run.
      let state = 1n;
      const next = (below: bigint): bigint => (state = (state * 6_364_136_223_846_793_005n + 1n) % 2n ** 64n) % below;
      for (let round = 0; round < 2_000; round++) {
        const replaced = next(2n) === 0n ? undefined : { maxFee: next(10n ** 10n), priorityFee: next(10n ** 9n) };
        const [baseFee, priorityFee, gasLimit] = [next(10n ** 10n), next(10n ** 9n), next(500_000n) + 21_000n];
        const [dataFee, budget] = [next(10n ** 14n), next(10n ** 16n)];
        const fees = feesFor({ baseFee, priorityFee, gasLimit, dataFee, budget, replaced });
        if (fees === undefined) continue;
        expect(fees.maxFee * gasLimit + dataFee <= budget).to.equal(true);
        expect(fees.priorityFee <= fees.maxFee && fees.maxFee > baseFee).to.equal(true);
        if (replaced === undefined) continue;
        expect(fees.maxFee * 10n >= replaced.maxFee * 11n).to.equal(true);
        expect(fees.priorityFee * 10n >= replaced.priorityFee * 11n).to.equal(true);
      }
    });

    it("are measured by the token's price, less what was spent", async () => {
      const price = await fixedPrice("0.0004")();
      const worth = worthOf(2_500_000n, price, 6);
      expect(worth).to.equal(10n ** 15n);
      expect(budgetOf(worth, 5_000, 10n ** 14n)).to.equal(4n * 10n ** 14n);
      expect(budgetOf(worth, 5_000, 10n ** 15n)).to.equal(0n);
    });
  });

  describe("prices", () => {
    it("are asked of a service, kept, and believed for a while when it does not answer", async () => {
      let answer: unknown = { data: { eth: 0.000_4 } };
      let now = 0;
      await withService(
        (response) => (answer === undefined ? response.destroy() : sendJson(response, 200, answer)),
        async ({ url, requests }) => {
          const price = askedPrice({
            url,
            path: ["data", "eth"],
            keepSeconds: 300,
            staleSeconds: 3_600,
            now: () => now,
          });
          expect(await price()).to.equal(4n * 10n ** 14n);
          answer = { data: { eth: "0.0005" } };
          expect(await price()).to.equal(4n * 10n ** 14n);
          now = 300;
          expect(await price()).to.equal(5n * 10n ** 14n);
          expect(requests).to.have.length(2);
          for (const nonsense of [
            undefined,
            {},
            { data: { eth: "-1" } },
            { data: { eth: "NaN" } },
            { data: { eth: null } },
          ]) {
            answer = nonsense;
            now += 301;
            expect(await price()).to.equal(5n * 10n ** 14n);
          }
          now = 10_000;
          expect(await codeOf(price())).to.equal("PRICE_UNKNOWN");
        },
      );
    });
  });

  it("read no more of a price's answer than a price takes, however much comes", async () => {
    let sent = 0;
    const flood = (response: ServerResponse): void => {
      response.writeHead(200);
      const more = (): void => {
        for (;;) {
          if (response.destroyed || sent > 2 ** 26) return;
          sent += 65_536;
          if (!response.write(Buffer.alloc(65_536, 32))) break;
        }
        response.once("drain", more);
      };
      more();
    };
    await withService(flood, async ({ url }) => {
      const price = askedPrice({ url, path: ["price"], keepSeconds: 1, staleSeconds: 1, now: () => 0 });
      expect(await codeOf(price())).to.equal("PRICE_UNKNOWN");
      expect(sent).to.be.below(2 ** 24);
    });
  });

  it("outlive their own file: health says that it fails, and a failed call for help ends nothing", async () => {
    const store = WatcherStore.open(":memory:");
    const logged: string[] = [];
    const fail = (): Promise<void> => Promise.reject(new Error("nobody is there"));
    const ports = { clock: () => 1_000, log: ({ event }: { event: string }) => logged.push(event), notify: [fail] };
    const watcher = new Watcher({ store, pools: [], ports, pauseMilliseconds: 1, sleep: async () => undefined });
    const server = await serveWatcher({ store, watcher, now: () => 1_000 }, { host: "127.0.0.1", port: 0 });
    try {
      watcher.alarms.report("shop", [{ code: "FEED_UNREACHABLE", subject: "x", message: "y" }]);
      // The file goes while the alarm is being told.
      store.close();
      await watcher.alarms.idle();
      expect(logged).to.deep.equal(["alarm", "alarm-not-told", "fault"]);
      const ill = await fetch(`${server.url}/health`);
      expect(ill.status).to.equal(503);
      expect(await ill.json()).to.deep.include({ status: "failing" });
      expect((await fetch(`${server.url}/metrics`)).status).to.equal(500);
      expect((await fetch(`${server.url}/health`)).status).to.equal(503);
    } finally {
      await server.close();
    }
  });

  it("forget the alarms of pools that are watched no more, and say that they are over", async () => {
    const store = WatcherStore.open(":memory:");
    const told: AlarmMessage[] = [];
    const notify = async (message: AlarmMessage): Promise<void> => void told.push(message);
    const ports = { clock: () => 1_000, log: () => undefined, notify: [notify] };
    const options = { store, pools: [], ports, pauseMilliseconds: 1, sleep: async () => undefined };
    const before = new Watcher(options);
    before.alarms.report("gone deadlines", [{ code: "CHAIN_UNREACHABLE", subject: "chain", message: "y" }]);
    before.alarms.incident("gone", { code: "LATE_SHARE", subject: "z", message: "y" });
    const after = new Watcher(options);
    await after.open();
    await after.alarms.idle();
    expect(after.alarms.raised).to.deep.equal([]);
    expect(told.map(({ state, code }) => `${state} ${code}`)).to.include("recovered CHAIN_UNREACHABLE");
    store.close();
  });

  describe("calls for help", () => {
    it("go to a webhook, which has to take them; its URL is not said", async () => {
      let status = 200;
      await withService(
        (response) => sendJson(response, status, {}),
        async ({ url, requests }) => {
          await webhook(`${url}/SECRET`)(ALARM);
          expect(JSON.parse(requests[0]?.body ?? "")).to.deep.include({ ...ALARM });
          status = 500;
          const refused = await webhook(`${url}/SECRET`)(ALARM).catch((error: unknown) => String(error));
          expect(refused).to.contain("500").and.not.to.contain("SECRET");
        },
      );
      const lost = await webhook("http://127.0.0.1:1/SECRET")(ALARM).catch((error: unknown) => String(error));
      expect(lost).to.contain("cannot be reached").and.not.to.contain("SECRET");
    });

    it("give the program nothing of the environment but where it is: keys and passwords stay here", () =>
      withFolder(async (path) => {
        process.env["JETON_TEST_PASSWORD"] = "SECRET";
        try {
          const script = `require("node:fs").writeFileSync(${JSON.stringify(path("told"))}, JSON.stringify(process.env))`;
          await command([process.execPath, "-e", script])(ALARM);
        } finally {
          delete process.env["JETON_TEST_PASSWORD"];
        }
        const told = readFileSync(path("told"), "utf8");
        expect(told).not.to.contain("SECRET");
        const names = Object.keys(JSON.parse(told) as object);
        expect(names).to.include.members(["PATH", "JETON_ALARM"]);
        expect(["PATH", "HOME", "LANG", "JETON_ALARM"]).to.include.members(names);
      }));

    it("run a program, which is given them and has to succeed", () =>
      withFolder(async (path) => {
        const script = `process.stdin.on("data", (text) => require("node:fs").writeFileSync(${JSON.stringify(path("told"))}, text + process.env.JETON_ALARM))`;
        await command([process.execPath, "-e", script])(ALARM);
        expect(readFileSync(path("told"), "utf8"))
          .to.contain('"code":"CHAIN_UNREACHABLE"')
          .and.to.contain("raised: CHAIN");
        const failed = await command([process.execPath, "-e", "process.exit(4)"])(ALARM).catch((error: unknown) =>
          String(error),
        );
        expect(failed).to.contain("ended with 4");
        const missing = await command([path("nothing")])(ALARM).catch((error: unknown) => String(error));
        expect(missing).to.contain("cannot be run");
      }));
  });

  it("show health and counts, and are ill while they are blind", async () => {
    const store = WatcherStore.open(":memory:");
    const ports = { clock: () => 1_000, log: () => undefined, notify: [] };
    const sleep = async (): Promise<void> => undefined;
    const watcher = new Watcher({ store, pools: [], ports, pauseMilliseconds: 1, sleep });
    store.chain.pool("shop");
    const server = await serveWatcher({ store, watcher, now: () => 1_000 }, { host: "127.0.0.1", port: 0 });
    try {
      expect((await fetch(`${server.url}/health`)).status).to.equal(200);
      watcher.alarms.report("shop", [{ code: "CLAIM_TOO_DEAR", subject: "x", message: "y" }]);
      expect((await fetch(`${server.url}/health`)).status).to.equal(200);
      watcher.alarms.report("shop", [{ code: "FEED_UNREACHABLE", subject: "x", message: "y" }]);
      const ill = await fetch(`${server.url}/health`);
      expect(ill.status).to.equal(503);
      expect(await ill.json()).to.deep.include({ alarms: [{ scope: "shop", code: "FEED_UNREACHABLE" }] });
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      expect(metrics).to.contain('jeton_watch_alarms{code="FEED_UNREACHABLE"} 1');
      expect(metrics).to.contain('jeton_watch_claims{pool="shop",state="won"} 0');
      expect((await fetch(`${server.url}/other`)).status).to.equal(404);
    } finally {
      await server.close();
      store.close();
    }
  });

  it("keep to one file: none of another program, and none of a newer one", () =>
    withFolder(async (path) => {
      writeFileSync(path("text"), "no database");
      expect(await codeOf((async () => WatcherStore.open(path("text")))())).to.equal("WATCHER_FILE_UNREADABLE");
      WatcherStore.open(path("mine")).close();
      const store = WatcherStore.open(path("mine"));
      store.run("PRAGMA user_version = 99");
      store.get("PRAGMA user_version");
      store.close();
      expect(await codeOf((async () => WatcherStore.open(path("mine")))())).to.equal("WATCHER_FILE_UNREADABLE");
    }));
});
