// SPDX-License-Identifier: GPL-3.0-or-later
import { network } from "hardhat";

import { DemoUSD__factory } from "../../../typechain-types/index.js";
import type {
  CreditDisputes,
  CreditDisputesDeployer,
  CreditPool,
  CreditPoolFactory,
  CreditSettlement,
  CreditSettlementDeployer,
  DemoUSD,
} from "../../../typechain-types/index.js";
import type { PoolParametersStruct } from "../../../typechain-types/contracts/CreditPool.js";

/** BabyJubJub's generator of the whole group, and Base8, eight times it: a key of prime order with its eighth. */
export const GENERATOR: [bigint, bigint] = [
  995203441582195749578291179787384436505546430278305826713579947235728471134n,
  5472060717959818805561601436314318772137091100104008585924551046643952123905n,
];
export const BASE8: [bigint, bigint] = [
  5299619240641551281634865583518297030282874472190772894086521144482721001553n,
  16950150798460657717958625567821834550301663161624707787222815936182638968203n,
];

/** All tests of a file share one chain; `networkHelpers.loadFixture` takes it back to where a fixture left it. */
export const connection = await network.create();
export const { ethers, networkHelpers } = connection;
export type Signer = Awaited<ReturnType<typeof ethers.getSigners>>[number];

export const HOUR = 3600n;
export const HOLD = 1_100n;

/** Everything a test of one pool needs. `verifier` is the model verifier: proofs are hashes of signals. */
export interface World {
  token: DemoUSD;
  verifier: string;
  deployers: { settlement: CreditSettlementDeployer; disputes: CreditDisputesDeployer };
  factory: CreditPoolFactory;
  pool: CreditPool;
  settlement: CreditSettlement;
  disputes: CreditDisputes;
  parameters: PoolParametersStruct;
  provider: Signer;
  user: Signer;
  other: Signer;
  poor: Signer;
}

export async function addressOf(contract: { getAddress(): Promise<string> }): Promise<string> {
  return await contract.getAddress();
}

/** One verifier in the place of all. */
export const verifiersOf = (verifier: string) => ({
  close: verifier,
  slash: verifier,
  fold: verifier,
  request: verifier,
  refund: verifier,
});

/** The factory with its libraries, linked to the model verifier. */
export async function deployFactory(): Promise<Pick<World, "factory" | "deployers" | "verifier">> {
  const poseidon = await addressOf(await ethers.deployContract("PoseidonT3"));
  const tree = await addressOf(await ethers.deployContract("LeanIMT", [], { libraries: { PoseidonT3: poseidon } }));
  const verifier = await addressOf(await ethers.deployContract("ModelVerifier"));
  const deployers = {
    settlement: await ethers.deployContract("CreditSettlementDeployer"),
    disputes: await ethers.deployContract("CreditDisputesDeployer"),
  };
  const factory = await ethers.deployContract("CreditPoolFactory", [deployers, verifiersOf(verifier)], {
    libraries: { PoseidonT3: poseidon, LeanIMT: tree },
  });
  return { factory, deployers, verifier };
}

/** Parameters that every bound accepts: C = 1,000, P = 100, S = 500 + 1 %, half of S for the slasher. */
export function validParameters(token: string, provider: string): PoolParametersStruct {
  return {
    token,
    provider,
    providerKey: BASE8,
    ticketPrice: 1_000n,
    policyHold: 100n,
    unit: 10n,
    stakeMinimum: 500n,
    stakeBps: 100n,
    bountyBps: 5_000n,
    challengeWindow: HOUR,
    disputeWindow: HOUR,
    accountLifetime: 24n * HOUR,
    termsHash: ethers.id("terms"),
  };
}

/** A pool for the named token (any of test/contracts/support, all can be minted by anyone), with users that hold and approved plenty. */
export async function deployWorld(tokenName = "DemoUSD", changes: Partial<PoolParametersStruct> = {}): Promise<World> {
  const [, provider, user, other, poor] = await ethers.getSigners();
  if (!provider || !user || !other || !poor) throw new Error("the network has too few accounts");
  const base = await deployFactory();
  const token = DemoUSD__factory.connect(await addressOf(await ethers.deployContract(tokenName)), user);
  const parameters = { ...validParameters(await addressOf(token), provider.address), ...changes };
  const contracts = await createPool(base.factory, parameters, user);
  const { pool } = contracts;
  for (const holder of [user, other]) {
    await token.mint(holder, 10n ** 15n);
    await token.connect(holder).approve(pool, 10n ** 15n);
  }
  return { ...base, ...contracts, token, parameters, provider, user, other, poor };
}

export async function createPool(
  factory: CreditPoolFactory,
  parameters: PoolParametersStruct,
  user: Signer,
): Promise<Pick<World, "pool" | "settlement" | "disputes">> {
  await factory.createPool(parameters, GENERATOR);
  const [address] = await factory.poolsFrom((await factory.poolCount()) - 1n, 1n);
  if (address === undefined) throw new Error("the factory lists no pool");
  const pool = await ethers.getContractAt("CreditPool", address, user);
  const settlement = await ethers.getContractAt("CreditSettlement", await pool.settlement(), user);
  const disputes = await ethers.getContractAt("CreditDisputes", await pool.disputes(), user);
  return { pool, settlement, disputes };
}

/** A signer that is the contract at `address`: to do what only it may, or what a bug in it might. */
export async function signerOf(contract: { getAddress(): Promise<string> }): Promise<Signer> {
  const address = await addressOf(contract);
  await networkHelpers.impersonateAccount(address);
  await networkHelpers.setBalance(address, 10n ** 18n);
  return ethers.getSigner(address);
}
