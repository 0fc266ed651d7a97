// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a provider keeps, and the decisions on it. Every method is one transaction (`closeTickets` says when not), and what it recorded
 * is durable when it resolves. When it rejects with UNREACHABLE or BUSY, nothing or all of it may have been recorded, and it may be asked again. Spent,
 * closed and disputed tickets are rows of one table with one unique key, the nullifier. Losing this store makes spent tickets
 * spendable again: back it up.
 */
import type { FeedEntry } from "../../wire/index.ts";
import type { CallClaim, CallDecision } from "./rules.ts";
import type { CallOutcome, CertifiedFold, Completion, DisputeAnswer, DisputeRecord } from "./records.ts";
import type { EndDecision, EndOffer, Enrolment, Fold, FoldConflict, FoldDecision, Lease } from "./records.ts";
import type { Offence, OpenedDispute, SpentTicket, Ticket, TicketKey } from "./records.ts";
import type { Violation, ViolationDecision, Voucher } from "./records.ts";

export type * from "./records.ts";

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
  /** Nothing is recorded unless it is done. */
  completeCall(outcome: CallOutcome): Promise<Completion>;
  /** The voucher of a call that was served, while its session is open. */
  voucher(nullifier: bigint, requestHash: string): Promise<Voucher | undefined>;

  /** Ends a session. `mayRecord` says that the ticket's proof was verified: then one that was never seen is recorded, and ended. */
  endSession(ticket: TicketKey, offer: EndOffer, mayRecord: boolean, now: number): Promise<EndDecision>;
  /** Open sessions that nobody used since, that nobody serves now, and whose violation, if there is one, is on chain. */
  idleSessions(since: number, now: number, limit: number): Promise<readonly TicketKey[]>;
  /** Forgets answers given before, and returns how many; a call's row stays while its session is open: it is not served again. */
  forgetAnswers(before: number): Promise<number>;

  enrolment(nullifier: bigint): Promise<Enrolment | undefined>;
  /** Returns what stands for this nullifier: `enrolment`, or what was recorded before it. */
  recordEnrolment(enrolment: Enrolment): Promise<Enrolment>;

  /** What stands against a fold, or for it. */
  decideFold(state: bigint, nullifiers: readonly bigint[]): Promise<FoldDecision>;
  /** Decides again and, where it is new, records it as signed. */
  recordFold(fold: Fold): Promise<FoldDecision>;
  /** Enters the nullifiers of a fold on chain as seen. Resolves to the conflict with a signed one, if there is one to be reported. */
  recordCertifiedFold(fold: CertifiedFold): Promise<FoldConflict | undefined>;
  unreportedConflicts(): Promise<readonly FoldConflict[]>;
  markConflictReported(pendingState: bigint): Promise<void>;

  /**
   * Enters a dispute; from here on its session serves nothing. A ticket that was never seen counts as spent. Resolves to what stands:
   * the first entry for a nullifier.
   */
  recordDispute(dispute: OpenedDispute, now: number): Promise<DisputeRecord>;
  /** The first answer stands. */
  recordAnswer(answer: DisputeAnswer): Promise<DisputeRecord>;
  /** Whose answer was not decided, or not handed in. */
  pendingDisputes(): Promise<readonly DisputeRecord[]>;
  markDisputeDone(nullifier: bigint): Promise<void>;

  recordViolation(violation: Violation): Promise<ViolationDecision>;
  violation(nullifier: bigint): Promise<Violation | undefined>;
  /** Without those of disputed tickets, which the chain takes no more. */
  unreportedViolations(): Promise<readonly Violation[]>;
  markViolationReported(nullifier: bigint): Promise<void>;

  /**
   * Enters revealed tickets and returns the spent ones among them. `unless-spent` enters none when there is one, in one transaction;
   * `always` enters the rest, some hundred in a transaction: each entry is true whatever becomes of the others, since the chain's close
   * revealed its ticket, and what was broken off is done again, to the same end.
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

  /** The last block whose events were handled; -1 before the first. */
  chainPosition(): Promise<number>;
  /** Events up to `block` were handled. It never goes back. */
  advanceChainPosition(block: number): Promise<void>;
  /**
   * Takes a role that one process of a provider has at a time, or renews it. False while another owner has it. `now` and the lease are
   * in unix seconds, by the caller's clock.
   */
  holdRole(role: string, lease: Lease, now: number): Promise<boolean>;
  /** Lets another process have it at once. Does nothing to a role of another owner. */
  releaseRole(role: string, owner: string): Promise<void>;

  /**
   * The public feed after a position; 0 is the beginning. Whoever reads on from the last position that it saw misses nothing, whatever
   * is recorded meanwhile, and a position's entry never changes.
   */
  feed(after: number, limit: number): Promise<readonly FeedEntry[]>;
  /** After what is under way. */
  close(): Promise<void>;
}
