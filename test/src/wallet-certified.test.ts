// SPDX-License-Identifier: GPL-3.0-or-later
import { DatabaseSync } from "node:sqlite";

import { expect } from "chai";

import { closeChallenge, compressSlots } from "../../src/protocol/index.ts";
import type { CloseOptions } from "../../src/wallet/index.ts";
import { GatewayError, foldFile } from "../../src/wire/index.ts";
import type { CloseRequest, FoldFile, ProviderApi } from "../../src/wire/index.ts";
import { RECIPIENT } from "./support/court.ts";
import { unsealFile } from "./support/older-wallet.ts";
import {
  C,
  DEPOSIT,
  P,
  POOL,
  PRICE,
  beginUser,
  codeOf,
  lying,
  openUser,
  startProvider,
  verify,
  withFolder,
} from "./support/session-world.ts";
import type { Provider, User, UserSetup } from "./support/session-world.ts";

const REFUND = C - PRICE + P;
const CLOSE: CloseOptions = { recipient: RECIPIENT, deadline: 1_900_000_000n };

/** Serves, refunds and enrols, and signs no fold. */
const unwilling = (provider: Provider): ProviderApi =>
  lying(provider.gateway, { fold: () => Promise.reject(new GatewayError("FOLD_CONFLICT", "no")) });

async function withCalls(provider: Provider, count: number, setup: UserSetup = {}): Promise<User> {
  const user = openUser(provider, { api: unwilling(provider), ...setup });
  await beginUser(provider, user);
  await user.account.enroll();
  for (let n = 0; n < count; n++) await user.account.call(`call ${n}`);
  return user;
}

const isProved = ({ newState, foldNullifiers, certified, proof }: FoldFile): Promise<boolean> =>
  verify("fold", [newState, ...foldNullifiers, certified, POOL.poolHash], proof);

async function isCloseProved(request: CloseRequest): Promise<boolean> {
  const z = closeChallenge(POOL.poolHash, request.identityCommitment, request.coverKeys, request);
  const { identityCommitment, firstUnused, refundedCharges, refundedHolds, certified, coverKeys, proof } = request;
  const claimed = [identityCommitment, DEPOSIT, firstUnused, refundedCharges, refundedHolds, certified];
  return verify("close", [...claimed, z, compressSlots(coverKeys, z), POOL.poolHash], proof);
}

/** The file of the next fold, which must be there. */
async function nextFold({ account }: User): Promise<FoldFile> {
  const file = await account.prepareCertifiedFold();
  if (file === undefined) throw new Error("there is nothing to fold");
  return file;
}

