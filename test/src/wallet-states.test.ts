// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import {
  closeChallenge,
  compressSlots,
  identityCommitmentOf,
  ticketKeyFromCover,
  ticketKeyOf,
  ticketRootOf,
} from "../../src/protocol/index.ts";
import type { CloseOptions } from "../../src/wallet/index.ts";
import { GatewayError } from "../../src/wire/index.ts";
import type { CloseRequest, FeedPageJson, FoldRequestJson, ProviderApi } from "../../src/wire/index.ts";
import {
  C,
  DEPOSIT,
  HOLD,
  P,
  POOL,
  PRICE,
  beginUser,
  codeOf,
  lying,
  openUser,
  prove,
  secretOf,
  startProvider,
  verify,
  withFolder,
} from "./support/session-world.ts";
import type { Provider, User, UserSetup } from "./support/session-world.ts";

const RECIPIENT = "0x00000000000000000000000000000000000000cc";
const REFUND = C - PRICE + P;
const CLOSE: CloseOptions = { recipient: RECIPIENT, deadline: 1_900_000_000n };

/** An account that made some calls. */
async function withCalls(provider: Provider, count: number, setup: UserSetup = {}): Promise<User> {
  const user = openUser(provider, setup);
  await beginUser(provider, user);
  await user.account.enroll();
  for (let n = 0; n < count; n++) await user.account.call(`call ${n}`);
  return user;
}

describe("the wallet's folds", function () {
  this.timeout(90_000);

  it("folds refunds into budget that can be spent", async () => {
    const provider = startProvider();
    const { account } = await withCalls(provider, 2);
    expect(await account.fold()).to.deep.equal({ indices: [0, 1], added: 2n * REFUND, budget: DEPOSIT + 2n * REFUND });
    expect(account.summary()).to.include({ budget: DEPOSIT + 2n * REFUND, covered: 11, unfolded: 0n });
    expect(await account.fold()).to.equal(undefined);
  });

  it("sends the same fold again after a crash, and never groups its tickets otherwise", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const sent: FoldRequestJson[] = [];
      const silent = lying(provider.gateway, {
        fold: async (request) => {
          sent.push(request);
          await provider.gateway.fold(request);
          throw new Error("the connection was lost");
        },
      });
      const first = await withCalls(provider, 2, { path: path("wallet"), api: silent });
      expect(await codeOf(first.account.fold())).to.equal("UNANSWERED");
      // A third refund comes before the fold is signed: it does not join it.
      await first.account.call("one more");
      expect(await codeOf(first.account.fold())).to.equal("UNANSWERED");
      first.close();

      const honest = lying(provider.gateway, {
        fold: (request) => {
          sent.push(request);
          return provider.gateway.fold(request);
        },
      });
      const second = openUser(provider, { path: path("wallet"), api: honest });
      expect((await second.account.fold())?.indices).to.deep.equal([0, 1]);
      expect(sent.length).to.be.greaterThan(2);
      expect(new Set(sent.map((request) => JSON.stringify(request))).size).to.equal(1);
      expect(second.account.summary()).to.include({ unfolded: REFUND });
      second.close();
    }));

  it("keeps a fold that the provider refuses or signs wrongly, and finishes it when it signs", async () => {
    const provider = startProvider();
    let mood: "refuses" | "lies" | "signs" = "refuses";
    const api = lying(provider.gateway, {
      fold: async (request) => {
        if (mood === "refuses") throw new GatewayError("FOLD_CONFLICT", "folded before");
        const answer = await provider.gateway.fold(request);
        return mood === "lies" ? { ...answer, signature: { ...answer.signature, s: "1" } } : answer;
      },
    });
    const { account } = await withCalls(provider, 2, { api });
    expect(await codeOf(account.fold())).to.equal("SIGNATURE_REFUSED");
    mood = "lies";
    expect(await codeOf(account.fold())).to.equal("PROVIDER_DISHONEST");
    expect(account.summary()).to.include({ budget: DEPOSIT });
    mood = "signs";
    expect((await account.fold())?.budget).to.equal(DEPOSIT + 2n * REFUND);
  });

  it("folds once when it is asked several times at once", async () => {
    const provider = startProvider();
    const { account } = await withCalls(provider, 2);
    const results = await Promise.all([account.fold(), account.fold(), account.fold()]);
    expect(results.filter((result) => result !== undefined)).to.have.length(1);
  });
});

