// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";
import type { AddressLike } from "ethers";
import hre, { artifacts } from "hardhat";
import { poseidon2 } from "poseidon-lite";

import type { PoolParametersStruct } from "../../typechain-types/contracts/CreditPool.js";
import {
  addressOf,
  BASE8,
  createPool,
  deployFactory,
  deployWorld,
  ethers,
  GENERATOR,
  HOUR,
  networkHelpers,
  validParameters,
  verifiersOf,
} from "./support/world.ts";

const world = () => deployWorld();

/** With a verifier of its own for each statement, so that none can stand in for another. */
async function distinctWorld() {
  const w = await deployWorld();
  const verifiers = { ...verifiersOf(w.verifier) };
  for (const statement of Object.keys(verifiers) as (keyof typeof verifiers)[]) {
    verifiers[statement] = await addressOf(await ethers.deployContract("ModelVerifier"));
  }
  const factory = await deployFactoryWith(w.deployers, verifiers);
  return { ...w, factory, ...(await createPool(factory, w.parameters, w.user)) };
}

/** A factory with libraries of its own. */
async function deployFactoryWith(
  deployers: { settlement: AddressLike; disputes: AddressLike },
  verifiers: ReturnType<typeof verifiersOf>,
) {
  const poseidon = await addressOf(await ethers.deployContract("PoseidonT3"));
  const tree = await addressOf(await ethers.deployContract("LeanIMT", [], { libraries: { PoseidonT3: poseidon } }));
  const libraries = { PoseidonT3: poseidon, LeanIMT: tree };
  return ethers.deployContract("CreditPoolFactory", [deployers, verifiers], { libraries });
}

describe("Creating a pool", () => {
  it("keeps the parameters for ever, as they were given", async () => {
    const { pool, parameters } = await networkHelpers.loadFixture(world);
    const kept = await pool.parameters();
    for (const [name, value] of Object.entries(parameters)) {
      expect(kept[name as keyof PoolParametersStruct], name).to.deep.equal(value);
    }
  });

  it("binds scope and pool hash to chain, pool, hold and provider key", async () => {
    const { pool } = await networkHelpers.loadFixture(world);
    const { chainId } = await ethers.provider.getNetwork();
    const encoded = ethers.AbiCoder.defaultAbiCoder().encode(
      ["string", "uint256", "address"],
      ["jeton.scope.v1", chainId, await addressOf(pool)],
    );
    const scope = BigInt(ethers.keccak256(encoded)) >> 8n;
    expect(await pool.scope()).to.equal(scope);
    expect(await pool.poolHash()).to.equal(poseidon2([poseidon2([scope, 1_100n]), poseidon2(BASE8)]));
  });

  it("wires pool and rules to each other and to the factory's verifiers", async () => {
    const { pool, settlement, disputes, factory, deployers } = await networkHelpers.loadFixture(distinctWorld);
    expect(await settlement.pool()).to.equal(await addressOf(pool));
    expect(await disputes.pool()).to.equal(await addressOf(pool));
    expect(await pool.settlement()).to.equal(await addressOf(settlement));
    expect(await pool.disputes()).to.equal(await addressOf(disputes));
    const wired = await factory.verifiers();
    expect(new Set(wired).size).to.equal(5);
    expect(await settlement.closeVerifier()).to.equal(wired.close);
    expect(await settlement.slashVerifier()).to.equal(wired.slash);
    expect(await settlement.foldVerifier()).to.equal(wired.fold);
    expect(await disputes.requestVerifier()).to.equal(wired.request);
    expect(await disputes.refundVerifier()).to.equal(wired.refund);
    const { settlement: first, disputes: second } = await factory.ruleDeployers();
    expect([first, second]).to.deep.equal([await addressOf(deployers.settlement), await addressOf(deployers.disputes)]);
  });

  it("announces every pool and lists them in pages", async () => {
    const { factory, parameters, user, provider, token, pool } = await networkHelpers.loadFixture(world);
    const creation = factory.createPool(parameters, GENERATOR);
    await creation;
    const [second] = await factory.poolsFrom(1n, 1n);
    if (second === undefined) throw new Error("not listed");
    const created = await ethers.getContractAt("CreditPool", second, user);
    const [rules, disputes] = [await created.settlement(), await created.disputes()];
    await expect(creation)
      .to.emit(factory, "PoolCreated")
      .withArgs(second, rules, disputes, provider.address, await addressOf(token));
    const first = await addressOf(pool);
    expect(await factory.poolCount()).to.equal(2n);
    expect(await factory.poolsFrom(0n, 10n)).to.deep.equal([first, second]);
    expect(await factory.poolsFrom(0n, 1n)).to.deep.equal([first]);
    expect(await factory.poolsFrom(2n, 10n)).to.deep.equal([]);
    expect(await factory.poolsFrom(ethers.MaxUint256, ethers.MaxUint256)).to.deep.equal([]);
    expect(await factory.isPool(second)).to.equal(true);
    for (const rule of [rules, disputes]) expect(await factory.isPool(rule)).to.equal(false);
  });

  it("gives two pools with the same parameters different pool hashes", async () => {
    const { factory, parameters, pool, user } = await networkHelpers.loadFixture(world);
    const other = await createPool(factory, parameters, user);
    expect(await other.pool.poolHash()).to.not.equal(await pool.poolHash());
  });

  it("gives rules that somebody deploys alone no power over a pool", async () => {
    const { deployers, pool, settlement, disputes, verifier, other } = await networkHelpers.loadFixture(world);
    const terms = {
      poolHash: 1n,
      scope: 1n,
      provider: other.address,
      ticketPrice: 1n,
      policyHold: 0n,
      unit: 1n,
      bountyBps: 1n,
      challengeWindow: 0n,
      disputeWindow: 0n,
      accountLifetime: 0n,
      verifiers: verifiersOf(verifier),
    };
    const rogue = async (deployer: (typeof deployers)[keyof typeof deployers]): Promise<string> => {
      const address = await deployer.connect(other).deploy.staticCall(terms);
      await deployer.connect(other).deploy(terms);
      return address;
    };
    const rules = await ethers.getContractAt("CreditSettlement", await rogue(deployers.settlement), other);
    expect(await rules.pool()).to.equal(other.address);
    const others = await ethers.getContractAt("CreditDisputes", await rogue(deployers.disputes), other);
    expect(await others.pool()).to.equal(other.address);
    expect(await pool.settlement()).to.equal(await addressOf(settlement));
    expect(await pool.disputes()).to.equal(await addressOf(disputes));
  });

  it("fits every contract under the limit on code size", async function () {
    if (hre.globalOptions.coverage) this.skip(); // what measures coverage makes the code larger
    for (const name of [
      "CreditPool",
      "CreditSettlement",
      "CreditDisputes",
      "CreditSettlementDeployer",
      "CreditDisputesDeployer",
      "CreditPoolFactory",
    ]) {
      const { deployedBytecode } = await artifacts.readArtifact(name);
      expect(deployedBytecode.length / 2 - 1, name).to.be.below(24_576);
    }
  });
});

