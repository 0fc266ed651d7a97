// SPDX-License-Identifier: GPL-3.0-or-later
/** Semaphore's circuit, compiled by the compiler of ours with its flags, and proved by its own package with local files. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { Group } from "@semaphore-protocol/group";
import { Identity } from "@semaphore-protocol/identity";
import * as semaphore from "@semaphore-protocol/proof";
import { keccak256, toBeHex } from "ethers";

import {
  compileCircuit,
  INCLUDES,
  newKey,
  readHeader,
  ROOT,
  sha256File,
  verificationKeyOf,
} from "../../src/circuits/index.ts";
import { accountAt } from "./accounts.ts";
import type { SingleThread } from "./proving.ts";
import type { ProvenMembership, SemaphoreProof } from "./semaphore-contracts.ts";
import { DEPTH } from "./semaphore-key.ts";
import type { Timing } from "./single-thread.ts";
import { rounded, timed } from "./statistics.ts";

/** Semaphore's declarations name files without an extension, which TypeScript does not resolve in ES modules. */
interface SemaphorePackage {
  readonly generateProof: (
    identity: Identity,
    path: ReturnType<Group["generateMerkleProof"]>,
    message: number,
    scope: number,
    depth: number,
    artifacts: { readonly wasm: string; readonly zkey: string },
  ) => Promise<SemaphoreProof>;
  readonly verifyProof: (proof: SemaphoreProof) => Promise<boolean>;
}
const { generateProof, verifyProof } = semaphore as SemaphorePackage;

const BUILD = join(ROOT, "build/bench");
const NAME = `semaphore-${DEPTH}`;
const SOURCE = `pragma circom 2.1.5;
include "semaphore.circom";
component main { public [message, scope] } = Semaphore(${DEPTH});
`;

/** As many members as the pool of `makeClaims` has accounts. */
const MEMBERS = 1_000;

export interface SemaphoreCircuit {
  readonly constraints: number;
  readonly r1cs: string;
  readonly wasm: string;
}

export async function compilePeer(): Promise<SemaphoreCircuit> {
  const circuits = join(BUILD, "circuits");
  await mkdir(circuits, { recursive: true });
  await writeFile(join(circuits, `${NAME}.circom`), SOURCE);
  const includes = [...INCLUDES, join(ROOT, "node_modules/@semaphore-protocol/circuits/src")];
  const set = { circuits, includes, build: BUILD, keys: BUILD, verifiers: BUILD, statements: {} };
  const { r1cs, wasm } = await compileCircuit(set, NAME);
  return { r1cs, wasm, constraints: (await readHeader(r1cs)).constraints };
}

/** The circuit's first key from a phase-1 file: good for timing, worth nothing else. Kept in build/ for the same circuit and file. */
async function keyOf({ r1cs }: SemaphoreCircuit, ptau: string): Promise<string> {
  const inputs = `${await sha256File(r1cs)}-${await sha256File(ptau)}`.replaceAll(/([0-9a-f]{12})[0-9a-f]*/g, "$1");
  const zkey = join(BUILD, `${NAME}-${inputs}.zkey`);
  if (!existsSync(zkey)) {
    await newKey(r1cs, ptau, `${zkey}.new`);
    await rename(`${zkey}.new`, zkey);
  }
  return zkey;
}

export interface SemaphoreProving {
  /** By the code that our circuits are timed with, on one thread. */
  readonly singleThread: Timing;
  /** Milliseconds of processor time for generateProof as it ships: a thread for every core, and files read anew for each proof. */
  readonly generateProof: number;
  /** Milliseconds of processor time for verifyProof as it ships. It holds another key, so its answer is false; the work is the same. */
  readonly verifyProof: number;
}

const hashed = (value: bigint): bigint => BigInt(keccak256(toBeHex(value, 32))) >> 8n;

export async function provePeer(
  circuit: SemaphoreCircuit,
  ptau: string,
  thread: SingleThread,
): Promise<{ readonly times: SemaphoreProving; readonly proven: ProvenMembership }> {
  const zkey = await keyOf(circuit, ptau);
  const { wasm } = circuit;
  const identity = new Identity("benchmark");
  const members = Array.from({ length: MEMBERS }, (_, index) => accountAt(index).identityCommitment);
  const ownIndex = 617;
  members[ownIndex] = identity.commitment;
  const group = new Group(members);
  const generate = (scope: number) =>
    generateProof(identity, group.generateMerkleProof(ownIndex), 1, scope, DEPTH, { wasm, zkey });

  const proofs = [await generate(1), await generate(2)] as const;
  const generated = await timed(5, () => generate(3));
  const verified = await timed(25, () => verifyProof(proofs[0]));
  const { siblings, index } = group.generateMerkleProof(ownIndex);
  const input = {
    secret: identity.secretScalar,
    merkleProofLength: BigInt(siblings.length),
    merkleProofIndex: BigInt(index),
    merkleProofSiblings: [...siblings, ...new Array<bigint>(DEPTH - siblings.length).fill(0n)],
    message: hashed(1n),
    scope: hashed(1n),
  };
  const singleThread = await thread.time({ wasm, zkey, input, repetitions: 9 });
  const key = await verificationKeyOf(await readFile(zkey));
  return {
    times: { singleThread, generateProof: rounded(generated), verifyProof: rounded(verified) },
    proven: { members, proofs, key },
  };
}
