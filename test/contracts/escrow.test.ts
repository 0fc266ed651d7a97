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

/** A pool with two accounts, and its rules as a signer: whatever a bug in them might do, it tries. */
async function world(): Promise<World & { rules: Signer }> {
  const w = await deployWorld();
  await w.pool.deposit(ID, D);
  await w.pool.deposit(ID + 1n, D);
  return { ...w, rules: await signerOf(w.settlement) };
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
  it("obeys the settlement alone, not the provider, the factory or the depositor", async () => {
    const w = await networkHelpers.loadFixture(world);
    for (const stranger of [w.provider, w.user, await signerOf(w.factory), await signerOf(w.deployer)]) {
      const pool = w.pool.connect(stranger);
      for (const call of [
        pool.release(ID, CLOSED, distribution(w)),
        pool.expire(ID),
        pool.payRevenue(stranger.address, 0n),
      ]) {
        await expect(call).to.be.revertedWithCustomError(w.pool, "NotSettlement").withArgs(stranger.address);
      }
    }
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
    expect(await w.pool.ledger()).to.deep.equal([D + S, 0n, 400n, S]);
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
    expect(await w.pool.ledger()).to.deep.equal([D + S + S, 0n, D, 0n]);
    await expect(pool.expire(ID)).to.be.revertedWithCustomError(w.pool, "AccountNotActive").withArgs(ID, EXPIRED);
    await expect(pool.release(ID, CLOSED, distribution(w)))
      .to.be.revertedWithCustomError(w.pool, "DistributionMismatch")
      .withArgs(ID, S, D + S);
    await pool.release(ID, CLOSED, distribution(w, { toRecipient: S, toBurn: 0n }));
    expect(await w.token.balanceOf(w.poor)).to.equal(S);
  });

  it("pays revenue up to what there is, and never out of an account", async () => {
    const w = await networkHelpers.loadFixture(world);
    const pool = w.pool.connect(w.rules);
    await expect(pool.payRevenue(w.poor, 1n)).to.be.revertedWithCustomError(w.pool, "RevenueExceeded").withArgs(0n, 1n);
    await pool.expire(ID);
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
  });
});

describe("Burning", () => {
  it("sends all that awaits it away for ever, whoever asks", async () => {
    const w = await networkHelpers.loadFixture(world);
    await w.pool.connect(w.rules).release(ID, SLASHED, distribution(w));
    await expect(w.pool.connect(w.poor).burn()).to.emit(w.pool, "Burned").withArgs(S);
    expect(await w.token.balanceOf(DEAD)).to.equal(S);
    expect(await w.pool.ledger()).to.deep.equal([D + S, 0n, 0n, 0n]);
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
