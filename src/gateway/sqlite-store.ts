// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The store on SQLite (node:sqlite), for one machine: several processes may open one file. Write-ahead log, every commit synced.
 * The methods are asynchronous for the sake of stores behind a network; here each runs to its end in one turn.
 */
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, StatementSync } from "node:sqlite";

import { proofToJson } from "../protocol/index.ts";
import type { FeedEntry } from "../wire/index.ts";
import { decideCall, decideEnd } from "./rules.ts";
import type { CallClaim, CallDecision } from "./rules.ts";
import * as rows from "./sqlite-rows.ts";
import type { Row } from "./sqlite-rows.ts";
import { migrate } from "./sqlite-schema.ts";
import { GatewayStoreError } from "./store-error.ts";
import type { CallOutcome, EndDecision, EndOffer, Enrolment, Fold, GatewayStore, Lease } from "./store.ts";
import type { Offence, RefundRecord, SpentTicket, Ticket, TicketKey } from "./store.ts";

const { blob, json } = rows;

export interface SqliteStoreOptions {
  /** A file, or ":memory:". */
  readonly path: string;
  /** Π: a file belongs to one pool. */
  readonly poolHash: bigint;
  /** How long to wait for another process's transaction. */
  readonly busyMilliseconds?: number;
}

export class SqliteStore implements GatewayStore {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws GatewayStoreError */
  constructor({ path, poolHash, busyMilliseconds = 5_000 }: SqliteStoreOptions) {
    try {
      this.#database = new DatabaseSync(path);
      this.#database.exec(
        `PRAGMA busy_timeout = ${busyMilliseconds}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`,
      );
    } catch (error) {
      throw new GatewayStoreError("UNREADABLE", "the store's file cannot be opened", { cause: error });
    }
    migrate(this.#database, poolHash);
  }

  async ticket(nullifier: bigint): Promise<Ticket | undefined> {
    return this.#ticket(nullifier);
  }

