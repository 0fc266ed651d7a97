// SPDX-License-Identifier: GPL-3.0-or-later
import { LeanIMT } from "@zk-kit/lean-imt";
import { expect } from "chai";
import hre from "hardhat";
import { poseidon2 } from "poseidon-lite";

import { FIELD, hashToField } from "./support/requests.ts";
import { signAuthorization, signPermit } from "./support/signatures.ts";
import { addressOf, deployWorld, ethers, GENERATOR, HOLD, networkHelpers } from "./support/world.ts";
import type { World } from "./support/world.ts";

const world = () => deployWorld();
const D = 110_000n;
const S = 500n + 1_100n;
const ID = hashToField("somebody");
const TAG_LEAF = BigInt(ethers.keccak256(ethers.toUtf8Bytes("jeton.tag.leaf.v1"))) >> 8n;
const leafOf = (identityCommitment: bigint, amount: bigint) =>
  (poseidon2([identityCommitment, amount]) + TAG_LEAF) % FIELD;
/** Where the pool's storage has the ledger (three slots, before the credits), and the tree (its size, then its depth). */
const [LEDGER_SLOT, TREE_SLOT] = [0n, 4n];

describe("Depositing", () => {
  it("takes D + S, opens the account and adds its leaf", async () => {
    const { pool, token, user } = await networkHelpers.loadFixture(world);
    const deposit = pool.deposit(ID, D);
    await expect(deposit).to.emit(pool, "AccountOpened").withArgs(ID, D, S, 0n);
    await expect(deposit).to.emit(pool, "RootUpdated").withArgs(leafOf(ID, D), 1n);
    expect(await token.balanceOf(pool)).to.equal(D + S);
    expect(await token.balanceOf(user)).to.equal(10n ** 15n - D - S);
    const { timestamp } = (await ethers.provider.getBlock("latest")) ?? {};
    expect(await pool.accountOf(ID)).to.deep.equal([D, S, BigInt(timestamp ?? 0), 1n]);
    expect(await pool.ledger()).to.deep.equal([D + S, 0n, 0n, 0n, 0n]);
    expect(await pool.leafOf(ID, D)).to.equal(leafOf(ID, D));
    expect(await pool.stakeOf(D)).to.equal(S);
  });

  it("builds the tree that the library builds off chain, deposits and batches mixed", async () => {
    const { pool } = await networkHelpers.loadFixture(world);
    const tree = new LeanIMT<bigint>((a, b) => poseidon2([a, b]));
    for (let i = 0; i < 5; i++) {
      const ids = Array.from({ length: i + 1 }, (_, t) => hashToField(`batch ${i} ${t}`));
      await pool.deposit(hashToField(`single ${i}`), D);
      await pool.depositBatch(
        ids,
        ids.map((id) => HOLD + (id % 1_000n)),
      );
      tree.insert(leafOf(hashToField(`single ${i}`), D));
      for (const id of ids) tree.insert(leafOf(id, HOLD + (id % 1_000n)));
      expect(await pool.root()).to.equal(tree.root);
      expect(await pool.leafCount()).to.equal(BigInt(tree.size));
      expect(await pool.depth()).to.equal(BigInt(tree.depth));
    }
  });

  it("reads accounts in bulk, unknown ones as nothing", async () => {
    const { pool } = await networkHelpers.loadFixture(world);
    await pool.deposit(ID, D);
    const accounts = await pool.accountsOf([1n, ID, 1n]);
    expect(accounts.map((account) => account.deposit)).to.deep.equal([0n, D, 0n]);
    expect(accounts.map((account) => account.status)).to.deep.equal([0n, 1n, 0n]);
    expect(await pool.accountsOf([])).to.deep.equal([]);
  });

  it("refuses a commitment of zero, and one at or above the field's order", async () => {
    const { pool } = await networkHelpers.loadFixture(world);
    for (const wrong of [0n, FIELD, FIELD + 1n, ethers.MaxUint256]) {
      await expect(pool.deposit(wrong, D))
        .to.be.revertedWithCustomError(pool, "IdentityCommitmentOutOfField")
        .withArgs(wrong);
    }
    await pool.deposit(FIELD - 1n, D);
  });

  it("refuses a commitment that was used, also with another amount", async () => {
    const { pool } = await networkHelpers.loadFixture(world);
    await pool.deposit(ID, D);
    for (const amount of [D, D + 1n]) {
      await expect(pool.deposit(ID, amount)).to.be.revertedWithCustomError(pool, "IdentityCommitmentUsed").withArgs(ID);
    }
  });

  it("refuses an amount below one hold or above 65,536 of them", async () => {
    const { pool } = await networkHelpers.loadFixture(world);
    const most = 65_536n * HOLD;
    for (const wrong of [0n, 1n, HOLD - 1n, most + 1n, 1n << 96n, ethers.MaxUint256]) {
      await expect(pool.deposit(ID, wrong))
        .to.be.revertedWithCustomError(pool, "DepositOutOfRange")
        .withArgs(wrong, HOLD, most);
    }
    await pool.deposit(ID, HOLD);
    await pool.deposit(ID + 1n, most);
  });

  it("refuses an amount of 2^96 where a hold would allow it", async () => {
    const { pool, token, user } = await deployWorld("DemoUSD", { ticketPrice: 1n << 90n, policyHold: 0n, unit: 1n });
    const limit = 1n << 96n;
    await token.mint(user, limit * 2n);
    await token.approve(pool, ethers.MaxUint256);
    await expect(pool.deposit(ID, limit))
      .to.be.revertedWithCustomError(pool, "DepositOutOfRange")
      .withArgs(limit, 1n << 90n, limit - 1n);
    await pool.deposit(ID, limit - 1n);
  });

  it("refuses what is not approved or not there, and loses nothing", async () => {
    const { pool, token, poor } = await networkHelpers.loadFixture(world);
    await expect(pool.connect(poor).deposit(ID, D)).to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance");
    await token.connect(poor).approve(pool, D + S);
    await expect(pool.connect(poor).deposit(ID, D)).to.be.revertedWithCustomError(token, "ERC20InsufficientBalance");
    expect(await pool.leafCount()).to.equal(0n);
  });

  it("refuses one leaf more than 2^32, alone or in a batch", async () => {
    const { pool } = await networkHelpers.loadFixture(world);
    const address = await addressOf(pool);
    const full = 1n << 32n;
    await networkHelpers.setStorageAt(address, TREE_SLOT, ethers.toBeHex(full - 1n, 32));
    await networkHelpers.setStorageAt(address, TREE_SLOT + 1n, ethers.toBeHex(32n, 32));
    expect(await pool.leafCount()).to.equal(full - 1n);
    await expect(pool.depositBatch([ID, ID + 1n], [D, D]))
      .to.be.revertedWithCustomError(pool, "TreeIsFull")
      .withArgs(full - 1n, 2n);
    await pool.deposit(ID, D);
    expect(await pool.depth()).to.equal(32n);
    await expect(pool.deposit(ID + 1n, D))
      .to.be.revertedWithCustomError(pool, "TreeIsFull")
      .withArgs(full, 1n);
  });

  it("refuses a deposit that would overflow the ledger", async () => {
    const { pool, token } = await networkHelpers.loadFixture(world);
    const full = (1n << 120n) - 1n;
    await networkHelpers.setStorageAt(await addressOf(pool), LEDGER_SLOT, ethers.toBeHex(full - D - S + 1n, 32));
    await token.mint(pool, full);
    await expect(pool.deposit(ID, D))
      .to.be.revertedWithCustomError(pool, "LedgerIsFull")
      .withArgs(full + 1n);
    await networkHelpers.setStorageAt(await addressOf(pool), LEDGER_SLOT, ethers.toBeHex(full - D - S, 32));
    await pool.deposit(ID, D);
  });

  it("costs whoever takes another's commitment first his own money", async () => {
    const { pool, token, user, other } = await networkHelpers.loadFixture(world);
    const before = await token.balanceOf(user);
    await pool.connect(other).deposit(ID, HOLD);
    await expect(pool.deposit(ID, D)).to.be.revertedWithCustomError(pool, "IdentityCommitmentUsed");
    expect(await token.balanceOf(user)).to.equal(before);
    expect(await token.balanceOf(other)).to.equal(10n ** 15n - HOLD - (await pool.stakeOf(HOLD)));
  });
});

