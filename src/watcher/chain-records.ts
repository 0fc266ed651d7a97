// SPDX-License-Identifier: GPL-3.0-or-later
/** What a watcher keeps of the chain: accounts, closes, pay-outs, and how far it has read. A reorganization takes back what it made void. */
import type { PoolClient, PoolEvent, SyncCursor } from "../chain/index.ts";
import { ticketMessage } from "../protocol/index.ts";
import type { Pool } from "../protocol/index.ts";
import type { Row, SqliteFile } from "../storage/index.ts";
import { amount, field, number, text, toField } from "./columns.ts";
import { WatcherError } from "./errors.ts";
import { CHAIN, addShare } from "./shares.ts";
import type { ShareFinding } from "./shares.ts";

export interface PoolRow {
  readonly id: number;
  readonly cursor: SyncCursor | undefined;
  readonly finalBlock: number;
  /** When the chain was last read to its head; unix seconds. */
  readonly readAt: number | undefined;
  /** In seconds, once the pool was reached. */
  readonly challengeWindow: number | undefined;
}

export interface CloseRow {
  readonly commitment: bigint;
  readonly firstUnused: number;
  readonly coverKeys: readonly bigint[];
  /** Unix seconds of the chain. */
  readonly finalizableAt: number;
  readonly block: number;
  readonly logIndex: number;
  readonly isDerived: boolean;
}

export interface AccountRow {
  readonly deposit: bigint;
  readonly stake: bigint;
}

export interface ReleaseRow {
  readonly status: "slashed" | "closed";
  readonly transactionHash: string;
  readonly block: number;
}

const closeOf = (row: Row): CloseRow => ({
  commitment: field(row["commitment"]),
  firstUnused: number(row["first_unused"]),
  coverKeys: (JSON.parse(text(row["cover_keys"])) as string[]).map(BigInt),
  finalizableAt: number(row["finalizable_at"]),
  block: number(row["block"]),
  logIndex: number(row["log_index"]),
  isDerived: row["is_derived"] === 1,
});

/** Closes of accounts that were neither slashed nor paid out. */
const OPEN = `FROM closes AS c WHERE c.pool = ? AND NOT EXISTS
  (SELECT 1 FROM releases AS r WHERE r.pool = c.pool AND r.commitment = c.commitment)`;

export class ChainRecords {
  readonly #file: SqliteFile;

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  /** The row of a pool by its name in the settings, made if there is none. */
  pool(name: string): PoolRow {
    this.#file.run("INSERT INTO pools (name) VALUES (?) ON CONFLICT DO NOTHING", name);
    return this.poolRow(this.#file.get("SELECT * FROM pools WHERE name = ?", name));
  }

  poolRow(row: Row | undefined): PoolRow {
    const cursor = row?.["cursor"];
    return {
      id: number(row?.["id"]),
      cursor: typeof cursor === "string" ? (JSON.parse(cursor) as SyncCursor) : undefined,
      finalBlock: number(row?.["final_block"]),
      readAt: typeof row?.["read_at"] === "number" ? row["read_at"] : undefined,
      challengeWindow: typeof row?.["challenge_window"] === "number" ? row["challenge_window"] : undefined,
    };
  }

  /** Notes which pool stands under the name. @throws WatcherError POOL_MISMATCH */
  identify(pool: number, { pool: { poolHash, address, chainId }, parameters, token }: PoolClient): void {
    const known = this.#file.get("SELECT pool_hash FROM pools WHERE id = ?", pool)?.["pool_hash"];
    if (typeof known === "string" && known !== poolHash.toString()) {
      throw new WatcherError(
        "POOL_MISMATCH",
        `the file knows another pool by this name: give ${address} on chain ${chainId} a name or a file of its own`,
      );
    }
    const { symbol, decimals } = token;
    this.#file.run(
      "UPDATE pools SET pool_hash = ?, address = ?, chain_id = ?, token = ?, challenge_window = ? WHERE id = ?",
      ...[poolHash.toString(), address, chainId.toString(), JSON.stringify({ symbol, decimals })],
      ...[Number(parameters.challengeWindow), pool],
    );
  }

