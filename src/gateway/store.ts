// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a provider keeps, and the decisions on it. Every method is one transaction, and what it recorded is durable when it
 * resolves. Spent, closed and disputed tickets are rows of one table with one unique key, the nullifier. Losing this store makes
 * spent tickets spendable again: back it up.
 */
import type { Proof, Share, Signature } from "../protocol/index.ts";
import type { CallAnswer, FeedEntry } from "../wire/index.ts";
import type { CallClaim, CallDecision } from "./rules.ts";

export interface SignedState {
  readonly state: bigint;
  readonly signature: Signature;
}

export interface Enrolment extends SignedState {
  readonly nullifier: bigint;
  readonly root: bigint;
  readonly proof: Proof;
}

export interface Fold extends SignedState {
  readonly nullifiers: readonly bigint[];
  /** Kept to answer a challenge of the fold on chain. */
  readonly proof: Proof;
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
  readonly at: number;
}

/** A session's refund, signed for what it was charged when it was looked at. */
export interface EndOffer {
  readonly charged: bigint;
  readonly refund: RefundRecord;
}

export type EndDecision =
  /** The session's one refund: the offered one, or that of before. */
  | { readonly kind: "ended"; readonly refund: RefundRecord }
  /** The session was charged something else meanwhile: sign again. */
  | { readonly kind: "charged"; readonly charged: bigint }
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

export interface GatewayStore {
  ticket(nullifier: bigint): Promise<Ticket | undefined>;

  /**
   * Decides a call and, where it is to be served, records ticket, voucher and lease. `opening` is a ticket whose proof was verified.
   */
  beginCall(claim: CallClaim, opening: TicketKey | undefined, lease: Lease, now: number): Promise<CallDecision>;
  /** False when the lease was lost to another owner. */
  renewLease(nullifier: bigint, sequence: number, lease: Lease): Promise<boolean>;
  /** The call was not served: nothing is charged, and it may be begun again. */
  abandonCall(nullifier: bigint, sequence: number, owner: string): Promise<void>;
  /** False, and nothing recorded, when the lease was lost to another owner. */
  completeCall(outcome: CallOutcome): Promise<boolean>;

  /** Ends a session. `mayRecord` says that the ticket's proof was verified: then one that was never seen is recorded, and ended. */
  endSession(ticket: TicketKey, offer: EndOffer, mayRecord: boolean, now: number): Promise<EndDecision>;
  /** Open sessions that nobody used since, and that nobody serves now. */
  idleSessions(since: number, now: number, limit: number): Promise<readonly TicketKey[]>;
  /** Forgets answers given before; a call's row stays while its session is open. */
  forgetAnswers(before: number): Promise<number>;

  enrolment(nullifier: bigint): Promise<Enrolment | undefined>;
  /** Returns what stands for this nullifier: `enrolment`, or what was recorded before it. */
  recordEnrolment(enrolment: Enrolment): Promise<Enrolment>;

  /** Every recorded fold that holds one of these nullifiers. */
  foldsWith(nullifiers: readonly bigint[]): Promise<readonly Fold[]>;
  /** Records the fold if all of its nullifiers are new; otherwise returns the folds that hold one. */
  recordFold(fold: Fold): Promise<readonly Fold[]>;

  /**
   * Enters revealed tickets and returns the spent ones among them. `unless-spent` enters none when there is one; `always` enters the
   * rest.
   */
  closeTickets(
    identityCommitment: bigint,
    nullifiers: readonly bigint[],
    mode: "always" | "unless-spent",
  ): Promise<readonly SpentTicket[]>;

  /** The first offence of an account stands; repeats change nothing. */
  recordOffence(offence: Offence): Promise<void>;
  offences(): Promise<readonly Offence[]>;
  unreportedOffences(): Promise<readonly Offence[]>;
  markReported(identityCommitment: bigint): Promise<void>;

  feed(after: number, limit: number): Promise<readonly FeedEntry[]>;
  close(): Promise<void>;
}
