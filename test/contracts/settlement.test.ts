// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import type { CloseRequestStruct } from "../../typechain-types/contracts/CreditSettlement.js";
import { challengeOf, closeRequest, FIELD, hashToField, NO_PROOF } from "./support/requests.ts";
import { addressOf, deployWorld, ethers, networkHelpers } from "./support/world.ts";
import type { World } from "./support/world.ts";

const D = 110_000n;
const ID = hashToField("somebody");

async function world(): Promise<World> {
  const w = await deployWorld();
  await w.pool.deposit(ID, D);
  return w;
}

const coverKeysWith = (t: number, key: bigint): bigint[] => Array.from({ length: 64 }, (_, i) => (i === t ? key : 0n));

describe("Starting a close", () => {
  const POOL = "the pool";
  const cases: [string, Partial<CloseRequestStruct>, string, unknown[]][] = [
    ["after its deadline", { deadline: 1n }, "DeadlinePassed", [1n]],
    ["to the zero address", { recipient: ethers.ZeroAddress }, "RecipientRefused", [ethers.ZeroAddress]],
    ["to the pool", { recipient: POOL }, "RecipientRefused", [POOL]],
    ["with the pool as relayer", { relayer: POOL }, "RelayerRefused", [POOL]],
    ["with a fee and no relayer", { fee: 1n }, "FeeWithoutRelayer", [1n]],
    ["with a fee of 2^96", { relayer: `0x${"11".repeat(20)}`, fee: 1n << 96n }, "FeeOutOfRange", [1n << 96n]],
    ["of an account that never was", { identityCommitment: ID + 1n }, "AccountNotOpen", [ID + 1n, 0n]],
    ["with more tickets than there are", { firstUnused: 65_537n }, "FirstUnusedOutOfRange", [65_537n]],
    ["with an endless number", { firstUnused: ethers.MaxUint256 }, "FirstUnusedOutOfRange", [ethers.MaxUint256]],
    ["with refunds and no ticket", { refundedCharges: 1n }, "RefundedChargesOutOfRange", [1n, 0n]],
    [
      "with refunds above the charges",
      { firstUnused: 3n, refundedCharges: 3_001n },
      "RefundedChargesOutOfRange",
      [3_001n, 3_000n],
    ],
    ["with refunds above the holds", { firstUnused: 3n, refundedHolds: 301n }, "RefundedHoldsOutOfRange", [301n, 300n]],
    ["with a certified state", { certified: 1n }, "StateNotCertified", [1n]],
    ["with a cover key of p", { coverKeys: coverKeysWith(0, FIELD) }, "CoverKeyOutOfField", [0n, FIELD]],
    [
      "with a cover key of 2^256 - 1",
      { coverKeys: coverKeysWith(63, ethers.MaxUint256) },
      "CoverKeyOutOfField",
      [63n, ethers.MaxUint256],
    ],
    ["without a proof", {}, "ProofRefused", []],
  ];
  for (const [what, changes, error, values] of cases) {
    it(`is refused ${what}`, async () => {
      const w = await networkHelpers.loadFixture(world);
      const pool = await addressOf(w.pool);
      if (changes.recipient === POOL) changes.recipient = pool;
      if (changes.relayer === POOL) changes.relayer = pool;
      await expect(w.settlement.startClose(await closeRequest(w, ID, changes)))
        .to.be.revertedWithCustomError(w.settlement, error)
        .withArgs(...values.map((value) => (value === POOL ? pool : value)));
    });
  }

  it("asks for a proof of the challenge that the protocol prescribes", async () => {
    const w = await networkHelpers.loadFixture(world);
    const poolHash = await w.pool.poolHash();
    for (const changes of [{}, { coverKeys: coverKeysWith(5, FIELD - 1n), relayer: w.other.address, fee: 3n }]) {
      const request = await closeRequest(w, ID, changes);
      expect(await w.settlement.closeChallengeOf(request)).to.equal(challengeOf(poolHash, request).z);
    }
  });

  it("reports no pending close where there is none", async () => {
    const w = await networkHelpers.loadFixture(world);
    const none = [0n, 0n, 0n, ethers.ZeroAddress, 0n, ethers.ZeroAddress];
    expect(await w.settlement.pendingClosesOf([ID, 1n])).to.deep.equal([none, none]);
    await expect(w.settlement.finalizeClose(ID))
      .to.be.revertedWithCustomError(w.settlement, "NoPendingClose")
      .withArgs(ID);
  });
});

