// SPDX-License-Identifier: GPL-3.0-or-later
/** What can be wrong in a ceremony. Codes are stable; a caller can switch on them. */
export type CeremonyErrorCode =
  /** A folder that is no round, or lacks one of its files. */
  | "ROUND_INCOMPLETE"
  /** A file of a ceremony that is not in its format. */
  | "FILE_MALFORMED"
  /** A ceremony of other circuits, of another phase 1, or made with other tools. */
  | "OTHER_CEREMONY"
  /** A round stands on another one than the one that was announced, or has lost a contribution. */
  | "OTHER_BASE"
  /** Attestations and proving keys do not say the same. */
  | "ATTESTATION_MISMATCH"
  /** A signature that is not the named signer's. */
  | "SIGNATURE_INVALID"
  /** A folder that is in use already. */
  | "FOLDER_IN_USE"
  /** A name that cannot be stored in a key, or that a party has already. */
  | "NAME_INVALID"
  /** The beacon is out, or could be: nothing can be added any more. */
  | "BEACON_KNOWN"
  /** The beacon is not out yet. */
  | "BEACON_EARLY"
  /** Not the value of the announced beacon. */
  | "BEACON_INVALID"
  /** Fewer parties than a ceremony needs. */
  | "PARTIES_MISSING"
  /** The ceremony has had its beacon. */
  | "CEREMONY_OVER"
  /** Transcript, keys and manifest do not say the same. */
  | "TRANSCRIPT_MISMATCH";

export class CeremonyError extends Error {
  readonly code: CeremonyErrorCode;

  constructor(code: CeremonyErrorCode, message: string) {
    super(message);
    this.name = "CeremonyError";
    this.code = code;
  }
}
