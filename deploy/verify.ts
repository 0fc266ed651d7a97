// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Holds a deployment's record against the chain and against this build: the code of every contract to the last byte, what each points to,
 * every pool's parameters. Whoever has the repository and an endpoint can do it; nobody has to be believed.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import type { BuildReader, ChainProvider, CodeMatch, Libraries } from "../src/chain/index.ts";
import {
  PoolClient,
  VERIFIED_STATEMENTS,
  VERIFIERS,
  contractsOf,
  immutablesOf,
  isCodeOf,
  linkedRuntime,
  matchOf,
  runtimeAt,
  runtimeWith,
} from "../src/chain/index.ts";
import type { Manifest } from "../src/prover/index.ts";
import { CreditPoolFactory__factory } from "../typechain-types/index.js";
import type { NetworkDescription } from "./networks/index.ts";
import type { PoolConfig } from "./pool-config.ts";
import type { DeploymentRecord, PoolRecord } from "./record.ts";
import { compareTree } from "./tree.ts";

export interface Check {
  readonly what: string;
  readonly isHeld: boolean;
  /** What was found. */
  readonly found: string;
}

export interface VerifyOptions {
  readonly provider: ChainProvider;
  readonly network: NetworkDescription;
  readonly build: BuildReader;
  readonly manifest: Pick<Manifest, "purpose" | "statements">;
  readonly record: DeploymentRecord;
  /** The pools to look at, by what they are called here: those on record, or one by its address. */
  readonly pools: Readonly<Record<string, Pick<PoolRecord, "address"> & Partial<PoolRecord>>>;
  /** What the pool should have been created with, where somebody knows. */
  readonly config?: PoolConfig | undefined;
  /** The hash of the terms that the provider publishes. */
  readonly termsHash?: string | undefined;
}

/** Contracts that carry no immutables, or none that matter: their code is compared as it is. */
const SHARED = [
  "PoseidonT3",
  "LeanIMT",
  ...Object.values(VERIFIERS),
  "CreditSettlementDeployer",
  "CreditDisputesDeployer",
  "CreditPoolFactory",
] as const;

const isSame = (left: unknown, right: unknown): boolean => String(left).toLowerCase() === String(right).toLowerCase();

class Verification {
  readonly checks: Check[] = [];
  readonly options: VerifyOptions;

  constructor(options: VerifyOptions) {
    this.options = options;
  }

  note(what: string, isHeld: boolean, found: string): void {
    this.checks.push({ what, isHeld, found });
  }

  same(what: string, actual: unknown, expected: unknown): void {
    const isHeld = isSame(actual, expected);
    this.note(what, isHeld, isHeld ? String(actual) : `${String(actual)}, and ${String(expected)} is expected`);
  }

  /** What cannot be read is not held. */
  async attempt(what: string, check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      this.note(what, false, (error as Error).message);
    }
  }

  get libraries(): Libraries {
    return Object.fromEntries(
      Object.entries(this.options.record.contracts).map(([name, { address }]) => [name, address]),
    );
  }

  addressOf(name: string): string {
    return this.options.record.contracts[name]?.address ?? "nothing on record";
  }

  async code(what: string, address: string, expected: string): Promise<void> {
    const code = (await this.options.provider.getCode(address)).toLowerCase();
    const bytes = (code.length - 2) / 2;
    const told: Record<CodeMatch, string> = {
      same: `${bytes} bytes, as this build has them`,
      sources: `this build's instructions, ${bytes} bytes, and another hash of the sources`,
      other: `other code than this build's, ${bytes} bytes`,
      none: "no code is there",
    };
    const match = matchOf(code, expected);
    return this.note(what, match === "same", `${address}: ${told[match]}`);
  }
}

async function chain(of: Verification): Promise<void> {
  const { provider, record, network } = of.options;
  of.same("chain", record.chainId, network.chainId);
  if (record.genesisHash !== undefined) {
    of.same("genesis block", (await provider.getBlock(0))?.hash, record.genesisHash);
  }
  of.note("no transaction pending", record.pending === undefined, record.pending?.what ?? "none");
}

async function keys(of: Verification): Promise<void> {
  const { manifest, record, network } = of.options;
  of.same("proving keys on record", record.keys, manifest.purpose);
  const isFit = manifest.purpose === "ceremony" || network.isLocal;
  of.note(
    "proving keys fit for this chain",
    isFit,
    isFit ? manifest.purpose : `${manifest.purpose}: whoever made them can forge proofs (docs/trusted-setup.md)`,
  );
  for (const statement of VERIFIED_STATEMENTS) {
    const file = fileURLToPath(new URL(`../contracts/verifiers/${VERIFIERS[statement]}.sol`, import.meta.url));
    const sha256 = createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
    of.same(
      `${VERIFIERS[statement]} is of the keys' manifest`,
      sha256,
      manifest.statements[statement]?.sha256.verifier,
    );
  }
}

async function shared(of: Verification): Promise<void> {
  const { build, record } = of.options;
  for (const name of SHARED) {
    await of.attempt(`${name}: code`, async () => {
      const entry = record.contracts[name];
      if (entry === undefined) return of.note(`${name}: code`, false, "is not on record");
      const expected = linkedRuntime(await build.readArtifact(name), of.libraries);
      return of.code(`${name}: code`, entry.address, runtimeAt(expected, entry.address));
    });
  }
}