describe("Closing with consent", () => {
  it("is refused after the deadline of the consent", async () => {
    const w = await networkHelpers.loadFixture(world);
    await expect(w.settlement.closeWithConsent(await closeRequest(w, ID), 1n, "0x"))
      .to.be.revertedWithCustomError(w.settlement, "ConsentDeadlinePassed")
      .withArgs(1n);
  });

  it("is refused without the provider's signature, or with anybody else's", async () => {
    const w = await networkHelpers.loadFixture(world);
    const request = await closeRequest(w, ID);
    for (const signature of ["0x", await consent(w, request, w.user), `0x${"00".repeat(65)}`]) {
      await expect(w.settlement.closeWithConsent(request, request.deadline, signature)).to.be.revertedWithCustomError(
        w.settlement,
        "ConsentRefused",
      );
    }
  });

  it("still needs the owner's proof when the provider has signed", async () => {
    const w = await networkHelpers.loadFixture(world);
    const request = await closeRequest(w, ID);
    const signature = await consent(w, request, w.provider);
    await expect(w.settlement.closeWithConsent(request, request.deadline, signature)).to.be.revertedWithCustomError(
      w.settlement,
      "ProofRefused",
    );
  });

  it("asks for the typed data that wallets show, in the name of the pool", async () => {
    const w = await networkHelpers.loadFixture(world);
    const request = await closeRequest(w, ID, { relayer: w.other.address, fee: 3n, firstUnused: 2n });
    const { domain, types, message } = await typedConsent(w, request);
    expect(await w.settlement.consentDigestOf(request, request.deadline)).to.equal(
      ethers.TypedDataEncoder.hash(domain, types, message),
    );
  });

  async function consent(w: World, request: CloseRequestStruct, signer: World["user"]): Promise<string> {
    const { domain, types, message } = await typedConsent(w, request);
    return signer.signTypedData(domain, types, message);
  }

  async function typedConsent(w: World, request: CloseRequestStruct) {
    const { chainId } = await ethers.provider.getNetwork();
    const numbers = ["identityCommitment", "firstUnused", "refundedCharges", "refundedHolds", "certified"];
    const uint = (name: string) => ({ name, type: "uint256" });
    const encodedKeys = ethers.AbiCoder.defaultAbiCoder().encode(["uint256[64]"], [request.coverKeys]);
    const { proof: _, coverKeys: __, ...fields } = request;
    return {
      domain: { name: "Jeton", version: "1", chainId, verifyingContract: await addressOf(w.pool) },
      types: {
        CloseConsent: [
          ...numbers.map(uint),
          { name: "coverKeysHash", type: "bytes32" },
          { name: "recipient", type: "address" },
          { name: "relayer", type: "address" },
          ...["fee", "deadline", "consentDeadline"].map(uint),
        ],
      },
      message: { ...fields, coverKeysHash: ethers.keccak256(encodedKeys), consentDeadline: request.deadline },
    };
  }
});

describe("Slashing", () => {
  it("is refused without a proof, without an account, and to nobody", async () => {
    const w = await networkHelpers.loadFixture(world);
    const { settlement } = w;
    await expect(settlement.slash(ID, 1n, w.poor, NO_PROOF)).to.be.revertedWithCustomError(settlement, "ProofRefused");
    await expect(settlement.slash(ID + 1n, 1n, w.poor, NO_PROOF))
      .to.be.revertedWithCustomError(settlement, "AccountNotOpen")
      .withArgs(ID + 1n, 0n);
    for (const refused of [ethers.ZeroAddress, await addressOf(w.pool)]) {
      await expect(settlement.slash(ID, 1n, refused, NO_PROOF))
        .to.be.revertedWithCustomError(settlement, "RecipientRefused")
        .withArgs(refused);
    }
    for (const nullifier of [FIELD, ethers.MaxUint256]) {
      await expect(settlement.slash(ID, nullifier, w.poor, NO_PROOF))
        .to.be.revertedWithCustomError(settlement, "NullifierOutOfField")
        .withArgs(nullifier);
    }
  });
});

describe("Expiring", () => {
  it("gives the deposit to the provider after the lifetime, whoever asks, and only then", async () => {
    const w = await networkHelpers.loadFixture(world);
    const { openedAt } = await w.pool.accountOf(ID);
    const expirableAt = openedAt + 24n * 3600n;
    await expect(w.settlement.expire(ID))
      .to.be.revertedWithCustomError(w.settlement, "AccountNotExpirable")
      .withArgs(ID, expirableAt);
    await networkHelpers.time.setNextBlockTimestamp(expirableAt);
    await expect(w.settlement.connect(w.poor).expire(ID)).to.emit(w.settlement, "AccountExpired").withArgs(ID);
    expect((await w.pool.ledger()).revenue).to.equal(D);
  });

  it("is refused for an account that never was", async () => {
    const w = await networkHelpers.loadFixture(world);
    await expect(w.settlement.expire(ID + 1n))
      .to.be.revertedWithCustomError(w.pool, "AccountNotActive")
      .withArgs(ID + 1n, 0n);
  });
});

describe("Withdrawing revenue", () => {
  it("is the provider's alone", async () => {
    const w = await networkHelpers.loadFixture(world);
    await networkHelpers.time.increase(25n * 3600n);
    await w.settlement.expire(ID);
    await expect(w.disputes.withdrawRevenue(w.user, 1n))
      .to.be.revertedWithCustomError(w.settlement, "NotProvider")
      .withArgs(w.user.address);
    const withdrawal = w.disputes.connect(w.provider).withdrawRevenue(w.poor, D - 1n);
    await expect(withdrawal)
      .to.emit(w.disputes, "RevenueWithdrawn")
      .withArgs(w.poor.address, D - 1n);
    expect(await w.token.balanceOf(w.poor)).to.equal(D - 1n);
    expect((await w.pool.ledger()).revenue).to.equal(1n);
  });
});
