// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";
import { Wallet as EthersWallet } from "ethers";

import { PoolSender } from "../../src/chain/index.ts";
import type { ChainProvider, CloseRequest } from "../../src/chain/index.ts";
import { PoolClient } from "../../src/chain/index.ts";
import { slashClaim } from "../../src/protocol/index.ts";
import { WatcherError, fixedPrice, statusOf } from "../../src/watcher/index.ts";
import { HandClock, ScriptedFeed, cheater, startWatchedWorld, watch } from "./support/watched.ts";
import type { Cheater, WatchedWorld, Watching } from "./support/watched.ts";

/** An endpoint that can be made to fail. */
const failing = (provider: ChainProvider, outage: { readonly isOn: boolean }): ChainProvider =>
  new Proxy(provider, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        if (outage.isOn) return Promise.reject(new Error("connect ECONNREFUSED https://rpc.example/v2/SECRETKEY"));
        return (value as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });

/** An endpoint whose newest block is so many seconds ahead. */
const ahead = (provider: ChainProvider, lie: { seconds: number }): ChainProvider =>
  new Proxy(provider, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== "send") return typeof value === "function" ? (value as () => unknown).bind(target) : value;
      return async (method: string, params: unknown[]): Promise<unknown> => {
        const answer: unknown = await target.send(method, params);
        if (method !== "eth_getBlockByNumber" || params[0] !== "latest") return answer;
        const { timestamp } = answer as { readonly timestamp: string };
        return { ...(answer as object), timestamp: `0x${(Number(timestamp) + lie.seconds).toString(16)}` };
      };
    },
  });

