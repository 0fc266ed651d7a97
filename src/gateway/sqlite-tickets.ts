// SPDX-License-Identifier: GPL-3.0-or-later
/** Tickets and the calls of their sessions, in SQL. Every function is a part of its caller's transaction. */
import { decideCall, decideEnd } from "./rules.ts";
import type { CallClaim, CallDecision } from "./rules.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";
import { publish } from "./sqlite-feed.ts";
import * as rows from "./sqlite-rows.ts";
import type { CallOutcome, Completion, EndDecision, EndOffer, Lease, RefundRecord } from "./store-records.ts";
import type { SpentTicket, Ticket, TicketKey, Violation, Voucher } from "./store-records.ts";

const { blob, json } = rows;

/** Tickets with what is held against their sessions. */
const TICKETS = `SELECT t.*, v.evidence_hash, d.nullifier IS NOT NULL AS is_disputed FROM tickets AS t
  LEFT JOIN violations AS v ON v.nullifier = t.nullifier
  LEFT JOIN disputes AS d ON d.nullifier = t.nullifier AND d.session_address = t.session_address`;

export function ticketAt(db: SqliteDatabase, nullifier: bigint): Ticket | undefined {
  const row = db.get(`${TICKETS} WHERE t.nullifier = ?`, blob(nullifier));
  return row === undefined ? undefined : rows.ticketOf(row);
}

export function insertTicket(db: SqliteDatabase, { nullifier, share, sessionAddress }: TicketKey, now: number): void {
  db.run(
    "INSERT INTO tickets (nullifier, status, x, y, session_address, active_at) VALUES (?, 'open', ?, ?, ?, ?)",
    ...[blob(nullifier), blob(share.x), blob(share.y), sessionAddress, now],
  );
  publish(db, "ticket", blob(nullifier));
}

export function beginCall(
  db: SqliteDatabase,
  claim: CallClaim,
  opening: TicketKey | undefined,
  lease: Lease,
  now: number,
): CallDecision {
  const { nullifier, sequence } = claim;
  if (opening !== undefined && ticketAt(db, nullifier) === undefined) insertTicket(db, opening, now);
  const calls = db.all("SELECT * FROM calls WHERE nullifier = ?", blob(nullifier)).map(rows.callOf);
  const decision = decideCall(claim, ticketAt(db, nullifier), calls, now);
  if (decision.kind !== "serve") return decision;
  db.run(
    `INSERT INTO calls (nullifier, sequence, request_hash, cap, signature, lease_owner, lease_until) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET cap = excluded.cap, signature = excluded.signature,
     lease_owner = excluded.lease_owner, lease_until = excluded.lease_until`,
    ...[blob(nullifier), sequence, claim.requestHash, claim.cap.toString(), claim.signature, lease.owner, lease.until],
  );
  db.run("UPDATE tickets SET active_at = ? WHERE nullifier = ?", now, blob(nullifier));
  return decision;
}

/** True if the lease was this owner's. */
export function renewLease(db: SqliteDatabase, nullifier: bigint, sequence: number, { owner, until }: Lease): boolean {
  const where = "nullifier = ? AND sequence = ? AND lease_owner = ?";
  return db.run(`UPDATE calls SET lease_until = ? WHERE ${where}`, until, blob(nullifier), sequence, owner) === 1;
}

/** True if the lease was this owner's. */
export function releaseLease(db: SqliteDatabase, nullifier: bigint, sequence: number, owner: string): boolean {
  const where = "nullifier = ? AND sequence = ? AND lease_owner = ?";
  const set = "lease_owner = NULL, lease_until = 0";
  return db.run(`UPDATE calls SET ${set} WHERE ${where}`, blob(nullifier), sequence, owner) === 1;
}

export function completeCall(db: SqliteDatabase, outcome: CallOutcome): Completion {
  const { nullifier, sequence, owner, answer, charged, refund, violation, at } = outcome;
  const ticket = ticketAt(db, nullifier);
  const isViolated = ticket !== undefined && ticket.status !== "closed" && ticket.violation !== undefined;
  if (refund !== undefined && isViolated) return "violated";
  if (!releaseLease(db, nullifier, sequence, owner)) return "lost";
  const key = [blob(nullifier), sequence] as const;
  db.run("UPDATE calls SET answer = ?, answered_at = ? WHERE nullifier = ? AND sequence = ?", json(answer), at, ...key);
  db.run(
    `UPDATE tickets SET charged = ?, active_at = ?, (voucher_sequence, voucher_cap, voucher_request_hash, voucher_signature) =
     (SELECT sequence, cap, request_hash, signature FROM calls WHERE nullifier = ? AND sequence = ?) WHERE nullifier = ?`,
    ...[charged.toString(), at, ...key, blob(nullifier)],
  );
  if (violation !== undefined && !isDisputed(db, nullifier)) insertViolation(db, violation);
  if (refund !== undefined) endTicket(db, nullifier, refund);
  return "done";
}

