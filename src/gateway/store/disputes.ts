// SPDX-License-Identifier: GPL-3.0-or-later
/** What a provider answers for, and what it holds against others: disputes, violations, offences, in SQL. */
import { insertTicket, insertViolation, isDisputed, ticketAt } from "./tickets.ts";
import type { DisputeAnswer, DisputeRecord, Offence, OpenedDispute } from "./records.ts";
import type { Violation, ViolationDecision } from "./records.ts";
import * as rows from "./rows.ts";
import type { Sql } from "./sql.ts";

const { blob, json } = rows;

async function disputeAt(sql: Sql, nullifier: bigint): Promise<DisputeRecord> {
  const row = await sql.get("SELECT * FROM disputes WHERE nullifier = ?", blob(nullifier));
  if (row === undefined) throw new Error("the store has no such dispute");
  return rows.disputeOf(row);
}

export async function recordDispute(sql: Sql, dispute: OpenedDispute, now: number): Promise<DisputeRecord> {
  const { nullifier, share, sessionAddress, resolvableAt } = dispute;
  if (!(await isDisputed(sql, nullifier))) {
    const ticket = await ticketAt(sql, nullifier);
    if (ticket === undefined) await insertTicket(sql, dispute, now);
    const y = ticket?.status === "closed" ? null : blob(share.y);
    await sql.run(
      "INSERT INTO disputes (nullifier, x, y, session_address, resolvable_at) VALUES (?, ?, ?, ?, ?)",
      ...[blob(nullifier), blob(share.x), y, sessionAddress, resolvableAt.toString()],
    );
  }
  return await disputeAt(sql, nullifier);
}

export async function recordAnswer(sql: Sql, { nullifier, ...answer }: DisputeAnswer): Promise<DisputeRecord> {
  await sql.run(
    "UPDATE disputes SET answer = ? WHERE nullifier = ? AND answer IS NULL",
    ...[JSON.stringify(answerToJson(answer)), blob(nullifier)],
  );
  return await disputeAt(sql, nullifier);
}

/** `toJson`, and then what JSON leaves out: an undefined voucher. */
const answerToJson = ({ voucher, ...refund }: Omit<DisputeAnswer, "nullifier">): unknown =>
  JSON.parse(json(voucher === undefined ? refund : { ...refund, voucher }));

export async function pendingDisputes(sql: Sql): Promise<DisputeRecord[]> {
  return (await sql.all("SELECT * FROM disputes WHERE done = 0")).map(rows.disputeOf);
}

export async function markDisputeDone(sql: Sql, nullifier: bigint): Promise<void> {
  await sql.run("UPDATE disputes SET done = 1 WHERE nullifier = ? AND answer IS NOT NULL", blob(nullifier));
}

export async function recordViolation(sql: Sql, violation: Violation): Promise<ViolationDecision> {
  const { nullifier } = violation;
  const standing = await violationAt(sql, nullifier);
  if (standing !== undefined) return { kind: "known", evidenceHash: standing.evidenceHash };
  const ticket = await ticketAt(sql, nullifier);
  if (ticket === undefined) return { kind: "unseen" };
  if (ticket.status === "closed") return { kind: "closed" };
  if (await isDisputed(sql, nullifier)) return { kind: "disputed" };
  if (ticket.status === "ended") return { kind: "ended" };
  await insertViolation(sql, violation);
  return { kind: "recorded" };
}

export async function violationAt(sql: Sql, nullifier: bigint): Promise<Violation | undefined> {
  const row = await sql.get("SELECT * FROM violations WHERE nullifier = ?", blob(nullifier));
  return row === undefined ? undefined : rows.violationOf(row);
}

export async function unreportedViolations(sql: Sql): Promise<Violation[]> {
  const undisputed = "nullifier NOT IN (SELECT nullifier FROM disputes)";
  return (await sql.all(`SELECT * FROM violations WHERE reported = 0 AND ${undisputed}`)).map(rows.violationOf);
}

export async function markViolationReported(sql: Sql, nullifier: bigint): Promise<void> {
  await sql.run("UPDATE violations SET reported = 1 WHERE nullifier = ?", blob(nullifier));
}

export async function recordOffence(sql: Sql, offence: Offence): Promise<void> {
  const { identityCommitment, identitySecret, kind, nullifier, index, shares } = offence;
  await sql.run(
    `INSERT INTO offences (identity_commitment, identity_secret, kind, nullifier, ticket_index, shares)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ...[blob(identityCommitment), blob(identitySecret), kind, blob(nullifier), index],
    json(shares.flatMap(({ x, y }) => [x, y])),
  );
}

export async function offences(sql: Sql): Promise<Offence[]> {
  return (await sql.all("SELECT * FROM offences")).map(rows.offenceOf);
}

export async function unreportedOffences(sql: Sql): Promise<Offence[]> {
  return (await sql.all("SELECT * FROM offences WHERE reported = 0")).map(rows.offenceOf);
}

export async function markReported(sql: Sql, identityCommitment: bigint): Promise<void> {
  await sql.run("UPDATE offences SET reported = 1 WHERE identity_commitment = ?", blob(identityCommitment));
}
