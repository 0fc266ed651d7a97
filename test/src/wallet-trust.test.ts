// SPDX-License-Identifier: GPL-3.0-or-later
/** What a wallet believes without proof: nothing that costs an account, a refund or its privacy. */
import { DatabaseSync } from "node:sqlite";

import { expect } from "chai";

import { Keeper, LIVE_KEEPER, Purse, Wallet, WalletStore } from "../../src/wallet/index.ts";
import { Pieces } from "../../src/wallet/pieces.ts";
import { GatewayError, toJson } from "../../src/wire/index.ts";
import type { FeedEntryJson, FeedPageJson, SignedRefundJson } from "../../src/wire/index.ts";
import {
  C,
  DEPOSIT,
  P,
  POOL,
  PRICE,
  SEED,
  beginUser,
  codeOf,
  lying,
  openUser,
  prove,
  startProvider,
  withFolder,
} from "./support/session-world.ts";
import type { Provider, User, UserSetup } from "./support/session-world.ts";
import { signedRefund } from "./support/tickets.ts";

const CLOSE = { recipient: "0x00000000000000000000000000000000000000cc", deadline: 2_000_000_000n };

async function enrolled(provider: Provider, setup: UserSetup = {}): Promise<User> {
  const user = openUser(provider, setup);
  await beginUser(provider, user);
  await user.account.enroll();
  return user;
}

/** The same as it would be with other amounts. */
const signed = ({ nullifier, refundedCharge, refundedHold }: SignedRefundJson): SignedRefundJson =>
  toJson(signedRefund(BigInt(nullifier), BigInt(refundedCharge), BigInt(refundedHold)));

describe("a wallet's file and the beginning of an account", function () {
  this.timeout(120_000);

  it("does not close from the first ticket with a file that did not see the account begin", async () => {
    const provider = startProvider();
    const { account: first } = await enrolled(provider);
    await first.call("used by the first file");
    const { account } = openUser(provider);
    expect(account.summary()).to.include({ isRestored: true, used: 0 });
    expect(await codeOf(account.beginDeposit())).to.equal("ACCOUNT_EXISTS");
    expect(await codeOf(account.buildClose(CLOSE))).to.equal("CLOSE_AFTER_RESTORE");
    // That the provider enrols it again proves nothing.
    await account.enroll();
    expect(await codeOf(account.buildClose(CLOSE))).to.equal("CLOSE_AFTER_RESTORE");
    expect(account.summary()).to.include({ closingFrom: undefined });
    expect((await first.buildClose(CLOSE)).request.firstUnused).to.equal(1n);
  });

  it("remembers that it began an account, over a restart and after the deposit, until another copy is met", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const first = openUser(provider, { path: path("wallet") });
      await beginUser(provider, first);
      await first.account.beginDeposit();
      first.close();
      const { account, close } = openUser(provider, { path: path("wallet") });
      await account.beginDeposit();
      expect(account.summary()).to.include({ isRestored: false });
      account.treatAsRestored();
      await account.beginDeposit();
      expect(account.summary()).to.include({ isRestored: true });
      close();
    }));

  it("shows no budget and no rho to one who has the file without its seed", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const { account, close } = await enrolled(provider, { path: path("wallet") });
      const { budget } = account.summary();
      expect(budget).to.equal(DEPOSIT);
      close();
      const database = new DatabaseSync(path("wallet"), { readOnly: true });
      const row = database.prepare("SELECT * FROM states").get() ?? {};
      database.close();
      expect(Object.keys(row)).to.deep.equal(["account", "position", "state", "signature"]);
      expect(row["state"]).to.be.instanceOf(Uint8Array);
      expect(Buffer.from(row["state"] as Uint8Array).includes("budget")).to.equal(false);
    }));
});

