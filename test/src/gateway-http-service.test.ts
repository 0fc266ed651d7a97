// SPDX-License-Identifier: GPL-3.0-or-later
/** A whole provider on a local chain: a wallet's calls over HTTP, leaves, health, metrics, what is logged, and the desk that one process has. */
import { setTimeout as sleep } from "node:timers/promises";

import { LeanIMT } from "@zk-kit/lean-imt";
import { expect } from "chai";

import { PoolHistory, PoolView } from "../../src/chain/index.ts";
import { SqliteStore, checkProvider, startProvider } from "../../src/gateway/index.ts";
import type { GatewayStore, LogEntry, RunningProvider } from "../../src/gateway/index.ts";
import { leafOf, poseidon, providerKey } from "../../src/protocol/index.ts";
import { Wallet, WalletStore, httpProvider } from "../../src/wallet/index.ts";
import { PATHS, leavesPage } from "../../src/wire/index.ts";
import type { LeavesPage } from "../../src/wire/index.ts";
import { startHttpProvider } from "./support/http-provider.ts";
import type { HttpProvider } from "./support/http-provider.ts";
import { ask, codeIn } from "./support/http-requests.ts";
import { codeOf, withFolder } from "./support/session-world.ts";

const DEPOSIT = 100_000n;

describe("a provider over HTTP on a local chain", function () {
  this.timeout(120_000);
  let provider: HttpProvider;
  let running: RunningProvider;
  const log: LogEntry[] = [];

  before(async () => {
    provider = await startHttpProvider(undefined, { metrics: { port: 0 }, log: (entry) => log.push(entry) });
    running = provider.running;
  });
  after(async () => {
    await running.close();
    await provider.options.prover.close();
  });

  /** A wallet that knows nothing but the chain and the gateway's address. */
  function openWallet(seed: number, url = running.url): Wallet {
    const { client, fromBlock, finality, prover } = provider.options;
    return new Wallet({
      store: WalletStore.open(":memory:", new Uint8Array(32).fill(seed)),
      pool: client.pool,
      provider: httpProvider(url),
      chain: new PoolView(new PoolHistory(client, { fromBlock, finality }), finality),
      prove: (statement, input) => prover.prove(statement, input),
      clock: () => Math.floor(Date.now() / 1_000),
    });
  }

  const leaves = async (after: number, limit: number): Promise<LeavesPage> =>
    leavesPage.parse(JSON.parse((await ask(`${running.url}${PATHS.leaves}?after=${after}&limit=${limit}`)).text));

  it("serves a wallet, and shows nothing of it in metrics and log", async () => {
    const account = openWallet(1).account(0);
    await provider.deposit([account.identityCommitment], DEPOSIT);
    await running.look();
    await account.enroll();
    const result = await account.call("hello");
    expect(result.response).to.equal("echo: hello");

    const feed = (await ask(running.url + PATHS.feed)).text;
    const { text, headers } = await ask(running.metricsUrl ?? "");
    expect(headers["content-type"]).to.match(/^text\/plain/);
    expect(text).to.match(/jeton_http_requests_total\{route="call",status="2xx"\} [1-9]/);
    expect(text).to.match(/jeton_proof_verification_seconds_count\{result="valid"\} [1-9]/);
    expect(text).to.match(/jeton_chain_age_seconds 0/);
    const seen = [...new Set(feed.match(/\d{12,}/g))];
    expect(seen.length).to.be.greaterThan(10);
    const said = text + JSON.stringify(log);
    for (const number of [...seen, account.identityCommitment.toString(), "hello"]) {
      expect(said).to.not.include(number);
    }
    // The provider's own address and pool are the only ones named, and the metrics name none.
    expect(text).to.not.match(/0x[0-9a-fA-F]{8}|\d+\.\d+\.\d+\.\d+/);
    const labels = new Set([...text.matchAll(/(\w+)="/g)].map(([, name]) => name));
    expect([...labels].sort()).to.deep.equal(["code", "le", "result", "route", "status"]);
    expect((await ask((running.metricsUrl ?? "").replace("/metrics", "/"))).status).to.equal(404);
    expect((await ask(`${running.url}/metrics`)).status).to.equal(402);
  });

  it("gives the leaves that rebuild the contract's root, page by page", async () => {
    await provider.deposit([11n, 12n, 13n, 14n], DEPOSIT);
    await running.look();
    const all: { readonly identityCommitment: bigint; readonly deposit: bigint }[] = [];
    for (let page = await leaves(0, 2); ; page = await leaves(page.next, 2)) {
      expect(page.leaves.map(({ index }) => index)).to.deep.equal(page.leaves.map((_, place) => all.length + place));
      all.push(...page.leaves);
      if (page.isEnd) break;
    }
    const tree = new LeanIMT<bigint>((a, b) => poseidon([a, b]));
    tree.insertMany(all.map(({ identityCommitment, deposit }) => leafOf(identityCommitment, deposit)));
    const head = await provider.options.client.tree();
    expect([tree.root, all.length]).to.deep.equal([head.root, head.leafCount]);
    const kept = await ask(`${running.url}${PATHS.leaves}?limit=2`);
    expect(kept.headers["cache-control"]).to.include("immutable");
    for (const query of ["?after=-1", "?limit=1001", "?x=1"]) {
      expect(codeIn(await ask(running.url + PATHS.leaves + query))).to.equal("REQUEST_MALFORMED");
    }
  });

  it("asks the chain's endpoint nothing for a root that somebody made up", async () => {
    let asked = 0;
    const { provider: rpc } = provider.options.client;
    const send = rpc.send.bind(rpc);
    const before = await startProvider({ ...provider.options, pollMilliseconds: 600_000, metrics: { port: 0 } });
    await before.look();
    await sleep(100);
    Object.assign(rpc, { send: (...call: Parameters<typeof send>) => ((asked += 1), send(...call)) });
    try {
      const { gateway } = before;
      const made = {
        root: "5",
        newState: "6",
        enrollNullifier: "7",
        proof: {
          a: ["1", "2"],
          b: [
            ["1", "2"],
            ["3", "4"],
          ],
          c: ["1", "2"],
        },
      };
      const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(gateway.enroll(made))));
      expect(new Set(codes).size).to.equal(1);
      expect(asked).to.be.lessThan(60);
    } finally {
      Object.assign(rpc, { send });
      await before.close();
    }
  });

  it("leaves the desk to one of two processes, and to the other when that one ends", async () => {
    const { store } = provider;
    const position = await store.chainPosition();
    expect(position).to.be.greaterThan(0);
    const holds = async (): Promise<boolean> => store.holdRole("desk", { owner: "somebody else", until: 0 }, 0);
    const second = await startProvider(provider.options);
    try {
      expect(await holds()).to.equal(false);
      await running.close();
      await provider.deposit([21n], DEPOSIT);
      await second.look();
      expect(await store.chainPosition()).to.be.greaterThan(position);
    } finally {
      await second.close();
    }
    expect(await holds()).to.equal(true);
    await store.releaseRole("desk", "somebody else");
    provider = { ...provider, running: await startProvider(provider.options) };
    running = provider.running;
  });

  it("tells bad health when the store fails, and the gateway's own time", async () => {
    const healthy = await ask(running.url + PATHS.health);
    expect([healthy.status, JSON.parse(healthy.text)]).to.deep.equal([
      200,
      { status: "ok", checks: { store: true, chain: true, keys: true } },
    ]);
    await withFolder(async (path) => {
      const { poolHash } = provider.options.client.pool;
      const inner = new SqliteStore({ path: path("store.sqlite"), poolHash });
      let isBroken = false;
      const store = new Proxy<GatewayStore>(inner, {
        get(target, name) {
          const member = Reflect.get(target, name) as unknown;
          if (typeof member !== "function") return member;
          return (...of: unknown[]): unknown =>
            isBroken
              ? Promise.reject(new Error(`disk full at ticket ${"7".repeat(40)}`))
              : (member as (...of: unknown[]) => unknown).apply(target, of);
        },
      });
      const faults: LogEntry[] = [];
      const other = await startProvider({ ...provider.options, store, log: (entry) => faults.push(entry) });
      expect((await ask(other.url + PATHS.health)).status).to.equal(200);
      isBroken = true;
      await sleep(1_100);
      const sick = await ask(other.url + PATHS.health);
      expect([sick.status, JSON.parse(sick.text)]).to.deep.equal([
        503,
        { status: "failing", checks: { store: false, chain: true, keys: true } },
      ]);
      const refund = await ask(other.url + PATHS.refund, { body: JSON.stringify({ nullifier: "5" }) });
      expect([refund.status, codeIn(refund)]).to.deep.equal([500, "INTERNAL"]);
      const fault = faults.find(({ where }) => where === "gateway");
      expect(fault).to.deep.include({ level: "error", event: "fault", reason: "disk full at ticket …" });
      await other.close();
      await inner.close();
    });
  });

  it("refuses to start, and to pass the check, with keys that are not the pool's", async () => {
    const stateKey = providerKey(new Uint8Array(32).fill(3));
    for (const start of [startProvider, checkProvider]) {
      const code = await codeOf(
        (async () => {
          await start({ ...provider.options, stateKey });
        })(),
      );
      expect(code).to.equal("REQUEST_MALFORMED");
    }
    await checkProvider(provider.options);
  });
});
