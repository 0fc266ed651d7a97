// SPDX-License-Identifier: GPL-3.0-or-later
/** A pool with everything below it, on a network inside this process: real verifiers, as the proving keys in circuits/keys need them. */
import type { ContractTransactionReceipt } from "ethers";
import { id } from "ethers";
import type { network } from "hardhat";

import { PoolClient } from "../../src/chain/index.ts";
import type { Pool, PoolParameters, ProviderKey } from "../../src/protocol/index.ts";
import { providerKey } from "../../src/protocol/index.ts";
import type {
  CreditDisputes,
  CreditPool,
  CreditPoolFactory,
  CreditSettlement,
  DemoUSD,
} from "../../typechain-types/index.js";
import { DemoUSD__factory } from "../../typechain-types/index.js";

/** An in-process network; its contracts are those of the last `hardhat build`. */
export type LocalConnection = Awaited<ReturnType<typeof network.create>>;
export type LocalSigner = Awaited<ReturnType<LocalConnection["ethers"]["getSigners"]>>[number];

export interface LocalProtocol {
  readonly factory: CreditPoolFactory;
  /** Addresses of the generated verifier contracts. */
  readonly verifiers: {
    readonly close: string;
    readonly slash: string;
    readonly fold: string;
    readonly request: string;
    readonly refund: string;
  };
}

export interface LocalPool extends LocalProtocol {
  readonly connection: LocalConnection;
  /** The pool as `src/chain` sees it: parameters read from the chain and checked. */
  readonly client: PoolClient;
  /** What statements and messages are bound to. */
  readonly description: Pool;
  /** Contracts, bound to `user`. */
  readonly pool: CreditPool;
  readonly settlement: CreditSettlement;
  readonly disputes: CreditDisputes;
  readonly token: DemoUSD;
  readonly providerKey: ProviderKey;
  readonly provider: LocalSigner;
  /** Holds 10^15 token units, which the pool may take. */
  readonly user: LocalSigner;
  /** Accounts of the network that play no part yet: they hold coins for gas and no tokens. */
  readonly others: readonly LocalSigner[];
  /** The transaction that created the pool. */
  readonly creation: ContractTransactionReceipt;
}

export type VerifierContracts = Readonly<Record<keyof LocalProtocol["verifiers"], string>>;

/** The generated ones. Only the hunt for planted bugs (test/e2e/campaign) puts others in their place. */
const VERIFIER_CONTRACTS: VerifierContracts = {
  close: "CloseVerifier",
  slash: "SlashVerifier",
  fold: "FoldVerifier",
  request: "RequestVerifier",
  refund: "RefundVerifier",
};

/** Overrides of a pool's parameters, and contracts: of its token, any that has DemoUSD's `mint`, and of the verifiers. */
export type LocalPoolOptions = Partial<PoolParameters> & {
  readonly tokenContract?: string;
  readonly verifierContracts?: VerifierContracts;
};

/** The provider's BabyJubJub key of local pools. It is worth nothing: anybody can read it here. */
const PROVIDER_SECRET = Uint8Array.from({ length: 32 }, (_, index) => index + 1);

/** An amount that nobody runs out of, in token units. */
export const PLENTY = 10n ** 15n;

async function deployed(contract: Promise<{ getAddress(): Promise<string> }>): Promise<string> {
  return (await contract).getAddress();
}

/** Poseidon, the tree, the verifiers and the factory that links them. */
export async function deployLocalProtocol(
  { ethers }: LocalConnection,
  contracts: VerifierContracts = VERIFIER_CONTRACTS,
): Promise<LocalProtocol> {
  const PoseidonT3 = await deployed(ethers.deployContract("PoseidonT3"));
  const LeanIMT = await deployed(ethers.deployContract("LeanIMT", [], { libraries: { PoseidonT3 } }));
  const verifiers = {
    close: await deployed(ethers.deployContract(contracts.close)),
    slash: await deployed(ethers.deployContract(contracts.slash)),
    fold: await deployed(ethers.deployContract(contracts.fold)),
    request: await deployed(ethers.deployContract(contracts.request)),
    refund: await deployed(ethers.deployContract(contracts.refund)),
  };
  const deployers = {
    settlement: await deployed(ethers.deployContract("CreditSettlementDeployer")),
    disputes: await deployed(ethers.deployContract("CreditDisputesDeployer")),
  };
  const factory = await ethers.deployContract("CreditPoolFactory", [deployers, verifiers], {
    libraries: { PoseidonT3, LeanIMT },
  });
  return { factory, verifiers };
}

/** Parameters of a plausible pool of a dollar with 6 decimals: C = 0.01, P = 0.001, S = 1 and 1 %, half of S for who slashes. */
export function localParameters(token: string, provider: string, key: ProviderKey): PoolParameters {
  return {
    token,
    provider,
    providerKey: key.publicKey,
    ticketPrice: 10_000n,
    policyHold: 1_000n,
    unit: 10n,
    stakeMinimum: 1_000_000n,
    stakeBps: 100n,
    bountyBps: 5_000n,
    challengeWindow: 3_600n,
    disputeWindow: 3_600n,
    accountLifetime: 86_400n,
    termsHash: id("terms of a local pool"),
  };
}

/** Deploys everything and creates one pool. The same calls on a fresh network give the same addresses. */
export async function createLocalPool(
  connection: LocalConnection,
  { tokenContract = "DemoUSD", verifierContracts = VERIFIER_CONTRACTS, ...overrides }: LocalPoolOptions = {},
): Promise<LocalPool> {
  const { ethers } = connection;
  const [deployer, provider, user, ...others] = await ethers.getSigners();
  if (deployer === undefined || provider === undefined || user === undefined) {
    throw new Error("a local pool needs a network with at least three accounts");
  }
  const protocol = await deployLocalProtocol(connection, verifierContracts);
  const tokenAddress = await deployed(ethers.deployContract(tokenContract));
  const key = providerKey(PROVIDER_SECRET);
  const parameters = { ...localParameters(tokenAddress, provider.address, key), ...overrides };
  const sent = await protocol.factory.createPool({ ...parameters, providerKey: [...parameters.providerKey] }, [
    ...key.eighth,
  ]);
  const creation = await sent.wait();
  const [address] = await protocol.factory.poolsFrom(0n, 1n);
  if (creation === null || address === undefined) throw new Error("the factory created no pool");

  const client = await PoolClient.connect(ethers.provider, address);
  const pool = client.contracts.pool.connect(user);
  const settlement = client.contracts.settlement.connect(user);
  const disputes = client.contracts.disputes.connect(user);
  const token = DemoUSD__factory.connect(parameters.token, user);
  await (await token.mint(user.address, PLENTY)).wait();
  await (await token.approve(address, PLENTY)).wait();
  return {
    ...protocol,
    connection,
    client,
    description: client.pool,
    pool,
    settlement,
    disputes,
    token,
    providerKey: key,
    provider,
    user,
    others,
    creation,
  };
}
