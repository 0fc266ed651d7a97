// SPDX-License-Identifier: GPL-3.0-or-later
/** Witnesses and proofs on one thread. Loaded by the worker alone: see there. */
import { curves, groth16 } from "snarkjs";

import type { ProofResult, ProvingStage, Task } from "./messages.ts";
import { fromSnarkjs } from "./proof.ts";
import { keep } from "./setup.ts";
import { WitnessCalculator } from "./witness.ts";

/**
 * snarkjs builds the curve anew for every single-threaded proof, and a pool of threads for any other; but it takes the curve that is
 * kept under this name, if there is one. So this thread builds one without threads and keeps it.
 */
const curve = await curves.getCurveFromName("bn128", { singleThread: true });
(globalThis as { curve_bn128?: unknown }).curve_bn128 = curve;

const zkeyOf = keep("zkey", (file) => file);
const calculatorOf = keep("wasm", (file) => WitnessCalculator.load(file));

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
