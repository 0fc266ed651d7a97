// SPDX-License-Identifier: GPL-3.0-or-later
/** The door of the circuits: what compiles them, and what makes and checks a key set. */
export { assertChainFromCircuit } from "./chain.ts";
export { developmentProblems, keyProblems } from "./check.ts";
export { INCLUDES, JETON, ROOT } from "./circuit-set.ts";
export type { CircuitSet } from "./circuit-set.ts";
export { CIRCOM, compileCircuit, COMPILER } from "./compile.ts";
export type { CompiledCircuit } from "./compile.ts";
export { contributionsOf } from "./contributions.ts";
export { DEVELOPMENT_PHASE2, withDevelopmentKeys } from "./development.ts";
export { CircuitError } from "./errors.ts";
export type { CircuitErrorCode } from "./errors.ts";
export { mapParallel, readText, sha256, sha256File, toJson } from "./files.ts";
export { verifierFile, writeKeySet } from "./key-set.ts";
export type { FinalKey } from "./key-set.ts";
export { measure } from "./measure.ts";
export type { Measured } from "./measure.ts";
export { ceremonyPhase1, DEVELOPMENT_PHASE1, developmentPhase1, MINIMUM_PARTIES, PUBLIC_PHASE1 } from "./phase1.ts";
export type { Phase1 } from "./phase1.ts";
export { elementAt, headerOf, readHeader, readPublicSignals, sectionsOf } from "./r1cs.ts";
export type { R1csHeader } from "./r1cs.ts";
export {
  applyBeacon,
  applyContribution,
  assertChain,
  makePhase1,
  newKey,
  SNARKJS,
  verificationKeyOf,
  withThreads,
} from "./snarkjs.ts";
export type { Beacon } from "./snarkjs.ts";
