// SPDX-License-Identifier: GPL-3.0-or-later
/** What a provider answers for, and what it holds against others: disputes, violations, offences, in SQL. */
import type { SqliteDatabase } from "./sqlite-database.ts";
import * as rows from "./sqlite-rows.ts";
import { insertTicket, insertViolation, isDisputed, ticketAt } from "./sqlite-tickets.ts";
import type { DisputeAnswer, DisputeRecord, Offence, OpenedDispute } from "./store-records.ts";
import type { Violation, ViolationDecision } from "./store-records.ts";

const { blob, json } = rows;

function disputeAt(db: SqliteDatabase, nullifier: bigint): DisputeRecord {
  const row = db.get("SELECT * FROM disputes WHERE nullifier = ?", blob(nullifier));
  if (row === undefined) throw new Error("the store has no such dispute");
  return rows.disputeOf(row);
}

export function recordDispute(db: SqliteDatabase, dispute: OpenedDispute, now: number): DisputeRecord {
  const { nullifier, share, sessionAddress, resolvableAt } = dispute;
  if (!isDisputed(db, nullifier)) {
    const ticket = ticketAt(db, nullifier);
    if (ticket === undefined) insertTicket(db, dispute, now);
    const y = ticket?.status === "closed" ? null : blob(share.y);
    db.run(
      "INSERT INTO disputes (nullifier, x, y, session_address, resolvable_at) VALUES (?, ?, ?, ?, ?)",
      ...[blob(nullifier), blob(share.x), y, sessionAddress, resolvableAt.toString()],
    );
  }
  return disputeAt(db, nullifier);
}

export function recordAnswer(db: SqliteDatabase, { nullifier, ...answer }: DisputeAnswer): DisputeRecord {
  db.run(
    "UPDATE disputes SET answer = ? WHERE nullifier = ? AND answer IS NULL",
    ...[JSON.stringify(answerToJson(answer)), blob(nullifier)],
  );
  return disputeAt(db, nullifier);
}

/** `toJson`, and then what JSON leaves out: an undefined voucher. */
const answerToJson = ({ voucher, ...refund }: Omit<DisputeAnswer, "nullifier">): unknown =>
  JSON.parse(json(voucher === undefined ? refund : { ...refund, voucher }));

export const pendingDisputes = (db: SqliteDatabase): DisputeRecord[] =>
  db.all("SELECT * FROM disputes WHERE done = 0").map(rows.disputeOf);

export function markDisputeDone(db: SqliteDatabase, nullifier: bigint): void {
  db.run("UPDATE disputes SET done = 1 WHERE nullifier = ? AND answer IS NOT NULL", blob(nullifier));
}

export function recordViolation(db: SqliteDatabase, violation: Violation): ViolationDecision {
  const { nullifier } = violation;
  const standing = violationAt(db, nullifier);
  if (standing !== undefined) return { kind: "known", evidenceHash: standing.evidenceHash };
  const ticket = ticketAt(db, nullifier);
  if (ticket === undefined) return { kind: "unseen" };
  if (ticket.status === "closed") return { kind: "closed" };
  if (isDisputed(db, nullifier)) return { kind: "disputed" };
  if (ticket.status === "ended") return { kind: "ended" };
  insertViolation(db, violation);
  return { kind: "recorded" };
}

export function violationAt(db: SqliteDatabase, nullifier: bigint): Violation | undefined {
  const row = db.get("SELECT * FROM violations WHERE nullifier = ?", blob(nullifier));
  return row === undefined ? undefined : rows.violationOf(row);
}

export const unreportedViolations = (db: SqliteDatabase): Violation[] =>
  db
    .all("SELECT * FROM violations WHERE reported = 0 AND nullifier NOT IN (SELECT nullifier FROM disputes)")
    .map(rows.violationOf);

export function markViolationReported(db: SqliteDatabase, nullifier: bigint): void {
  db.run("UPDATE violations SET reported = 1 WHERE nullifier = ?", blob(nullifier));
}

export function recordOffence(db: SqliteDatabase, offence: Offence): void {
  const { identityCommitment, identitySecret, kind, nullifier, index, shares } = offence;
  db.run(
    `INSERT INTO offences (identity_commitment, identity_secret, kind, nullifier, ticket_index, shares)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ...[blob(identityCommitment), blob(identitySecret), kind, blob(nullifier), index],
    json(shares.flatMap(({ x, y }) => [x, y])),
  );
}

export const offences = (db: SqliteDatabase): Offence[] => db.all("SELECT * FROM offences").map(rows.offenceOf);

export const unreportedOffences = (db: SqliteDatabase): Offence[] =>
  db.all("SELECT * FROM offences WHERE reported = 0").map(rows.offenceOf);

export function markReported(db: SqliteDatabase, identityCommitment: bigint): void {
  db.run("UPDATE offences SET reported = 1 WHERE identity_commitment = ?", blob(identityCommitment));
}
