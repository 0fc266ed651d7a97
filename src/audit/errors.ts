// SPDX-License-Identifier: GPL-3.0-or-later
/** Why an audit could not be done. What an audit finds is no error: see findings.ts. Codes are stable; a caller can switch on them. */
export type AuditErrorCode =
  /** The chain was reorganized while it was read. */
  | "CHAIN_MOVED"
  /** There is nothing to audit between the two blocks. */
  | "NOTHING_TO_AUDIT"
  /** The provider's feed answers with what is no feed, or not at all. */
  | "FEED_UNREADABLE";

export class AuditError extends Error {
  readonly code: AuditErrorCode;

  constructor(code: AuditErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AuditError";
    this.code = code;
  }
}
