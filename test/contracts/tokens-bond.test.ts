// SPDX-License-Identifier: GPL-3.0-or-later
/** Tokens that do what an escrow hopes they do not, when bond and awards move. */
import { expect } from "chai";

import { hook } from "./support/callbacks.ts";
import { loseDisputes } from "./support/lost-dispute.ts";
import { MoodyToken } from "./support/moods.ts";
import { hashToField } from "./support/requests.ts";
import { addressOf, deployWorld, ethers, HOLD, HOUR, networkHelpers } from "./support/world.ts";
import type { World } from "./support/world.ts";

const D = 110_000n;
const S = 1_600n;
const ID = hashToField("somebody");
const BOND = 10n * HOLD;

const plainWorld = () => deployWorld("PlainToken");
const feeWorld = () => deployWorld("FeeToken");
const rebasingWorld = () => deployWorld("RebasingToken");
const silentWorld = () => deployWorld("SilentToken");
const moodyWorld = () => deployWorld("MoodyToken");
const callbackWorld = () => deployWorld("CallbackToken");

describe("A bond in a token that takes a fee, rebases or returns false", () => {
  it("is not posted when less arrives than was paid", async () => {
    const w = await networkHelpers.loadFixture(feeWorld);
    await expect(w.pool.postBond(BOND))
      .to.be.revertedWithCustomError(w.pool, "ReceivedAmountMismatch")
      .withArgs(BOND, BOND - 1n);
    expect(await w.pool.ledger()).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
  });

  it("is not posted when tokens of the pool have vanished", async () => {
    const w = await networkHelpers.loadFixture(rebasingWorld);
    await w.pool.deposit(ID, D);
    const token = await ethers.getContractAt("RebasingToken", await addressOf(w.token));
    await token.getFunction("shrink")(await addressOf(w.pool), 1n);
    await expect(w.pool.postBond(BOND))
      .to.be.revertedWithCustomError(w.pool, "PoolUnderfunded")
      .withArgs(D + S + BOND, D + S + BOND - 1n);
  });

  it("is not posted when the transfer returns false", async () => {
    const w = await networkHelpers.loadFixture(moodyWorld);
    const token = await MoodyToken.at(w.token);
    await token.setMood(await addressOf(w.pool), "ReturnsFalse");
    await expect(w.pool.postBond(BOND)).to.be.revertedWithCustomError(w.pool, "SafeERC20FailedOperation");
  });

  it("does not grow by tokens that were sent to the pool directly", async () => {
    const w = await networkHelpers.loadFixture(plainWorld);
    await w.token.mint(w.pool, 7n);
    await w.pool.postBond(BOND);
    expect((await w.pool.ledger()).bond).to.equal(BOND);
    expect((await w.disputes.obligations()).free).to.equal(BOND);
  });

  it("is posted, withdrawn and paid out as awards where transfers return nothing", async () => {
    const w = await networkHelpers.loadFixture(silentWorld);
    await w.pool.postBond(BOND);
    await loseDisputes(w, [w.poor.address]);
    await w.disputes.resolveDispute(1n);
    expect(await w.token.balanceOf(w.poor)).to.equal(HOLD);
    const disputes = w.disputes.connect(w.provider);
    await disputes.announceBondWithdrawal(BOND - 2n * HOLD);
    await networkHelpers.time.increase(2n * HOUR);
    await disputes.withdrawBond(w.provider, BOND - 2n * HOLD);
    expect(await w.token.balanceOf(w.provider)).to.equal(BOND - 2n * HOLD);
    await w.pool.burn();
    expect(await w.token.balanceOf(w.pool)).to.equal(0n);
  });
});

describe("A winner of a dispute that cannot be paid", () => {
  for (const mood of ["Reverts", "ReturnsFalse", "ReturnsTooMuch", "BurnsGas"] as const) {
    it(`is credited, holds up nobody, and can claim elsewhere (${mood})`, async () => {
      const w = await networkHelpers.loadFixture(moodyWorld);
      await w.pool.postBond(BOND);
      const token = await MoodyToken.at(w.token);
      await token.setMood(w.poor.address, mood);
      await loseDisputes(w, [w.poor.address, w.provider.address]);
      const resolution = w.disputes.resolveDispute(1n, { gasLimit: 3_000_000n });
      await expect(resolution).to.emit(w.pool, "PayoutCredited").withArgs(w.poor.address, HOLD);
      await expect(resolution).to.emit(w.disputes, "AwardPaid").withArgs(1n, w.poor.address, HOLD);
      expect(await w.pool.ledger()).to.deep.equal([0n, HOLD, 0n, BOND - 2n * HOLD, HOLD]);
      const [dispute] = await w.disputes.disputesOf([1n]);
      expect(dispute?.unpaid).to.equal(0n);
      await expect(w.disputes.payAward(1n)).to.be.revertedWithCustomError(w.disputes, "NothingUnpaid");

      await w.disputes.resolveDispute(2n);
      expect(await w.token.balanceOf(w.provider)).to.equal(HOLD);
      await w.pool.connect(w.poor).claim(w.other);
      expect(await w.token.balanceOf(w.other)).to.equal(10n ** 15n + HOLD);
      expect(await w.pool.ledger()).to.deep.equal([0n, 0n, 0n, BOND - 4n * HOLD, 2n * HOLD]);
    });
  }

  it("leaves bond and notice as they were when the provider cannot be paid", async () => {
    const w = await networkHelpers.loadFixture(moodyWorld);
    await w.pool.postBond(BOND);
    const token = await MoodyToken.at(w.token);
    await token.setMood(w.provider.address, "Reverts");
    const disputes = w.disputes.connect(w.provider);
    await disputes.announceBondWithdrawal(BOND);
    await networkHelpers.time.increase(2n * HOUR);
    await expect(disputes.withdrawBond(w.provider, BOND)).to.be.revertedWithCustomError(token.contract, "Blocked");
    expect((await w.pool.ledger()).bond).to.equal(BOND);
    expect((await disputes.obligations()).announcedWithdrawal).to.equal(BOND);
    await disputes.withdrawBond(w.poor, BOND);
    expect(await w.token.balanceOf(w.poor)).to.equal(BOND);
  });
});