describe("the wallet's closes", function () {
  this.timeout(90_000);

  async function isProved(request: CloseRequest): Promise<boolean> {
    const z = closeChallenge(POOL.poolHash, request.identityCommitment, request.coverKeys, request);
    const { identityCommitment, firstUnused, refundedCharges, refundedHolds, certified, coverKeys, proof } = request;
    const claimed = [identityCommitment, DEPOSIT, firstUnused, refundedCharges, refundedHolds, certified];
    return verify("close", [...claimed, z, compressSlots(coverKeys, z), POOL.poolHash], proof);
  }

  it("closes without the provider, reveals exactly the tickets that were never reserved, and uses none from then on", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const first = await withCalls(provider, 1, { path: path("wallet") });
      await first.account.proveTickets(1);
      first.close();
      const gone = new Proxy({} as ProviderApi, { get: () => () => Promise.reject(new Error("the provider is gone")) });
      const { account, close } = openUser(provider, { path: path("wallet"), api: gone });
      const { request, payout } = await account.buildClose(CLOSE);
      expect(await isProved(request)).to.equal(true);
      expect(request.firstUnused).to.equal(1n);
      const root = ticketRootOf(secretOf(0), POOL.poolHash);
      expect(ticketKeyFromCover(request.coverKeys, 1, 1)).to.equal(ticketKeyOf(root, 1));
      expect(payout.toRecipient).to.equal(DEPOSIT - HOLD + 1_000n + (DEPOSIT * 500n) / 10_000n);
      expect(await codeOf(account.call("too late"))).to.be.oneOf(["ACCOUNT_CLOSING", "UNANSWERED"]);
      close();

      const again = openUser(provider, { path: path("wallet") });
      expect(again.account.summary()).to.include({ closingFrom: 1 });
      expect(await codeOf(again.account.call("too late"))).to.equal("ACCOUNT_CLOSING");
      expect(await codeOf(again.account.openSession())).to.equal("ACCOUNT_CLOSING");
      expect(await codeOf(again.account.proveTickets(5))).to.equal("ACCOUNT_CLOSING");
      expect(provider.upstream.served).to.have.length(1);
      expect(await provider.gateway.observeClose(request)).to.equal(true);
      again.close();
    }));

  it("sets the closing flag before anything can leave, also when the proof fails, and retries with the same j", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const failing: typeof prove = (statement, input) =>
        statement === "close" ? Promise.reject(new Error("out of memory")) : prove(statement, input);
      const first = await withCalls(provider, 1, { path: path("wallet"), prove: failing });
      const [closing, call] = await Promise.allSettled([
        first.account.buildClose(CLOSE),
        first.account.call("at the same time"),
      ]);
      expect([closing.status, call.status]).to.deep.equal(["rejected", "rejected"]);
      expect(first.account.summary()).to.include({ closingFrom: 1, used: 1 });
      first.close();
      const second = openUser(provider, { path: path("wallet") });
      expect(await codeOf(second.account.buildClose({ ...CLOSE, firstUnused: 2 }))).to.equal("CLOSE_INVALID");
      expect(await codeOf(second.account.buildClose({ ...CLOSE, firstUnused: 0 }))).to.equal("CLOSE_INVALID");
      expect((await second.account.buildClose(CLOSE)).request.firstUnused).to.equal(1n);
      second.close();
    }));

  it("claims the refunds of the newest state, rounded down as asked, and a relayer's fee out of them", async () => {
    const provider = startProvider();
    const { account } = await withCalls(provider, 2);
    await account.fold();
    const relayer = "0x00000000000000000000000000000000000000dd";
    const { request, payout } = await account.buildClose({
      ...CLOSE,
      relayer,
      fee: 7n,
      firstUnused: 3,
      roundDownTo: 100n,
    });
    // 2·70 of charges and 2·20 of holds, each rounded down to hundreds.
    expect(request).to.include({ firstUnused: 3n, refundedCharges: 100n, refundedHolds: 0n, relayer, fee: 7n });
    expect(await isProved(request)).to.equal(true);
    expect(payout).to.include({ toRelayer: 7n, toProvider: 3n * C - 100n, toBurn: 3n * P });
    expect(payout.toRecipient).to.equal(DEPOSIT + 1_060n - 3n * HOLD + 100n - 7n);
  });

  it("counts a reserved ticket as used, whether or not anything was sent with it", async () => {
    const provider = startProvider();
    const { account } = await withCalls(provider, 0);
    await account.openSession();
    expect(await codeOf(account.buildClose({ ...CLOSE, firstUnused: 0 }))).to.equal("CLOSE_INVALID");
    const { request } = await account.buildClose(CLOSE);
    expect(request.firstUnused).to.equal(1n);
  });

  it("refuses closes that make no sense, and sets no flag for them", async () => {
    const provider = startProvider();
    const { account } = openUser(provider);
    await beginUser(provider, { account });
    const bad: Partial<CloseOptions>[] = [
      { recipient: ZeroAddress },
      { recipient: "nobody" },
      { fee: 1n },
      { fee: -1n },
      { relayer: "nobody" },
      { firstUnused: -1 },
      { firstUnused: 0.5 },
      { firstUnused: 65_537 },
      { roundDownTo: 0n },
    ];
    for (const change of bad)
      expect(await codeOf(account.buildClose({ ...CLOSE, ...change }))).to.equal("CLOSE_INVALID");
    for (const change of [
      { isClosing: true },
      { isClosing: false, status: "closed" as const },
      { status: "slashed" as const },
    ]) {
      provider.chain.change(account.identityCommitment, change);
      expect(await codeOf(account.buildClose(CLOSE))).to.equal("ACCOUNT_NOT_OPEN");
    }
    expect(await codeOf(openUser(provider, { number: 9 }).account.buildClose(CLOSE))).to.equal("ACCOUNT_NOT_OPEN");
    expect(account.summary()).to.include({ closingFrom: undefined });
  });

  it("gets the provider's consent, and takes no other signature for it", async () => {
    const provider = startProvider();
    const { account } = await withCalls(provider, 1);
    const { request } = await account.buildClose(CLOSE);
    const consent = await account.requestConsent(request);
    expect(consent.consentDeadline).to.equal(BigInt(provider.clock.now + 3_600));
    const api = lying(provider.gateway, {
      consentToClose: async (body) => ({ ...(await provider.gateway.consentToClose(body)), consentDeadline: "5" }),
    });
    expect(await codeOf(openUser(provider, { api }).account.requestConsent(request))).to.equal("PROVIDER_DISHONEST");
  });
});