export function voucherFor(db: SqliteDatabase, nullifier: bigint, requestHash: string): Voucher | undefined {
  const where = "nullifier = ? AND request_hash = ? AND answer IS NOT NULL";
  const row = db.get(`SELECT * FROM calls WHERE ${where} ORDER BY sequence LIMIT 1`, blob(nullifier), requestHash);
  return row === undefined ? undefined : rows.voucherOf(row);
}

export function endSession(
  db: SqliteDatabase,
  ticket: TicketKey,
  { refund, ...basis }: EndOffer,
  mayRecord: boolean,
  now: number,
): EndDecision {
  const { nullifier, share } = ticket;
  if (mayRecord && ticketAt(db, nullifier) === undefined) insertTicket(db, ticket, now);
  const leases = db.all("SELECT lease_until FROM calls WHERE nullifier = ?", blob(nullifier));
  const until = leases.map((row) => rows.number(row["lease_until"]));
  const decision = decideEnd(share.x, basis, ticketAt(db, nullifier), until, now);
  if (decision === undefined) endTicket(db, nullifier, refund);
  return decision ?? { kind: "ended", refund };
}

function endTicket(
  db: SqliteDatabase,
  nullifier: bigint,
  { refundedCharge, refundedHold, signature }: RefundRecord,
): void {
  db.run(
    `UPDATE tickets SET status = 'ended', active_at = NULL, refunded_charge = ?, refunded_hold = ?, refund_signature = ?
     WHERE nullifier = ?`,
    ...[refundedCharge.toString(), refundedHold.toString(), json(signature), blob(nullifier)],
  );
  // What was never served needs no retry; answers stay for their time.
  db.run("DELETE FROM calls WHERE nullifier = ? AND answer IS NULL", blob(nullifier));
  publish(db, "refund", blob(nullifier));
}

export function idleSessions(db: SqliteDatabase, since: number, now: number, limit: number): readonly TicketKey[] {
  const query = `${TICKETS} WHERE status = 'open' AND active_at < ? AND COALESCE(v.reported, 1) = 1 AND NOT EXISTS
    (SELECT 1 FROM calls AS c WHERE c.nullifier = t.nullifier AND c.lease_until > ?) LIMIT ?`;
  return db.all(query, since, now, limit).map(rows.spentTicketOf);
}

export function forgetAnswers(db: SqliteDatabase, before: number): number {
  return db.run(
    `DELETE FROM calls WHERE answered_at < ? AND (SELECT status FROM tickets AS t WHERE t.nullifier = calls.nullifier) = 'ended'`,
    before,
  );
}

export function closeTickets(
  db: SqliteDatabase,
  identityCommitment: bigint,
  nullifiers: readonly bigint[],
  mode: "always" | "unless-spent",
): readonly SpentTicket[] {
  const spent = nullifiers
    .map((nullifier) => ticketAt(db, nullifier))
    .filter((ticket): ticket is SpentTicket => ticket !== undefined && ticket.status !== "closed");
  if (mode === "unless-spent" && spent.length > 0) return spent;
  const insert = "INSERT INTO tickets (nullifier, status, closed_by) VALUES (?, 'closed', ?) ON CONFLICT DO NOTHING";
  for (const nullifier of nullifiers) db.run(insert, blob(nullifier), blob(identityCommitment));
  return spent;
}

/** Over any session of the ticket. */
export const isDisputed = (db: SqliteDatabase, nullifier: bigint): boolean =>
  db.get("SELECT 1 FROM disputes WHERE nullifier = ?", blob(nullifier)) !== undefined;

/** The first one stands. */
export function insertViolation(db: SqliteDatabase, { nullifier, evidenceHash, evidence }: Violation): void {
  db.run(
    "INSERT INTO violations (nullifier, evidence_hash, evidence) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    ...[blob(nullifier), evidenceHash, evidence],
  );
}
