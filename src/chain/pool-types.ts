// SPDX-License-Identifier: GPL-3.0-or-later
/** What a pool and its rules tell. Amounts in token base units, times in unix seconds. */
import type { CreditDisputes, CreditPool, CreditSettlement } from "../../typechain-types/index.js";

export type AccountStatus = "none" | "active" | "expired" | "closed" | "slashed";
export const ACCOUNT_STATUSES: readonly AccountStatus[] = ["none", "active", "expired", "closed", "slashed"];

/** An account as the chain has it. */
export interface Account {
  readonly identityCommitment: bigint;
  readonly status: AccountStatus;
  readonly deposit: bigint;
  readonly stake: bigint;
  readonly openedAt: bigint;
}

/** A close in its challenge window. */
export interface PendingClose {
  readonly identityCommitment: bigint;
  readonly toRecipient: bigint;
  readonly toProvider: bigint;
  readonly finalizableAt: bigint;
  readonly recipient: string;
  readonly fee: bigint;
  readonly relayer: string;
}

export type DisputeStatus = "open" | "answered" | "lost";
/** In the contract's order; 0 stands for none. */
export const DISPUTE_STATUSES: readonly DisputeStatus[] = ["open", "answered", "lost"];

/** The dispute over one ticket. */
export interface Dispute {
  readonly nullifier: bigint;
  readonly sessionAddress: string;
  /** Until then it can be answered, from then on resolved. */
  readonly resolvableAt: bigint;
  readonly status: DisputeStatus;
  /** Who gets the award. */
  readonly recipient: string;
  /** What of the award is owed and could not be paid yet. */
  readonly unpaid: bigint;
}

export type FoldStatus = "pending" | "final" | "fallen";
/** In the contract's order; 0 stands for none. */
export const FOLD_STATUSES: readonly FoldStatus[] = ["pending", "final", "fallen"];

/** A fold that was certified. A pending one can have fallen silently: see `foldHoldersOf`. */
export interface CertifiedFold {
  readonly newState: bigint;
  /** keccak256(abi.encode(foldNullifiers, certified)). */
  readonly contents: string;
  readonly finalizableAt: bigint;
  readonly status: FoldStatus;
}

/** What the provider's bond and revenue stand for. */
export interface Obligations {
  /** How many disputes wait for an answer; each could take twice the hold. */
  readonly openDisputes: number;
  readonly unpaidAwards: bigint;
  readonly unpaidPenalties: bigint;
  /** All of the above together; the provider can withdraw nothing of it. */
  readonly encumbered: bigint;
  /** What it can withdraw: at once out of revenue, after notice out of the bond. */
  readonly free: bigint;
  readonly announcedWithdrawal: bigint;
  readonly withdrawableAt: bigint;
}

/** What the pool owes. */
export interface Ledger {
  readonly escrowed: bigint;
  readonly undelivered: bigint;
  readonly revenue: bigint;
  readonly bond: bigint;
  readonly awaitingBurn: bigint;
}

/** The ledger against the tokens that are there, both at one block. */
export interface Solvency {
  readonly ledger: Ledger;
  readonly owed: bigint;
  readonly balance: bigint;
  /** Tokens that somebody sent to the pool directly. Negative: missing. */
  readonly surplus: bigint;
  readonly isSolvent: boolean;
  readonly blockNumber: number;
}

export interface TreeHead {
  readonly root: bigint;
  readonly leafCount: number;
  readonly depth: number;
}

/** At a block; the newest by default. */
export interface ReadOptions {
  readonly blockTag?: number | "latest" | "finalized";
}

/** The contracts of one pool. */
export interface PoolContracts {
  readonly pool: CreditPool;
  readonly settlement: CreditSettlement;
  readonly disputes: CreditDisputes;
}

/** Where they are. */
export interface PoolAddresses {
  readonly pool: string;
  readonly settlement: string;
  readonly disputes: string;
}
