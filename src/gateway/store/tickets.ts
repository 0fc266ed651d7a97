// SPDX-License-Identifier: GPL-3.0-or-later
/** Tickets and the calls of their sessions, in SQL. Every function is a part of its caller's transaction. */
import { publish } from "./feed.ts";
import { decideCall, decideEnd, isOfSession } from "./rules.ts";
import type { CallClaim, CallDecision, SessionCalls } from "./rules.ts";
import type { CallOutcome, Completion, EndDecision, EndOffer, Lease, RefundRecord } from "./records.ts";
import type { Ticket, TicketKey, Violation, Voucher } from "./records.ts";
import * as rows from "./rows.ts";
import type { Sql } from "./sql.ts";

const { blob, json } = rows;

/** Tickets with what is held against their sessions. */
export const TICKETS = `SELECT t.*, v.evidence_hash,
  CASE WHEN d.nullifier IS NULL THEN 0 ELSE 1 END AS is_disputed FROM tickets AS t
  LEFT JOIN violations AS v ON v.nullifier = t.nullifier
  LEFT JOIN disputes AS d ON d.nullifier = t.nullifier AND d.session_address = t.session_address`;

export async function ticketAt(sql: Sql, nullifier: bigint): Promise<Ticket | undefined> {
  const row = await sql.get(`${TICKETS} WHERE t.nullifier = ?`, blob(nullifier));
  return row === undefined ? undefined : rows.ticketOf(row);
}

export async function insertTicket(
  sql: Sql,
  { nullifier, share, sessionAddress }: TicketKey,
  now: number,
): Promise<void> {
  await sql.run(
    "INSERT INTO tickets (nullifier, status, x, y, session_address, active_at) VALUES (?, 'open', ?, ?, ?, ?)",
    ...[blob(nullifier), blob(share.x), blob(share.y), sessionAddress, now],
  );
  await publish(sql, "ticket", blob(nullifier));
}

export async function beginCall(
  sql: Sql,
  claim: CallClaim,
  opening: TicketKey | undefined,
  lease: Lease,
  now: number,
): Promise<CallDecision> {
  const { nullifier, sequence } = claim;
  let ticket = await ticketAt(sql, nullifier);
  if (opening !== undefined && ticket === undefined) {
    await insertTicket(sql, opening, now);
    ticket = await ticketAt(sql, nullifier);
  }
  const calls = isOfSession(claim, ticket) ? await callsFor(sql, claim) : NO_CALLS;
  const decision = decideCall(claim, ticket, calls, now);
  if (decision.kind !== "serve") return decision;
  // An earlier call whose lease is over has lost it: were it charged after this one, it would charge what this one was charged before.
  await sql.run(
    "UPDATE calls SET lease_owner = NULL, lease_until = 0 WHERE nullifier = ? AND sequence <> ? AND lease_owner IS NOT NULL",
    ...[blob(nullifier), sequence],
  );
  await sql.run(
    `INSERT INTO calls (nullifier, sequence, request_hash, cap, signature, lease_owner, lease_until) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (nullifier, sequence) DO UPDATE SET cap = excluded.cap, signature = excluded.signature,
     lease_owner = excluded.lease_owner, lease_until = excluded.lease_until`,
    ...[blob(nullifier), sequence, claim.requestHash, claim.cap.toString(), claim.signature, lease.owner, lease.until],
  );
  await sql.run("UPDATE tickets SET active_at = ? WHERE nullifier = ?", now, blob(nullifier));
  return decision;
}

const NO_CALLS: SessionCalls = { count: 0, highest: 0, leaseUntil: 0, recorded: undefined };

/** Answers may be large: at most one is read. */
async function callsFor(sql: Sql, { nullifier, sequence, requestHash }: CallClaim): Promise<SessionCalls> {
  const all = await sql.get(
    "SELECT COUNT(*) AS count, MAX(sequence) AS highest, MAX(lease_until) AS lease_until FROM calls WHERE nullifier = ?",
    blob(nullifier),
  );
  const recorded = await sql.get(
    `SELECT request_hash, answered_at, CASE WHEN request_hash = ? THEN answer END AS answer FROM calls
     WHERE nullifier = ? AND sequence = ?`,
    ...[requestHash, blob(nullifier), sequence],
  );
  return {
    count: rows.number(all?.["count"]),
    highest: rows.number(all?.["highest"] ?? 0),
    leaseUntil: rows.number(all?.["lease_until"] ?? 0),
    recorded: recorded && rows.callOf(recorded),
  };
}

/** True if the lease was this owner's. */
export async function renewLease(
  sql: Sql,
  nullifier: bigint,
  sequence: number,
  { owner, until }: Lease,
): Promise<boolean> {
  const where = "nullifier = ? AND sequence = ? AND lease_owner = ?";
  return (
    (await sql.run(`UPDATE calls SET lease_until = ? WHERE ${where}`, until, blob(nullifier), sequence, owner)) === 1
  );
}

/** True if the lease was this owner's. */
async function releaseLease(sql: Sql, nullifier: bigint, sequence: number, owner: string): Promise<boolean> {
  const where = "nullifier = ? AND sequence = ? AND lease_owner = ?";
  const set = "lease_owner = NULL, lease_until = 0";
  return (await sql.run(`UPDATE calls SET ${set} WHERE ${where}`, blob(nullifier), sequence, owner)) === 1;
}