describe("Creating a pool with parameters out of bounds", () => {
  const LIMIT = 1n << 96n;
  const NOBODY = "0x0000000000000000000000000000000000001234";
  const cases: [string, Partial<PoolParametersStruct>, string, unknown[]][] = [
    ["a token without code", { token: NOBODY }, "TokenWithoutCode", [NOBODY]],
    ["no provider", { provider: ethers.ZeroAddress }, "ProviderIsZero", []],
    ["no terms", { termsHash: ethers.ZeroHash }, "TermsHashIsZero", []],
    ["a free ticket", { ticketPrice: 0n }, "TicketPriceIsZero", []],
    ["a ticket price of 2^96", { ticketPrice: LIMIT }, "HoldOutOfRange", [LIMIT, 100n]],
    ["a policy hold of 2^96", { policyHold: LIMIT }, "HoldOutOfRange", [1_000n, LIMIT]],
    ["a hold of 2^96", { policyHold: LIMIT - 1_000n }, "HoldOutOfRange", [1_000n, LIMIT - 1_000n]],
    ["an endless hold", { policyHold: ethers.MaxUint256 }, "HoldOutOfRange", [1_000n, ethers.MaxUint256]],
    ["a unit of zero", { unit: 0n }, "UnitDoesNotDivide", [0n, 1_000n, 100n]],
    [
      "a unit that does not divide the price",
      { unit: 50n, ticketPrice: 1_020n },
      "UnitDoesNotDivide",
      [50n, 1_020n, 100n],
    ],
    ["a unit that does not divide the hold", { unit: 1_000n }, "UnitDoesNotDivide", [1_000n, 1_000n, 100n]],
    ["no stake", { stakeMinimum: 0n }, "StakeMinimumOutOfRange", [0n]],
    ["a stake of 2^96", { stakeMinimum: LIMIT }, "StakeMinimumOutOfRange", [LIMIT]],
    ["a stake above the deposit's whole", { stakeBps: 10_001n }, "StakeBpsOutOfRange", [10_001n]],
    ["no bounty", { bountyBps: 0n }, "BountyBpsOutOfRange", [0n]],
    ["a bounty of 100 %", { bountyBps: 10_000n }, "BountyBpsOutOfRange", [10_000n]],
    ["a challenge window of zero", { challengeWindow: 0n }, "ChallengeWindowOutOfRange", [0n]],
    ["a challenge window too short", { challengeWindow: HOUR - 1n }, "ChallengeWindowOutOfRange", [HOUR - 1n]],
    ["a challenge window too long", { challengeWindow: 8_761n * HOUR }, "ChallengeWindowOutOfRange", [8_761n * HOUR]],
    ["a dispute window too short", { disputeWindow: HOUR - 1n }, "DisputeWindowOutOfRange", [HOUR - 1n]],
    ["a dispute window too long", { disputeWindow: 8_761n * HOUR }, "DisputeWindowOutOfRange", [8_761n * HOUR]],
    ["a lifetime too short", { accountLifetime: 4n * HOUR - 1n }, "AccountLifetimeOutOfRange", [4n * HOUR - 1n]],
    ["a lifetime too long", { accountLifetime: 876_001n * HOUR }, "AccountLifetimeOutOfRange", [876_001n * HOUR]],
    ["a key off the curve", { providerKey: [1n, 1n] }, "ProviderKeyInvalid", [[1n, 1n]]],
    ["a key of small order", { providerKey: [0n, 1n] }, "ProviderKeyInvalid", [[0n, 1n]]],
    ["a key of composite order", { providerKey: GENERATOR }, "ProviderKeyInvalid", [GENERATOR]],
  ];
  for (const [what, changes, error, values] of cases) {
    it(`refuses ${what}`, async () => {
      const { factory, parameters, pool } = await networkHelpers.loadFixture(world);
      await expect(factory.createPool({ ...parameters, ...changes }, GENERATOR))
        .to.be.revertedWithCustomError(pool, error)
        .withArgs(...values);
    });
  }

  it("accepts the widest bounds", async () => {
    const { factory, parameters, user } = await networkHelpers.loadFixture(world);
    const widest = {
      policyHold: 0n,
      ticketPrice: LIMIT - 1n,
      unit: 1n,
      stakeMinimum: LIMIT - 1n,
      stakeBps: 10_000n,
      bountyBps: 9_999n,
      challengeWindow: 8_760n * HOUR,
      disputeWindow: 8_760n * HOUR,
      accountLifetime: 876_000n * HOUR,
    };
    const { pool } = await createPool(factory, { ...parameters, ...widest }, user);
    expect(await pool.stakeOf(LIMIT - 1n)).to.equal(2n * (LIMIT - 1n));
  });
});