describe("Depositing with a permit", () => {
  it("needs no allowance before", async () => {
    const w = await poorWithTokens();
    const { deadline, v, r, s } = await signPermit(w, w.poor, D + S);
    await w.pool.connect(w.poor).depositWithPermit(ID, D, deadline, v, r, s);
    expect(await w.token.balanceOf(w.poor)).to.equal(0n);
    expect((await w.pool.accountOf(ID)).deposit).to.equal(D);
  });

  it("goes through when somebody sent the permit first", async () => {
    const w = await poorWithTokens();
    const { deadline, v, r, s } = await signPermit(w, w.poor, D + S);
    await w.token.connect(w.other).permit(w.poor, w.pool, D + S, deadline, v, r, s);
    await w.pool.connect(w.poor).depositWithPermit(ID, D, deadline, v, r, s);
    expect((await w.pool.accountOf(ID)).deposit).to.equal(D);
  });

  it("takes the tokens of its caller only, whoever signed", async () => {
    const w = await poorWithTokens();
    const { deadline, v, r, s } = await signPermit(w, w.poor, D + S);
    await w.token.connect(w.other).approve(w.pool, 0n);
    await expect(w.pool.connect(w.other).depositWithPermit(ID, D, deadline, v, r, s)).to.be.revertedWithCustomError(
      w.token,
      "ERC20InsufficientAllowance",
    );
    expect(await w.token.balanceOf(w.poor)).to.equal(D + S);
  });

  it("is refused with a signature that does not fit and no allowance", async () => {
    const w = await poorWithTokens();
    const { deadline, v, r, s } = await signPermit(w, w.poor, D + S - 1n);
    await expect(w.pool.connect(w.poor).depositWithPermit(ID, D, deadline, v, r, s)).to.be.revertedWithCustomError(
      w.token,
      "ERC20InsufficientAllowance",
    );
  });
});

