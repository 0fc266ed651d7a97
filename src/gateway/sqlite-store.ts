// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The store on SQLite, for one machine: several processes may open one file. The methods are asynchronous for the sake of stores
 * behind a network; here each runs to its end in one turn.
 */
import type { FeedEntry } from "../wire/index.ts";
import type { CallClaim, CallDecision } from "./rules.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import type { SqliteStoreOptions } from "./sqlite-database.ts";
import * as disputes from "./sqlite-disputes.ts";
import { feedAfter } from "./sqlite-feed.ts";
import * as states from "./sqlite-states.ts";
import * as tickets from "./sqlite-tickets.ts";
import type { CallOutcome, CertifiedFold, Completion, DisputeAnswer, DisputeRecord } from "./store-records.ts";
import type { EndDecision, EndOffer, Enrolment, Fold, FoldConflict, FoldDecision, Lease } from "./store-records.ts";
import type { Offence, OpenedDispute, SpentTicket, Ticket, TicketKey } from "./store-records.ts";
import type { Violation, ViolationDecision, Voucher } from "./store-records.ts";
import type { GatewayStore } from "./store.ts";

export class SqliteStore implements GatewayStore {
  readonly #database: SqliteDatabase;

  /** @throws GatewayStoreError */
  constructor(options: SqliteStoreOptions) {
    this.#database = new SqliteDatabase(options);
  }

  ticket(nullifier: bigint): Promise<Ticket | undefined> {
    return this.#read((db) => tickets.ticketAt(db, nullifier));
  }

  beginCall(claim: CallClaim, opening: TicketKey | undefined, lease: Lease, now: number): Promise<CallDecision> {
    return this.#inTransaction((db) => tickets.beginCall(db, claim, opening, lease, now));
  }

  renewLease(nullifier: bigint, sequence: number, lease: Lease): Promise<boolean> {
    return this.#inTransaction((db) => tickets.renewLease(db, nullifier, sequence, lease));
  }

  abandonCall(nullifier: bigint, sequence: number, owner: string): Promise<void> {
    return this.#inTransaction((db) => void tickets.releaseLease(db, nullifier, sequence, owner));
  }

  completeCall(outcome: CallOutcome): Promise<Completion> {
    return this.#inTransaction((db) => tickets.completeCall(db, outcome));
  }

  voucher(nullifier: bigint, requestHash: string): Promise<Voucher | undefined> {
    return this.#read((db) => tickets.voucherFor(db, nullifier, requestHash));
  }

  endSession(ticket: TicketKey, offer: EndOffer, mayRecord: boolean, now: number): Promise<EndDecision> {
    return this.#inTransaction((db) => tickets.endSession(db, ticket, offer, mayRecord, now));
  }

  idleSessions(since: number, now: number, limit: number): Promise<readonly TicketKey[]> {
    return this.#read((db) => tickets.idleSessions(db, since, now, limit));
  }

  forgetAnswers(before: number): Promise<number> {
    return this.#inTransaction((db) => tickets.forgetAnswers(db, before));
  }

  closeTickets(
    identityCommitment: bigint,
    nullifiers: readonly bigint[],
    mode: "always" | "unless-spent",
  ): Promise<readonly SpentTicket[]> {
    return this.#inTransaction((db) => tickets.closeTickets(db, identityCommitment, nullifiers, mode));
  }

  enrolment(nullifier: bigint): Promise<Enrolment | undefined> {
    return this.#read((db) => states.enrolmentOf(db, nullifier));
  }

  recordEnrolment(enrolment: Enrolment): Promise<Enrolment> {
    return this.#inTransaction((db) => states.recordEnrolment(db, enrolment));
  }

  decideFold(state: bigint, nullifiers: readonly bigint[]): Promise<FoldDecision> {
    return this.#read((db) => states.foldDecision(db, state, nullifiers));
  }

  recordFold(fold: Fold): Promise<FoldDecision> {
    return this.#inTransaction((db) => states.recordFold(db, fold));
  }

  recordCertifiedFold(fold: CertifiedFold): Promise<FoldConflict | undefined> {
    return this.#inTransaction((db) => states.recordCertifiedFold(db, fold));
  }

  unreportedConflicts(): Promise<readonly FoldConflict[]> {
    return this.#read((db) => states.unreportedConflicts(db));
  }

  markConflictReported(pendingState: bigint): Promise<void> {
    return this.#inTransaction((db) => states.markConflictReported(db, pendingState));
  }

  recordDispute(dispute: OpenedDispute, now: number): Promise<DisputeRecord> {
    return this.#inTransaction((db) => disputes.recordDispute(db, dispute, now));
  }

  recordAnswer(answer: DisputeAnswer): Promise<DisputeRecord> {
    return this.#inTransaction((db) => disputes.recordAnswer(db, answer));
  }

  pendingDisputes(): Promise<readonly DisputeRecord[]> {
    return this.#read((db) => disputes.pendingDisputes(db));
  }

  markDisputeDone(nullifier: bigint): Promise<void> {
    return this.#inTransaction((db) => disputes.markDisputeDone(db, nullifier));
  }

  recordViolation(violation: Violation): Promise<ViolationDecision> {
    return this.#inTransaction((db) => disputes.recordViolation(db, violation));
  }

  violation(nullifier: bigint): Promise<Violation | undefined> {
    return this.#read((db) => disputes.violationAt(db, nullifier));
  }

  unreportedViolations(): Promise<readonly Violation[]> {
    return this.#read((db) => disputes.unreportedViolations(db));
  }

  markViolationReported(nullifier: bigint): Promise<void> {
    return this.#inTransaction((db) => disputes.markViolationReported(db, nullifier));
  }

  recordOffence(offence: Offence): Promise<void> {
    return this.#inTransaction((db) => disputes.recordOffence(db, offence));
  }

  offences(): Promise<readonly Offence[]> {
    return this.#read((db) => disputes.offences(db));
  }

  unreportedOffences(): Promise<readonly Offence[]> {
    return this.#read((db) => disputes.unreportedOffences(db));
  }

  markReported(identityCommitment: bigint): Promise<void> {
    return this.#inTransaction((db) => disputes.markReported(db, identityCommitment));
  }

  feed(after: number, limit: number): Promise<readonly FeedEntry[]> {
    return this.#inTransaction((db) => feedAfter(db, after, limit));
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  /** For a single question. */
  async #read<T>(body: (db: SqliteDatabase) => T): Promise<T> {
    return body(this.#database);
  }

  async #inTransaction<T>(body: (db: SqliteDatabase) => T): Promise<T> {
    return this.#database.transaction(() => body(this.#database));
  }
}
