// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { Keeper, LOCAL_KEEPER, NO_DELAY, Purse, Wallet, WalletStore } from "../../src/wallet/index.ts";
import type { KeeperDone, KeeperFault, KeeperOptions, KeeperSettings } from "../../src/wallet/index.ts";
import { GatewayError } from "../../src/wire/index.ts";
import type { ProviderApi } from "../../src/wire/index.ts";
import {
  C,
  P,
  POOL,
  PRICE,
  SEED,
  codeOf,
  lying,
  prove,
  secretOf,
  startProvider,
  withFolder,
} from "./support/session-world.ts";
import type { Provider } from "./support/session-world.ts";
import { identityCommitmentOf } from "../../src/protocol/index.ts";
import { openOnChain, RECIPIENT } from "./support/court.ts";

interface Household {
  readonly wallet: Wallet;
  readonly purse: Purse;
  readonly close: () => void;
}

function open(
  provider: Provider,
  accounts: readonly number[],
  { api = provider.gateway, path = ":memory:" }: { api?: ProviderApi; path?: string } = {},
): Household {
  const store = WalletStore.open(path, SEED);
  const wallet = new Wallet({
    store,
    pool: POOL,
    provider: api,
    chain: provider.chain,
    prove,
    clock: provider.clock.read,
    pause: async () => undefined,
    retry: { attempts: 2, pauseMilliseconds: 0 },
  });
  return { wallet, purse: new Purse(wallet, { accounts }), close: () => store.close() };
}

const failing = (code: "ROOT_UNKNOWN" | "TICKET_UNKNOWN" | "FOLD_CONFLICT") => (): Promise<never> =>
  Promise.reject(new GatewayError(code, "not now"));

describe("the wallet's purse", function () {
  this.timeout(240_000);

  it("spends from several accounts as from one, proved tickets first, and says what is left", async () => {
    const provider = startProvider();
    const { purse } = open(provider, [0, 2]);
    for (const account of purse.accounts.values()) await account.enroll();
    await purse.accounts.get(2)?.proveTickets(2);
    await purse.accounts.get(0)?.proveTickets(1);
    expect(purse.status()).to.include({ inStock: 3, left: 12, unsettled: 0, unfolded: 0n, callsInFlight: 0 });
    const calls = ["a", "b", "c"].map((payload) => purse.call(payload));
    expect(purse.status().callsInFlight).to.equal(3);
    const results = await Promise.all(calls);
    expect(results.map(({ account, index }) => [account, index])).to.deep.equal([
      [0, 0],
      [2, 0],
      [2, 1],
    ]);
    expect(results.map(({ response }) => response)).to.deep.equal(["echo: a", "echo: b", "echo: c"]);
    expect(purse.status()).to.include({ inStock: 0, left: 9, unfolded: 3n * (C - PRICE + P), callsInFlight: 0 });
    // Account 2 is spent: the next call is proved for now, and paid by the other one.
    expect(await purse.call("d")).to.include({ account: 0, index: 1 });
    expect(purse.status().accounts.map(({ number, used }) => [number, used])).to.deep.equal([
      [0, 2],
      [2, 2],
    ]);
  });

  it("says what is missing when no account can pay, and tries a payload that was refused on no other", async () => {
    const provider = startProvider();
    const { purse, wallet } = open(provider, []);
    expect(await codeOf(purse.call("a"))).to.equal("NOT_ENROLLED");
    expect(purse.next()).to.equal(0);
    purse.add(2);
    purse.add(0);
    expect([purse.next(), wallet.knownAccounts()]).to.deep.equal([1, [0, 2]]);
    await purse.accounts.get(2)?.enroll();
    await Promise.all([purse.call("a"), purse.call("b")]);
    expect(await codeOf(purse.call("c"))).to.equal("BUDGET_SPENT");
    await purse.accounts.get(0)?.enroll();
    provider.chain.change(identityCommitmentOf(secretOf(0)), { status: "slashed" });
    expect(await codeOf(purse.call("c"))).to.equal("BUDGET_SPENT");
    provider.chain.change(identityCommitmentOf(secretOf(0)), { status: "active" });
    expect(await codeOf(purse.call("x".repeat(4 * 1024 * 1024 + 1)))).to.equal("PAYLOAD_INVALID");
    expect(await purse.call("c")).to.include({ account: 0 });
    expect((await purse.terms()).service).to.equal("an echo");
  });

  it("stops with all its accounts while a refund of one of them is withheld", async () => {
    const provider = startProvider();
    let withholds = true;
    const api = lying(provider.gateway, {
      call: async (request) => ({
        ...(await provider.gateway.call(request)),
        ...(withholds ? { refund: null } : {}),
      }),
      endSession: (request) => (withholds ? failing("TICKET_UNKNOWN")() : provider.gateway.endSession(request)),
    });
    const { purse } = open(provider, [0, 2], { api });
    for (const account of purse.accounts.values()) await account.enroll();
    await purse.accounts.get(2)?.call("a");
    expect(await codeOf(purse.call("b"))).to.equal("REFUND_WITHHELD");
    expect(purse.status()).to.include({ unsettled: 1 });
    withholds = false;
    expect(await purse.call("b")).to.include({ account: 0 });
    expect(purse.status()).to.include({ unsettled: 0 });
  });
});

