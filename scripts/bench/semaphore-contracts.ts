// SPDX-License-Identifier: GPL-3.0-or-later
/** Semaphore's contracts, compiled with the settings of ours, on a network inside this process. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import type { BaseContract, ContractTransactionResponse, InterfaceAbi } from "ethers";
import { network } from "hardhat";
import { z } from "zod";

import { ROOT } from "../../src/circuits/index.ts";
import type { LocalConnection } from "../support/local-pool.ts";
import { accountAt } from "./accounts.ts";
import type { VerificationKeyJson } from "./semaphore-key.ts";
import { withKey } from "./semaphore-key.ts";

const MODULES = join(ROOT, "node_modules");
const SEMAPHORE = "@semaphore-protocol/contracts/Semaphore.sol";
const VERIFIER = "@semaphore-protocol/contracts/base/SemaphoreVerifier.sol";

const references = z.record(z.record(z.array(z.object({ start: z.number(), length: z.number() }))));
const compiled = z.object({
  abi: z.array(z.unknown()),
  evm: z.object({ bytecode: z.object({ object: z.string(), linkReferences: references }) }),
});
const output = z.object({ contracts: z.record(z.record(compiled)) });
type Compiled = z.infer<typeof compiled>;

interface Compiler {
  compile(input: string, callbacks: { import: (path: string) => { contents: string } }): string;
}

/** `hardhat.config.ts` builds the project's contracts with the same settings; peers are kept out of its artifacts. */
export function compileSemaphore(): { readonly semaphore: Compiled; readonly verifier: Compiled } {
  const solc = createRequire(import.meta.url)("solc") as Compiler;
  const read = (path: string): string => readFileSync(join(MODULES, path), "utf8");
  const input = {
    language: "Solidity",
    sources: Object.fromEntries([SEMAPHORE, VERIFIER].map((path) => [path, { content: read(path) }])),
    settings: {
      evmVersion: "cancun",
      optimizer: { enabled: true, runs: 1_000_000 },
      viaIR: false,
      outputSelection: { "*": { "*": ["abi", "evm.bytecode"] } },
    },
  };
  const result = solc.compile(JSON.stringify(input), { import: (path) => ({ contents: read(path) }) });
  const { contracts } = output.parse(JSON.parse(result));
  const [semaphore, verifier] = [contracts[SEMAPHORE]?.["Semaphore"], contracts[VERIFIER]?.["SemaphoreVerifier"]];
  if (semaphore === undefined || verifier === undefined) throw new Error("Semaphore's contracts do not compile");
  return { semaphore, verifier };
}

/** Puts the address of the one library that the code uses in its places. */
function link({ evm: { bytecode } }: Compiled, library: string): string {
  let code = bytecode.object;
  for (const { start, length } of Object.values(bytecode.linkReferences).flatMap((file) =>
    Object.values(file).flat(),
  )) {
    code = code.slice(0, 2 * start) + library.slice(2).toLowerCase() + code.slice(2 * (start + length));
  }
  return `0x${code}`;
}

export interface SemaphoreGas {
  readonly addMember: {
    readonly first: number;
    readonly at100: number;
    readonly at1000: number;
    readonly mean1000: number;
  };
  readonly addMembers100PerMember: number;
  /** The worst of two: the first proof of a group, and a later one. Absent without a proof. */
  readonly validateProof?: number;
}

interface Deployed {
  readonly connection: LocalConnection;
  /** Sends a transaction to Semaphore and returns what it cost. */
  readonly call: (name: string, ...args: unknown[]) => Promise<number>;
}

async function deploy(key: VerificationKeyJson | undefined): Promise<Deployed> {
  const connection = await network.create();
  const { ethers } = connection;
  const [signer] = await ethers.getSigners();
  const { semaphore, verifier } = compileSemaphore();
  const create = async (abi: unknown[], code: string, args: unknown[] = []): Promise<BaseContract> =>
    (await new ethers.ContractFactory(abi as InterfaceAbi, code, signer).deploy(...args)).waitForDeployment();
  const poseidon = await (await ethers.deployContract("PoseidonT3")).getAddress();
  const verifierCode = link(verifier, poseidon);
  const verifierContract = await create(verifier.abi, key === undefined ? verifierCode : withKey(verifierCode, key));
  const contract = await create(semaphore.abi, link(semaphore, poseidon), [await verifierContract.getAddress()]);
  return {
    connection,
    call: async (name, ...args) => {
      const sent = (await contract.getFunction(name)(...args)) as ContractTransactionResponse;
      const receipt = await sent.wait();
      return Number(receipt?.gasUsed ?? 0n);
    },
  };
}

/** A proof as Semaphore's package and contract have it. */
export interface SemaphoreProof {
  readonly merkleTreeDepth: number;
  readonly merkleTreeRoot: string;
  readonly nullifier: string;
  readonly message: string;
  readonly scope: string;
  readonly points: readonly string[];
}

/** What a Semaphore proof is made over, with the verification key that its proving key needs. */
export interface ProvenMembership {
  readonly members: readonly bigint[];
  readonly proofs: readonly [SemaphoreProof, SemaphoreProof];
  readonly key: VerificationKeyJson;
}

/** Semaphore's own verifier with the key of these proofs in place of its own: the same code, byte for byte otherwise. */
async function measureValidateProof({ members, proofs, key }: ProvenMembership): Promise<number> {
  const { call } = await deploy(key);
  await call("createGroup()");
  await call("addMembers", 0n, members);
  const gas: number[] = [];
  for (const proof of proofs) gas.push(await call("validateProof", 0n, proof));
  return Math.max(...gas);
}

export async function measureSemaphoreGas(proven: ProvenMembership | undefined): Promise<SemaphoreGas> {
  const { connection, call } = await deploy(undefined);
  await call("createGroup()");
  const empty = await connection.networkHelpers.takeSnapshot();
  const hundred = Array.from({ length: 100 }, (_, index) => accountAt(10_000 + index).identityCommitment);
  const batch = await call("addMembers", 0n, hundred);
  await empty.restore();
  const gas: number[] = [];
  for (let index = 0; index < 1_000; index++)
    gas.push(await call("addMember", 0n, accountAt(index).identityCommitment));
  const at = (position: number): number => gas[position - 1] ?? 0;
  const addMember = {
    first: at(1),
    at100: at(100),
    at1000: at(1_000),
    mean1000: Math.ceil(gas.reduce((sum, one) => sum + one, 0) / gas.length),
  };
  const own = { addMember, addMembers100PerMember: Math.ceil(batch / 100) };
  return proven === undefined ? own : { ...own, validateProof: await measureValidateProof(proven) };
}
