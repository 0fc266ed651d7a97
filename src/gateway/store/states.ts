// SPDX-License-Identifier: GPL-3.0-or-later
/** Enrolments and folds, in SQL. Every function is a part of its caller's transaction. */
import { proofToJson } from "../../protocol/index.ts";
import { decideFold } from "./rules.ts";
import { publish } from "./feed.ts";
import type { CertifiedFold, Enrolment, Fold, FoldConflict, FoldDecision } from "./records.ts";
import * as rows from "./rows.ts";
import type { Sql } from "./sql.ts";

const { blob, json } = rows;

export async function enrolmentOf(sql: Sql, nullifier: bigint): Promise<Enrolment | undefined> {
  const row = await sql.get("SELECT * FROM enrolments WHERE nullifier = ?", blob(nullifier));
  return row === undefined ? undefined : rows.enrolmentOf(row);
}

export async function recordEnrolment(sql: Sql, enrolment: Enrolment): Promise<Enrolment> {
  const { nullifier, root, state, proof, signature } = enrolment;
  const standing = await enrolmentOf(sql, nullifier);
  if (standing !== undefined) return standing;
  await sql.run(
    "INSERT INTO enrolments (nullifier, root, state, proof, signature) VALUES (?, ?, ?, ?, ?)",
    ...[blob(nullifier), blob(root), blob(state), json(proofToJson(proof)), json(signature)],
  );
  await publish(sql, "enrolment", blob(nullifier));
  return enrolment;
}

const marksFor = (values: readonly unknown[]): string => values.map(() => "?").join(", ");

/** Signed folds that share a nullifier, oldest first. */
async function signedFoldsWith(sql: Sql, nullifiers: readonly bigint[]): Promise<Fold[]> {
  const shared = `SELECT fold FROM fold_nullifiers WHERE nullifier IN (${marksFor(nullifiers)})`;
  const folds = await sql.all(`SELECT * FROM folds WHERE id IN (${shared}) ORDER BY id`, ...nullifiers.map(blob));
  return folds.map(rows.foldOf);
}

async function certifiedFoldsWith(sql: Sql, nullifiers: readonly bigint[]): Promise<CertifiedFold[]> {
  const shared = `SELECT state FROM certified_nullifiers WHERE nullifier IN (${marksFor(nullifiers)})`;
  const query = `SELECT * FROM certified_folds WHERE state IN (${shared})`;
  return (await sql.all(query, ...nullifiers.map(blob))).map(rows.certifiedFoldOf);
}

export async function foldDecision(sql: Sql, state: bigint, nullifiers: readonly bigint[]): Promise<FoldDecision> {
  const signed = await signedFoldsWith(sql, nullifiers);
  return decideFold(state, nullifiers, signed, await certifiedFoldsWith(sql, nullifiers));
}

export async function recordFold(sql: Sql, fold: Fold): Promise<FoldDecision> {
  const { nullifiers, state, certified, proof, signature } = fold;
  const [first] = nullifiers;
  if (first === undefined) throw new Error("a fold without a refund");
  const decision = await foldDecision(sql, state, nullifiers);
  if (decision.kind !== "new") return decision;
  const row = await sql.get(
    "INSERT INTO folds (nullifiers, state, certified, proof, signature) VALUES (?, ?, ?, ?, ?) RETURNING id",
    ...[json(nullifiers), blob(state), blob(certified), json(proofToJson(proof)), json(signature)],
  );
  const id = rows.number(row?.["id"]);
  for (const nullifier of nullifiers) {
    await sql.run("INSERT INTO fold_nullifiers (nullifier, fold) VALUES (?, ?)", blob(nullifier), id);
  }
  await publish(sql, "fold", blob(first));
  return decision;
}

export async function recordCertifiedFold(sql: Sql, fold: CertifiedFold): Promise<FoldConflict | undefined> {
  const { state, nullifiers, certified } = fold;
  await sql.run(
    "INSERT INTO certified_folds (state, nullifiers, certified) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    ...[blob(state), json(nullifiers), blob(certified)],
  );
  for (const nullifier of nullifiers) {
    const insert = "INSERT INTO certified_nullifiers (nullifier, state) VALUES (?, ?) ON CONFLICT DO NOTHING";
    await sql.run(insert, blob(nullifier), blob(state));
  }
  const signed = await signedFoldsWith(sql, nullifiers);
  const other = signed.find((fold) => fold.state !== state);
  if (other === undefined) return undefined;
  await sql.run(
    `INSERT INTO fold_conflicts (pending_state, fold) SELECT ?, id FROM folds WHERE state = ? ON CONFLICT DO NOTHING`,
    ...[blob(state), blob(other.state)],
  );
  const conflicts = await unreportedConflicts(sql);
  return conflicts.find(({ pending }) => pending.state === state);
}

export async function unreportedConflicts(sql: Sql): Promise<FoldConflict[]> {
  const conflicts = await sql.all("SELECT * FROM fold_conflicts WHERE reported = 0");
  const found: FoldConflict[] = [];
  for (const row of conflicts) {
    const [pendingState, id] = [blob(rows.field(row["pending_state"])), rows.number(row["fold"])];
    const pending = await sql.get("SELECT * FROM certified_folds WHERE state = ?", pendingState);
    const signed = await sql.get("SELECT * FROM folds WHERE id = ?", id);
    if (pending === undefined || signed === undefined) throw new Error("a conflict has lost its folds");
    found.push({ pending: rows.certifiedFoldOf(pending), signed: rows.foldOf(signed) });
  }
  return found;
}

export async function markConflictReported(sql: Sql, pendingState: bigint): Promise<void> {
  await sql.run("UPDATE fold_conflicts SET reported = 1 WHERE pending_state = ?", blob(pendingState));
}