describe("Depositing with an authorization", () => {
  it("lets a relayer pay the gas", async () => {
    const w = await poorWithTokens();
    const a = await signAuthorization(w, w.poor, ID, D, D + S);
    await w.pool
      .connect(w.other)
      .depositWithAuthorization(ID, D, w.poor, a.validAfter, a.validBefore, a.salt, a.v, a.r, a.s);
    expect(await w.token.balanceOf(w.poor)).to.equal(0n);
    expect(await w.token.balanceOf(w.other)).to.equal(10n ** 15n);
    expect((await w.pool.accountOf(ID)).deposit).to.equal(D);
  });

  it("cannot be redirected to another commitment, amount or salt", async () => {
    const w = await poorWithTokens();
    const a = await signAuthorization(w, w.poor, ID, D, D + S);
    const redirected: [bigint, bigint, string][] = [
      [ID + 1n, D, a.salt],
      [ID, D - 1n, a.salt],
      [ID, D, ethers.id("another salt")],
    ];
    for (const [identityCommitment, amount, salt] of redirected) {
      await expect(
        w.pool
          .connect(w.other)
          .depositWithAuthorization(
            identityCommitment,
            amount,
            w.poor,
            a.validAfter,
            a.validBefore,
            salt,
            a.v,
            a.r,
            a.s,
          ),
      ).to.be.revertedWithCustomError(w.token, "ERC3009InvalidSignature");
    }
  });

  it("cannot be used in another pool, nor taken by anyone from the token", async () => {
    const w = await poorWithTokens();
    const a = await signAuthorization(w, w.poor, ID, D, D + S);
    await w.factory.createPool(w.parameters, GENERATOR);
    const [, second] = await w.factory.poolsFrom(0n, 2n);
    const pool = await ethers.getContractAt("CreditPool", second ?? "", w.other);
    await expect(
      pool.depositWithAuthorization(ID, D, w.poor, a.validAfter, a.validBefore, a.salt, a.v, a.r, a.s),
    ).to.be.revertedWithCustomError(w.token, "ERC3009InvalidSignature");
    const nonce = await w.pool.authorizationNonceOf(ID, D, a.salt);
    await expect(
      w.token
        .connect(w.other)
        .receiveWithAuthorization(w.poor, w.pool, D + S, a.validAfter, a.validBefore, nonce, a.v, a.r, a.s),
    ).to.be.revertedWithCustomError(w.token, "ERC20InvalidReceiver");
  });

  it("leaves the authorization unused when somebody took the commitment first", async () => {
    const w = await poorWithTokens();
    const a = await signAuthorization(w, w.poor, ID, D, D + S);
    await w.pool.connect(w.other).deposit(ID, HOLD);
    await expect(
      w.pool.depositWithAuthorization(ID, D, w.poor, a.validAfter, a.validBefore, a.salt, a.v, a.r, a.s),
    ).to.be.revertedWithCustomError(w.pool, "IdentityCommitmentUsed");
    const nonce = await w.pool.authorizationNonceOf(ID, D, a.salt);
    expect(await w.token.authorizationState(w.poor, nonce)).to.equal(false);
    expect(await w.token.balanceOf(w.poor)).to.equal(D + S);
  });

  it("commits its nonce to pool, commitment, amount and salt", async () => {
    const { pool } = await networkHelpers.loadFixture(world);
    const encoded = ethers.AbiCoder.defaultAbiCoder().encode(
      ["string", "address", "uint256", "uint256", "bytes32"],
      ["jeton.authorization.v1", await addressOf(pool), ID, D, ethers.id("salt")],
    );
    expect(await pool.authorizationNonceOf(ID, D, ethers.id("salt"))).to.equal(ethers.keccak256(encoded));
  });
});

