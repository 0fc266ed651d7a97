// SPDX-License-Identifier: GPL-3.0-or-later
/** What can be wrong with the files that keys are made of. Codes are stable; a caller can switch on them. */
export type CircuitErrorCode =
  /** There is no phase-1 file at the path. */
  | "PHASE1_MISSING"
  /** The file has not the hash that it must have. It was not used. */
  | "PHASE1_MISMATCH"
  /** The development phase 1, whose secret everybody knows. */
  | "PHASE1_DEVELOPMENT"
  /** A proving key that cannot be read. */
  | "KEY_UNREADABLE"
  /** A proving key that does not come from its circuit and phase 1 by the contributions that it carries. */
  | "CHAIN_INVALID"
  /** The circuit does not fit into phase 1, or a step of the set-up failed. */
  | "SETUP_FAILED";

export class CircuitError extends Error {
  readonly code: CircuitErrorCode;

  constructor(code: CircuitErrorCode, message: string) {
    super(message);
    this.name = "CircuitError";
    this.code = code;
  }
}
