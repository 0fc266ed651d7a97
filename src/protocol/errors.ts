/** What can go wrong in the pure protocol. Codes are stable; a caller can switch on them. */
export type ProtocolErrorCode =
  | "FIELD_RANGE"
  | "AMOUNT_RANGE"
  | "INDEX_RANGE"
  | "KEY_INVALID"
  | "PARAMETER_INVALID"
  | "PROOF_FORMAT"
  | "SHARES_INVALID"
  | "REFUND_INVALID"
  | "EVIDENCE_FORMAT"
  | "FILE_FORMAT"
  | "SEED_INVALID";

export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string) {
    super(message);
    this.name = "ProtocolError";
    this.code = code;
  }
}
