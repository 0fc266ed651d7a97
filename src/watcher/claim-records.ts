// SPDX-License-Identifier: GPL-3.0-or-later
/** What a watcher found and what it sent. A transaction is written down before it leaves, so that a crash sends nothing twice. */
import { toBeHex } from "ethers";

import type { Share } from "../protocol/index.ts";
import type { Row, SqliteFile } from "../storage/index.ts";
import { amount, field, fieldOrNone, number, text, toField } from "./columns.ts";

export type ClaimKind = "double-spend" | "understated-close";
export type ClaimOutcome = "won" | "lost" | "missed";

/** Two shares that recover a secret, which is recovered again whenever it is needed, and never written down. */
export interface Claim {
  readonly id: number;
  readonly commitment: bigint;
  readonly kind: ClaimKind;
  readonly nullifier: bigint;
  readonly index: number;
  readonly share: Share;
  /** Of a double spend. */
  readonly secondShare: Share | undefined;
  readonly bounty: bigint;
  /** Unix seconds of the chain. */
  readonly deadline: number | undefined;
  readonly recipient: string | undefined;
  readonly calldata: string | undefined;
  readonly outcome: ClaimOutcome | undefined;
}

export type Accusation = Omit<Claim, "id" | "recipient" | "calldata" | "outcome">;

export interface Suspicion {
  readonly commitment: bigint;
  readonly nullifier: bigint;
  readonly shares: readonly [Share, Share];
}

export type TransactionStatus = "sent" | "mined" | "failed" | "replaced";

export interface SentTransaction {
  readonly hash: string;
  readonly claim: number;
  readonly nonce: number;
  /** Per gas, in the chain's smallest unit. */
  readonly maxFee: bigint;
  readonly priorityFee: bigint;
  readonly raw: string;
  readonly sentAt: number;
  readonly status: TransactionStatus;
  readonly cost: bigint;
}

/** Whose nonces they are. */
export interface Sender {
  readonly address: string;
  readonly chainId: bigint;
}

const claimOf = (row: Row): Claim => {
  const x2 = fieldOrNone(row["x2"]);
  const y2 = fieldOrNone(row["y2"]);
  return {
    id: number(row["id"]),
    commitment: field(row["commitment"]),
    kind: text(row["kind"]) as ClaimKind,
    nullifier: field(row["nullifier"]),
    index: number(row["ticket_index"]),
    share: { x: field(row["x1"]), y: field(row["y1"]) },
    secondShare: x2 === undefined || y2 === undefined ? undefined : { x: x2, y: y2 },
    bounty: amount(row["bounty"]),
    deadline: row["deadline"] === null ? undefined : number(row["deadline"]),
    recipient: row["recipient"] === null ? undefined : text(row["recipient"]),
    calldata: row["calldata"] === null ? undefined : text(row["calldata"]),
    outcome: row["outcome"] === null ? undefined : (text(row["outcome"]) as ClaimOutcome),
  };
};

const transactionOf = (row: Row): SentTransaction => ({
  hash: text(row["hash"]),
  claim: number(row["claim"]),
  nonce: number(row["nonce"]),
  maxFee: amount(row["max_fee"]),
  priorityFee: amount(row["priority_fee"]),
  raw: text(row["raw"]),
  sentAt: number(row["sent_at"]),
  status: text(row["status"]) as TransactionStatus,
  cost: amount(row["cost"]),
});

const commitmentText = (commitment: bigint): string => toBeHex(commitment, 32);
/** How a log names an account: enough of its commitment to find it. */
export const accountName = (commitment: bigint): string => commitmentText(commitment).slice(0, 18);