describe("the wallet's certified folds", function () {
  this.timeout(180_000);

  it("gives out the fold that the provider refused, the same until it is on chain, and then builds on it", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const { chain } = provider;
      const first = await withCalls(provider, 2, { path: path("wallet") });
      expect(await codeOf(first.account.fold())).to.equal("SIGNATURE_REFUSED");
      const file = await nextFold(first);
      expect(foldFile.fromJson(foldFile.toJson(file))).to.deep.equal(file);
      expect(file.certified).to.equal(0n);
      expect(await isProved(file)).to.equal(true);
      // A third refund joins no fold that has left.
      await first.account.call("one more");
      first.close();

      const user = openUser(provider, { path: path("wallet"), api: unwilling(provider) });
      const { account } = user;
      expect(await nextFold(user)).to.deep.equal(file);
      expect((await account.settleFolds())[0]).to.include({ status: "absent", finalizableAt: undefined });
      const { finalizableAt } = chain.certify(file, "pending");
      expect((await account.settleFolds())[0]).to.deep.include({ indices: [0, 1], status: "pending", finalizableAt });

      const second = await nextFold(user);
      expect(second.certified).to.equal(file.newState);
      expect(await isProved(second)).to.equal(true);
      chain.certify(second, "pending");
      expect(await account.prepareCertifiedFold()).to.equal(undefined);
      expect(account.summary()).to.include({ budget: DEPOSIT, certified: 0n, unfolded: 0n });

      chain.certify(file, "final");
      expect((await account.settleFolds()).map(({ status }) => status)).to.deep.equal(["final", "pending"]);
      expect(account.summary()).to.include({ budget: DEPOSIT, certified: 2n * REFUND });
      chain.certify(second, "final");
      await account.settleFolds();
      await account.settleFolds();
      expect(account.summary()).to.include({ budget: DEPOSIT, certified: 3n * REFUND, covered: 10 });
      user.close();
    }));

  it("closes with a certified state when it is the best, with nobody's signature", async () => {
    const provider = startProvider();
    const user = await withCalls(provider, 2);
    const file = await nextFold(user);
    provider.chain.certify(file, "final");
    // The close looks at the chain by itself.
    const { request, payout } = await user.account.buildClose(CLOSE);
    expect(request).to.include({ certified: file.newState, refundedCharges: 2n * (C - PRICE), refundedHolds: 2n * P });
    expect(await isCloseProved(request)).to.equal(true);
    expect(payout.toProvider).to.equal(2n * PRICE);
  });

  it("closes with the newest signed state while a fold is pending, and without refunds when it claims none", async () => {
    const provider = startProvider();
    const user = await withCalls(provider, 1);
    provider.chain.certify(await nextFold(user), "pending");
    const { request } = await user.account.buildClose(CLOSE);
    expect(request).to.include({ certified: 0n, refundedCharges: 0n, refundedHolds: 0n });
    expect(await isCloseProved(request)).to.equal(true);
  });

  it("proves tickets from signed states alone, until the provider signs the same fold", async () => {
    const provider = startProvider();
    let isWilling = false;
    const api = lying(provider.gateway, {
      fold: (request) =>
        isWilling ? provider.gateway.fold(request) : Promise.reject(new GatewayError("FOLD_CONFLICT", "no")),
    });
    const user = await withCalls(provider, 2, { api, number: 2 });
    const { account } = user;
    expect(await codeOf(account.call("c"))).to.equal("BUDGET_SPENT");
    const file = await nextFold(user);
    provider.chain.certify(file, "final");
    await provider.gateway.observeFold(file);
    await account.settleFolds();
    expect(await codeOf(account.call("c"))).to.equal("BUDGET_SPENT");
    isWilling = true;
    expect(await account.fold()).to.deep.include({ indices: [0, 1], added: 2n * REFUND });
    expect(account.summary()).to.include({ covered: 3, certified: 0n });
    expect((await account.call("c")).index).to.equal(2);
    // The next one is an ordinary fold on a signed state.
    expect((await account.fold())?.indices).to.deep.equal([2]);
    const { request } = await account.buildClose(CLOSE);
    expect(request.certified).to.equal(0n);
  });

  it("has the provider sign what it holds in order, each on a state that it knows, when it comes to its senses", async () => {
    const provider = startProvider();
    let isWilling = false;
    const sent: string[] = [];
    const api = lying(provider.gateway, {
      fold: (request) => {
        if (!isWilling) return Promise.reject(new GatewayError("FOLD_CONFLICT", "no"));
        sent.push(request.certified);
        return provider.gateway.fold(request);
      },
    });
    const user = await withCalls(provider, 2, { api });
    const first = await nextFold(user);
    provider.chain.certify(first, "pending");
    await user.account.call("one more");
    const second = await nextFold(user);
    expect(second.certified).to.equal(first.newState);
    provider.chain.certify(second, "pending");
    isWilling = true;
    expect((await user.account.fold())?.indices).to.deep.equal([0, 1]);
    // Its base is signed now: the same fold, proved on the signature.
    expect((await user.account.fold())?.indices).to.deep.equal([2]);
    expect(sent).to.deep.equal(["0", "0"]);
    expect(user.account.summary()).to.include({ budget: DEPOSIT + 3n * REFUND, certified: 0n });
    expect(await user.account.fold()).to.equal(undefined);
    expect(await user.account.settleFolds()).to.deep.equal([]);
    provider.chain.certify(first, "final");
    expect(await provider.gateway.observeFold(second)).to.equal(true);
  });

  it("says that a fold has fallen, with what builds on it, groups its refunds in no other, and goes on", async () => {
    const provider = startProvider();
    const user = await withCalls(provider, 1);
    const first = await nextFold(user);
    provider.chain.certify(first, "pending");
    await user.account.call("b");
    const second = await nextFold(user);
    provider.chain.certify(second, "pending");
    provider.chain.certify(first, "fallen");
    const settled = await user.account.settleFolds();
    expect(settled.map(({ status, indices }) => [status, indices])).to.deep.equal([
      ["fallen", [0]],
      ["fallen", [1]],
    ]);
    expect(user.account.summary()).to.include({ fallenFolds: 2, unfolded: 0n });
    expect(await user.account.settleFolds()).to.deep.equal([]);
    expect(await user.account.prepareCertifiedFold()).to.equal(undefined);
    await user.account.call("c");
    const third = await nextFold(user);
    expect(third.certified).to.equal(0n);
    provider.chain.certify(third, "final");
    expect((await user.account.buildClose(CLOSE)).request).to.include({
      certified: third.newState,
      refundedCharges: C - PRICE,
    });
  });

  it("folds four refunds at a time, and prepares one fold when it is asked several times at once", async () => {
    const provider = startProvider();
    const user = await withCalls(provider, 5);
    const files = await Promise.all([nextFold(user), nextFold(user)]);
    expect(files[0]).to.deep.equal(files[1]);
    provider.chain.certify(files[0], "pending");
    expect((await user.account.settleFolds())[0]?.indices).to.deep.equal([0, 1, 2, 3]);
    expect((await nextFold(user)).certified).to.equal(files[0]?.newState);
  });

  it("has nothing to certify without refunds", async () => {
    const provider = startProvider();
    const { account } = await withCalls(provider, 0);
    expect(await account.prepareCertifiedFold()).to.equal(undefined);
    expect(await account.settleFolds()).to.deep.equal([]);
  });

  it("brings an older file to the present schema and keeps its states and folds", () =>
    withFolder(async (path) => {
      const provider = startProvider();
      const first = await withCalls(provider, 1, { path: path("wallet"), api: provider.gateway });
      await first.account.fold();
      await first.account.call("b");
      const before = first.account.summary();
      first.close();
      unsealFile(path("wallet"));
      const database = new DatabaseSync(path("wallet"));
      database.exec(`DROP TABLE disputes; ALTER TABLE folds DROP COLUMN is_final; ALTER TABLE folds DROP COLUMN is_fallen;
        UPDATE wallet SET schema_version = 1;`);
      database.close();
      const { account, close } = openUser(provider, { path: path("wallet") });
      expect(account.summary()).to.deep.equal(before);
      expect((await account.fold())?.budget).to.equal(DEPOSIT + 2n * REFUND);
      close();
    }));

  it("finds certified folds after a restore, final and pending ones, and closes with them", async () => {
    const provider = startProvider();
    const user = await withCalls(provider, 3);
    const first = await nextFold(user);
    provider.chain.certify(first, "final");
    await user.account.settleFolds();
    await user.account.call("d");
    const second = await nextFold(user);
    provider.chain.certify(second, "pending");

    const restored = openUser(provider, { api: unwilling(provider) });
    expect(await restored.account.restore()).to.deep.equal({ isEnrolled: true, nextIndex: 4, refunds: 4, folds: 2 });
    expect(restored.account.summary()).to.include({ certified: 3n * REFUND, unfolded: 0n });
    expect(await restored.account.prepareCertifiedFold()).to.equal(undefined);
    expect((await restored.account.settleFolds())[0]).to.deep.include({ indices: [3], status: "pending" });
    provider.chain.certify(second, "final");
    const { request } = await restored.account.buildClose({ ...CLOSE, afterRestore: "consent" });
    expect(request).to.include({ certified: second.newState, refundedCharges: 4n * (C - PRICE) });
    expect(await isCloseProved(request)).to.equal(true);
  });
});
