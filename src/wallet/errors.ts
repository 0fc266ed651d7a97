// SPDX-License-Identifier: GPL-3.0-or-later
/** What can go wrong on the user's side. Codes are stable; a caller can switch on them. */
export type WalletErrorCode =
  /** Another process has the wallet's file open. */
  | "WALLET_LOCKED"
  | "WALLET_UNREADABLE"
  /** The file was made with another seed. */
  | "SEED_MISMATCH"
  /** There is a keystore already; none is ever overwritten. */
  | "KEYSTORE_EXISTS"
  | "KEYSTORE_UNREADABLE"
  | "PASSWORD_WRONG"
  /** The words are no BIP-39 phrase. */
  | "PHRASE_INVALID"
  /** The provider's address is no URL, or one that would show calls to the network. */
  | "PROVIDER_URL_INVALID"
  /** The provider's terms are not those that the pool names. */
  | "TERMS_MISMATCH"
  /** The chain has no open account under this commitment, or it is closing. */
  | "ACCOUNT_NOT_OPEN"
  /** The chain has the account already: this file did not begin it. */
  | "ACCOUNT_EXISTS"
  | "NOT_ENROLLED"
  /** A close has left the wallet: no ticket is used any more. */
  | "ACCOUNT_CLOSING"
  /** Every ticket that the budget covers is used: fold refunds, or use another account. */
  | "BUDGET_SPENT"
  /** The provider broke a rule; what it sent is kept among the grievances. */
  | "PROVIDER_DISHONEST"
  /** A refund is due and the provider does not give it: no further ticket is used with it. */
  | "REFUND_WITHHELD"
  /** The provider refused the call. `refusal` says why. */
  | "CALL_REFUSED"
  /** This ticket was used by another copy of the wallet. Nothing is lost, but this copy is now treated as restored. */
  | "TICKET_USED_ELSEWHERE"
  | "SESSION_OVER"
  /** A dispute cannot be opened over this ticket, or not for this recipient. */
  | "DISPUTE_INVALID"
  /** The session's dispute has left the wallet: it is used no more. */
  | "SESSION_DISPUTED"
  | "PAYLOAD_INVALID"
  /** No answer came. `resume` sends the same bytes again. */
  | "UNANSWERED"
  /** The provider refused to sign; what was sent is kept, and is sent again unchanged. */
  | "SIGNATURE_REFUSED"
  /** A wallet that was restored cannot know its first unused ticket. */
  | "CLOSE_AFTER_RESTORE"
  | "CLOSE_INVALID"
  /** The prover answered other public signals than were asked for. */
  | "PROOF_MISMATCH"
  /** Restoring goes into an empty account only. */
  | "ACCOUNT_NOT_EMPTY";

export class WalletError extends Error {
  readonly code: WalletErrorCode;
  /** The provider's own code, where it refused. */
  readonly refusal: string | undefined;

  constructor(code: WalletErrorCode, message: string, options: { cause?: unknown; refusal?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "WalletError";
    this.code = code;
    this.refusal = options.refusal;
  }
}