export class ClaimRecords {
  readonly #file: SqliteFile;

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  /** @returns whether it is new: one claim for an account, ever. */
  accuse(pool: number, accusation: Accusation, now: number): boolean {
    const { commitment, kind, nullifier, index, share, secondShare, bounty, deadline } = accusation;
    const second = [secondShare?.x, secondShare?.y].map((value) => (value === undefined ? null : toField(value)));
    const added = this.#file.run(
      `INSERT INTO claims (pool, commitment, kind, nullifier, ticket_index, x1, y1, x2, y2, bounty, deadline, found_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      ...[pool, toField(commitment), kind, toField(nullifier), index, toField(share.x), toField(share.y), ...second],
      ...[bounty.toString(), deadline ?? null, now],
    );
    this.#file.run("DELETE FROM suspicions WHERE pool = ? AND commitment = ?", pool, toField(commitment));
    return added > 0;
  }

  of(pool: number, commitment: bigint): Claim | undefined {
    const row = this.#file.get("SELECT * FROM claims WHERE pool = ? AND commitment = ?", pool, toField(commitment));
    return row === undefined ? undefined : claimOf(row);
  }

  all(pool: number): Claim[] {
    return this.#file.all("SELECT * FROM claims WHERE pool = ? ORDER BY id", pool).map(claimOf);
  }

  /** What has no final outcome, the most urgent first. */
  open(pool: number): Claim[] {
    const query = "SELECT * FROM claims WHERE pool = ? AND outcome IS NULL ORDER BY deadline IS NULL, deadline, id";
    return this.#file.all(query, pool).map(claimOf);
  }

  isOpen(claim: number): boolean {
    return this.#file.get("SELECT 1 FROM claims WHERE id = ? AND outcome IS NULL", claim) !== undefined;
  }

  /** An account that closes has to be slashed before it is paid out; one whose close was reorganized away has not. */
  setDeadline(claim: number, deadline: number | undefined): void {
    this.#file.run("UPDATE claims SET deadline = ? WHERE id = ?", deadline ?? null, claim);
  }

  setProved(claim: number, recipient: string, calldata: string): void {
    this.#file.run("UPDATE claims SET recipient = ?, calldata = ? WHERE id = ?", recipient, calldata, claim);
  }

  setOutcome(claim: number, outcome: ClaimOutcome): void {
    this.#file.run("UPDATE claims SET outcome = ? WHERE id = ?", outcome, claim);
  }

  /** The close that it rests on was reorganized away before anything was sent. */
  withdraw(claim: number): void {
    this.#file.run(
      "DELETE FROM claims WHERE id = ? AND NOT EXISTS (SELECT 1 FROM transactions WHERE claim = claims.id)",
      claim,
    );
  }

  suspect(pool: number, { commitment, nullifier, shares: [first, second] }: Suspicion): void {
    const values = [commitment, nullifier, first.x, first.y, second.x, second.y].map(toField);
    this.#file.run("INSERT INTO suspicions VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", pool, ...values);
  }

  /** One for each account. */
  suspicions(pool: number): Suspicion[] {
    const query = "SELECT *, MIN(nullifier) FROM suspicions WHERE pool = ? GROUP BY commitment";
    return this.#file.all(query, pool).map((row) => ({
      commitment: field(row["commitment"]),
      nullifier: field(row["nullifier"]),
      shares: [
        { x: field(row["x1"]), y: field(row["y1"]) },
        { x: field(row["x2"]), y: field(row["y2"]) },
      ],
    }));
  }

  dismiss(pool: number, { commitment, nullifier }: Suspicion): void {
    const key = [pool, toField(commitment), toField(nullifier)] as const;
    this.#file.run("DELETE FROM suspicions WHERE pool = ? AND commitment = ? AND nullifier = ?", ...key);
  }

  /** Durable when it returns: the moment to send. */
  addTransaction({ address, chainId }: Sender, sent: Omit<SentTransaction, "status" | "cost">): void {
    const { hash, claim, nonce, maxFee, priorityFee, raw, sentAt } = sent;
    this.#file.run(
      `INSERT INTO transactions (hash, claim, signer, chain_id, nonce, max_fee, priority_fee, raw, sent_at, status)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'sent') ON CONFLICT DO NOTHING`,
      ...[hash, claim, address, chainId.toString(), nonce, maxFee.toString(), priorityFee.toString(), raw, sentAt],
    );
  }

  transactionsOf(claim: number): SentTransaction[] {
    return this.#file.all("SELECT * FROM transactions WHERE claim = ? ORDER BY sent_at", claim).map(transactionOf);
  }

  /** Of claims without a final outcome: what may still be mined, or be taken back by a reorganization. */
  unsettled({ address, chainId }: Sender): SentTransaction[] {
    return this.#file
      .all(
        `SELECT t.* FROM transactions AS t JOIN claims AS c ON c.id = t.claim
         WHERE t.signer = ? AND t.chain_id = ? AND (c.outcome IS NULL OR t.status = 'sent') ORDER BY t.nonce, t.sent_at`,
        ...[address, chainId.toString()],
      )
      .map(transactionOf);
  }

  setTransaction(hash: string, status: TransactionStatus, cost = 0n): void {
    this.#file.run("UPDATE transactions SET status = ?, cost = ? WHERE hash = ?", status, cost.toString(), hash);
  }

  /** What the transactions of a claim have cost, in the chain's smallest unit. */
  spentOn(claim: number): bigint {
    return this.transactionsOf(claim).reduce((sum, { cost }) => sum + cost, 0n);
  }
}
