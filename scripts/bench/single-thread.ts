// SPDX-License-Identifier: GPL-3.0-or-later
/** A process that times witness, proof and verification of one circuit at a time, ours and a peer's by the very same code, on one core. */
import { readFile } from "node:fs/promises";

import { curves, groth16, zKey } from "snarkjs";

import type { CircuitInput } from "../../src/protocol/index.ts";
import { WitnessCalculator } from "../../src/prover/index.ts";
import { median, processorTime, timed } from "./statistics.ts";

export interface TimingTask {
  readonly wasm: string;
  readonly zkey: string;
  readonly input: CircuitInput;
  readonly repetitions: number;
}

/** Medians, in milliseconds of processor time. */
export interface Timing {
  readonly witness: number;
  readonly prove: number;
  readonly verify: number;
}

const VERIFICATIONS = 25;

if (process.send === undefined) throw new Error("this file runs as a child process");
const answerWith = process.send.bind(process);

// snarkjs takes the curve that is kept under this name; this one has no threads of its own.
const curve = await curves.getCurveFromName("bn128", { singleThread: true });
(globalThis as { curve_bn128?: unknown }).curve_bn128 = curve;

async function measure({ wasm, zkey, input, repetitions }: TimingTask): Promise<Timing> {
  const calculator = await WitnessCalculator.load(await readFile(wasm));
  const key = await readFile(zkey);
  const verificationKey = await zKey.exportVerificationKey(key);
  const witnesses: number[] = [];
  const proofs: number[] = [];
  let made = await groth16.prove(key, calculator.calculateFile(input));
  for (let round = 0; round < repetitions; round++) {
    const start = processorTime();
    const witness = calculator.calculateFile(input);
    const computed = processorTime();
    made = await groth16.prove(key, witness);
    witnesses.push(computed - start);
    proofs.push(processorTime() - computed);
  }
  const verify = await timed(VERIFICATIONS, async () => {
    if (!(await groth16.verify(verificationKey, made.publicSignals, made.proof)))
      throw new Error(`${zkey} made a wrong proof`);
  });
  return { witness: median(witnesses), prove: median(proofs), verify };
}

process.on("message", (task: TimingTask) => {
  measure(task).then(
    (timing) => answerWith({ timing }),
    (error: unknown) => answerWith({ failure: error instanceof Error ? error.message : String(error) }),
  );
});
