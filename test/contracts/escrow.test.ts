// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import type { DistributionStruct } from "../../typechain-types/contracts/CreditPool.js";
import { hashToField } from "./support/requests.ts";
import { addressOf, deployWorld, ethers, networkHelpers, signerOf } from "./support/world.ts";
import type { Signer, World } from "./support/world.ts";

const D = 110_000n;
const S = 1_600n;
const ID = hashToField("somebody");
const [NONE, ACTIVE, EXPIRED, CLOSED, SLASHED] = [0n, 1n, 2n, 3n, 4n];
const DEAD = "0x000000000000000000000000000000000000dEaD";

/** A pool with two accounts, and its rules as signers: whatever a bug in them might do, they try. */
async function world(): Promise<World & { rules: Signer; court: Signer }> {
  const w = await deployWorld();
  await w.pool.deposit(ID, D);
  await w.pool.deposit(ID + 1n, D);
  return { ...w, rules: await signerOf(w.settlement), court: await signerOf(w.disputes) };
}

/** Everybody who plays a part and has no right over the money. */
async function strangersOf(w: World): Promise<Signer[]> {
  const contracts = [w.factory, w.deployers.settlement, w.deployers.disputes, w.pool, w.token];
  return [w.provider, w.user, ...(await Promise.all(contracts.map((contract) => signerOf(contract))))];
}

function distribution(w: World, changes: Partial<DistributionStruct> = {}): DistributionStruct {
  return {
    recipient: w.poor.address,
    toRecipient: D,
    relayer: ethers.ZeroAddress,
    toRelayer: 0n,
    toProvider: 0n,
    toBurn: S,
    ...changes,
  };
}

