// SPDX-License-Identifier: GPL-3.0-or-later
import { copyFileSync } from "node:fs";

import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { nullifierOf, ticketKeyOf, ticketRootOf } from "../../src/protocol/index.ts";
import { GatewayError, disputeFile, disputeProblem, toJson } from "../../src/wire/index.ts";
import type { ProviderApi } from "../../src/wire/index.ts";
import { RECIPIENT, answerOnChain, openOnChain, revertOf } from "./support/court.ts";
import {
  C,
  P,
  POOL,
  PRICE,
  beginUser,
  codeOf,
  lying,
  openUser,
  secretOf,
  startProvider,
  withFolder,
} from "./support/session-world.ts";
import type { Provider, User, UserSetup } from "./support/session-world.ts";
import { signedRefund, strangeKey } from "./support/tickets.ts";

const nullifierAt = (index: number): bigint =>
  nullifierOf(ticketKeyOf(ticketRootOf(secretOf(0), POOL.poolHash), index));

/** Serves calls, and withholds every refund. */
const withholding = (provider: Provider): ProviderApi =>
  lying(provider.gateway, {
    call: async (request) => ({ ...(await provider.gateway.call(request)), refund: null }),
    endSession: () => Promise.reject(new GatewayError("TICKET_UNKNOWN", "never heard of it")),
  });

/** One call was served and paid for, and its refund is withheld. */
async function robbed(provider: Provider, setup: UserSetup = {}): Promise<User> {
  const user = openUser(provider, { api: withholding(provider), ...setup });
  await beginUser(provider, user);
  await user.account.enroll();
  expect((await user.account.call("a")).refund).to.equal(undefined);
  return user;
}

