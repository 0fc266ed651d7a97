// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";
import { network } from "hardhat";

import { hook } from "./support/callbacks.ts";
import { MoodyToken } from "./support/moods.ts";
import { hashToField } from "./support/requests.ts";
import { addressOf, deployWorld, ethers, HOLD, networkHelpers, signerOf } from "./support/world.ts";
import type { World } from "./support/world.ts";

const D = 110_000n;
const S = 1_600n;
const ID = hashToField("somebody");
const CLOSED = 3n;
const DEAD = "0x000000000000000000000000000000000000dEaD";

const plainWorld = () => deployWorld("PlainToken");
const dollarWorld = () => deployWorld("DemoUSD");
const feeWorld = () => deployWorld("FeeToken");
const rebasingWorld = () => deployWorld("RebasingToken");
const fallbackWorld = () => deployWorld("FallbackToken");
const silentWorld = () => deployWorld("SilentToken");
const moodyWorld = () => deployWorld("MoodyToken");
const callbackWorld = () => deployWorld("CallbackToken");

/** Ends the account of ID as a close would: D to `recipient`, the stake to `relayer`. */
async function release(w: World, recipient: string, relayer: string, gasLimit?: bigint): Promise<void> {
  const rules = await signerOf(w.settlement);
  const split = { recipient, toRecipient: D, relayer, toRelayer: S, toProvider: 0n, toBurn: 0n };
  await w.pool.connect(rules).release(ID, CLOSED, split, gasLimit === undefined ? {} : { gasLimit });
}

describe("A token that takes a fee or rebases", () => {
  it("opens no account when less arrives than was paid", async () => {
    const w = await networkHelpers.loadFixture(feeWorld);
    for (const deposit of [w.pool.deposit(ID, D), w.pool.depositBatch([ID], [D])]) {
      await expect(deposit)
        .to.be.revertedWithCustomError(w.pool, "ReceivedAmountMismatch")
        .withArgs(D + S, D + S - 1n);
    }
    expect(await w.pool.leafCount()).to.equal(0n);
  });

  it("opens no further account when tokens of the pool have vanished", async () => {
    const w = await networkHelpers.loadFixture(rebasingWorld);
    await w.pool.deposit(ID, D);
    const token = await ethers.getContractAt("RebasingToken", await addressOf(w.token));
    await token.getFunction("shrink")(await addressOf(w.pool), 1n);
    const owed = 2n * (D + S);
    await expect(w.pool.deposit(ID + 1n, D))
      .to.be.revertedWithCustomError(w.pool, "PoolUnderfunded")
      .withArgs(owed, owed - 1n);
    await w.token.mint(w.pool, 1n);
    await w.pool.deposit(ID + 1n, D);
  });

  it("gives nobody the tokens that were sent to the pool directly", async () => {
    const w = await networkHelpers.loadFixture(plainWorld);
    await w.token.mint(w.pool, 7n);
    await w.pool.deposit(ID, D);
    await release(w, w.poor.address, w.poor.address);
    expect(await w.token.balanceOf(w.pool)).to.equal(7n);
    expect(await w.pool.ledger()).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
  });
});

describe("A token that lacks what a deposit asks for", () => {
  it("takes a deposit with an allowance where it knows no permits", async () => {
    const w = await networkHelpers.loadFixture(plainWorld);
    await w.pool.depositWithPermit(ID, D, 0n, 27, ethers.ZeroHash, ethers.ZeroHash);
    expect((await w.pool.accountOf(ID)).deposit).to.equal(D);
  });

  it("opens no account by an authorization that does nothing", async () => {
    const w = await networkHelpers.loadFixture(fallbackWorld);
    await expect(
      w.pool.depositWithAuthorization(ID, D, w.user, 0n, 1n, ethers.ZeroHash, 27, ethers.ZeroHash, ethers.ZeroHash),
    )
      .to.be.revertedWithCustomError(w.pool, "ReceivedAmountMismatch")
      .withArgs(D + S, 0n);
    await expect(
      w.pool.connect(w.poor).depositWithPermit(ID, D, 0n, 27, ethers.ZeroHash, ethers.ZeroHash),
    ).to.be.revertedWithCustomError(w.token, "ERC20InsufficientAllowance");
  });

  it("is used in full where it returns nothing", async () => {
    const w = await networkHelpers.loadFixture(silentWorld);
    await w.pool.deposit(ID, D);
    await release(w, w.poor.address, w.other.address);
    expect(await w.token.balanceOf(w.poor)).to.equal(D);
    expect(await w.token.balanceOf(w.other)).to.equal(10n ** 15n + S);
  });

  it("opens no account where it returns false", async () => {
    const w = await networkHelpers.loadFixture(moodyWorld);
    const token = await MoodyToken.at(w.token);
    await token.setMood(await addressOf(w.pool), "ReturnsFalse");
    await expect(w.pool.deposit(ID, D)).to.be.revertedWithCustomError(w.pool, "SafeERC20FailedOperation");
  });
});