describe("a wallet and a provider that says that another copy used its tickets", function () {
  this.timeout(120_000);

  it("takes no smaller refund for it: not below the receipts, and not beyond the vouchers", async () => {
    const provider = startProvider();
    let refusal = "SEQUENCE_CONFLICT" as "SEQUENCE_CONFLICT" | undefined;
    const robbing = lying(provider.gateway, {
      call: async (request) => {
        if (refusal !== undefined) throw new GatewayError(refusal, "no");
        return { ...(await provider.gateway.call(request)), refund: null };
      },
      endSession: async (request) => {
        const refund = await provider.gateway.endSession(request);
        return signed({ ...refund, refundedCharge: "0" });
      },
    });
    const { account } = await enrolled(provider, { api: robbing });
    expect(await codeOf(account.call("a", { cap: PRICE }))).to.equal("TICKET_USED_ELSEWHERE");
    expect(account.summary()).to.include({ isRestored: true, unsettled: 1, unfolded: 0n });
    expect(account.grievances().map(({ reason }) => reason)).to.include("the charge is not covered by the vouchers");
    expect(await codeOf(account.call("b"))).to.equal("REFUND_WITHHELD");

    refusal = undefined;
    const other = await enrolled(provider, { api: robbing, number: 1 });
    other.account.treatAsRestored();
    await other.account.call("served");
    expect(other.account.summary()).to.include({ unsettled: 1, unfolded: 0n });
    expect(other.account.grievances().map(({ reason }) => reason)).to.include(
      "the refund is less than the receipts say",
    );
    expect(await codeOf(other.account.call("again"))).to.equal("REFUND_WITHHELD");
  });

  it("holds it against the provider that a ticket was spent with another share, and stays what it was", async () => {
    const provider = startProvider();
    const api = lying(provider.gateway, {
      call: () => Promise.reject(new GatewayError("TICKET_SPENT", "spent")),
    });
    const { account } = await enrolled(provider, { api });
    const refused = await account.call("a").catch((error: unknown) => error);
    expect(refused).to.include({ code: "CALL_REFUSED", refusal: "TICKET_SPENT" });
    expect(account.summary()).to.include({ isRestored: false });
    expect(account.grievances()).to.have.length(1);
  });

  it("believes that a session had ended only of the first message that it sent in it", async () => {
    const provider = startProvider();
    let attempts = 0;
    const api = lying(provider.gateway, {
      call: () => Promise.reject(attempts++ === 0 ? new Error("cut") : new GatewayError("SESSION_ENDED", "ended")),
    });
    const { account } = await enrolled(provider, { api });
    expect(await codeOf(account.call("a"))).to.equal("CALL_REFUSED");
    expect(account.summary()).to.include({ isRestored: false });
  });
});