  /** Applies the events of a range, what follows from them, and where the sync stands after it: all or nothing. */
  apply(
    pool: number,
    { scope }: Pool,
    events: readonly PoolEvent[],
    cursor: SyncCursor,
    onFinding: (finding: ShareFinding) => void,
  ): void {
    this.#file.transaction(() => {
      for (const event of events) this.#record(pool, scope, event).forEach(onFinding);
      this.#setCursor(pool, cursor);
    });
  }

  rollBack(pool: number, toBlock: number, cursor: SyncCursor): void {
    this.#file.transaction(() => {
      for (const table of ["revealed", "cutoffs"]) {
        this.#file.run(
          `DELETE FROM ${table} WHERE pool = ? AND commitment IN (SELECT commitment FROM closes WHERE pool = ? AND block > ?)`,
          ...[pool, pool, toBlock],
        );
      }
      for (const table of ["accounts", "releases", "closes"]) {
        this.#file.run(`DELETE FROM ${table} WHERE pool = ? AND block > ?`, pool, toBlock);
      }
      this.#file.run("DELETE FROM shares WHERE pool = ? AND source = 0 AND seen > ?", pool, toBlock);
      this.#setCursor(pool, cursor);
    });
  }

  /** The chain was read to its head. What is decided for good needs its details no more. */
  setRead(pool: number, finalBlock: number, now: number): void {
    this.#file.transaction(() => {
      this.#file.run("UPDATE pools SET final_block = ?, read_at = ? WHERE id = ?", finalBlock, now, pool);
      for (const table of ["revealed", "cutoffs"]) {
        this.#file.run(
          `DELETE FROM ${table} WHERE pool = ? AND commitment IN (SELECT commitment FROM releases WHERE pool = ? AND block <= ?)`,
          ...[pool, pool, finalBlock],
        );
      }
    });
  }

  account(pool: number, commitment: bigint): AccountRow | undefined {
    const row = this.#file.get(
      "SELECT deposit, stake FROM accounts WHERE pool = ? AND commitment = ?",
      ...[pool, toField(commitment)],
    );
    return row === undefined ? undefined : { deposit: amount(row["deposit"]), stake: amount(row["stake"]) };
  }

  accountCount(pool: number): number {
    return number(this.#file.get("SELECT COUNT(*) AS count FROM accounts WHERE pool = ?", pool)?.["count"]);
  }

  release(pool: number, commitment: bigint): ReleaseRow | undefined {
    const row = this.#file.get(
      "SELECT status, transaction_hash, block FROM releases WHERE pool = ? AND commitment = ?",
      ...[pool, toField(commitment)],
    );
    if (row === undefined) return undefined;
    return {
      status: text(row["status"]) as ReleaseRow["status"],
      transactionHash: text(row["transaction_hash"]),
      block: number(row["block"]),
    };
  }

  close(pool: number, commitment: bigint): CloseRow | undefined {
    const row = this.#file.get(
      "SELECT * FROM closes WHERE pool = ? AND commitment = ?",
      ...[pool, toField(commitment)],
    );
    return row === undefined ? undefined : closeOf(row);
  }

  /** Closes that can still be challenged, the most urgent first. */
  openCloses(pool: number): CloseRow[] {
    return this.#file.all(`SELECT c.* ${OPEN} ORDER BY c.finalizable_at`, pool).map(closeOf);
  }

  /** Notes the tickets that a close reveals. The last of them comes with `isDerived`. */
  reveal(
    pool: number,
    { commitment, block, logIndex }: CloseRow,
    tickets: readonly { readonly nullifier: bigint; readonly index: number }[],
    isDerived: boolean,
  ): void {
    const key = [pool, toField(commitment)] as const;
    this.#file.transaction(() => {
      // A reorganization may have come between two parts.
      const isThere = this.#file.get(
        "SELECT 1 FROM closes WHERE pool = ? AND commitment = ? AND block = ? AND log_index = ?",
        ...[...key, block, logIndex],
      );
      if (isThere === undefined) return;
      for (const { nullifier, index } of tickets) {
        this.#file.run(
          "INSERT INTO revealed VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
          ...[pool, toField(nullifier), toField(commitment), index],
        );
      }
      if (isDerived) this.#file.run("UPDATE closes SET is_derived = 1 WHERE pool = ? AND commitment = ?", ...key);
    });
  }

  #setCursor(pool: number, cursor: SyncCursor): void {
    this.#file.run("UPDATE pools SET cursor = ? WHERE id = ?", JSON.stringify(cursor), pool);
  }

  #record(pool: number, scope: bigint, event: PoolEvent): ShareFinding[] {
    const { blockNumber, logIndex, transactionHash } = event;
    switch (event.name) {
      case "AccountOpened": {
        const { identityCommitment, deposit, stake } = event.args;
        this.#file.run(
          "INSERT INTO accounts VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
          ...[pool, toField(identityCommitment), deposit.toString(), stake.toString(), blockNumber],
        );
        return [];
      }
      case "AccountReleased": {
        const { identityCommitment, status } = event.args;
        if (status !== "closed" && status !== "slashed") return [];
        this.#file.run(
          "INSERT INTO releases VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
          ...[pool, toField(identityCommitment), status, transactionHash, blockNumber],
        );
        return [];
      }
      case "CloseStarted": {
        const { identityCommitment, firstUnused, coverKeys, finalizableAt } = event.args;
        this.#file.run(
          "INSERT INTO closes VALUES (?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING",
          ...[pool, toField(identityCommitment), firstUnused, JSON.stringify(coverKeys.map(String))],
          ...[Number(finalizableAt), blockNumber, logIndex],
        );
        return [];
      }
      case "DisputeOpened": {
        // Its proof was verified by the contract.
        const { nullifier, y, sessionAddress } = event.args;
        const share = { x: ticketMessage(scope, sessionAddress), y };
        return addShare(this.#file, pool, { nullifier, share, source: CHAIN, seen: blockNumber, place: logIndex });
      }
      default:
        return [];
    }
  }
}