describe("a wallet restored from its seed", function () {
  this.timeout(90_000);

  it("finds its states, refunds and highest used ticket in the feed, and goes on without a double spend", async () => {
    const provider = startProvider();
    const other = await withCalls(provider, 1, { number: 1 });
    const first = await withCalls(provider, 2);
    await first.account.fold();
    const session = await first.account.openSession();
    await session.call("not ended");
    const before = first.account.summary();

    const restored = openUser(provider);
    expect(await restored.account.restore()).to.deep.equal({ isEnrolled: true, nextIndex: 3, refunds: 2, folds: 1 });
    const { isRestored, budget, used, unsettled } = restored.account.summary();
    expect({ isRestored, budget, used, unsettled }).to.deep.equal({
      isRestored: true,
      budget: before.budget,
      used: 3,
      unsettled: 1,
    });
    expect((await restored.account.call("after the restore")).index).to.equal(3);
    expect(restored.account.summary()).to.include({ unsettled: 0, unfolded: 2n * REFUND });
    expect(await codeOf(restored.account.restore())).to.equal("ACCOUNT_NOT_EMPTY");
    await provider.gateway.idle();
    expect(provider.offences).to.deep.equal([]);
    expect(other.account.summary()).to.include({ used: 1 });
  });

  it("closes only with the provider's consent, or from a ticket that is certainly high enough", async () => {
    const provider = startProvider();
    await withCalls(provider, 2);
    const { account } = openUser(provider);
    await account.restore();
    expect(await codeOf(account.buildClose(CLOSE))).to.equal("CLOSE_AFTER_RESTORE");
    expect(await codeOf(account.buildClose({ ...CLOSE, afterRestore: "certain" }))).to.equal("CLOSE_AFTER_RESTORE");
    expect(account.summary()).to.include({ closingFrom: undefined });
    const { request } = await account.buildClose({ ...CLOSE, afterRestore: "consent" });
    expect(request.firstUnused).to.equal(2n);
    expect(await account.requestConsent(request)).to.have.property("signature");
  });

  it("raises j when the provider knows of a later ticket, and an honest provider accuses nobody", async () => {
    const provider = startProvider();
    await withCalls(provider, 2);
    // The feed is read one entry short of the last ticket, as if it had been read before that ticket was used.
    const early = lying(provider.gateway, {
      publicFeed: async (request): Promise<FeedPageJson> => {
        const { entries } = await provider.gateway.publicFeed(request);
        return { entries: entries.slice(0, 3), next: 3, isEnd: true };
      },
    });
    const { account } = openUser(provider, { api: early });
    expect(await account.restore()).to.include({ nextIndex: 1 });
    const low = await account.buildClose({ ...CLOSE, afterRestore: "consent" });
    const refused = await account.requestConsent(low.request).catch((error: unknown) => error);
    expect(refused).to.include({ code: "SIGNATURE_REFUSED", refusal: "CLOSE_CONFLICT" });
    const { details } = (refused as Error).cause as GatewayError;
    const firstUnused = Number(details["firstUnused"]);
    expect(firstUnused).to.equal(2);
    const high = await account.buildClose({ ...CLOSE, afterRestore: "consent", firstUnused });
    expect(await account.requestConsent(high.request)).to.have.property("signature");
    expect(await codeOf(account.buildClose({ ...CLOSE, afterRestore: "consent", firstUnused: 1 }))).to.equal(
      "CLOSE_INVALID",
    );
    await provider.gateway.idle();
    expect(provider.offences).to.deep.equal([]);
  });

  it("takes from the feed only what the provider signed for it", async () => {
    const provider = startProvider();
    const { account: first } = await withCalls(provider, 2);
    await first.fold();
    const forged = lying(provider.gateway, {
      publicFeed: async (request) => {
        const page = await provider.gateway.publicFeed(request);
        const entries = page.entries.map((entry) =>
          entry.kind === "refund" && entry.position < 4 ? { ...entry, refundedCharge: "100" } : entry,
        );
        return { ...page, entries };
      },
    });
    const { account } = openUser(provider, { api: forged });
    // The forged refund counts for nothing, and so the fold that holds it cannot be followed; its ticket counts as used.
    expect(await account.restore()).to.deep.equal({ isEnrolled: true, nextIndex: 2, refunds: 1, folds: 0 });

    const unsigned = lying(provider.gateway, {
      publicFeed: async (request) => {
        const page = await provider.gateway.publicFeed(request);
        const entries = page.entries.map((entry) =>
          entry.kind === "enrolment" ? { ...entry, signature: { ...entry.signature, s: "1" } } : entry,
        );
        return { ...page, entries };
      },
    });
    const unenrolled = openUser(provider, { api: unsigned });
    expect(await unenrolled.account.restore()).to.include({ isEnrolled: false });
    expect(unenrolled.account.summary()).to.include({ isRestored: true });
  });

  it("gives up a feed that goes in circles, and an account that the chain does not know", async () => {
    const provider = startProvider();
    const circling = lying(provider.gateway, { publicFeed: async () => ({ entries: [], next: 0, isEnd: false }) });
    expect(await codeOf(openUser(provider, { api: circling }).account.restore())).to.equal("PROVIDER_DISHONEST");
    expect(await codeOf(openUser(provider, { number: 9 }).account.restore())).to.equal("ACCOUNT_NOT_OPEN");
    expect(identityCommitmentOf(secretOf(9))).to.equal(openUser(provider, { number: 9 }).account.identityCommitment);
  });
});