describe("Deploying a factory", () => {
  it("refuses a creator of settlements or of disputes without code", async () => {
    const { factory, deployers, verifier, other } = await networkHelpers.loadFixture(world);
    for (const name of ["settlement", "disputes"] as const) {
      await expect(deployFactoryWith({ ...deployers, [name]: other.address }, verifiersOf(verifier)))
        .to.be.revertedWithCustomError(factory, "DeployerWithoutCode")
        .withArgs(other.address);
    }
  });

  it("refuses a verifier that is missing, is something else, or agrees to everything", async () => {
    const { factory, deployers, verifier, token, other } = await networkHelpers.loadFixture(world);
    const agreeing = await addressOf(await ethers.deployContract("AgreeingVerifier"));
    for (const wrong of [other.address, await addressOf(token), agreeing]) {
      for (const statement of Object.keys(verifiersOf(verifier))) {
        await expect(deployFactoryWith(deployers, { ...verifiersOf(verifier), [statement]: wrong }))
          .to.be.revertedWithCustomError(factory, "VerifierRefused")
          .withArgs(wrong);
      }
    }
  });

  it("accepts the generated verifiers, which refuse a proof of nothing", async () => {
    const { deployers } = await networkHelpers.loadFixture(world);
    const deployed = async (name: string): Promise<string> => addressOf(await ethers.deployContract(name));
    await deployFactoryWith(deployers, {
      close: await deployed("CloseVerifier"),
      slash: await deployed("SlashVerifier"),
      fold: await deployed("FoldVerifier"),
      request: await deployed("RequestVerifier"),
      refund: await deployed("RefundVerifier"),
    });
  });

  it("is open to anyone, and leaves nobody with a right over the pools", async () => {
    const { token, other } = await networkHelpers.loadFixture(world);
    const { factory } = await deployFactory();
    const parameters = validParameters(await addressOf(token), other.address);
    const { pool } = await createPool(factory, parameters, other);
    const names: string[] = [];
    pool.interface.forEachFunction((fragment) => names.push(fragment.name));
    expect(names.filter((name) => /owner|pause|upgrade|admin|^set[A-Z]/.test(name))).to.deep.equal([]);
  });
});