describe("the wallet's disputes", function () {
  this.timeout(120_000);

  it("signs a dispute that anyone can submit, the same at every repeat, and uses the session no more", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const first = await robbed(provider, { path: path("wallet") });
      expect(first.account.summary()).to.include({ unsettled: 1, disputed: 0, awarded: 0 });
      const file = await first.account.prepareDispute({ index: 0, recipient: RECIPIENT });
      expect(disputeFile.fromJson(disputeFile.toJson(file))).to.deep.equal(file);
      expect(file).to.include({ nullifier: nullifierAt(0), recipient: RECIPIENT });
      expect(disputeProblem(POOL, file)).to.equal(undefined);
      first.close();

      const honest = openUser(provider, { path: path("wallet") });
      const { account } = honest;
      const options = { nullifier: nullifierAt(0), recipient: RECIPIENT.toLowerCase() };
      expect(await account.prepareDispute(options)).to.deep.equal(file);
      const elsewhere = { index: 0, recipient: POOL.parameters.token };
      expect(await codeOf(account.prepareDispute(elsewhere))).to.equal("DISPUTE_INVALID");
      expect(account.summary()).to.include({ used: 1, unsettled: 1, disputed: 1 });
      expect(await account.resume()).to.deep.equal({ answers: [], failures: [] });
      expect(await codeOf(account.call("b"))).to.equal("REFUND_WITHHELD");
      expect(account.summary()).to.include({ used: 1 });
      expect((await openOnChain(provider.chain, file)).status).to.equal("open");
      expect(await revertOf(openOnChain(provider.chain, file))).to.equal("DisputeIsKnown");
      honest.close();
    }));

  it("takes the refund of an answer from the chain, folds it, and goes on", async () => {
    const provider = startProvider();
    const { account } = await robbed(provider);
    const view = await openOnChain(provider.chain, await account.prepareDispute({ index: 0, recipient: RECIPIENT }));
    const { resolvableAt } = view;
    expect(await account.settleDisputes()).to.deep.equal([
      { index: 0, status: "open", resolvableAt, refund: undefined },
    ]);
    await provider.gateway.observeDispute(view);
    await provider.gateway.idle();
    await answerOnChain(provider, provider.replies[0] as (typeof provider.replies)[0]);
    const [settled] = await account.settleDisputes();
    expect(settled).to.include({ index: 0, status: "answered" });
    expect(settled?.refund).to.include({ refundedCharge: C - PRICE, refundedHold: P });
    expect(account.summary()).to.include({ unsettled: 0, disputed: 0, awarded: 0, unfolded: C - PRICE + P });
    expect(account.grievances()).to.deep.equal([]);
    expect(await account.settleDisputes()).to.deep.equal([]);
    expect((await account.fold())?.added).to.equal(C - PRICE + P);
    expect((await account.call("b")).index).to.equal(1);
  });

  it("gets a full refund for a ticket whose call was never answered", async () => {
    const provider = startProvider();
    const silent = lying(provider.gateway, {
      call: () => Promise.reject(new Error("no answer")),
      endSession: () => Promise.reject(new Error("no answer")),
    });
    const { account } = openUser(provider, { api: silent });
    await account.enroll();
    expect(await codeOf(account.call("a"))).to.equal("UNANSWERED");
    const file = await account.prepareDispute({ index: 0, recipient: RECIPIENT });
    await provider.gateway.observeDispute(await openOnChain(provider.chain, file));
    await provider.gateway.idle();
    await answerOnChain(provider, provider.replies[0] as (typeof provider.replies)[0]);
    expect((await account.settleDisputes())[0]?.refund).to.include({ refundedCharge: C, refundedHold: P });
  });

  it("writes off the refund of a dispute that the provider lost, and takes it should it come after all", async () => {
    const provider = startProvider();
    const { account } = await robbed(provider);
    const view = await openOnChain(provider.chain, await account.prepareDispute({ index: 0, recipient: RECIPIENT }));
    provider.chain.disputes.set(view.nullifier, { ...view, status: "lost" });
    expect((await account.settleDisputes())[0]).to.include({ status: "lost", refund: undefined });
    expect(account.summary()).to.include({ unsettled: 0, disputed: 0, awarded: 1, unfolded: 0n });
    expect(await account.fold()).to.equal(undefined);
    // The account goes on, and a close counts the ticket as used.
    expect((await account.call("b")).index).to.equal(1);
    const { request } = await account.buildClose({ recipient: RECIPIENT, deadline: 1_900_000_000n });
    expect(request.firstUnused).to.equal(2n);
    // The newest block was reorganized: the answer was in time.
    const { signature } = signedRefund(view.nullifier, 70n);
    const refund = { refundedCharge: 70n, refundedHold: P, signature };
    provider.chain.disputes.set(view.nullifier, { ...view, status: "answered", refund });
    expect((await account.settleDisputes())[0]?.refund).to.include({ refundedCharge: 70n });
    expect(account.summary()).to.include({ awarded: 0 });
  });

  it("disputes no ticket that is not used, has its refund, is in use, or is not its own", async () => {
    const provider = startProvider();
    const user = openUser(provider);
    const { account } = user;
    await account.enroll();
    await account.proveTickets(2);
    await account.call("a");
    const attempt = (options: Parameters<typeof account.prepareDispute>[0]): Promise<string> =>
      codeOf(account.prepareDispute(options));
    expect(await attempt({ index: 0, recipient: RECIPIENT })).to.equal("DISPUTE_INVALID");
    expect(await attempt({ index: 1, recipient: RECIPIENT })).to.equal("DISPUTE_INVALID");
    expect(await attempt({ index: 9, recipient: RECIPIENT })).to.equal("DISPUTE_INVALID");
    expect(await attempt({ nullifier: 5n, recipient: RECIPIENT })).to.equal("DISPUTE_INVALID");
    const session = await account.openSession();
    expect(await attempt({ index: session.index, recipient: RECIPIENT })).to.equal("DISPUTE_INVALID");
    for (const recipient of [ZeroAddress, POOL.address, "nobody"]) {
      expect(await attempt({ index: session.index, recipient })).to.equal("DISPUTE_INVALID");
    }
    expect((await session.call("b")).charged).to.equal(PRICE);
  });

  it("opens no dispute for an account that is closing, on chain or in its own file", async () => {
    const provider = startProvider();
    const { account } = await robbed(provider);
    const options = { index: 0, recipient: RECIPIENT };
    for (const change of [{ isClosing: true }, { isClosing: false, status: "expired" as const }]) {
      provider.chain.change(account.identityCommitment, change);
      expect(await codeOf(account.prepareDispute(options))).to.equal("ACCOUNT_NOT_OPEN");
    }
    provider.chain.change(account.identityCommitment, { status: "active" });
    await account.buildClose({ recipient: RECIPIENT, deadline: 1_900_000_000n });
    expect(await codeOf(account.prepareDispute(options))).to.equal("ACCOUNT_CLOSING");
  });

  it("refuses further calls of a session that was disputed", async () => {
    const provider = startProvider();
    let isDown = false;
    const api = lying(provider.gateway, {
      endSession: (request) => (isDown ? Promise.reject(new Error("down")) : provider.gateway.endSession(request)),
    });
    const { account } = openUser(provider, { api });
    await account.enroll();
    const session = await account.openSession();
    await session.call("a");
    isDown = true;
    expect(await codeOf(session.end())).to.equal("UNANSWERED");
    await account.prepareDispute({ index: session.index, recipient: RECIPIENT });
    isDown = false;
    expect(await codeOf(session.call("b"))).to.equal("SESSION_DISPUTED");
    expect(await codeOf(session.end())).to.equal("SESSION_DISPUTED");
    expect(provider.upstream.served).to.deep.equal(["a"]);
  });

  describe("an answer that is not what it must be", () => {
    async function answered(refundedCharge: bigint, refundedHold = P): Promise<User & { readonly provider: Provider }> {
      const provider = startProvider();
      const user = await robbed(provider);
      const view = await openOnChain(
        provider.chain,
        await user.account.prepareDispute({ index: 0, recipient: RECIPIENT }),
      );
      const { signature } = signedRefund(view.nullifier, refundedCharge, refundedHold);
      const refund = { refundedCharge, refundedHold, signature };
      provider.chain.disputes.set(view.nullifier, { ...view, status: "answered", refund });
      return { ...user, provider };
    }

    it("is kept as a grievance, once, and taken for what it is worth", async () => {
      // The voucher allowed 100; the receipt says 30; the provider keeps 60.
      const { account } = await answered(40n);
      expect((await account.settleDisputes())[0]?.refund).to.include({ refundedCharge: 40n });
      await account.settleDisputes();
      expect(account.grievances().map(({ index, reason }) => [index, reason])).to.deep.equal([
        [0, "the refund is less than the receipts say"],
      ]);
      expect(account.summary()).to.include({ unsettled: 0, unfolded: 40n + P });
    });

    it("is not taken when it is worth nothing: without the provider's signature, or without its hold", async () => {
      for (const spoil of ["signature", "hold"]) {
        const { account, provider } = await answered(70n, spoil === "hold" ? 0n : P);
        const view = provider.chain.disputes.get(nullifierAt(0));
        if (spoil === "signature" && view?.refund !== undefined) {
          const refund = { ...view.refund, signature: signedRefund(nullifierAt(0), 60n).signature };
          provider.chain.disputes.set(nullifierAt(0), { ...view, refund });
        }
        expect((await account.settleDisputes())[0]).to.include({ status: "answered", refund: undefined });
        await account.settleDisputes();
        expect(account.grievances()).to.have.length(1);
        expect(account.summary()).to.include({ unsettled: 1, disputed: 1, unfolded: 0n });
        expect(await codeOf(account.call("b"))).to.equal("REFUND_WITHHELD");
      }
    });

    it("is right without its hold when the chain has a violation of the ticket", async () => {
      const { account, provider } = await answered(70n, 0n);
      provider.chain.violations.set(nullifierAt(0), `0x${"11".repeat(32)}`);
      expect((await account.settleDisputes())[0]?.refund).to.include({ refundedCharge: 70n, refundedHold: 0n });
      expect(account.grievances()).to.deep.equal([]);
      expect((await account.fold())?.added).to.equal(70n);
    });
  });

  it("takes a refund without its hold from the provider only when the chain has a violation of this ticket", async () => {
    const provider = startProvider();
    const { account } = openUser(provider, {
      api: lying(provider.gateway, {
        call: async (request) => ({ ...(await provider.gateway.call(request)), refund: null }),
        endSession: async () => toJson(signedRefund(nullifierAt(0), C - PRICE, 0n)),
      }),
    });
    await account.enroll();
    provider.chain.violations.set(nullifierAt(1), `0x${"11".repeat(32)}`);
    expect((await account.call("a")).refund).to.equal(undefined);
    expect(account.grievances()[0]?.reason).to.equal("the policy hold is not returned");
    provider.chain.violations.set(nullifierAt(0), `0x${"11".repeat(32)}`);
    await account.resume();
    expect(account.summary()).to.include({ unsettled: 0, unfolded: C - PRICE });
  });

  it("finds the dispute of another copy of itself, and of a wallet that was restored", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const first = await robbed(provider, { path: path("wallet") });
      first.close();
      copyFileSync(path("wallet"), path("backup"));
      const newer = openUser(provider, { path: path("wallet"), api: withholding(provider) });
      const file = await newer.account.prepareDispute({ index: 0, recipient: RECIPIENT });
      const view = await openOnChain(provider.chain, file);
      newer.close();

      const older = openUser(provider, { path: path("backup") });
      expect(await codeOf(older.account.prepareDispute({ index: 0, recipient: RECIPIENT }))).to.equal(
        "DISPUTE_INVALID",
      );
      expect((await older.account.settleDisputes())[0]).to.include({ index: 0, status: "open" });
      expect(older.account.summary()).to.include({ disputed: 1 });
      older.close();

      const api = lying(provider.gateway, {
        publicFeed: async (request) => {
          const page = await provider.gateway.publicFeed(request);
          const entries = page.entries
            .filter(({ kind }) => kind !== "refund")
            .map((entry, place) => ({ ...entry, position: place + 1 }));
          return { ...page, entries, next: entries.length };
        },
      });
      const restored = openUser(provider, { api });
      await restored.account.restore();
      expect(restored.account.summary()).to.include({ used: 1, unsettled: 1, disputed: 0 });
      provider.chain.answer({ refund: signedRefund(view.nullifier, 70n) });
      expect((await restored.account.settleDisputes())[0]?.refund).to.include({ refundedCharge: 70n });
      expect(restored.account.summary()).to.include({ unsettled: 0 });
    }));

  it("gains nothing by a dispute with another key: the owner of a ticket alone can open one", async () => {
    const provider = startProvider();
    const { account } = await robbed(provider);
    const file = await account.prepareDispute({ index: 0, recipient: RECIPIENT });
    const other = { ...file, recipient: POOL.parameters.token };
    expect(disputeProblem(POOL, other)).to.contain("did not sign");
    const thief = { ...file, sessionAddress: strangeKey(9).address };
    expect(await revertOf(openOnChain(provider.chain, thief))).to.equal("ProofRefused");
  });
});