describe("A token that calls back from inside a bond or an award", () => {
  type Call = readonly [target: "pool" | "disputes", data: string, failure: string];

  /** Everything that a winner, or anybody, could call, and the error that it must end with while money moves. */
  async function callsOf(w: World): Promise<Call[]> {
    const { pool, disputes, settlement } = w;
    const failure = (name: "ReentrantCall" | "NothingToClaim"): string => pool.interface.getError(name)?.selector ?? "";
    const locked = failure("ReentrantCall");
    const refusal = (name: "DisputeIsNotOpen" | "NothingUnpaid" | "NothingToCollect"): string =>
      disputes.interface.getError(name)?.selector ?? "";
    const notProvider = settlement.interface.getError("NotProvider")?.selector ?? "";
    const target = await addressOf(w.other);
    return [
      ["pool", pool.interface.encodeFunctionData("postBond", [1n]), locked],
      ["pool", pool.interface.encodeFunctionData("claim", [target]), locked],
      ["pool", pool.interface.encodeFunctionData("burn"), locked],
      ["pool", pool.interface.encodeFunctionData("deposit", [ID, D]), locked],
      // The dispute that is being paid, and another one that is lost as well.
      ["disputes", disputes.interface.encodeFunctionData("resolveDispute", [1n]), refusal("DisputeIsNotOpen")],
      ["disputes", disputes.interface.encodeFunctionData("payAward", [1n]), refusal("NothingUnpaid")],
      ["disputes", disputes.interface.encodeFunctionData("resolveDispute", [2n]), locked],
      // What can be spared of the penalties went with the award.
      ["disputes", disputes.interface.encodeFunctionData("collectPenalties"), refusal("NothingToCollect")],
      ["disputes", disputes.interface.encodeFunctionData("withdrawBond", [target, 1n]), notProvider],
      ["disputes", disputes.interface.encodeFunctionData("withdrawRevenue", [target, 1n]), notProvider],
    ];
  }

  it("enters nothing while an award is paid, and the award is paid once", async () => {
    const w = await networkHelpers.loadFixture(callbackWorld);
    await loseDisputes(w, [w.poor.address, w.poor.address]);
    await w.disputes.resolveDispute(1n); // for want of a bond, the award and the penalty stay owed
    const start = await networkHelpers.takeSnapshot();
    for (const [target, data, failure] of await callsOf(w)) {
      const ended = await hook(w, w.poor.address, await addressOf(w[target]), data);
      // Both awards and what the other dispute could take are there, so that penalties are left to collect.
      await w.pool.postBond(3n * HOLD + 1n);
      const before = await w.pool.ledger();
      await w.disputes.payAward(1n);
      expect(await ended(), data.slice(0, 10)).to.equal(failure);
      expect(await w.token.balanceOf(w.poor)).to.equal(HOLD);
      const after = await w.pool.ledger();
      const set = after.awaitingBurn - before.awaitingBurn;
      expect(after.bond).to.equal(before.bond - HOLD - set);
      expect(await w.token.balanceOf(w.pool)).to.equal(after.bond + after.awaitingBurn);
      await start.restore();
    }
  });

  it("enters nothing while a bond is posted, and no bond is posted when its payer's hook sends tokens along", async () => {
    const w = await networkHelpers.loadFixture(callbackWorld);
    const locked = w.pool.interface.getError("ReentrantCall")?.selector;
    const again = w.pool.interface.encodeFunctionData("postBond", [1n]);
    const ended = await hook(w, w.user.address, await addressOf(w.pool), again);
    await w.pool.postBond(BOND);
    expect(await ended()).to.equal(locked);
    expect((await w.pool.ledger()).bond).to.equal(BOND);

    const mint = w.token.interface.encodeFunctionData("mint", [await addressOf(w.pool), 1n]);
    await hook(w, w.user.address, await addressOf(w.token), mint);
    await expect(w.pool.postBond(BOND))
      .to.be.revertedWithCustomError(w.pool, "ReceivedAmountMismatch")
      .withArgs(2n * BOND, 2n * BOND + 1n);
  });
});