describe("Depositing a batch", () => {
  const ids = [hashToField("a"), hashToField("b"), hashToField("c")] as const;

  it("opens every account with one payment and one update of the tree", async () => {
    const { pool, token } = await networkHelpers.loadFixture(world);
    const amounts = [D, HOLD, D + 1n];
    const batch = pool.depositBatch([...ids], amounts);
    let sum = 0n;
    for (const [i, amount] of amounts.entries()) {
      const stake = 500n + amount / 100n;
      sum += amount + stake;
      await expect(batch).to.emit(pool, "AccountOpened").withArgs(ids[i], amount, stake, BigInt(i));
    }
    const receipt = await (await batch).wait();
    const updates = receipt?.logs.filter((log) => log.topics[0] === pool.getEvent("RootUpdated").fragment.topicHash);
    expect(updates?.length).to.equal(1);
    expect(await token.balanceOf(pool)).to.equal(sum);
    expect((await pool.ledger()).escrowed).to.equal(sum);
  });

  it("refuses an empty batch and lists of different lengths", async () => {
    const { pool } = await networkHelpers.loadFixture(world);
    await expect(pool.depositBatch([], [])).to.be.revertedWithCustomError(pool, "BatchIsEmpty");
    await expect(pool.depositBatch([...ids], [D]))
      .to.be.revertedWithCustomError(pool, "BatchLengthMismatch")
      .withArgs(3n, 1n);
  });

  it("names the commitment that is used, there twice, or zero, and opens nothing", async () => {
    const { pool } = await networkHelpers.loadFixture(world);
    await pool.deposit(ID, D);
    for (const [batch, error, named] of [
      [[ids[0], ID], "IdentityCommitmentUsed", ID],
      [[ids[0], ids[1], ids[0]], "IdentityCommitmentUsed", ids[0]],
      [[ids[0], 0n], "IdentityCommitmentOutOfField", 0n],
    ] as const) {
      await expect(
        pool.depositBatch(
          [...batch],
          batch.map(() => D),
        ),
      )
        .to.be.revertedWithCustomError(pool, error)
        .withArgs(named);
    }
    expect(await pool.leafCount()).to.equal(1n);
  });

  it("fits 100 accounts into one transaction, below its budget of gas", async function () {
    if (hre.globalOptions.coverage) this.skip(); // what measures coverage costs gas
    const { pool } = await networkHelpers.loadFixture(world);
    const many = Array.from({ length: 100 }, (_, i) => hashToField(`many ${i}`));
    const receipt = await (
      await pool.depositBatch(
        many,
        many.map(() => D),
      )
    ).wait();
    expect(Number(receipt?.gasUsed) / 100).to.be.below(95_000);
  });
});

/** Somebody without allowance who has exactly the price of one deposit. */
async function poorWithTokens(): Promise<World> {
  const w = await networkHelpers.loadFixture(world);
  await w.token.mint(w.poor, D + S);
  return w;
}