describe("The escrow and its rules", () => {
  it("lets the settlement alone end an account, not the disputes, the provider, the factory or the depositor", async () => {
    const w = await networkHelpers.loadFixture(world);
    for (const stranger of [w.court, ...(await strangersOf(w))]) {
      const pool = w.pool.connect(stranger);
      for (const call of [pool.release(ID, CLOSED, distribution(w)), pool.expire(ID)]) {
        await expect(call).to.be.revertedWithCustomError(w.pool, "NotSettlement").withArgs(stranger.address);
      }
    }
  });

  it("lets the disputes alone pay out of bond and revenue, not the settlement, the provider, the factory or the depositor", async () => {
    const w = await networkHelpers.loadFixture(world);
    await w.pool.postBond(10n);
    await w.pool.connect(w.rules).expire(ID);
    for (const stranger of [w.rules, ...(await strangersOf(w))]) {
      const pool = w.pool.connect(stranger);
      for (const amount of [0n, 1n]) {
        for (const call of [
          pool.payRevenue(stranger.address, amount),
          pool.payBond(stranger.address, amount),
          pool.payAward(stranger.address, amount, amount),
          pool.payAward(ethers.ZeroAddress, 0n, amount),
        ]) {
          await expect(call).to.be.revertedWithCustomError(w.pool, "NotDisputes").withArgs(stranger.address);
        }
      }
    }
    expect(await w.pool.ledger()).to.deep.equal([D + S + S, 0n, D, 10n, 0n]);
  });

  it("pays out exactly what an account holds, and says to whom", async () => {
    const w = await networkHelpers.loadFixture(world);
    const split = distribution(w, {
      toRecipient: D - 700n,
      relayer: w.other.address,
      toRelayer: 300n,
      toProvider: 400n,
    });
    const release = w.pool.connect(w.rules).release(ID, CLOSED, split);
    await expect(release)
      .to.emit(w.pool, "AccountReleased")
      .withArgs(ID, CLOSED, w.poor.address, D - 700n, w.other.address, 300n, 400n, S);
    expect(await w.token.balanceOf(w.poor)).to.equal(D - 700n);
    expect(await w.token.balanceOf(w.other)).to.equal(10n ** 15n + 300n);
    expect(await w.pool.ledger()).to.deep.equal([D + S, 0n, 400n, 0n, S]);
    expect((await w.pool.accountOf(ID)).status).to.equal(CLOSED);
  });

  it("refuses rules that pay out more or less than the account holds", async () => {
    const w = await networkHelpers.loadFixture(world);
    for (const toProvider of [1n, D + S]) {
      await expect(w.pool.connect(w.rules).release(ID, SLASHED, distribution(w, { toProvider })))
        .to.be.revertedWithCustomError(w.pool, "DistributionMismatch")
        .withArgs(ID, D + S, D + S + toProvider);
    }
    await expect(w.pool.connect(w.rules).release(ID, SLASHED, distribution(w, { toBurn: 0n })))
      .to.be.revertedWithCustomError(w.pool, "DistributionMismatch")
      .withArgs(ID, D + S, D);
    const endless = distribution(w, { toRecipient: ethers.MaxUint256, toBurn: D + S + 1n });
    await expect(w.pool.connect(w.rules).release(ID, SLASHED, endless)).to.be.revertedWithPanic(0x11);
  });

  it("refuses rules that end an account twice, or one that never was", async () => {
    const w = await networkHelpers.loadFixture(world);
    const pool = w.pool.connect(w.rules);
    await pool.release(ID, SLASHED, distribution(w));
    await expect(pool.release(ID, CLOSED, distribution(w)))
      .to.be.revertedWithCustomError(w.pool, "AccountHoldsNothing")
      .withArgs(ID, SLASHED);
    await expect(pool.release(ID + 2n, CLOSED, distribution(w)))
      .to.be.revertedWithCustomError(w.pool, "AccountHoldsNothing")
      .withArgs(ID + 2n, NONE);
    const nothing = distribution(w, { toRecipient: 0n, toBurn: 0n });
    await expect(pool.release(ID, CLOSED, nothing)).to.be.revertedWithCustomError(w.pool, "AccountHoldsNothing");
    expect((await w.pool.ledger()).escrowed).to.equal(D + S);
  });

  it("refuses rules that end an account without ending it", async () => {
    const w = await networkHelpers.loadFixture(world);
    for (const status of [NONE, ACTIVE, EXPIRED]) {
      await expect(w.pool.connect(w.rules).release(ID, status, distribution(w)))
        .to.be.revertedWithCustomError(w.pool, "StatusIsNotFinal")
        .withArgs(status);
    }
  });

  it("lets an account expire once, and pays out its stake alone afterwards", async () => {
    const w = await networkHelpers.loadFixture(world);
    const pool = w.pool.connect(w.rules);
    await expect(pool.expire(ID)).to.emit(w.pool, "DepositForfeited").withArgs(ID, D);
    expect(await w.pool.ledger()).to.deep.equal([D + S + S, 0n, D, 0n, 0n]);
    await expect(pool.expire(ID)).to.be.revertedWithCustomError(w.pool, "AccountNotActive").withArgs(ID, EXPIRED);
    await expect(pool.release(ID, CLOSED, distribution(w)))
      .to.be.revertedWithCustomError(w.pool, "DistributionMismatch")
      .withArgs(ID, S, D + S);
    await pool.release(ID, CLOSED, distribution(w, { toRecipient: S, toBurn: 0n }));
    expect(await w.token.balanceOf(w.poor)).to.equal(S);
  });

  it("pays revenue up to what there is, and never out of an account", async () => {
    const w = await networkHelpers.loadFixture(world);
    const pool = w.pool.connect(w.court);
    await w.pool.postBond(7n);
    await expect(pool.payRevenue(w.poor, 1n)).to.be.revertedWithCustomError(w.pool, "RevenueExceeded").withArgs(0n, 1n);
    await w.pool.connect(w.rules).expire(ID);
    await expect(pool.payRevenue(w.poor, D + 1n))
      .to.be.revertedWithCustomError(w.pool, "RevenueExceeded")
      .withArgs(D, D + 1n);
    for (const refused of [ethers.ZeroAddress, await addressOf(w.pool)]) {
      await expect(pool.payRevenue(refused, 1n))
        .to.be.revertedWithCustomError(w.pool, "RecipientRefused")
        .withArgs(refused);
    }
    await expect(pool.payRevenue(w.poor, D)).to.emit(w.pool, "RevenuePaid").withArgs(w.poor.address, D);
    expect(await w.token.balanceOf(w.poor)).to.equal(D);
    expect(await w.pool.ledger()).to.deep.equal([D + S + S, 0n, 0n, 7n, 0n]);
  });
});