describe("the watcher in bad weather", function () {
  this.timeout(60_000);
  let world: WatchedWorld;
  let mallory: Cheater;
  /** j = 2. */
  let close: CloseRequest;
  let snapshot: string;
  let doubleSpend: ScriptedFeed;

  before(async () => {
    world = await startWatchedWorld();
    mallory = cheater(world.pool, 4_711n);
    await world.deposit(mallory);
    close = await world.proveClose(mallory, 2);
    snapshot = (await world.rpc("evm_snapshot")) as string;
  });
  after(() => world.close());
  beforeEach(() => {
    doubleSpend = new ScriptedFeed();
    doubleSpend.entries = [mallory.entry(0), mallory.entry(0, 77n)];
  });
  afterEach(async () => {
    await world.rpc("evm_setAutomine", [true]);
    await world.rpc("evm_revert", [snapshot]);
    snapshot = (await world.rpc("evm_snapshot")) as string;
  });

  const mine = async (count = 3): Promise<void> => {
    await world.rpc("hardhat_mine", [`0x${count.toString(16)}`]);
  };
  const isSlashed = async (): Promise<boolean> =>
    (await world.local.client.accountOf(mallory.commitment)).status === "slashed";
  const events = ({ log }: Watching): string[] => log.map(({ event }) => event);
  const transactionsOf = ({ store }: Watching): readonly string[] => statusOf(store)[0]?.claims[0]?.transactions ?? [];
  const chainTime = async (): Promise<number> => (await world.local.client.provider.getBlock("latest"))?.timestamp ?? 0;

  describe("fees", () => {
    it("makes no proof and sends nothing while the gas costs more than its share of the bounty, and says so", async () => {
      const prices = { price: "0.0001" };
      const proofs = world.proofs();
      const watching = watch(world, {
        feeds: [doubleSpend],
        claiming: { price: async () => fixedPrice(prices.price)() },
      });
      await watching.pass();
      expect(watching.codes()).to.deep.equal(["CLAIM_TOO_DEAR"]);
      expect(world.proofs()).to.equal(proofs);
      expect(transactionsOf(watching)).to.deep.equal([]);
      prices.price = "1";
      await watching.pass();
      expect(await isSlashed()).to.equal(true);
      expect(watching.told.map(({ state, code }) => `${state} ${code}`)).to.deep.equal([
        "raised CLAIM_TOO_DEAR",
        "recovered CLAIM_TOO_DEAR",
      ]);
      watching.close();
    });

    it("offers more for a claim that waits, never more in all than it may cost, and has one nonce for it", async () => {
      await world.rpc("evm_setAutomine", [false]);
      const watching = watch(world, { feeds: [doubleSpend], claiming: { price: fixedPrice("0.01") } });
      watching.clock.now = await chainTime();
      await watching.pass();
      for (let minute = 0; minute < 14; minute++) {
        watching.clock.now += 130;
        await watching.pass();
      }
      const claim = watching.store.claims.all(1)[0];
      const sent = watching.store.claims.transactionsOf(claim?.id ?? 0);
      expect(sent.length).to.be.greaterThan(2);
      expect(new Set(sent.map(({ nonce }) => nonce)).size).to.equal(1);
      // Half of what 0.01 coins for a token make of the bounty, in wei.
      const most = ((claim?.bounty ?? 0n) * 10_000_000_000_000_000n) / 1_000_000n / 2n;
      for (const { maxFee } of sent) expect(maxFee * 330_000n).to.be.lessThan(most);
      expect(watching.codes()).to.deep.equal(["CLAIM_TOO_DEAR"]);
      await world.rpc("evm_mine");
      await watching.pass();
      expect(await isSlashed()).to.equal(true);
      watching.close();
    });

    it("offers more in its time, however far ahead the newest block is, or a clock that was wrong has been", async () => {
      const { client } = world.local;
      const lie = { seconds: 315_360_000 };
      await world.rpc("evm_setAutomine", [false]);
      const watching = watch(world, {
        feeds: [doubleSpend],
        pool: { connect: () => PoolClient.connect(ahead(client.provider, lie), client.pool.address) },
      });
      watching.clock.now = await chainTime();
      const sentAt = (): number[] => watching.store.claims.transactionsOf(1).map((sent) => sent.sentAt);
      const start = watching.clock.now;
      await watching.pass();
      expect(sentAt()).to.deep.equal([start]);
      await watching.pass();
      expect(sentAt()).to.have.length(1);
      watching.clock.now += 130;
      await watching.pass();
      lie.seconds = 0;
      watching.clock.now += 130;
      await watching.pass();
      expect(sentAt()).to.have.members([start, start + 130, start + 260]);
      // This machine's clock was an hour ahead, and is right again.
      watching.clock.now -= 3_600;
      await watching.pass();
      expect(sentAt()).to.have.members([start, start + 130, start + 260, start - 3_340]);
      await watching.pass();
      expect(sentAt()).to.have.length(4);
      watching.clock.now += 130;
      await watching.pass();
      const fees = watching.store.claims.transactionsOf(1).map(({ maxFee }) => maxFee);
      expect(new Set(fees).size).to.equal(5);
      await world.rpc("evm_mine");
      expect(await isSlashed()).to.equal(true);
      watching.close();
    });

    it("says that the signer has no coins, before there is anything to claim, and claims when it has some", async () => {
      const poor = new EthersWallet(`0x${"23".repeat(32)}`);
      const feed = new ScriptedFeed();
      const watching = watch(world, { feeds: [feed], claiming: { signer: poor } });
      await watching.pass();
      expect(watching.codes()).to.deep.equal(["SIGNER_SHORT"]);
      feed.entries = doubleSpend.entries;
      await watching.pass();
      expect(watching.codes()).to.deep.equal(["SIGNER_SHORT"]);
      await world.rpc("hardhat_setBalance", [poor.address, "0xde0b6b3a7640000"]);
      await watching.pass();
      expect(await isSlashed()).to.equal(true);
      expect(watching.codes()).to.deep.equal([]);
      watching.close();
    });

    it("says that the bounty's worth is not known, and sends nothing until it is", async () => {
      let isKnown = false;
      const price = async (): Promise<bigint> => {
        if (!isKnown) throw new WatcherError("PRICE_UNKNOWN", "no answer");
        return 10n ** 18n;
      };
      const watching = watch(world, { feeds: [doubleSpend], claiming: { price } });
      await watching.pass();
      expect(watching.codes()).to.deep.equal(["PRICE_UNKNOWN"]);
      isKnown = true;
      await watching.pass();
      expect(await isSlashed()).to.equal(true);
      watching.close();
    });
  });

  describe("others and the endpoint", () => {
    it("is done without a loss when somebody else was first, before or after it sent", async () => {
      const { client, user } = world.local;
      const quiet = watch(world, { feeds: [doubleSpend], claiming: "none" });
      await quiet.pass();
      const claim = quiet.store.claims.all(1)[0];
      const shares = [claim?.share, claim?.secondShare] as never;
      const evidence = { identitySecret: mallory.secret, index: 0, shares };
      const { proof } = await world.prove("slash", slashClaim(client.pool, evidence, user.address).input);
      await new PoolSender(client, user).slash(mallory.commitment, claim?.nullifier ?? 0n, user.address, proof);
      await mine();
      await quiet.pass();
      expect(statusOf(quiet.store)[0]?.claims[0]).to.include({ state: "lost", gasSpent: 0n });
      expect(quiet.codes()).to.deep.equal([]);
      quiet.close();

      const watching = watch(world, { feeds: [doubleSpend] });
      await watching.pass();
      expect(transactionsOf(watching)).to.deep.equal([]);
      expect(watching.codes()).to.deep.equal([]);
      watching.close();
    });

    it("takes another nonce when something else has used its own, and is paid once", async () => {
      const signer = world.signer.connect(world.local.client.provider);
      await world.rpc("evm_setAutomine", [false]);
      const watching = watch(world, { feeds: [doubleSpend] });
      await watching.pass();
      const [first] = transactionsOf(watching);
      await world.rpc("hardhat_dropTransaction", [first]);
      const nonce = await signer.provider?.getTransactionCount(signer.address, "latest");
      await signer.sendTransaction({ to: world.recipient, value: 1n, ...(nonce === undefined ? {} : { nonce }) });
      await world.rpc("evm_mine");
      await watching.pass();
      expect(transactionsOf(watching)).to.have.length(2);
      await world.rpc("evm_mine");
      await mine();
      await watching.pass();
      expect(statusOf(watching.store)[0]?.claims[0]).to.include({ state: "won" });
      watching.close();
    });

    it("sends a claim again that the endpoint has forgotten", async () => {
      await world.rpc("evm_setAutomine", [false]);
      const watching = watch(world, { feeds: [doubleSpend] });
      await watching.pass();
      const [hash] = transactionsOf(watching);
      await world.rpc("hardhat_dropTransaction", [hash]);
      await watching.pass();
      expect(events(watching)).to.include("sent-again");
      await world.rpc("evm_mine");
      expect(await isSlashed()).to.equal(true);
      expect(transactionsOf(watching)).to.deep.equal([hash]);
      watching.close();
    });

    it("offers more for a claim that the endpoint has forgotten and does not take again", async () => {
      const { client } = world.local;
      const refused = new Set<unknown>();
      const provider = new Proxy(client.provider, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== "function") return value;
          return (...args: unknown[]): unknown => {
            const [method, params] = args as [unknown, unknown[] | undefined];
            if (name === "send" && method === "eth_sendRawTransaction" && refused.has(params?.[0]))
              return Promise.reject(new Error("max fee per gas less than block base fee"));
            return (value as (...all: unknown[]) => unknown).apply(target, args);
          };
        },
      });
      await world.rpc("evm_setAutomine", [false]);
      const watching = watch(world, {
        feeds: [doubleSpend],
        pool: { connect: () => PoolClient.connect(provider, client.pool.address) },
      });
      watching.clock.now = await chainTime();
      await watching.pass();
      const [sent] = watching.store.claims.transactionsOf(1);
      refused.add(sent?.raw);
      await world.rpc("hardhat_dropTransaction", [sent?.hash]);
      watching.clock.now += 130;
      await watching.pass();
      expect(transactionsOf(watching)).to.have.length(2);
      await world.rpc("evm_mine");
      expect(await isSlashed()).to.equal(true);
      watching.close();
    });

    it("waits for another pool's claim by the same signer, and takes the nonce of one that is decided or given up", async () => {
      const { client } = world.local;
      const nonce = await client.provider.getTransactionCount(world.signer.address, "latest");
      const sender = { address: world.signer.address, chainId: client.chainId };
      for (const end of ["decided", "given up"] as const) {
        await world.rpc("evm_setAutomine", [false]);
        const watching = watch(world, { feeds: [doubleSpend] });
        const { store } = watching;
        watching.clock.now = await chainTime();
        const other = store.chain.pool("another").id;
        const share = { x: 1n, y: 2n };
        const evidence = { nullifier: 3n, index: 0, share, secondShare: undefined, bounty: 1n, deadline: undefined };
        store.claims.accuse(other, { ...evidence, commitment: 4n, kind: "double-spend" }, watching.clock.now);
        const claim = store.claims.open(other)[0]?.id ?? 0;
        const fees = { maxFee: 3_000_000_000n, priorityFee: 2_000_000_000n };
        const hash = `0x${"ab".repeat(32)}`;
        store.claims.addTransaction(sender, { hash, claim, nonce, ...fees, raw: "0x", sentAt: watching.clock.now });
        await watching.pass();
        const sentOf = (): readonly string[] =>
          statusOf(store).find(({ name }) => name === "pool")?.claims[0]?.transactions ?? [];
        expect(sentOf()).to.deep.equal([]);
        if (end === "decided") store.claims.setOutcome(claim, "lost");
        else watching.clock.now += 601;
        await watching.pass();
        expect(sentOf()).to.have.length(1);
        const own = store.claims.of(1, mallory.commitment)?.id ?? 0;
        expect(store.claims.transactionsOf(own)[0]).to.include({ nonce });
        for (const each of sentOf()) await world.rpc("hardhat_dropTransaction", [each]);
        watching.close();
      }
    });

    it("goes on when an endpoint that failed for hours answers again, and never says its URL", async () => {
      const outage = { isOn: false };
      const { client } = world.local;
      const feed = new ScriptedFeed();
      const watching = watch(world, {
        feeds: [feed],
        pool: { connect: () => PoolClient.connect(failing(client.provider, outage), client.pool.address) },
      });
      watching.clock.now = await chainTime();
      await watching.pass();
      outage.isOn = true;
      for (let pass = 0; pass < 12; pass++) {
        watching.clock.now += 60;
        await watching.pass();
      }
      expect(watching.codes()).to.deep.equal(["CHAIN_UNREACHABLE"]);
      // The feed is read all the same: what it says now may be gone when the chain is back.
      feed.entries = doubleSpend.entries;
      await watching.pass();
      feed.failure = new Error("gone");
      outage.isOn = false;
      await watching.pass();
      expect(await isSlashed()).to.equal(true);
      expect(watching.codes()).to.deep.equal([]);
      expect(JSON.stringify([watching.log, watching.told])).not.to.contain("SECRETKEY");
      watching.close();
    });

    it("convicts an account that was opened while the endpoint was down, by shares that it read meanwhile", async () => {
      const { client } = world.local;
      const outage = { isOn: false };
      const watching = watch(world, {
        feeds: [doubleSpend],
        pool: { connect: () => PoolClient.connect(failing(client.provider, outage), client.pool.address) },
      });
      doubleSpend.entries = [];
      await watching.pass();
      outage.isOn = true;
      const late = cheater(world.pool, 31_337n);
      await world.deposit(late);
      doubleSpend.entries = [late.entry(1), late.entry(1, 9n)];
      await watching.pass();
      outage.isOn = false;
      doubleSpend.failure = new Error("gone");
      await watching.pass();
      expect((await client.accountOf(late.commitment)).status).to.equal("slashed");
      watching.close();
    });

    it("keeps what it suspects of an account whose deposit a reorganization took away, for a day, and convicts when it is back", async () => {
      const { client } = world.local;
      const outage = { isOn: false };
      const watching = watch(world, {
        feeds: [doubleSpend],
        pool: { connect: () => PoolClient.connect(failing(client.provider, outage), client.pool.address) },
      });
      const { claims } = watching.store;
      const late = cheater(world.pool, 31_338n);
      doubleSpend.entries = [];
      watching.clock.now = await chainTime();
      const before = (await world.rpc("evm_snapshot")) as string;
      await world.deposit(late);
      await watching.pass();
      // Read while nobody knows where the chain is: suspected, and not looked into.
      outage.isOn = true;
      doubleSpend.entries = [late.entry(1), late.entry(1, 9n)];
      await watching.pass();
      expect(claims.suspicions(1)).to.have.length(1);
      doubleSpend.failure = new Error("gone");
      await world.rpc("evm_revert", [before]);
      const withoutIt = (await world.rpc("evm_snapshot")) as string;
      await mine();
      outage.isOn = false;
      for (const seconds of [0, 86_300]) {
        watching.clock.now += seconds;
        await watching.pass();
        expect(watching.store.chain.account(1, late.commitment)).to.equal(undefined);
        expect(claims.suspicions(1)).to.have.length(1);
      }
      await world.deposit(late);
      await watching.pass();
      expect((await client.accountOf(late.commitment)).status).to.equal("slashed");
      expect(claims.suspicions(1)).to.deep.equal([]);
      watching.close();
      await world.rpc("evm_revert", [withoutIt]);
    });

    it("forgets what it suspects of an account whose deposit does not come back within a day", async () => {
      const { client } = world.local;
      const outage = { isOn: false };
      const watching = watch(world, {
        feeds: [doubleSpend],
        pool: { connect: () => PoolClient.connect(failing(client.provider, outage), client.pool.address) },
      });
      doubleSpend.entries = [];
      watching.clock.now = await chainTime();
      await watching.pass();
      outage.isOn = true;
      const never = cheater(world.pool, 31_339n);
      doubleSpend.entries = [never.entry(1), never.entry(1, 9n)];
      await watching.pass();
      outage.isOn = false;
      const counts: number[] = [];
      for (const seconds of [0, 86_399, 1]) {
        watching.clock.now += seconds;
        await watching.pass();
        counts.push(watching.store.claims.suspicions(1).length);
      }
      expect(counts).to.deep.equal([1, 1, 0]);
      expect(statusOf(watching.store)[0]?.claims).to.deep.equal([]);
      watching.close();
    });

    it("begins while the endpoint is down, and says so", async () => {
      let isDown = true;
      const connect = async (): Promise<PoolClient> => {
        if (isDown) throw new Error("down");
        return world.local.client;
      };
      const watching = watch(world, { feeds: [doubleSpend], pool: { connect }, isHasty: true });
      await watching.watcher.open();
      await watching.pass();
      expect(watching.codes()).to.deep.equal(["CHAIN_UNREACHABLE"]);
      isDown = false;
      await watching.pass();
      expect(await isSlashed()).to.equal(true);
      watching.close();
    });
  });

  describe("feeds", () => {
    const filler = (count: number): ScriptedFeed["entries"] =>
      Array.from({ length: count }, (_, index) => ({ kind: "ticket", nullifier: `${index + 5}`, x: "1", y: "2" }));

    it("are looked through again, page by page: a story that changed long ago is found, and read anew", async () => {
      const feed = new ScriptedFeed();
      feed.entries = [mallory.entry(0), ...filler(1_400)];
      const watching = watch(world, { feeds: [feed] });
      watching.clock.now = await chainTime();
      await watching.pass();
      feed.entries[0] = mallory.entry(0, 42n);
      await watching.pass();
      expect(watching.codes()).to.deep.equal([]);
      watching.clock.now += 601;
      await watching.pass();
      expect(watching.codes()).to.have.members(["FEED_CHANGED", "FEED_OMITS"]);
      expect(await isSlashed()).to.equal(true);
      // One that changes all the time is no feed, and is not read from the beginning again and again.
      feed.entries = filler(900);
      feed.asked.length = 0;
      await watching.pass();
      expect(feed.asked).to.deep.equal([1_400]);
      expect(events(watching)).to.include("fault");
      watching.close();
    });

    it("that differ between two gateways of one pool are an alarm", async () => {
      const [first, second] = [new ScriptedFeed("https://one.example"), new ScriptedFeed("https://two.example")];
      first.entries = filler(1_000);
      second.entries = [...filler(999), mallory.entry(0)];
      const watching = watch(world, { feeds: [first, second] });
      await watching.pass();
      expect(watching.codes()).to.deep.equal(["FEEDS_DIFFER"]);
      watching.close();
    });

    it("that are malformed, or have gaps, count as not read", async () => {
      const answers: unknown[] = [
        "text",
        { entries: [], next: 0 },
        { entries: [{ ...mallory.entry(0), position: 2 }], next: 2, isEnd: true },
        { entries: [{ ...mallory.entry(0), position: 1, more: 1 }], next: 1, isEnd: true },
        { entries: [{ ...mallory.entry(0), x: `${1n << 254n}`, position: 1 }], next: 1, isEnd: true },
        { entries: [], next: 0, isEnd: false },
      ];
      for (const answer of answers) {
        const feed = { name: "https://odd.example", read: async () => answer };
        const watching = watch(world, { feeds: [feed], isHasty: true });
        await watching.pass();
        expect(watching.codes()).to.deep.equal(["FEED_UNREACHABLE"]);
        watching.close();
      }
    });
  });

  describe("deadlines", () => {
    it("cries when a feed was not read past a close and half of the window is over, until it was", async () => {
      const feed = new ScriptedFeed();
      const watching = watch(world, { feeds: [feed] });
      watching.clock.now = await chainTime();
      await watching.pass();
      await world.startClose(close);
      await mine();
      feed.failure = new Error("502");
      await watching.pass();
      expect(watching.codes()).to.deep.equal([]);
      watching.clock.now += 1_900;
      await watching.pass();
      expect(watching.codes()).to.have.members(["FEED_UNREACHABLE", "CLOSE_UNJUDGED"]);
      feed.failure = undefined;
      await watching.pass();
      expect(watching.codes()).to.deep.equal([]);
      expect(statusOf(watching.store)[0]?.closes[0]?.verdict).to.equal("honest");
      watching.close();
    });

    it("cries when its claim is not in a block and a quarter of the window is left; and when it came too late", async () => {
      const feed = new ScriptedFeed();
      feed.entries = [mallory.entry(3)];
      const watching = watch(world, { feeds: [feed] });
      watching.clock.now = await chainTime();
      await world.startClose(close);
      await world.rpc("evm_setAutomine", [false]);
      await watching.pass();
      expect(watching.codes()).to.deep.equal([]);
      watching.clock.now += 2_800;
      await watching.pass();
      expect(watching.codes()).to.deep.equal(["CLAIM_LATE"]);
      for (const hash of transactionsOf(watching)) await world.rpc("hardhat_dropTransaction", [hash]);
      await world.rpc("evm_increaseTime", [3_700]);
      await world.rpc("evm_setAutomine", [true]);
      await new PoolSender(world.local.client, world.local.user).finalizeClose(mallory.commitment);
      await mine();
      await watching.pass();
      expect(watching.codes()).to.deep.equal(["CLAIM_MISSED"]);
      expect(statusOf(watching.store)[0]?.claims[0]).to.include({ state: "missed" });
      watching.close();
    });

    it("says each alarm once, repeats it after pauses that grow, tells what could not be told again, and when it is over", async () => {
      const feed = new ScriptedFeed();
      const telling = { isBroken: false };
      const watching = watch(world, { feeds: [feed], telling });
      watching.clock.now = await chainTime();
      await watching.pass();
      feed.failure = new Error("502");
      const start = watching.clock.now;
      for (; watching.clock.now < start + 6 * 3_600; watching.clock.now += 60) await watching.pass();
      expect(watching.told.map(({ state }) => state)).to.deep.equal(["raised", ...Array<string>(4).fill("repeated")]);
      telling.isBroken = true;
      watching.clock.now += 86_400;
      await watching.pass();
      telling.isBroken = false;
      watching.clock.now += 61;
      await watching.pass();
      expect(watching.told).to.have.length(6);
      feed.failure = undefined;
      await watching.pass();
      expect(watching.told.at(-1)).to.include({ state: "recovered", code: "FEED_UNREACHABLE" });
      expect(watching.codes()).to.deep.equal([]);
      watching.close();
    });
  });

  it("lets what merely happened lapse after a day, and says so", async () => {
    const feed = new ScriptedFeed();
    feed.entries = [mallory.entry(0), { ...mallory.entry(0), x: "5", y: "9" }];
    const watching = watch(world, { feeds: [feed] });
    watching.clock.now = await chainTime();
    await watching.pass();
    watching.clock.now += 86_399;
    await watching.pass();
    expect(watching.codes()).to.deep.equal(["FEED_JUNK"]);
    watching.clock.now += 2;
    expect((await watching.pass()).alarms).to.deep.equal([]);
    expect(watching.told.map(({ state, code }) => `${state} ${code}`)).to.deep.equal([
      "raised FEED_JUNK",
      "recovered FEED_JUNK",
    ]);
    watching.close();
  });

  it("stops between two passes when it is told to", async () => {
    const clock = new HandClock();
    const watching = watch(world, { feeds: [doubleSpend], clock });
    const stop = new AbortController();
    const following = watching.watcher.follow(stop.signal);
    while (!(await isSlashed())) await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    await following;
    watching.close();
  });
});