describe("A recipient that cannot be paid", () => {
  for (const mood of ["Reverts", "ReturnsFalse", "ReturnsTooMuch", "BurnsGas"] as const) {
    it(`is credited, holds up nobody, and can claim elsewhere (${mood})`, async () => {
      const w = await networkHelpers.loadFixture(moodyWorld);
      await w.pool.deposit(ID, D);
      const token = await MoodyToken.at(w.token);
      await token.setMood(w.poor.address, mood);
      await release(w, w.poor.address, w.other.address, 3_000_000n);
      expect(await w.token.balanceOf(w.other)).to.equal(10n ** 15n + S);
      expect(await w.pool.creditOf(w.poor)).to.equal(D);
      expect(await w.pool.ledger()).to.deep.equal([0n, D, 0n, 0n, 0n]);
      const credits = await w.pool.queryFilter(w.pool.filters.PayoutCredited());
      expect(credits.map((event) => [...event.args])).to.deep.equal([[w.poor.address, D]]);

      await expect(w.pool.connect(w.other).claim(w.other)).to.be.revertedWithCustomError(w.pool, "NothingToClaim");
      await expect(w.pool.connect(w.poor).claim(w.user))
        .to.emit(w.pool, "Claimed")
        .withArgs(w.poor.address, w.user.address, D);
      expect(await w.token.balanceOf(w.user)).to.equal(10n ** 15n - S);
      expect(await w.pool.ledger()).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
      await expect(w.pool.connect(w.poor).claim(w.user)).to.be.revertedWithCustomError(w.pool, "NothingToClaim");
    });
  }

  it("is credited beside a relayer that cannot be paid either, and what it gets adds up", async () => {
    const w = await networkHelpers.loadFixture(moodyWorld);
    await w.pool.deposit(ID, D);
    const token = await MoodyToken.at(w.token);
    await token.setMood(w.poor.address, "Reverts");
    await release(w, w.poor.address, w.poor.address);
    expect(await w.pool.creditOf(w.poor)).to.equal(D + S);
    await token.setMood(w.poor.address, "Fair");
    await w.pool.connect(w.poor).claim(w.poor);
    expect(await w.token.balanceOf(w.poor)).to.equal(D + S);
  });

  it("keeps its credit when a claim goes to somebody who cannot be paid", async () => {
    const w = await networkHelpers.loadFixture(moodyWorld);
    await w.pool.deposit(ID, D);
    const token = await MoodyToken.at(w.token);
    await token.setMood(w.poor.address, "Reverts");
    await release(w, w.poor.address, w.other.address);
    const pool = w.pool.connect(w.poor);
    await expect(pool.claim(w.poor)).to.be.revertedWithCustomError(token.contract, "Blocked");
    for (const refused of [ethers.ZeroAddress, await addressOf(w.pool)]) {
      await expect(pool.claim(refused)).to.be.revertedWithCustomError(w.pool, "RecipientRefused").withArgs(refused);
    }
    expect(await w.pool.creditOf(w.poor)).to.equal(D);
  });

  it("leaves revenue and burns counted when they cannot be delivered", async () => {
    const w = await networkHelpers.loadFixture(moodyWorld);
    await w.pool.deposit(ID, D);
    const token = await MoodyToken.at(w.token);
    for (const blocked of [w.provider.address, DEAD]) await token.setMood(blocked, "Reverts");
    const pool = w.pool.connect(await signerOf(w.settlement));
    const split = { recipient: w.poor, toRecipient: 0n, relayer: w.poor, toRelayer: 0n, toProvider: D, toBurn: S };
    await pool.release(ID, CLOSED, split);
    await expect(w.pool.burn()).to.be.revertedWithCustomError(token.contract, "Blocked").withArgs(DEAD);
    const rules = w.disputes.connect(w.provider);
    await expect(rules.withdrawRevenue(w.provider, D)).to.be.revertedWithCustomError(token.contract, "Blocked");
    expect(await w.pool.ledger()).to.deep.equal([0n, 0n, D, 0n, S]);
    await rules.withdrawRevenue(w.poor, D);
    await token.setMood(DEAD, "Fair");
    await w.pool.burn();
    expect(await w.token.balanceOf(w.pool)).to.equal(0n);
  });
});