describe("The provider's bond", () => {
  it("grows by what anyone pays, and is the provider's whoever paid", async () => {
    const w = await networkHelpers.loadFixture(world);
    for (const [payer, amount] of [
      [w.user, 300n],
      [w.other, 50n],
    ] as const) {
      await expect(w.pool.connect(payer).postBond(amount))
        .to.emit(w.pool, "BondPosted")
        .withArgs(payer.address, amount);
    }
    expect(await w.pool.ledger()).to.deep.equal([2n * (D + S), 0n, 0n, 350n, 0n]);
    expect(await w.token.balanceOf(w.pool)).to.equal(2n * (D + S) + 350n);
    expect((await w.disputes.obligations()).free).to.equal(350n);
  });

  it("takes nothing from a payer who has nothing or allowed nothing", async () => {
    const w = await networkHelpers.loadFixture(world);
    await expect(w.pool.connect(w.poor).postBond(1n)).to.be.revertedWithCustomError(
      w.token,
      "ERC20InsufficientAllowance",
    );
    await w.token.connect(w.poor).approve(w.pool, 1n);
    await expect(w.pool.connect(w.poor).postBond(1n)).to.be.revertedWithCustomError(
      w.token,
      "ERC20InsufficientBalance",
    );
    expect((await w.pool.ledger()).bond).to.equal(0n);
  });

  it("cannot overflow the ledger", async () => {
    const w = await networkHelpers.loadFixture(world);
    const limit = 1n << 120n;
    await w.token.mint(w.user, limit);
    await w.token.approve(w.pool, ethers.MaxUint256);
    await expect(w.pool.postBond(1n << 128n)).to.be.revertedWithCustomError(w.pool, "SafeCastOverflowedUintDowncast");
    await expect(w.pool.postBond(limit - 2n * (D + S)))
      .to.be.revertedWithCustomError(w.pool, "LedgerIsFull")
      .withArgs(limit);
    await w.pool.postBond(limit - 1n - 2n * (D + S));
    await expect(w.pool.postBond(1n)).to.be.revertedWithCustomError(w.pool, "LedgerIsFull").withArgs(limit);
  });

  it("is paid back up to what it is, and never out of revenue or an account", async () => {
    const w = await networkHelpers.loadFixture(world);
    const pool = w.pool.connect(w.court);
    await w.pool.connect(w.rules).expire(ID);
    await expect(pool.payBond(w.poor, 1n)).to.be.revertedWithCustomError(w.pool, "BondExceeded").withArgs(0n, 1n);
    await w.pool.postBond(300n);
    await expect(pool.payBond(w.poor, 301n)).to.be.revertedWithCustomError(w.pool, "BondExceeded").withArgs(300n, 301n);
    for (const refused of [ethers.ZeroAddress, await addressOf(w.pool)]) {
      await expect(pool.payBond(refused, 1n))
        .to.be.revertedWithCustomError(w.pool, "RecipientRefused")
        .withArgs(refused);
    }
    await expect(pool.payBond(w.poor, 299n)).to.emit(w.pool, "BondPaid").withArgs(w.poor.address, 299n);
    expect(await w.token.balanceOf(w.poor)).to.equal(299n);
    expect(await w.pool.ledger()).to.deep.equal([D + S + S, 0n, D, 1n, 0n]);
  });

  it("pays awards and penalties before revenue does, and neither ever out of an account", async () => {
    const w = await networkHelpers.loadFixture(world);
    const pool = w.pool.connect(w.court);
    await w.pool.connect(w.rules).expire(ID);
    await w.pool.postBond(300n);
    const escrowed = D + S + S;
    await expect(pool.payAward(w.poor, 100n, 60n))
      .to.emit(w.pool, "ProviderCharged")
      .withArgs(w.poor.address, 100n, 60n);
    expect(await w.pool.ledger()).to.deep.equal([escrowed, 0n, D, 140n, 60n]);
    await pool.payAward(w.poor, 100n, 60n);
    expect(await w.pool.ledger()).to.deep.equal([escrowed, 0n, D - 20n, 0n, 120n]);
    await pool.payAward(ethers.ZeroAddress, 0n, 5n);
    await expect(pool.payAward(w.poor, D - 25n, 1n))
      .to.be.revertedWithCustomError(w.pool, "AwardExceeded")
      .withArgs(D - 25n, D - 24n);
    await expect(pool.payAward(w.poor, ethers.MaxUint256, 1n)).to.be.revertedWithPanic(0x11);
    await pool.payAward(w.poor, D - 25n, 0n);
    expect(await w.pool.ledger()).to.deep.equal([escrowed, 0n, 0n, 0n, 125n]);
    expect(await w.token.balanceOf(w.poor)).to.equal(200n + D - 25n);
    expect(await w.token.balanceOf(w.pool)).to.equal(escrowed + 125n);
  });
});

describe("Burning", () => {
  it("sends all that awaits it away for ever, whoever asks", async () => {
    const w = await networkHelpers.loadFixture(world);
    await w.pool.connect(w.rules).release(ID, SLASHED, distribution(w));
    await expect(w.pool.connect(w.poor).burn()).to.emit(w.pool, "Burned").withArgs(S);
    expect(await w.token.balanceOf(DEAD)).to.equal(S);
    expect(await w.pool.ledger()).to.deep.equal([D + S, 0n, 0n, 0n, 0n]);
    await expect(w.pool.burn()).to.be.revertedWithCustomError(w.pool, "NothingToBurn");
  });
});

describe("Claiming", () => {
  it("has nothing for whoever was paid", async () => {
    const w = await networkHelpers.loadFixture(world);
    await w.pool.connect(w.rules).release(ID, CLOSED, distribution(w));
    await expect(w.pool.connect(w.poor).claim(w.poor))
      .to.be.revertedWithCustomError(w.pool, "NothingToClaim")
      .withArgs(w.poor.address);
  });
});
