// SPDX-License-Identifier: GPL-3.0-or-later
/** Everything that can be found wrong before anything is sent. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { Contract, formatEther, getAddress } from "ethers";

import { VERIFIED_STATEMENTS, VERIFIERS, creationGas, requireChain } from "../src/chain/index.ts";
import { existingToken, requireToken } from "./04-token.ts";
import type { DeployContext } from "./context.ts";
import { isDevelopmentAccount, isDevelopmentProviderKey } from "./development.ts";
import { DeployError } from "./errors.ts";

const TRUSTED_SETUP = "docs/trusted-setup.md";

/** @throws ChainError WRONG_CHAIN; DeployError with what to do. */
export async function preflight(context: DeployContext): Promise<void> {
  const { provider, network } = context.options;
  await requireChain(provider, network.chainId);
  await requireRecordOfChain(context);
  if (!context.isLocal) {
    await requireCeremonyKeys(context);
    requireOwnAccounts(context);
  }
  const token = existingToken(context);
  if (token !== undefined) await requireToken(context, token);
  await requireFunds(context);
}

/** Two chains can have one id: a local one that was started anew, or an endpoint that lies. */
async function requireRecordOfChain(context: DeployContext): Promise<void> {
  const { provider, network, store } = context.options;
  if (context.record.chainId !== network.chainId.toString()) {
    throw new DeployError(
      "RECORD_MISMATCH",
      `${store.name} is of chain ${context.record.chainId}, and not of ${network.chainId}: it is in the wrong place`,
    );
  }
  const genesisHash = (await provider.getBlock(0).catch(() => null))?.hash ?? undefined;
  const recorded = context.record.genesisHash;
  if (genesisHash === undefined || recorded === genesisHash) return;
  if (recorded !== undefined && !context.isLocal) {
    throw new DeployError(
      "RECORD_MISMATCH",
      `${store.name} is of another chain with the id ${network.chainId} (genesis ${recorded}, and here ${genesisHash}): check the endpoint`,
    );
  }
  if (recorded !== undefined) {
    context.log("the local chain was started anew: what is on record is gone");
    context.amend({ contracts: {}, pools: {}, pending: undefined });
  }
  context.amend({ genesisHash });
}

/** Keys that one party made let that party forge every proof: never where there is money. */
async function requireCeremonyKeys(context: DeployContext): Promise<void> {
  const { manifest, network } = context.options;
  if (manifest.purpose !== "ceremony") {
    throw new DeployError(
      "DEVELOPMENT_KEYS",
      `the proving keys are made for ${manifest.purpose}: whoever made them can forge every proof and empty every pool. They are refused on ${network.title} (chain ${network.chainId}) and on every live chain. ${TRUSTED_SETUP} says how a ceremony makes keys that can be used there`,
    );
  }
  for (const statement of VERIFIED_STATEMENTS) {
    const file = fileURLToPath(new URL(`../contracts/verifiers/${VERIFIERS[statement]}.sol`, import.meta.url));
    const actual = createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
    const expected = manifest.statements[statement]?.sha256.verifier;
    if (actual !== expected) {
      throw new DeployError(
        "DEVELOPMENT_KEYS",
        `${file} is not the verifier of the ceremony's keys: its SHA-256 is ${actual}, and the manifest says ${expected ?? "nothing"}; see ${TRUSTED_SETUP}`,
      );
    }
  }
}

function requireOwnAccounts(context: DeployContext): void {
  const { pool, network } = context.options;
  for (const [role, address] of [
    ["deployer", context.deployerAddress],
    ["provider", pool.parameters.provider],
  ] as const) {
    if (isDevelopmentAccount(address)) {
      throw new DeployError(
        "DEVELOPMENT_ACCOUNT",
        `the ${role} ${getAddress(address)} is an account of Hardhat's and anvil's public phrase: everybody has its key. Use another one on ${network.title}`,
      );
    }
  }
  if (isDevelopmentProviderKey(pool.parameters.providerKey)) {
    throw new DeployError(
      "DEVELOPMENT_ACCOUNT",
      `the provider key is this project's public development key. Make your own on ${network.title}: npx jeton provider key`,
    );
  }
}

/** Contracts that the steps create. */
const CREATED = [
  "PoseidonT3",
  "LeanIMT",
  ...Object.values(VERIFIERS),
  "CreditSettlementDeployer",
  "CreditDisputesDeployer",
  "CreditPoolFactory",
] as const;

/** What the factory creates; the code comes out of the chain, so nothing of it is sent. */
const CREATED_BY_FACTORY = ["CreditPool", "CreditSettlement", "CreditDisputes"] as const;

async function gasNeeded(context: DeployContext): Promise<{ gas: bigint; bytes: number }> {
  let gas = 0n;
  let bytes = 0;
  const names = [...CREATED, ...(existingToken(context) === undefined ? ["DemoUSD"] : [])];
  for (const name of names) {
    if (context.record.contracts[name] !== undefined) continue;
    const artifact = await context.artifact(name);
    gas += creationGas(artifact);
    bytes += artifact.bytecode.length / 2;
  }
  if (context.record.pools[context.options.pool.name] === undefined) {
    gas += 500_000n; // Poseidon, thrice, and the factory's list
    for (const name of CREATED_BY_FACTORY) gas += creationGas(await context.artifact(name));
  }
  return { gas, bytes };
}

/** The OP Stack's price of data on L1, for what is about to be sent; 0 on other chains. */
async function dataFee(context: DeployContext, bytes: number): Promise<bigint> {
  const oracle = new Contract(
    "0x420000000000000000000000000000000000000F",
    ["function getL1FeeUpperBound(uint256) view returns (uint256)"],
    context.options.provider,
  );
  try {
    return (await oracle.getFunction("getL1FeeUpperBound").staticCall(BigInt(Math.ceil(bytes)))) as bigint;
  } catch {
    return 0n;
  }
}

async function requireFunds(context: DeployContext): Promise<void> {
  const { provider, network } = context.options;
  const { gas, bytes } = await gasNeeded(context);
  if (gas === 0n) return;
  const { maxFeePerGas, gasPrice } = await provider.getFeeData();
  const needed = gas * (maxFeePerGas ?? gasPrice ?? 0n) + (await dataFee(context, bytes));
  const balance = await provider.getBalance(context.deployerAddress);
  if (balance >= needed) return;
  throw new DeployError(
    "DEPLOYER_UNFUNDED",
    `the deployer ${context.deployerAddress} has ${formatEther(balance)} of the coin of ${network.title}, and the deployment needs up to ${formatEther(needed)} (about ${gas} gas at today's price): send it ${formatEther(needed - balance)} more and run again`,
  );
}