export async function abandonCall(sql: Sql, nullifier: bigint, sequence: number, owner: string): Promise<void> {
  await releaseLease(sql, nullifier, sequence, owner);
}

export async function completeCall(sql: Sql, outcome: CallOutcome): Promise<Completion> {
  const { nullifier, sequence, owner, answer, charged, refund, violation, at } = outcome;
  const ticket = await ticketAt(sql, nullifier);
  const isViolated = ticket !== undefined && ticket.status !== "closed" && ticket.violation !== undefined;
  if (refund !== undefined && isViolated) return "violated";
  if (!(await releaseLease(sql, nullifier, sequence, owner))) return "lost";
  const key = [blob(nullifier), sequence] as const;
  await sql.run(
    "UPDATE calls SET answer = ?, answered_at = ? WHERE nullifier = ? AND sequence = ?",
    json(answer),
    at,
    ...key,
  );
  await sql.run(
    `UPDATE tickets SET charged = ?, active_at = ?, (voucher_sequence, voucher_cap, voucher_request_hash, voucher_signature) =
     (SELECT sequence, cap, request_hash, signature FROM calls WHERE nullifier = ? AND sequence = ?) WHERE nullifier = ?`,
    ...[charged.toString(), at, ...key, blob(nullifier)],
  );
  if (violation !== undefined && !(await isDisputed(sql, nullifier))) await insertViolation(sql, violation);
  if (refund !== undefined) await endTicket(sql, nullifier, refund);
  return "done";
}

export async function voucherFor(sql: Sql, nullifier: bigint, requestHash: string): Promise<Voucher | undefined> {
  const where = "nullifier = ? AND request_hash = ? AND answered_at IS NOT NULL";
  const row = await sql.get(
    `SELECT sequence, cap, request_hash, signature FROM calls WHERE ${where} ORDER BY sequence LIMIT 1`,
    blob(nullifier),
    requestHash,
  );
  return row === undefined ? undefined : rows.voucherOf(row);
}

export async function endSession(
  sql: Sql,
  ticket: TicketKey,
  { refund, ...basis }: EndOffer,
  mayRecord: boolean,
  now: number,
): Promise<EndDecision> {
  const { nullifier, share } = ticket;
  if (mayRecord && (await ticketAt(sql, nullifier)) === undefined) await insertTicket(sql, ticket, now);
  const last = await sql.get("SELECT MAX(lease_until) AS lease_until FROM calls WHERE nullifier = ?", blob(nullifier));
  const until = rows.number(last?.["lease_until"] ?? 0);
  const decision = decideEnd(share.x, basis, await ticketAt(sql, nullifier), [until], now);
  if (decision === undefined) await endTicket(sql, nullifier, refund);
  return decision ?? { kind: "ended", refund };
}

async function endTicket(
  sql: Sql,
  nullifier: bigint,
  { refundedCharge, refundedHold, signature }: RefundRecord,
): Promise<void> {
  await sql.run(
    `UPDATE tickets SET status = 'ended', active_at = NULL, refunded_charge = ?, refunded_hold = ?, refund_signature = ?
     WHERE nullifier = ?`,
    ...[refundedCharge.toString(), refundedHold.toString(), json(signature), blob(nullifier)],
  );
  // What was never served, or has no answer any more, needs no retry; answers stay for their time.
  await sql.run("DELETE FROM calls WHERE nullifier = ? AND answer IS NULL", blob(nullifier));
  await publish(sql, "refund", blob(nullifier));
}

export async function idleSessions(sql: Sql, since: number, now: number, limit: number): Promise<readonly TicketKey[]> {
  const query = `${TICKETS} WHERE status = 'open' AND active_at < ? AND COALESCE(v.reported, 1) = 1 AND NOT EXISTS
    (SELECT 1 FROM calls AS c WHERE c.nullifier = t.nullifier AND c.lease_until > ?) LIMIT ?`;
  return (await sql.all(query, since, now, limit)).map(rows.spentTicketOf);
}

export async function forgetAnswers(sql: Sql, before: number): Promise<number> {
  const deleted = await sql.run(
    `DELETE FROM calls WHERE answered_at < ? AND (SELECT status FROM tickets AS t WHERE t.nullifier = calls.nullifier) = 'ended'`,
    before,
  );
  // An open session's call keeps its row, so that it is not served again.
  const where = "answered_at < ? AND answer IS NOT NULL";
  return deleted + (await sql.run(`UPDATE calls SET answer = NULL WHERE ${where}`, before));
}

/** Over any session of the ticket. */
export async function isDisputed(sql: Sql, nullifier: bigint): Promise<boolean> {
  return (await sql.get("SELECT 1 FROM disputes WHERE nullifier = ?", blob(nullifier))) !== undefined;
}

/** The first one stands. */
export async function insertViolation(sql: Sql, { nullifier, evidenceHash, evidence }: Violation): Promise<void> {
  await sql.run(
    "INSERT INTO violations (nullifier, evidence_hash, evidence) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    ...[blob(nullifier), evidenceHash, evidence],
  );
}
