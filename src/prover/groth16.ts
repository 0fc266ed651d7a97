// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Witnesses, proofs and verification on one thread. Keys and witness programs stay in memory between tasks; each file is checked by its
 * hash when it is first read. Loaded by the worker alone: see there.
 */
import { workerData } from "node:worker_threads";

import { curves, groth16 } from "snarkjs";
import type { VerificationKey } from "snarkjs";

import { readArtifact } from "./artifacts.ts";
import type { ProofResult, ProvingStage, Task, WorkerSetup } from "./messages.ts";
import { fromSnarkjs } from "./proof.ts";
import { VerifyingKey } from "./verifying-key.ts";
import { WitnessCalculator } from "./witness.ts";

const setup = workerData as WorkerSetup;
const keys = new URL(setup.keys);

/**
 * snarkjs builds the curve anew for every single-threaded proof, and a pool of threads for any other; but it takes the curve that is
 * kept under this name, if there is one. So this thread builds one without threads and keeps it.
 */
const curve = await curves.getCurveFromName("bn128", { singleThread: true });
(globalThis as { curve_bn128?: unknown }).curve_bn128 = curve;

/** Keeps what `load` gives for each name; a failure is not kept. */
function keep<T>(load: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const kept = new Map<string, T>();
  return async (name) => {
    const known = kept.get(name);
    if (known !== undefined) return known;
    const value = await load(name);
    kept.set(name, value);
    return value;
  };
}

const zkeyOf = keep((name) => readArtifact(keys, setup.manifest, name, "zkey"));
const calculatorOf = keep(async (name) =>
  WitnessCalculator.load(await readArtifact(keys, setup.manifest, name, "wasm")),
);
const verifyingKeyOf = keep(async (name) => {
  const text = (await readArtifact(keys, setup.manifest, name, "vkey")).toString("utf8");
  return new VerifyingKey(curve, JSON.parse(text) as VerificationKey);
});

export async function prove(
  { statement, input }: Task & { kind: "prove" },
  onStage: (stage: ProvingStage) => void,
): Promise<ProofResult> {
  const calculator = await calculatorOf(statement);
  const zkey = await zkeyOf(statement);
  onStage("started");
  const witness = calculator.calculateFile(input);
  onStage("witness");
  const { proof, publicSignals } = await groth16.prove(zkey, witness);
  onStage("proved");
  return { proof: fromSnarkjs(proof), publicSignals: publicSignals.map(BigInt) };
}

export async function verify({ statement, publicSignals, proof }: Task & { kind: "verify" }): Promise<boolean> {
  return (await verifyingKeyOf(statement)).verify(publicSignals, proof);
}