describe("the wallet's keeper", function () {
  this.timeout(240_000);

  interface Told {
    readonly faults: KeeperFault[];
    readonly done: KeeperDone[];
    readonly keeper: Keeper;
  }
  function keep(
    provider: Provider,
    purse: Purse,
    settings: Partial<KeeperSettings>,
    more: Partial<KeeperOptions> = {},
  ): Told {
    const faults: KeeperFault[] = [];
    const done: KeeperDone[] = [];
    const keeper = new Keeper({
      purse,
      clock: provider.clock.read,
      settings: { ...LOCAL_KEEPER, stock: 1, ...settings },
      random: () => 0.5,
      onFault: (fault) => faults.push(fault),
      onDone: (what) => done.push(what),
      ...more,
    });
    return { faults, done, keeper };
  }

  it("enrols, fills the stock, and folds, each in its time", async () => {
    const provider = startProvider();
    const { purse, close } = open(provider, [0]);
    const { keeper, faults, done } = keep(provider, purse, {
      stock: 2,
      enrolAfter: { kind: "uniform", fromSeconds: 100, toSeconds: 300 },
      foldAfter: { kind: "exponential", meanSeconds: 1_000, atMostSeconds: 5_000 },
      foldFrom: 2,
    });
    const [account] = purse.accounts.values();
    await keeper.round();
    const enrolsAt = provider.clock.now + 200;
    expect(keeper.status().accounts).to.deep.equal([
      { number: 0, stage: "waits to enrol", enrolsAt, foldsAt: undefined },
    ]);
    provider.clock.now = enrolsAt - 1;
    await keeper.round();
    expect(account?.readiness().isEnrolled).to.equal(false);
    provider.clock.now = enrolsAt;
    await keeper.round();
    expect(keeper.status().accounts[0]).to.include({ stage: "enrolled", enrolsAt: undefined });
    expect(purse.status()).to.include({ inStock: 2, left: 10 });

    await purse.call("a");
    await keeper.round();
    expect(keeper.status().accounts[0]?.foldsAt).to.equal(undefined);
    await purse.call("b");
    await keeper.round();
    const foldsAt = provider.clock.now + Math.ceil(1_000 * Math.log(2));
    expect(keeper.status().accounts[0]?.foldsAt).to.equal(foldsAt);
    provider.clock.now = foldsAt;
    await keeper.round();
    expect(purse.status()).to.include({ unfolded: 0n, inStock: 2 });
    expect(keeper.status()).to.deep.include({ anonymitySet: 1, faults: [] });
    expect(done.map(({ task }) => task)).to.include.members(["enrol", "prove", "fold"]);
    expect(faults).to.deep.equal([]);
    close();
  });

  it("keeps its waits over a restart, and draws none again", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const settings = { enrolAfter: { kind: "uniform", fromSeconds: 0, toSeconds: 1_000 } } as const;
      const first = open(provider, [0], { path: path("wallet") });
      await keep(provider, first.purse, settings).keeper.round();
      first.close();
      const second = open(provider, [0], { path: path("wallet") });
      const { keeper } = keep(provider, second.purse, settings, { random: () => 0.9 });
      await keeper.round();
      expect(keeper.status().accounts[0]?.enrolsAt).to.equal(provider.clock.now + 500);
      second.close();
    }));

  it("waits for others to enrol first, and no longer than it is told to", async () => {
    const provider = startProvider();
    const { purse, close } = open(provider, [0]);
    const { keeper } = keep(provider, purse, { enrolWhenAnonymitySet: 2, enrolAtLatestSeconds: 500 });
    const [account] = purse.accounts.values();
    await keeper.round();
    expect(account?.readiness().isEnrolled).to.equal(false);
    provider.clock.now += 500;
    await keeper.round();
    expect(account?.readiness().isEnrolled).to.equal(true);
    close();

    const others = open(provider, [1]);
    const later = keep(provider, others.purse, { enrolWhenAnonymitySet: 1, enrolAtLatestSeconds: 500 });
    await later.keeper.round();
    expect(others.purse.accounts.get(1)?.readiness().isEnrolled).to.equal(true);
    await later.keeper.round();
    expect(later.keeper.status().anonymitySet).to.equal(2);
    others.close();
  });

  it("never has two accounts act side by side: of those that are due together one waits anew", async () => {
    const provider = startProvider();
    const { purse, close } = open(provider, [0, 1]);
    const draws = [0.5, 0.5, 0.25, 0.75];
    const random = (): number => draws.shift() ?? 0.5;
    const enrolAfter = { kind: "uniform", fromSeconds: 0, toSeconds: 1_000 } as const;
    const { keeper } = keep(provider, purse, { enrolAfter }, { random });
    const areEnrolled = (): boolean[] => [...purse.accounts.values()].map((account) => account.readiness().isEnrolled);
    await keeper.round();
    // The machine slept until both were long due.
    provider.clock.now += 10_000;
    await keeper.round();
    expect(areEnrolled()).to.deep.equal([true, false]);
    expect(keeper.status().accounts[1]?.enrolsAt).to.equal(provider.clock.now + 250);
    provider.clock.now += 250;
    await keeper.round();
    expect(areEnrolled()).to.deep.equal([true, true]);
    close();
  });

  it("tries again what failed, after pauses that grow, and dies of nothing", async () => {
    const provider = startProvider();
    let isDown = true;
    let asked = 0;
    const api = lying(provider.gateway, {
      enroll: (request) => ((asked += 1), isDown ? failing("ROOT_UNKNOWN")() : provider.gateway.enroll(request)),
      publicFeed: (request) => (isDown ? Promise.reject(new Error("down")) : provider.gateway.publicFeed(request)),
    });
    const { purse, close } = open(provider, [0], { api });
    const onFault = (): never => {
      throw new Error("the one who is told fails too");
    };
    const { keeper } = keep(provider, purse, { everySeconds: 10, enrolAfter: NO_DELAY }, { onFault });
    const asks: number[] = [];
    for (const seconds of [0, 9, 1, 19, 1, 39, 1]) {
      provider.clock.now += seconds;
      await keeper.round();
      asks.push(asked);
    }
    // Two attempts each, at once, after 10, 20 and 40 seconds.
    expect(asks).to.deep.equal([2, 2, 4, 4, 6, 6, 8]);
    expect(keeper.status().faults.map(({ task, account }) => [task, account])).to.deep.equal([
      ["feed", undefined],
      ["enrol", 0],
    ]);
    isDown = false;
    provider.clock.now += 3_600;
    await keeper.round();
    expect(keeper.status().faults).to.deep.equal([]);
    expect(keeper.status().accounts[0]?.stage).to.equal("enrolled");
    close();
  });

  it("ends what was interrupted for its refund, or sends the same bytes again if it shall", async () => {
    for (const interrupted of ["end", "resend"] as const) {
      const provider = startProvider();
      let isDown = true;
      const sent: string[] = [];
      const api = lying(provider.gateway, {
        call: (request) => {
          sent.push(JSON.stringify(request));
          return isDown ? Promise.reject(new Error("down")) : provider.gateway.call(request);
        },
      });
      const { purse, close } = open(provider, [0], { api });
      const answers: string[] = [];
      const onAnswer = ({ response }: { response: string }): void => void answers.push(response);
      const { keeper } = keep(provider, purse, { interrupted }, { onAnswer });
      await keeper.round();
      expect(await codeOf(purse.call("precious"))).to.equal("UNANSWERED");
      isDown = false;
      await keeper.round();
      expect(purse.status()).to.include({ unsettled: 0 });
      expect(answers).to.deep.equal(interrupted === "resend" ? ["echo: precious"] : []);
      expect(purse.status().unfolded).to.equal(interrupted === "resend" ? C - PRICE + P : C + P);
      expect(new Set(sent).size).to.equal(1);
      close();
    }
  });

  it("takes what disputes and certified folds came to, and starts nothing while it is paused", async () => {
    const provider = startProvider();
    let isHonest = false;
    const api = lying(provider.gateway, {
      call: async (request) => ({ ...(await provider.gateway.call(request)), ...(isHonest ? {} : { refund: null }) }),
      endSession: failing("TICKET_UNKNOWN"),
      fold: failing("FOLD_CONFLICT"),
    });
    const { purse, close } = open(provider, [0], { api });
    const account = purse.accounts.get(0);
    const { keeper } = keep(provider, purse, { stock: 0 });
    keeper.pause();
    await keeper.round();
    expect(account?.readiness().isEnrolled).to.equal(false);
    expect(keeper.status().isPaused).to.equal(true);
    keeper.resume();
    await keeper.round();
    await account?.call("a");
    const file = await account?.prepareDispute({ index: 0, recipient: RECIPIENT });
    if (file === undefined) throw new Error("there is no dispute");
    const { nullifier } = await openOnChain(provider.chain, file);
    const refund = await provider.gateway.refund({ nullifier: nullifier.toString() });
    provider.chain.answer({
      refund: {
        nullifier,
        refundedCharge: BigInt(refund.refundedCharge),
        refundedHold: BigInt(refund.refundedHold),
        signature: {
          r8: [BigInt(refund.signature.r8[0]), BigInt(refund.signature.r8[1])],
          s: BigInt(refund.signature.s),
        },
      },
    });
    isHonest = true;
    await keeper.round();
    expect(purse.status()).to.include({ unsettled: 0, unfolded: C - PRICE + P });
    const fold = await account?.prepareCertifiedFold();
    if (fold === undefined) throw new Error("there is no fold");
    provider.chain.certify(fold, "final");
    await keeper.round();
    expect(account?.summary()).to.include({ certified: C - PRICE + P });
    close();
  });

  it("works by itself once it is started, and is still when it is closed", async () => {
    const provider = startProvider();
    const { purse, close } = open(provider, [0]);
    const { keeper } = keep(provider, purse, { everySeconds: 0.01, feedSeconds: 0.01, chainSeconds: 0.01 });
    const isReady = (): boolean => purse.status().inStock === 1;
    keeper.start();
    for (let waited = 0; !isReady() && waited < 300; waited++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isReady()).to.equal(true);
    await purse.call("a");
    keeper.wake();
    for (let waited = 0; !isReady() && waited < 300; waited++) await new Promise((resolve) => setTimeout(resolve, 50));
    await keeper.close();
    expect(isReady()).to.equal(true);
    // Nothing of it touches the file any more.
    close();
    keeper.wake();
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
});
