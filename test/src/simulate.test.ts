// SPDX-License-Identifier: GPL-3.0-or-later
import { readFileSync } from "node:fs";

import { expect } from "chai";
import { Contract, toBeHex } from "ethers";
import { network } from "hardhat";

import { GAS_PRICE_ORACLE } from "../../src/chain/index.ts";
import { runSimulation } from "../../src/cli/jeton/simulate.ts";
import { Prover } from "../../src/prover/index.ts";
import {
  BUILT_IN,
  Charges,
  DEFAULT_PRICES,
  PoolMoney,
  Random,
  Replay,
  VERBS,
  betaBelow,
  carryOut,
  costsOf,
  dataFee,
  depositGas,
  fastLzSize,
  opSize,
  playedOut,
  readMeasured,
  sampleTransactions,
  scenarioSchema,
  scriptOf,
  simulate,
  stakeOf,
} from "../../src/simulate/index.ts";
import type { Agreement, ReplayWorld, Scenario, SimulatedEvent } from "../../src/simulate/index.ts";
import { expectNear } from "../support/near.ts";
import type { LocalConnection, LocalPool, LocalPoolOptions } from "../../scripts/support/local-pool.ts";
import { createLocalPool } from "../../scripts/support/local-pool.ts";

const builtIn = (name: string, change: Partial<Scenario> = {}): Scenario => {
  const found = BUILT_IN.find((scenario) => scenario.name === name);
  return { ...scenarioSchema.parse(found), ...change };
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const small = builtIn("small");

const poolOf = ({ pool }: Scenario): LocalPoolOptions => ({
  ...{ ticketPrice: pool.ticketPrice, policyHold: pool.policyHold, unit: pool.unit, stakeMinimum: pool.stakeMinimum },
  ...{ stakeBps: BigInt(pool.stakeBps), bountyBps: BigInt(pool.bountyBps) },
  ...{ challengeWindow: BigInt(pool.challengeWindow), disputeWindow: BigInt(pool.disputeWindow) },
  accountLifetime: BigInt(pool.accountLifetime),
});

async function worldOf(
  { client, user, provider, providerKey }: LocalPool,
  { networkHelpers: { time } }: LocalConnection,
  prove: ReplayWorld["prove"],
): Promise<ReplayWorld> {
  const beginning = (await time.latest()) + 10;
  return {
    ...{ client, user, provider, providerKey, prove },
    moveTo: async (seconds) => {
      await time.setNextBlockTimestamp(Math.max(beginning + seconds, (await time.latest()) + 1));
    },
  };
}

describe("simulations", function () {
  this.timeout(300_000);

  it("are reality where it is small: every payout, award, bounty, burn and withdrawal to the unit, and the gas within what is promised", async () => {
    const connection = await network.create();
    const local = await createLocalPool(connection, poolOf(small));
    const { client, token } = local;
    const prover = await Prover.create();
    try {
      const world = worldOf(local, connection, (statement, input) => prover.prove(statement, input));
      const script = scriptOf(small, new Charges(small), [0, 1, 2]);
      const seen = new Set<SimulatedEvent["kind"]>();
      const agreement = await carryOut(await world, script, await readMeasured(), ({ kind }) => seen.add(kind));
      expect(agreement.differences).to.deep.equal([]);
      expect([...VERBS].filter((verb) => verb !== "approve" && !seen.has(verb))).to.deep.equal([]);
      expect(agreement.verbs.map(({ verb }) => verb)).to.have.members([...seen]);
      expect(agreement.verbs.every(({ used, furthest, tolerance }) => used > 21_000 && furthest <= tolerance)).to.equal(
        true,
      );

      // The same by hand.
      const money = new PoolMoney(small);
      const replay = new Replay(await world);
      expect([...playedOut(script, money)].length).to.equal(agreement.transactions);
      const { escrowed, revenue, bond, awaitingBurn } = await client.contracts.pool.ledger();
      expect({ escrowed, revenue, bond, awaitingBurn }).to.deep.equal(money.balances);
      for (const account of script.accounts) {
        const settled = money.settlements.get(account.id);
        const held = async (what: "payout" | "award" | "bounty"): Promise<bigint> =>
          token.balanceOf(replay.addressOf(account, what));
        expect(await held("payout"), `payout of ${account.id}`).to.equal(settled?.toUser ?? 0n);
        expect(await held("bounty"), `bounty of ${account.id}`).to.equal(settled?.toSlasher ?? 0n);
        expect(await held("award"), `award of ${account.id}`).to.equal(money.awards.get(account.id) ?? 0n);
        if (settled === undefined) continue;
        const { toUser, toProvider, toBurn, toSlasher } = settled;
        expect(toUser + toProvider + toBurn + toSlasher).to.equal(account.deposit + stakeOf(small, account.deposit));
      }
      expect(await token.balanceOf(replay.treasury)).to.equal(money.withdrawn);
      expect(money.withdrawn > 0n && money.burned > 0n).to.equal(true);
      expect(await token.balanceOf("0x000000000000000000000000000000000000dEaD")).to.equal(money.burned);
    } finally {
      await prover.close();
    }
  });

  it("are told apart from reality where it is another: a stake, a verb's gas, or somebody else's payment", async () => {
    const measured = await readMeasured();
    // Nobody comes back, so nothing is proved: deposits, expiries, withdrawals.
    const forgotten = builtIn("small", { abandonRate: 1, disputeRate: 0, violationRate: 0, months: 2 });
    const script = scriptOf(forgotten, new Charges(forgotten), [0, 1]);
    const played = async (change: LocalPoolOptions, gas = measured.gas, paid = false): Promise<Agreement> => {
      const connection = await network.create();
      const local = await createLocalPool(connection, { ...poolOf(forgotten), ...change });
      const world = await worldOf(local, connection, () => Promise.reject(new Error("there is nothing to prove")));
      if (paid) await (await local.token.mint(new Replay(world).treasury, 7n)).wait();
      return carryOut(world, script, { ...measured, gas });
    };
    const honest = await played({});
    expect(honest.differences).to.deep.equal([]);
    expect(honest.verbs.map(({ verb }) => verb)).to.include.members(["deposit", "expire", "withdrawRevenue"]);

    const other = await played({ stakeBps: 101n });
    expect(other.differences).to.have.length(1);
    expect(other.differences[0]).to.match(
      /^after deposit(Batch)? the pool's escrowed is \d+, and was computed as \d+$/,
    );
    expect(other.transactions).to.be.below(honest.transactions);

    const dearer = await played({}, { ...measured.gas, expire: 2 * measured.gas.expire });
    expect(dearer.differences).to.have.length(1);
    expect(dearer.differences[0]).to.contain("the gas of expire differs by 50.0 %, and 40.0 % is promised");

    const { differences } = await played({}, measured.gas, true);
    expect(differences).to.have.length(1);
    expect(differences[0]).to.match(/^the provider's treasury is \d+, and was computed as/);
  });

  it("say what deposits cost to the unit, at any place in the tree", async () => {
    const { gas } = await readMeasured();
    expect(depositGas(0, 1)).to.equal(gas.deposit.first);
    expectNear(depositGas(99, 100), gas.deposit.at100, 36);
    expectNear(depositGas(999, 1_000), gas.deposit.at1000, 36);
    expectNear(depositGas(0, 1_000), gas.deposit.mean1000, 36);
    const one = Array.from({ length: 77 }, (_, index) => depositGas(1_000 + index, 1_001 + index));
    expectNear(depositGas(1_000, 1_077), mean(one), 1e-6);
  });

  it("come again: the same scenario gives the same figures, another seed gives others, and users do not depend on each other", async () => {
    const measured = await readMeasured();
    const run = (change: Partial<Scenario> = {}) =>
      simulate(builtIn("250k-2", { months: 2, ...change }), { sample: 40, measured });
    expect(JSON.stringify(run().months)).to.equal(JSON.stringify(run().months));
    expect(JSON.stringify(run({ seed: "other" }).months)).not.to.equal(JSON.stringify(run().months));
    const charges = new Charges(small);
    const ofUserOne = (users: readonly number[]) =>
      scriptOf(small, charges, users)
        .accounts.filter(({ user }) => user === 1)
        .map(({ id, deposit, charged }) => [id, deposit, charged]);
    expect(ofUserOne([0, 1, 2])).to.deep.equal(ofUserOne([1]));
  });

  it("draw from the distributions that they state", () => {
    const random = new Random("test", "draws");
    const draws = (draw: () => number, count = 20_000): number[] => Array.from({ length: count }, draw);
    const near = (values: readonly number[], expectedMean: number, expectedVariance: number): void => {
      const center = mean(values);
      expectNear(center, expectedMean, 5 * Math.sqrt(expectedVariance / values.length), "mean");
      expectNear(mean(values.map((value) => (value - center) ** 2)) / expectedVariance, 1, 0.15, "variance");
    };
    near(
      draws(() => random.uniform()),
      1 / 2,
      1 / 12,
    );
    near(
      draws(() => random.exponential(3)),
      3,
      9,
    );
    near(
      draws(() => random.normal()),
      0,
      1,
    );
    near(
      draws(() => random.gamma(1.5, 300)),
      300,
      300 ** 2 / 1.5,
    );
    near(
      draws(() => random.gamma(0.4, 10)),
      10,
      10 ** 2 / 0.4,
    );
    near(
      draws(() => random.poisson(7)),
      7,
      7,
    );
    near(
      draws(() => random.poisson(1_700), 2_000),
      1_700,
      1_700,
    );
    near(
      draws(() => Math.log(random.lognormal(10, 0.7))),
      Math.log(10),
      0.49,
    );
    // Beta(2, 3) has the distribution function 6x² − 8x³ + 3x⁴.
    for (const x of [0.05, 0.3, 0.5, 0.9]) expectNear(betaBelow(x, 2, 3), 6 * x ** 2 - 8 * x ** 3 + 3 * x ** 4, 1e-10);
    const charges = new Charges(builtIn("1m-1"));
    const drawn = draws(() => charges.draw(random));
    expectNear(mean(drawn), charges.mean, 6);
    expect(Math.min(...drawn)).to.be.at.least(1);
    expect(Math.max(...drawn)).to.be.at.most(1_000);
    // 0.6·0.1 + 0.3·0.4 + 0.1 of C, of which 3 in 5 are used; charges are rounded up by half a unit on average.
    expectNear(charges.mean, 1_000 * 0.28 * 0.6, 1);
  });

  it("send as much to the chain as the scenario says", async () => {
    const measured = await readMeasured();
    for (const name of ["250k-2", "1m-1", "1m-3"]) {
      const outcome = simulate(builtIn(name), { sample: 60, measured });
      expectNear(
        outcome.actionsPerUserMonth,
        outcome.scenario.actionsPerMonth,
        0.25 * outcome.scenario.actionsPerMonth,
      );
      const { unsettled, earned, escrowed } = outcome.months.at(-1) ?? { unsettled: 0, earned: 0, escrowed: 0 };
      expect(unsettled > 0.01 * earned && unsettled < earned).to.equal(true);
      expect(escrowed > unsettled).to.equal(true);
    }
  });

  it("charge for data by the L2s' own formulas", () => {
    const noise = new Random("test", "noise");
    const random = Uint8Array.from({ length: 1_000 }, () => Math.floor(noise.uniform() * 256));
    // 32 literals take a byte before them.
    expect(fastLzSize(random)).to.equal(1_000 + Math.ceil(1_000 / 32));
    expect(opSize(new Uint8Array(50))).to.equal(100);
    expectNear(opSize(random), -42.5856 + 0.8365 * 1_032, 1e-9);
  });

  it("compress as published vectors say: op-geth's own, and Solady's LibZip on many kinds of data", () => {
    const { sources, vectors } = JSON.parse(readFileSync("test/vectors/published/fastlz.json", "utf8")) as {
      readonly sources: readonly string[];
      readonly vectors: readonly { readonly what: string; readonly data: string; readonly size: number }[];
    };
    expect(sources).to.have.length(2);
    expect(vectors.length).to.be.at.least(50);
    for (const { what, data, size } of vectors) expect(fastLzSize(Buffer.from(data, "hex")), what).to.equal(size);
  });

  it("charge for data what the OP Stack's own contract charges: GasPriceOracle on a simulated L2, to the wei", async () => {
    const { ethers } = await network.create({ chainType: "op" });
    const [, L1_BASE_FEE, , SCALARS, , , , BLOB_BASE_FEE] = [0, 1, 2, 3, 4, 5, 6, 7];
    const L1_BLOCK = "0x4200000000000000000000000000000000000015";
    const { baseFeeScalar, baseBlobScalar, l1BaseFee, blobBaseFee } = DEFAULT_PRICES;
    const gwei = (value: number): bigint => BigInt(Math.round(value * 1e9));
    const set = (slot: number | undefined, value: bigint): Promise<unknown> =>
      ethers.provider.send("hardhat_setStorageAt", [L1_BLOCK, toBeHex(slot ?? 0), toBeHex(value, 32)]);
    await set(L1_BASE_FEE, gwei(l1BaseFee));
    await set(BLOB_BASE_FEE, gwei(blobBaseFee));
    await set(SCALARS, (BigInt(baseFeeScalar) << 96n) | (BigInt(baseBlobScalar) << 64n));
    const oracle = new Contract(
      GAS_PRICE_ORACLE,
      ["function isFjord() view returns (bool)", "function getL1Fee(bytes) view returns (uint256)"],
      ethers.provider,
    );
    expect(await oracle.getFunction("isFjord")()).to.equal(true);
    const perByte = 16n * BigInt(baseFeeScalar) * gwei(l1BaseFee) + BigInt(baseBlobScalar) * gwei(blobBaseFee);
    const larger = (one: bigint, other: bigint): bigint => (one > other ? one : other);
    for (const [verb, transaction] of Object.entries(sampleTransactions(20))) {
      const fee: unknown = await oracle.getFunction("getL1Fee")(transaction);
      // The contract adds 68 bytes for a signature.
      const scaled = -42_585_600n + 836_500n * BigInt(fastLzSize(transaction) + 68);
      const expected = (larger(scaled, 100_000_000n) * perByte) / 1_000_000_000_000n;
      expect(fee, verb).to.equal(expected);
    }
    const short = new Uint8Array(30).fill(7);
    const fee = Number(await oracle.getFunction("getL1Fee")(short));
    expectNear((dataFee("base", short, DEFAULT_PRICES) / DEFAULT_PRICES.dollarsPerEther) * 1e18, fee, 1);
  });

  it("cost nothing where nothing costs anything, and twice as much where prices double", async () => {
    const outcome = simulate(builtIn("250k-2", { months: 2 }), { sample: 20, measured: await readMeasured() });
    const free = Object.fromEntries(Object.keys(DEFAULT_PRICES).map((name) => [name, 0])) as typeof DEFAULT_PRICES;
    for (const { perUserMonth } of costsOf(outcome, free))
      expect(perUserMonth).to.deep.equal({ execution: 0, data: 0 });
    const [once, twice] = [3_000, 6_000].map(
      (dollarsPerEther) => costsOf(outcome, { ...DEFAULT_PRICES, dollarsPerEther })[0]?.perUserMonth,
    );
    expectNear((twice?.execution ?? 0) / (once?.execution ?? 1), 2, 1e-9);
    expectNear((twice?.data ?? 0) / (once?.data ?? 1), 2, 1e-9);
    const dataOf = (changes: Partial<typeof DEFAULT_PRICES>): number[] =>
      costsOf(outcome, { ...DEFAULT_PRICES, ...changes }).map(({ perUserMonth }) => perUserMonth.data);
    const [base = 0, optimism, arbitrum] = dataOf({});
    const [dearer = 0, ...others] = dataOf({ baseFeeScalar: 2 * 2_269, baseBlobScalar: 2 * 1_055_762 });
    expectNear(dearer / base, 2, 1e-9);
    expect(others).to.deep.equal([optimism, arbitrum]);
  });

  it("speak for people and machines, and refuse what is wrong with a code", async () => {
    const refused = async (work: Promise<unknown>, code: string): Promise<void> => {
      const error = await work.then(
        () => undefined,
        (reason: unknown) => reason as { readonly code: string },
      );
      expect(error?.code).to.equal(code);
    };
    await refused(runSimulation(undefined, { sample: "10" }), "OPTION_MISSING");
    await refused(runSimulation("huge", { sample: "10" }), "OPTION_INVALID");
    await refused(runSimulation("small", { sample: "0" }), "OPTION_INVALID");
    await refused(runSimulation("small", { sample: "3", replay: "0" }), "OPTION_INVALID");
    await refused(runSimulation("small", { sample: "3", replay: "1001" }), "OPTION_INVALID");
    await refused(runSimulation("small", { sample: "3", replay: "all" }), "OPTION_INVALID");
    await refused(runSimulation("small", { sample: "3", price: ["gold=1"] }), "OPTION_INVALID");
    await refused(runSimulation("small", { sample: "3", price: ["base=-1"] }), "OPTION_INVALID");
    await refused(runSimulation(undefined, { sample: "3", file: "/nowhere.json" }), "FILE_UNREADABLE");
    await refused(runSimulation(undefined, { sample: "3", file: "package.json" }), "OPTION_INVALID");
    const { mkdtempSync } = await import("node:fs");
    const { tmpdir } = await import("node:os");
    const html = `${mkdtempSync(`${tmpdir()}/jeton-simulate-`)}/page.html`;
    const told = await runSimulation("small", { sample: "3", html });
    expect(told["users"]).to.equal(3);
    expect(readFileSync(html, "utf8")).to.contain("Cost for a user and month");
  });
});
