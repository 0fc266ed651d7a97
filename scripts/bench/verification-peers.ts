// SPDX-License-Identifier: GPL-3.0-or-later
/** A process that verifies with snarkjs and with Semaphore's package, on one thread. */
import { readFile } from "node:fs/promises";

import * as semaphore from "@semaphore-protocol/proof";
import { curves, groth16 } from "snarkjs";
import type { Groth16Proof, VerificationKey } from "snarkjs";

import { artifactName, DEFAULT_KEYS } from "../../src/prover/index.ts";
import { answerParent } from "./child.ts";
import { DEPTH } from "./semaphore-key.ts";
import { rounded, timed } from "./statistics.ts";

export interface PeerTask {
  readonly publicSignals: readonly string[];
  readonly proof: Groth16Proof;
}

/** Milliseconds of processor time for one proof, medians. */
export interface PeerTimes {
  readonly snarkjs: number;
  readonly semaphore: number;
}

/** Semaphore's declarations name files without an extension, which TypeScript does not resolve in ES modules. */
const { verifyProof } = semaphore as { readonly verifyProof: (proof: object) => Promise<boolean> };
const ROUNDS = 60;

// snarkjs takes the curve that is kept under this name; this one has no threads of its own.
const curve = await curves.getCurveFromName("bn128", { singleThread: true });
(globalThis as { curve_bn128?: unknown }).curve_bn128 = curve;

async function measure({ publicSignals, proof }: PeerTask): Promise<PeerTimes> {
  const file = new URL(artifactName("request", "vkey"), DEFAULT_KEYS);
  const key = JSON.parse(await readFile(file, "utf8")) as VerificationKey;
  const ours = await timed(ROUNDS, async () => {
    if (!(await groth16.verify(key, publicSignals, proof))) throw new Error("snarkjs refused a true proof");
  });
  const [root, nullifier] = publicSignals;
  const { pi_a, pi_b, pi_c } = proof;
  const points = [pi_a.slice(0, 2), pi_b[0]?.slice(0, 2).reverse(), pi_b[1]?.slice(0, 2).reverse(), pi_c.slice(0, 2)];
  const membership = { merkleTreeDepth: DEPTH, merkleTreeRoot: root, nullifier, message: "1", scope: "1" };
  const theirs = await timed(ROUNDS, async () => {
    // It holds another key, so its answer is false; the work is the same.
    if (await verifyProof({ ...membership, points: points.flat() })) throw new Error("Semaphore took another's proof");
  });
  return { snarkjs: rounded(ours), semaphore: rounded(theirs) };
}

answerParent({ measure });