describe("A token that calls back", () => {
  const names = ["deposit", "depositBatch", "depositWithPermit", "depositWithAuthorization", "claim", "burn"] as const;
  for (const name of names) {
    it(`cannot enter ${name} from inside a deposit or a payout`, async () => {
      const w = await networkHelpers.loadFixture(callbackWorld);
      const locked = w.pool.interface.getError("ReentrantCall")?.selector;
      const data = callOf(w, name);
      const fromDeposit = await hook(w, w.user.address, await addressOf(w.pool), data);
      await w.pool.deposit(ID, D);
      expect(await fromDeposit()).to.equal(locked);
      const fromPayout = await hook(w, w.poor.address, await addressOf(w.pool), data);
      await release(w, w.poor.address, w.other.address);
      expect(await fromPayout()).to.equal(locked);
      expect(await w.pool.ledger()).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
    });
  }

  it("cannot enter through the rules either", async () => {
    const w = await networkHelpers.loadFixture(callbackWorld);
    await w.pool.deposit(ID, D);
    await networkHelpers.time.increase(25n * 3600n);
    await w.settlement.expire(ID);
    const withdraw = w.disputes.interface.encodeFunctionData("withdrawRevenue", [w.other.address, 1n]);
    await w.pool.deposit(ID + 1n, D);
    await networkHelpers.time.increase(25n * 3600n);
    const expire = w.settlement.interface.encodeFunctionData("expire", [ID + 1n]);
    const locked = w.pool.interface.getError("ReentrantCall")?.selector;
    const notProvider = w.settlement.interface.getError("NotProvider")?.selector;
    for (const [rules, data, failure] of [
      [w.settlement, expire, locked],
      [w.disputes, withdraw, notProvider],
    ] as const) {
      const ended = await hook(w, w.poor.address, await addressOf(rules), data);
      await w.disputes.connect(w.provider).withdrawRevenue(w.poor, 10n);
      expect(await ended()).to.equal(failure);
    }
    expect((await w.pool.accountOf(ID + 1n)).status).to.equal(1n);
  });

  it("opens no account when the payer's hook sends tokens along", async () => {
    const w = await networkHelpers.loadFixture(callbackWorld);
    const mint = w.token.interface.encodeFunctionData("mint", [await addressOf(w.pool), 1n]);
    await hook(w, w.user.address, await addressOf(w.token), mint);
    await expect(w.pool.deposit(ID, D))
      .to.be.revertedWithCustomError(w.pool, "ReceivedAmountMismatch")
      .withArgs(D + S, D + S + 1n);
  });

  function callOf(w: World, name: (typeof names)[number]): string {
    const [from, hash] = [w.user.address, ethers.ZeroHash];
    if (name === "deposit") return w.pool.interface.encodeFunctionData(name, [ID + 1n, HOLD]);
    if (name === "depositBatch") return w.pool.interface.encodeFunctionData(name, [[ID + 1n], [HOLD]]);
    if (name === "claim") return w.pool.interface.encodeFunctionData(name, [from]);
    if (name === "burn") return w.pool.interface.encodeFunctionData(name);
    if (name === "depositWithPermit") {
      return w.pool.interface.encodeFunctionData(name, [ID + 1n, HOLD, 0n, 27, hash, hash]);
    }
    return w.pool.interface.encodeFunctionData(name, [ID + 1n, HOLD, from, 0n, 1n, hash, 27, hash, hash]);
  }
});

describe("The demonstration dollar", () => {
  it("has 6 decimals, and can be minted by anyone", async () => {
    const { token, poor } = await networkHelpers.loadFixture(dollarWorld);
    expect(await token.decimals()).to.equal(6n);
    await token.connect(poor).mint(poor, 5n);
    expect(await token.balanceOf(poor)).to.equal(5n);
  });

  it("cannot be created on a live chain", async () => {
    const live = await network.create({ override: { chainId: 8453 } });
    const factory = await live.ethers.getContractFactory("DemoUSD");
    await expect(factory.deploy()).to.be.revertedWithCustomError(factory, "NotALocalChain").withArgs(8453n);
  });
});
