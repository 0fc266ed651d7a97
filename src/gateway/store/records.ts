// SPDX-License-Identifier: GPL-3.0-or-later
/** What a provider keeps, and what its decisions on it come to. */
import type { Proof, Share, Signature } from "../../protocol/index.ts";
import type { CallAnswer } from "../../wire/index.ts";

export interface SignedState {
  readonly state: bigint;
  readonly signature: Signature;
}

export interface Enrolment extends SignedState {
  readonly nullifier: bigint;
  readonly root: bigint;
  readonly proof: Proof;
}

/** A fold that the provider signed. */
export interface Fold extends SignedState {
  readonly nullifiers: readonly bigint[];
  /** The certified state that it builds on; 0 for a signed one. */
  readonly certified: bigint;
  /** Kept to challenge another fold of the same tickets on chain. */
  readonly proof: Proof;
}

/** A fold that was certified on chain, whatever became of it. */
export interface CertifiedFold {
  readonly state: bigint;
  readonly nullifiers: readonly bigint[];
  readonly certified: bigint;
}

export type FoldDecision =
  /** Nothing stands against it. */
  | { readonly kind: "new" }
  /** The same fold was signed before. */
  | { readonly kind: "signed"; readonly fold: Fold }
  /** A refund of it was folded otherwise, by signature or on chain. */
  | { readonly kind: "conflict" };

/** A fold on chain that shares a refund with one that was signed. */
export interface FoldConflict {
  readonly pending: CertifiedFold;
  readonly signed: Fold;
}

/** The refund ticket of one nullifier; there is never another one. */
export interface RefundRecord {
  readonly refundedCharge: bigint;
  readonly refundedHold: bigint;
  readonly signature: Signature;
}

/** A voucher that covers what its session was charged. */
export interface Voucher {
  readonly sequence: number;
  readonly cap: bigint;
  readonly requestHash: string;
  readonly signature: string;
}

/** A ticket that was handed in. */
export interface SpentTicket {
  readonly status: "open" | "ended";
  readonly nullifier: bigint;
  readonly share: Share;
  readonly sessionAddress: string;
  readonly charged: bigint;
  readonly voucher: Voucher | undefined;
  readonly refund: RefundRecord | undefined;
  /** A dispute over this session was opened on chain: it serves nothing more. */
  readonly isDisputed: boolean;
  /** The evidence hash of a violation that the provider holds against it. */
  readonly violation: string | undefined;
}

/** A ticket that a close revealed before it was handed in. */
export interface ClosedTicket {
  readonly status: "closed";
  readonly nullifier: bigint;
}

export type Ticket = SpentTicket | ClosedTicket;

/** Who holds the right to serve a call, and until when (unix seconds) if it is not renewed. */
export interface Lease {
  readonly owner: string;
  readonly until: number;
}

export interface TicketKey {
  readonly nullifier: bigint;
  readonly share: Share;
  readonly sessionAddress: string;
}

/** What serving a call came to. */
export interface CallOutcome {
  readonly nullifier: bigint;
  readonly sequence: number;
  readonly owner: string;
  readonly answer: CallAnswer;
  /** Cumulative within the session. */
  readonly charged: bigint;
  /** Ends the session. */
  readonly refund: RefundRecord | undefined;
  /** The call broke the policy. */
  readonly violation: Violation | undefined;
  readonly at: number;
}

export type Completion =
  | "done"
  /** The lease was lost to another owner. */
  | "lost"
  /** The session broke the policy, and the refund that was offered does not say so. */
  | "violated";

/** What a session's refund is made of. */
export interface EndBasis {
  readonly charged: bigint;
  /** The evidence hash of its violation. */
  readonly violation: string | undefined;
}

/** A session's refund, signed for what was known of it when it was looked at. */
export interface EndOffer extends EndBasis {
  readonly refund: RefundRecord;
}

export type EndDecision =
  /** The session's one refund: the offered one, or that of before. */
  | { readonly kind: "ended"; readonly refund: RefundRecord }
  /** The session was charged, or broke the policy, meanwhile: sign again. */
  | { readonly kind: "changed" }
  | { readonly kind: "unseen" }
  | { readonly kind: "closed" }
  | { readonly kind: "other-message"; readonly recorded: SpentTicket }
  | { readonly kind: "in-progress" };

/** Proof that an account broke the rules. k is a secret of the accused, and whoever reads it can close the account until it is slashed. */
export interface Offence {
  readonly kind: "double-spend" | "understated-close";
  readonly identitySecret: bigint;
  readonly identityCommitment: bigint;
  readonly nullifier: bigint;
  readonly index: number;
  readonly shares: readonly [Share, Share];
}

/** That a session broke the policy, and the file that shows it. */
export interface Violation {
  readonly nullifier: bigint;
  readonly evidenceHash: string;
  /** The evidence file's text. */
  readonly evidence: string;
}

export type ViolationDecision =
  | { readonly kind: "recorded" }
  /** Another one was recorded before: it stands. */
  | { readonly kind: "known"; readonly evidenceHash: string }
  | { readonly kind: "unseen" }
  | { readonly kind: "closed" }
  /** The session has its refund. */
  | { readonly kind: "ended" }
  /** The chain takes no report of a disputed ticket. */
  | { readonly kind: "disputed" };

/** A dispute that was opened on chain. */
export interface OpenedDispute {
  readonly nullifier: bigint;
  /** What the chain has verified. */
  readonly share: Share;
  readonly sessionAddress: string;
  /** Unix seconds. */
  readonly resolvableAt: bigint;
}

/** What a dispute is answered with. */
export interface DisputeAnswer extends RefundRecord {
  readonly nullifier: bigint;
  /** Covers the charge; undefined where there is none. */
  readonly voucher: Voucher | undefined;
}

export interface DisputeRecord {
  readonly nullifier: bigint;
  readonly x: bigint;
  /** Undefined for a ticket that was closed before: its share is not kept. */
  readonly y: bigint | undefined;
  readonly sessionAddress: string;
  readonly resolvableAt: bigint;
  /** Undefined until it is decided. */
  readonly answer: DisputeAnswer | undefined;
  /** The answer was handed in. */
  readonly isDone: boolean;
}
