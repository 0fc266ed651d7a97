// SPDX-License-Identifier: GPL-3.0-or-later
/** What can go wrong in proving. Codes are stable; a caller can switch on them. */
export type ProverErrorCode =
  /** A file of the key set cannot be read, or the set has no such statement. */
  | "ARTIFACT_MISSING"
  /** A file of the key set is not the one that the manifest names. */
  | "ARTIFACT_MISMATCH"
  /** The manifest is no manifest. */
  | "MANIFEST_INVALID"
  /** The input has no valid witness: a signal is missing, unknown or of the wrong length, or a constraint does not hold. */
  | "INPUT_REJECTED"
  /** The thread that worked on the job died. The job may be given again. */
  | "WORKER_CRASHED"
  /** The prover was closed. */
  | "PROVER_CLOSED";

export class ProverError extends Error {
  readonly code: ProverErrorCode;

  constructor(code: ProverErrorCode, message: string) {
    super(message);
    this.name = "ProverError";
    this.code = code;
  }
}