  async beginCall(claim: CallClaim, opening: TicketKey | undefined, lease: Lease, now: number): Promise<CallDecision> {
    return this.#transaction(() => {
      const { nullifier, sequence } = claim;
      if (opening !== undefined && this.#ticket(nullifier) === undefined) this.#insertTicket(opening, now);
      const calls = this.#all("SELECT * FROM calls WHERE nullifier = ?", blob(nullifier)).map(rows.callOf);
      const decision = decideCall(claim, this.#ticket(nullifier), calls, now);
      if (decision.kind !== "serve") return decision;
      this.#run(
        `INSERT INTO calls (nullifier, sequence, request_hash, cap, signature, lease_owner, lease_until) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET cap = excluded.cap, signature = excluded.signature,
         lease_owner = excluded.lease_owner, lease_until = excluded.lease_until`,
        ...[
          blob(nullifier),
          sequence,
          claim.requestHash,
          claim.cap.toString(),
          claim.signature,
          lease.owner,
          lease.until,
        ],
      );
      this.#run("UPDATE tickets SET active_at = ? WHERE nullifier = ?", now, blob(nullifier));
      return decision;
    });
  }

  async renewLease(nullifier: bigint, sequence: number, { owner, until }: Lease): Promise<boolean> {
    return this.#transaction(() => {
      const where = "nullifier = ? AND sequence = ? AND lease_owner = ?";
      return (
        this.#run(`UPDATE calls SET lease_until = ? WHERE ${where}`, until, blob(nullifier), sequence, owner) === 1
      );
    });
  }

  async abandonCall(nullifier: bigint, sequence: number, owner: string): Promise<void> {
    this.#transaction(() => this.#releaseLease(nullifier, sequence, owner));
  }

  async completeCall({ nullifier, sequence, owner, answer, charged, refund, at }: CallOutcome): Promise<boolean> {
    return this.#transaction(() => {
      if (!this.#releaseLease(nullifier, sequence, owner)) return false;
      const key = [blob(nullifier), sequence] as const;
      this.#run(
        "UPDATE calls SET answer = ?, answered_at = ? WHERE nullifier = ? AND sequence = ?",
        json(answer),
        at,
        ...key,
      );
      this.#run(
        `UPDATE tickets SET charged = ?, active_at = ?, (voucher_sequence, voucher_cap, voucher_request_hash, voucher_signature) =
         (SELECT sequence, cap, request_hash, signature FROM calls WHERE nullifier = ? AND sequence = ?) WHERE nullifier = ?`,
        ...[charged.toString(), at, ...key, blob(nullifier)],
      );
      if (refund !== undefined) this.#end(nullifier, refund);
      return true;
    });
  }

  async endSession(
    ticket: TicketKey,
    { charged, refund }: EndOffer,
    mayRecord: boolean,
    now: number,
  ): Promise<EndDecision> {
    const { nullifier, share } = ticket;
    return this.#transaction(() => {
      if (mayRecord && this.#ticket(nullifier) === undefined) this.#insertTicket(ticket, now);
      const leases = this.#all("SELECT lease_until FROM calls WHERE nullifier = ?", blob(nullifier));
      const until = leases.map((row) => rows.number(row["lease_until"]));
      const decision = decideEnd(share.x, charged, this.#ticket(nullifier), until, now);
      if (decision === undefined) this.#end(nullifier, refund);
      return decision ?? { kind: "ended", refund };
    });
  }

  async idleSessions(since: number, now: number, limit: number): Promise<readonly TicketKey[]> {
    const query = `SELECT * FROM tickets AS t WHERE status = 'open' AND active_at < ? AND NOT EXISTS
      (SELECT 1 FROM calls AS c WHERE c.nullifier = t.nullifier AND c.lease_until > ?) LIMIT ?`;
    return this.#all(query, since, now, limit).map(rows.spentTicketOf);
  }

  async forgetAnswers(before: number): Promise<number> {
    return this.#transaction(() =>
      this.#run(
        `DELETE FROM calls WHERE answered_at < ? AND (SELECT status FROM tickets AS t WHERE t.nullifier = calls.nullifier) = 'ended'`,
        before,
      ),
    );
  }

  async enrolment(nullifier: bigint): Promise<Enrolment | undefined> {
    return this.#enrolment(nullifier);
  }

  async recordEnrolment(enrolment: Enrolment): Promise<Enrolment> {
    return this.#transaction(() => {
      const { nullifier, root, state, proof, signature } = enrolment;
      const standing = this.#enrolment(nullifier);
      if (standing !== undefined) return standing;
      this.#run(
        "INSERT INTO enrolments (nullifier, root, state, proof, signature) VALUES (?, ?, ?, ?, ?)",
        ...[blob(nullifier), blob(root), blob(state), json(proofToJson(proof)), json(signature)],
      );
      this.#publish("enrolment", blob(nullifier));
      return enrolment;
    });
  }

  async foldsWith(nullifiers: readonly bigint[]): Promise<readonly Fold[]> {
    return this.#foldsWith(nullifiers);
  }

  async recordFold(fold: Fold): Promise<readonly Fold[]> {
    return this.#transaction(() => {
      const standing = this.#foldsWith(fold.nullifiers);
      if (standing.length > 0) return standing;
      const row = this.#get(
        "INSERT INTO folds (nullifiers, state, proof, signature) VALUES (?, ?, ?, ?) RETURNING id",
        ...[json(fold.nullifiers), blob(fold.state), json(proofToJson(fold.proof)), json(fold.signature)],
      );
      const id = rows.number(row?.["id"]);
      for (const nullifier of fold.nullifiers) {
        this.#run("INSERT INTO fold_nullifiers (nullifier, fold) VALUES (?, ?)", blob(nullifier), id);
      }
      this.#publish("fold", id);
      return [];
    });
  }

  async closeTickets(
    identityCommitment: bigint,
    nullifiers: readonly bigint[],
    mode: "always" | "unless-spent",
  ): Promise<readonly SpentTicket[]> {
    return this.#transaction(() => {
      const spent = nullifiers
        .map((nullifier) => this.#ticket(nullifier))
        .filter((ticket): ticket is SpentTicket => ticket !== undefined && ticket.status !== "closed");
      if (mode === "unless-spent" && spent.length > 0) return spent;
      const insert =
        "INSERT INTO tickets (nullifier, status, closed_by) VALUES (?, 'closed', ?) ON CONFLICT DO NOTHING";
      for (const nullifier of nullifiers) this.#run(insert, blob(nullifier), blob(identityCommitment));
      return spent;
    });
  }

  async recordOffence(offence: Offence): Promise<void> {
    const { identityCommitment, identitySecret, kind, nullifier, index, shares } = offence;
    this.#transaction(() =>
      this.#run(
        `INSERT INTO offences (identity_commitment, identity_secret, kind, nullifier, ticket_index, shares)
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        ...[blob(identityCommitment), blob(identitySecret), kind, blob(nullifier), index],
        json(shares.flatMap(({ x, y }) => [x, y])),
      ),
    );
  }

  async offences(): Promise<readonly Offence[]> {
    return this.#all("SELECT * FROM offences").map(rows.offenceOf);
  }

  async unreportedOffences(): Promise<readonly Offence[]> {
    return this.#all("SELECT * FROM offences WHERE reported = 0").map(rows.offenceOf);
  }

  async markReported(identityCommitment: bigint): Promise<void> {
    this.#transaction(() =>
      this.#run("UPDATE offences SET reported = 1 WHERE identity_commitment = ?", blob(identityCommitment)),
    );
  }

  async feed(after: number, limit: number): Promise<readonly FeedEntry[]> {
    return this.#transaction(() =>
      this.#all("SELECT * FROM feed WHERE position > ? ORDER BY position LIMIT ?", after, limit).map((row) =>
        this.#feedEntry(row),
      ),
    );
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #feedEntry(row: Row): FeedEntry {
    const position = rows.number(row["position"]);
    const key = row["key"] as SQLInputValue;
    const from = (table: string, column = "nullifier"): Row => {
      const found = this.#get(`SELECT * FROM ${table} WHERE ${column} = ?`, key);
      if (found === undefined) throw new Error(`the feed's entry ${position} has lost its record`);
      return found;
    };
    switch (row["kind"]) {
      case "enrolment":
        return rows.enrolmentEntryOf(position, from("enrolments"));
      case "fold":
        return rows.foldEntryOf(position, from("folds", "id"));
      case "refund":
        return rows.refundEntryOf(position, from("tickets"));
      default:
        return rows.ticketEntryOf(position, from("tickets"));
    }
  }

  #ticket(nullifier: bigint): Ticket | undefined {
    const row = this.#get("SELECT * FROM tickets WHERE nullifier = ?", blob(nullifier));
    return row === undefined ? undefined : rows.ticketOf(row);
  }

  #enrolment(nullifier: bigint): Enrolment | undefined {
    const row = this.#get("SELECT * FROM enrolments WHERE nullifier = ?", blob(nullifier));
    return row === undefined ? undefined : rows.enrolmentOf(row);
  }

  #foldsWith(nullifiers: readonly bigint[]): Fold[] {
    const marks = nullifiers.map(() => "?").join(", ");
    const query = `SELECT * FROM folds WHERE id IN (SELECT fold FROM fold_nullifiers WHERE nullifier IN (${marks})) ORDER BY id`;
    return this.#all(query, ...nullifiers.map(blob)).map(rows.foldOf);
  }

  #insertTicket({ nullifier, share, sessionAddress }: TicketKey, now: number): void {
    this.#run(
      "INSERT INTO tickets (nullifier, status, x, y, session_address, active_at) VALUES (?, 'open', ?, ?, ?, ?)",
      ...[blob(nullifier), blob(share.x), blob(share.y), sessionAddress, now],
    );
    this.#publish("ticket", blob(nullifier));
  }

  /** True if the lease was this owner's. */
  #releaseLease(nullifier: bigint, sequence: number, owner: string): boolean {
    const where = "nullifier = ? AND sequence = ? AND lease_owner = ?";
    const set = "lease_owner = NULL, lease_until = 0";
    return this.#run(`UPDATE calls SET ${set} WHERE ${where}`, blob(nullifier), sequence, owner) === 1;
  }

  #end(nullifier: bigint, { refundedCharge, refundedHold, signature }: RefundRecord): void {
    this.#run(
      `UPDATE tickets SET status = 'ended', active_at = NULL, refunded_charge = ?, refunded_hold = ?, refund_signature = ?
       WHERE nullifier = ?`,
      ...[refundedCharge.toString(), refundedHold.toString(), json(signature), blob(nullifier)],
    );
    // What was never served needs no retry; answers stay for their time.
    this.#run("DELETE FROM calls WHERE nullifier = ? AND answer IS NULL", blob(nullifier));
    this.#publish("refund", blob(nullifier));
  }

  #publish(kind: FeedEntry["kind"], key: SQLInputValue): void {
    this.#run("INSERT INTO feed (kind, key) VALUES (?, ?)", kind, key);
  }

  #transaction<T>(body: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = body();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }

  #get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  #all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...values);
  }

  /** How many rows changed. */
  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }
}
