// SPDX-License-Identifier: GPL-3.0-or-later
/** Enrolments and folds, in SQL. Every function is a part of its caller's transaction. */
import { proofToJson } from "../protocol/index.ts";
import { decideFold } from "./rules.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";
import { publish } from "./sqlite-feed.ts";
import * as rows from "./sqlite-rows.ts";
import type { CertifiedFold, Enrolment, Fold, FoldConflict, FoldDecision } from "./store-records.ts";

const { blob, json } = rows;

export function enrolmentOf(db: SqliteDatabase, nullifier: bigint): Enrolment | undefined {
  const row = db.get("SELECT * FROM enrolments WHERE nullifier = ?", blob(nullifier));
  return row === undefined ? undefined : rows.enrolmentOf(row);
}

export function recordEnrolment(db: SqliteDatabase, enrolment: Enrolment): Enrolment {
  const { nullifier, root, state, proof, signature } = enrolment;
  const standing = enrolmentOf(db, nullifier);
  if (standing !== undefined) return standing;
  db.run(
    "INSERT INTO enrolments (nullifier, root, state, proof, signature) VALUES (?, ?, ?, ?, ?)",
    ...[blob(nullifier), blob(root), blob(state), json(proofToJson(proof)), json(signature)],
  );
  publish(db, "enrolment", blob(nullifier));
  return enrolment;
}

const marksFor = (values: readonly unknown[]): string => values.map(() => "?").join(", ");

/** Signed folds that share a nullifier, oldest first. */
function signedFoldsWith(db: SqliteDatabase, nullifiers: readonly bigint[]): Fold[] {
  const shared = `SELECT fold FROM fold_nullifiers WHERE nullifier IN (${marksFor(nullifiers)})`;
  return db.all(`SELECT * FROM folds WHERE id IN (${shared}) ORDER BY id`, ...nullifiers.map(blob)).map(rows.foldOf);
}

function certifiedFoldsWith(db: SqliteDatabase, nullifiers: readonly bigint[]): CertifiedFold[] {
  const shared = `SELECT state FROM certified_nullifiers WHERE nullifier IN (${marksFor(nullifiers)})`;
  const query = `SELECT * FROM certified_folds WHERE state IN (${shared})`;
  return db.all(query, ...nullifiers.map(blob)).map(rows.certifiedFoldOf);
}

export const foldDecision = (db: SqliteDatabase, state: bigint, nullifiers: readonly bigint[]): FoldDecision =>
  decideFold(state, nullifiers, signedFoldsWith(db, nullifiers), certifiedFoldsWith(db, nullifiers));

export function recordFold(db: SqliteDatabase, fold: Fold): FoldDecision {
  const { nullifiers, state, certified, proof, signature } = fold;
  const decision = foldDecision(db, state, nullifiers);
  if (decision.kind !== "new") return decision;
  const row = db.get(
    "INSERT INTO folds (nullifiers, state, certified, proof, signature) VALUES (?, ?, ?, ?, ?) RETURNING id",
    ...[json(nullifiers), blob(state), blob(certified), json(proofToJson(proof)), json(signature)],
  );
  const id = rows.number(row?.["id"]);
  for (const nullifier of nullifiers) {
    db.run("INSERT INTO fold_nullifiers (nullifier, fold) VALUES (?, ?)", blob(nullifier), id);
  }
  publish(db, "fold", id);
  return decision;
}

export function recordCertifiedFold(db: SqliteDatabase, fold: CertifiedFold): FoldConflict | undefined {
  const { state, nullifiers, certified } = fold;
  db.run(
    "INSERT INTO certified_folds (state, nullifiers, certified) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    ...[blob(state), json(nullifiers), blob(certified)],
  );
  for (const nullifier of nullifiers) {
    const insert = "INSERT INTO certified_nullifiers (nullifier, state) VALUES (?, ?) ON CONFLICT DO NOTHING";
    db.run(insert, blob(nullifier), blob(state));
  }
  const other = signedFoldsWith(db, nullifiers).find((signed) => signed.state !== state);
  if (other === undefined) return undefined;
  db.run(
    `INSERT INTO fold_conflicts (pending_state, fold) SELECT ?, id FROM folds WHERE state = ? ON CONFLICT DO NOTHING`,
    ...[blob(state), blob(other.state)],
  );
  return unreportedConflicts(db).find(({ pending }) => pending.state === state);
}

export function unreportedConflicts(db: SqliteDatabase): FoldConflict[] {
  const conflicts = db.all("SELECT * FROM fold_conflicts WHERE reported = 0");
  return conflicts.map((row) => {
    const [pendingState, id] = [blob(rows.field(row["pending_state"])), rows.number(row["fold"])];
    const pending = db.get("SELECT * FROM certified_folds WHERE state = ?", pendingState);
    const signed = db.get("SELECT * FROM folds WHERE id = ?", id);
    if (pending === undefined || signed === undefined) throw new Error("a conflict has lost its folds");
    return { pending: rows.certifiedFoldOf(pending), signed: rows.foldOf(signed) };
  });
}

export function markConflictReported(db: SqliteDatabase, pendingState: bigint): void {
  db.run("UPDATE fold_conflicts SET reported = 1 WHERE pending_state = ?", blob(pendingState));
}
