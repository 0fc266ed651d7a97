// SPDX-License-Identifier: GPL-3.0-or-later
/** What a prover and its threads say to each other. */
import type { CircuitInput, Proof } from "../protocol/index.ts";
import type { ProverErrorCode } from "./errors.ts";
import type { Manifest } from "./artifacts.ts";

/** What keeps `web-worker` quiet in a thread: see worker.ts. */
export const WEB_WORKER = { type: "module", mod: "node:worker_threads" } as const;

export interface WorkerSetup {
  readonly keys: string;
  readonly manifest: Manifest;
}

export type Task =
  | { readonly kind: "prove"; readonly statement: string; readonly input: CircuitInput }
  | {
      readonly kind: "verify";
      readonly statement: string;
      readonly publicSignals: readonly bigint[];
      readonly proof: Proof;
    };

/** How far a proof has come. */
export type ProvingStage = "started" | "witness" | "proved";

export interface ProofResult {
  readonly proof: Proof;
  readonly publicSignals: bigint[];
}

export type Answer =
  | { readonly kind: "stage"; readonly stage: ProvingStage }
  | { readonly kind: "done"; readonly result: unknown }
  | { readonly kind: "failed"; readonly code: ProverErrorCode | undefined; readonly message: string };
