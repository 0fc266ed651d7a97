// SPDX-License-Identifier: GPL-3.0-or-later
/** The store, on any database that speaks its SQL: every method is one transaction, or one question, unless the interface says else. */
import type { FeedEntry } from "../../wire/index.ts";
import * as closed from "./closed-tickets.ts";
import * as disputes from "./disputes.ts";
import * as duties from "./duties.ts";
import { feedAfter } from "./feed.ts";
import type { CallOutcome, CertifiedFold, Completion, DisputeAnswer, DisputeRecord } from "./records.ts";
import type { EndDecision, EndOffer, Enrolment, Fold, FoldConflict, FoldDecision, Lease } from "./records.ts";
import type { Offence, OpenedDispute, SpentTicket, Ticket, TicketKey } from "./records.ts";
import type { Violation, ViolationDecision, Voucher } from "./records.ts";
import type { CallClaim, CallDecision } from "./rules.ts";
import type { SqlDatabase } from "./sql.ts";
import * as states from "./states.ts";
import type { GatewayStore } from "./store.ts";
import * as tickets from "./tickets.ts";

export abstract class SqlStore implements GatewayStore {
  readonly #database: SqlDatabase;

  protected constructor(database: SqlDatabase) {
    this.#database = database;
  }

  ticket(nullifier: bigint): Promise<Ticket | undefined> {
    return this.#database.read((sql) => tickets.ticketAt(sql, nullifier));
  }

  beginCall(claim: CallClaim, opening: TicketKey | undefined, lease: Lease, now: number): Promise<CallDecision> {
    return this.#database.transaction((sql) => tickets.beginCall(sql, claim, opening, lease, now));
  }

  renewLease(nullifier: bigint, sequence: number, lease: Lease): Promise<boolean> {
    return this.#database.transaction((sql) => tickets.renewLease(sql, nullifier, sequence, lease));
  }

  abandonCall(nullifier: bigint, sequence: number, owner: string): Promise<void> {
    return this.#database.transaction((sql) => tickets.abandonCall(sql, nullifier, sequence, owner));
  }

  completeCall(outcome: CallOutcome): Promise<Completion> {
    return this.#database.transaction((sql) => tickets.completeCall(sql, outcome));
  }

  voucher(nullifier: bigint, requestHash: string): Promise<Voucher | undefined> {
    return this.#database.read((sql) => tickets.voucherFor(sql, nullifier, requestHash));
  }

  endSession(ticket: TicketKey, offer: EndOffer, mayRecord: boolean, now: number): Promise<EndDecision> {
    return this.#database.transaction((sql) => tickets.endSession(sql, ticket, offer, mayRecord, now));
  }

  idleSessions(since: number, now: number, limit: number): Promise<readonly TicketKey[]> {
    return this.#database.read((sql) => tickets.idleSessions(sql, since, now, limit));
  }

  forgetAnswers(before: number): Promise<number> {
    return this.#database.transaction((sql) => tickets.forgetAnswers(sql, before));
  }

  async closeTickets(
    identityCommitment: bigint,
    nullifiers: readonly bigint[],
    mode: "always" | "unless-spent",
  ): Promise<readonly SpentTicket[]> {
    if (mode === "unless-spent") {
      return this.#database.transaction((sql) => closed.closeUnlessSpent(sql, identityCommitment, nullifiers));
    }
    const spent: SpentTicket[] = [];
    for (const chunk of closed.chunksOf(nullifiers)) {
      spent.push(...(await this.#database.transaction((sql) => closed.closeRest(sql, identityCommitment, chunk))));
    }
    return spent;
  }

  enrolment(nullifier: bigint): Promise<Enrolment | undefined> {
    return this.#database.read((sql) => states.enrolmentOf(sql, nullifier));
  }

  recordEnrolment(enrolment: Enrolment): Promise<Enrolment> {
    return this.#database.transaction((sql) => states.recordEnrolment(sql, enrolment));
  }

  decideFold(state: bigint, nullifiers: readonly bigint[]): Promise<FoldDecision> {
    return this.#database.read((sql) => states.foldDecision(sql, state, nullifiers));
  }

  recordFold(fold: Fold): Promise<FoldDecision> {
    return this.#database.transaction((sql) => states.recordFold(sql, fold));
  }

  recordCertifiedFold(fold: CertifiedFold): Promise<FoldConflict | undefined> {
    return this.#database.transaction((sql) => states.recordCertifiedFold(sql, fold));
  }

  unreportedConflicts(): Promise<readonly FoldConflict[]> {
    return this.#database.read((sql) => states.unreportedConflicts(sql));
  }

  markConflictReported(pendingState: bigint): Promise<void> {
    return this.#database.transaction((sql) => states.markConflictReported(sql, pendingState));
  }

  recordDispute(dispute: OpenedDispute, now: number): Promise<DisputeRecord> {
    return this.#database.transaction((sql) => disputes.recordDispute(sql, dispute, now));
  }

  recordAnswer(answer: DisputeAnswer): Promise<DisputeRecord> {
    return this.#database.transaction((sql) => disputes.recordAnswer(sql, answer));
  }

  pendingDisputes(): Promise<readonly DisputeRecord[]> {
    return this.#database.read((sql) => disputes.pendingDisputes(sql));
  }

  markDisputeDone(nullifier: bigint): Promise<void> {
    return this.#database.transaction((sql) => disputes.markDisputeDone(sql, nullifier));
  }

  recordViolation(violation: Violation): Promise<ViolationDecision> {
    return this.#database.transaction((sql) => disputes.recordViolation(sql, violation));
  }

  violation(nullifier: bigint): Promise<Violation | undefined> {
    return this.#database.read((sql) => disputes.violationAt(sql, nullifier));
  }

  unreportedViolations(): Promise<readonly Violation[]> {
    return this.#database.read((sql) => disputes.unreportedViolations(sql));
  }

  markViolationReported(nullifier: bigint): Promise<void> {
    return this.#database.transaction((sql) => disputes.markViolationReported(sql, nullifier));
  }

  recordOffence(offence: Offence): Promise<void> {
    return this.#database.transaction((sql) => disputes.recordOffence(sql, offence));
  }

  offences(): Promise<readonly Offence[]> {
    return this.#database.read((sql) => disputes.offences(sql));
  }

  unreportedOffences(): Promise<readonly Offence[]> {
    return this.#database.read((sql) => disputes.unreportedOffences(sql));
  }

  markReported(identityCommitment: bigint): Promise<void> {
    return this.#database.transaction((sql) => disputes.markReported(sql, identityCommitment));
  }

  chainPosition(): Promise<number> {
    return this.#database.read((sql) => duties.chainPosition(sql));
  }

  advanceChainPosition(block: number): Promise<void> {
    return this.#database.transaction((sql) => duties.advanceChainPosition(sql, block));
  }

  holdRole(role: string, lease: Lease, now: number): Promise<boolean> {
    return this.#database.transaction((sql) => duties.holdRole(sql, role, lease, now));
  }

  releaseRole(role: string, owner: string): Promise<void> {
    return this.#database.transaction((sql) => duties.releaseRole(sql, role, owner));
  }

  async feed(after: number, limit: number): Promise<readonly FeedEntry[]> {
    await this.#database.numberFeed(limit);
    return this.#database.read((sql) => feedAfter(sql, after, limit));
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