describe("a wallet and a feed that was made for it", function () {
  this.timeout(120_000);

  const walletOf = (provider: Provider, publicFeed: (after: number) => Promise<FeedPageJson>): [Wallet, () => void] => {
    const store = WalletStore.open(":memory:", SEED);
    const api = lying(provider.gateway, {
      publicFeed: (request) => publicFeed((request as { after: number }).after),
    });
    const chain = Object.assign(provider.chain, { accountCount: async () => 3 });
    const retry = { attempts: 1, pauseMilliseconds: 0 };
    const wallet = new Wallet({ store, pool: POOL, provider: api, chain, prove, clock: provider.clock.read, retry });
    return [wallet, () => store.close()];
  };
  const ticketAt = (position: number): FeedEntryJson => ({ kind: "ticket", position, nullifier: "1", x: "2", y: "3" });

  it("never repeats a position that the provider chose, and asks from where every reader asks", async () => {
    const provider = startProvider();
    const bad: FeedPageJson[] = [
      { entries: [], next: 777, isEnd: true },
      { entries: [], next: 0, isEnd: false },
      { entries: [ticketAt(777)], next: 777, isEnd: true },
      { entries: [ticketAt(1), ticketAt(1)], next: 1, isEnd: true },
      { entries: [ticketAt(2), ticketAt(1)], next: 1, isEnd: true },
      { entries: [ticketAt(1)], next: 777, isEnd: true },
    ];
    for (const page of bad) {
      const [wallet, close] = walletOf(provider, async () => page);
      expect(await codeOf(wallet.feed.follow()), JSON.stringify(page)).to.equal("PROVIDER_DISHONEST");
      expect(await codeOf(wallet.account(0).restore()), JSON.stringify(page)).to.equal("PROVIDER_DISHONEST");
      expect(wallet.feed.position).to.equal(0);
      close();
    }

    const asked: number[] = [];
    let length = 1_002;
    const [wallet, close] = walletOf(provider, async (after) => {
      asked.push(after);
      const count = Math.min(1_000, length - after);
      const entries = Array.from({ length: count }, (_, place) => ticketAt(after + 1 + place));
      return { entries, next: after + count, isEnd: after + count === length };
    });
    await wallet.feed.follow();
    length = 1_007;
    await wallet.feed.follow();
    expect(asked).to.deep.equal([0, 1_000, 1_000]);
    expect(wallet.feed.position).to.equal(1_007);
    close();
  });

  it("counts a signed state once, whatever nullifiers it is shown with, and no more than the pool has accounts", async () => {
    const provider = startProvider();
    await enrolled(provider);
    const { entries } = await provider.gateway.publicFeed({ after: 0 });
    const [enrolment] = entries;
    if (enrolment?.kind !== "enrolment") throw new Error("the first entry is an enrolment");
    const many = Array.from({ length: 50 }, (_, place) => ({
      ...enrolment,
      position: place + 1,
      nullifier: String(place + 1),
    }));
    const [wallet, close] = walletOf(provider, async () => ({ entries: many, next: 50, isEnd: true }));
    await wallet.feed.follow();
    expect(wallet.feed.enrolments).to.equal(1);
    close();
  });

  it("restores no refund that it would not have taken", async () => {
    const provider = startProvider();
    const { account: first } = await enrolled(provider);
    await first.call("a");
    await first.call("b");
    const spoiled = async (after: number): Promise<FeedPageJson> => {
      const page = await provider.gateway.publicFeed({ after });
      let seen = 0;
      const entries = page.entries.map((entry) => {
        if (entry.kind !== "refund") return entry;
        seen += 1;
        const { kind, position, ...refund } = entry;
        const change = seen === 1 ? { refundedCharge: (C + 10n).toString() } : { refundedHold: (P + 1n).toString() };
        return { kind, position, ...signed({ ...refund, ...change }) };
      });
      return { ...page, entries };
    };
    const [wallet, close] = walletOf(provider, spoiled);
    expect(await wallet.account(0).restore()).to.include({ nextIndex: 2, refunds: 0 });
    close();
  });
});

describe("a wallet's accounts among each other", function () {
  this.timeout(120_000);

  it("do not act side by side: after one has acted the others pause", async () => {
    const provider = startProvider();
    const store = WalletStore.open(":memory:", SEED);
    const { chain, clock } = provider;
    const retry = { attempts: 1, pauseMilliseconds: 0 };
    const options = { store, pool: POOL, provider: provider.gateway, chain, prove, clock: clock.read, retry };
    const purse = new Purse(new Wallet(options), { accounts: [0, 1] });
    const times: number[] = [];
    const settings = {
      ...LIVE_KEEPER,
      stock: 0,
      enrolAfter: { kind: "uniform", fromSeconds: 0, toSeconds: 0 } as const,
    };
    const onDone = ({ task }: { task: string }): void => void (task === "enrol" && times.push(clock.now));
    const keeper = new Keeper({ purse, settings, clock: clock.read, random: () => 0.5, onDone });
    for (let round = 0; round < 12; round++, clock.now += 60) await keeper.round();
    expect(times).to.have.length(2);
    expect((times[1] as number) - (times[0] as number)).to.be.at.least(300);
    await keeper.close();
    store.close();
  });
});

describe("a stream of very many pieces", () => {
  it("costs time in its length alone, and arrives whole", async () => {
    const told: string[] = [];
    const pieces = new Pieces((piece) => void told.push(piece));
    const count = 300_000;
    const began = performance.now();
    await pieces.attempt(async (tell) => {
      for (let n = 0; n < count; n++) tell?.("ab");
    });
    expect(pieces.finish("ab".repeat(count))).to.equal(true);
    expect(performance.now() - began).to.be.lessThan(5_000);
    expect(told.join("")).to.equal("ab".repeat(count));
    expect(told.length).to.be.at.most(100_001);
  });
});