async function factory(of: Verification): Promise<void> {
  const contract = CreditPoolFactory__factory.connect(of.addressOf("CreditPoolFactory"), of.options.provider);
  const deployers = await contract.ruleDeployers();
  of.same("factory: settlement deployer", deployers.settlement, of.addressOf("CreditSettlementDeployer"));
  of.same("factory: disputes deployer", deployers.disputes, of.addressOf("CreditDisputesDeployer"));
  const used = await contract.verifiers();
  for (const statement of VERIFIED_STATEMENTS) {
    of.same(`factory: ${statement} verifier`, used[statement], of.addressOf(VERIFIERS[statement]));
  }
}

async function token(of: Verification): Promise<void> {
  const { record, network, provider, build } = of.options;
  const demo = record.contracts["DemoUSD"];
  if (demo !== undefined) {
    const isDemo = isCodeOf(await provider.getCode(demo.address), await build.readArtifact("DemoUSD"), of.libraries);
    of.note("DemoUSD: code", isDemo, `${demo.address}: ${isDemo ? "this build's" : "not this build's"}`);
    of.note("demo token fit for this chain", network.isLocal, network.title);
  } else if (network.token !== undefined) {
    of.same(`token is the network's ${network.token.symbol}`, record.token?.address, network.token.address);
  }
}

async function pool(of: Verification, name: string): Promise<void> {
  const { provider, network, build, record, config, termsHash } = of.options;
  const entry = of.options.pools[name];
  if (entry === undefined) return;
  const called = `pool ${name}`;
  const contract = CreditPoolFactory__factory.connect(of.addressOf("CreditPoolFactory"), provider);
  await of.attempt(`${called}: of this factory`, async () => {
    const isOwn = await contract.isPool(entry.address);
    of.note(`${called}: of this factory`, isOwn, isOwn ? entry.address : `${entry.address} was created by another`);
  });
  const client = await PoolClient.connect(provider, entry.address, { chainId: network.chainId });
  const verifiers = Object.fromEntries(
    VERIFIED_STATEMENTS.map((statement) => [statement, of.addressOf(VERIFIERS[statement])]),
  );
  const values = immutablesOf(client, verifiers);
  for (const [contractName, address] of contractsOf(client)) {
    const what = `${called}: code of ${contractName}, with its parameters`;
    await of.attempt(what, async () => {
      const names = await build.immutableNames(contractName);
      const expected = runtimeWith(await build.readArtifact(contractName), of.libraries, names, values);
      await of.code(what, address, expected);
    });
  }
  of.same(`${called}: token`, client.token.address, record.token?.address);
  of.same(`${called}: token's decimals`, client.token.decimals, record.token?.decimals);
  if (entry.settlement !== undefined) of.same(`${called}: settlement`, client.settlementAddress, entry.settlement);
  if (entry.disputes !== undefined) of.same(`${called}: disputes`, client.disputesAddress, entry.disputes);
  if (entry.poolHash !== undefined) of.same(`${called}: pool hash`, client.pool.poolHash, entry.poolHash);
  for (const [field, wanted] of Object.entries(config?.parameters ?? {})) {
    of.same(`${called}: ${field}, as configured`, client.parameters[field as keyof typeof client.parameters], wanted);
  }
  if (termsHash !== undefined) of.same(`${called}: hash of the terms`, client.parameters.termsHash, termsHash);
  await of.attempt(`${called}: creation`, () => creation(of, called, entry));
  await of.attempt(`${called}: ${TREE}`, () => tree(of, called, client, entry));
}

const TREE = "tree of accounts, rebuilt from the events";

/** A pool is not older than its factory. */
async function tree(of: Verification, called: string, client: PoolClient, entry: Partial<PoolRecord>): Promise<void> {
  const { network, record } = of.options;
  const known = entry.fromBlock ?? record.contracts["CreditPoolFactory"]?.blockNumber;
  const fromBlock = known ?? (network.isLocal ? 0 : undefined);
  if (fromBlock === undefined) {
    return of.note(
      `${called}: ${TREE}`,
      false,
      "neither pool nor factory have a block on record: name it with --from-block",
    );
  }
  const { isHeld, found } = await compareTree(client, { fromBlock, finality: network.finality });
  of.note(`${called}: ${TREE}`, isHeld, found);
}

/** The transaction on record created this pool, and events are read from there. */
async function creation(of: Verification, called: string, entry: Partial<PoolRecord>): Promise<void> {
  if (entry.transactionHash === undefined || entry.fromBlock === undefined) return;
  const receipt = await of.options.provider.getTransactionReceipt(entry.transactionHash);
  const factoryAddress = of.addressOf("CreditPoolFactory");
  const abi = CreditPoolFactory__factory.createInterface();
  const isCreated =
    receipt?.logs.some(
      (log) => isSame(log.address, factoryAddress) && isSame(abi.parseLog(log)?.args[0], entry.address),
    ) ?? false;
  const isKnown = isCreated && (receipt?.blockNumber ?? 0) >= entry.fromBlock;
  const where = `transaction ${entry.transactionHash}, events from block ${entry.fromBlock}`;
  of.note(`${called}: creation`, isKnown, isKnown ? where : `${where}: does not create it`);
}

/** Everything is checked, whatever was found before. */
export async function verifyDeployment(options: VerifyOptions): Promise<readonly Check[]> {
  const of = new Verification(options);
  await of.attempt("chain", () => chain(of));
  await of.attempt("proving keys", () => keys(of));
  await shared(of);
  await of.attempt("factory", () => factory(of));
  await of.attempt("token", () => token(of));
  for (const name of Object.keys(options.pools)) await of.attempt(`pool ${name}`, () => pool(of, name));
  return of.checks;
}
