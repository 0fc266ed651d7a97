// SPDX-License-Identifier: GPL-3.0-or-later
/** The door of the prover: nobody reaches past it. */
export { artifactName, DEFAULT_KEYS, MANIFEST, parseManifest, readArtifact, readManifest } from "./artifacts.ts";
export type { Contribution, Manifest, StatementManifest } from "./artifacts.ts";
export * from "./errors.ts";
export type { ProofResult, ProvingStage } from "./messages.ts";
export type { TaskOptions } from "./pool.ts";
export { fromSnarkjs, toSnarkjs } from "./proof.ts";
export { Prover } from "./prover.ts";
export type { ProverOptions } from "./prover.ts";
export { WitnessCalculator } from "./witness.ts";
