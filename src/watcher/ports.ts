// SPDX-License-Identifier: GPL-3.0-or-later
/** What a watcher is given: pools, their feeds, who claims and at what price, and where its alarms go. */
import type { TransactionLike } from "ethers";

import type { Finality, PoolClient } from "../chain/index.ts";
import type { Clock, Prove } from "../wire/index.ts";

/** A provider's public feed (docs/http.md). */
export interface FeedSource {
  /** Shown in logs: no secret. */
  readonly name: string;
  /** What the gateway answers, unread. */
  read(request: { readonly after: number; readonly limit?: number }): Promise<unknown>;
}

/** Signs what a watcher sends. ethers' wallets are one. */
export interface ClaimSigner {
  readonly address: string;
  signTransaction(transaction: TransactionLike<string>): Promise<string>;
}

/** What one whole token is worth, in the chain's smallest unit. @throws WatcherError PRICE_UNKNOWN */
export type PriceSource = () => Promise<bigint>;

/** How claims are made. Without it a watcher finds and reports, and sends nothing. */
export interface Claiming {
  readonly signer: ClaimSigner;
  /** Who gets the bounties. */
  readonly recipient: string;
  readonly prove: Prove;
  readonly price: PriceSource;
  /** The most that a claim may cost, of its bounty's worth, in basis points; at most 10,000. */
  readonly costBps: number;
}

/** When it is time to call for help. In seconds. */
export interface Thresholds {
  /** The chain, or a feed, was not read for so long. */
  readonly silentSeconds: number;
  /** A close has so little of its window left, and not every feed was read past it. */
  readonly unjudgedSeconds: number;
  /** An account can be paid out so soon, and its slash is not in a block. */
  readonly unclaimedSeconds: number;
  /** The newest block is so old; undefined for chains that only make blocks when there is something in them. */
  readonly headSeconds: number | undefined;
}

export interface WatchedPool {
  /** Unique in the watcher's file, and never given to another pool. */
  readonly name: string;
  /** Opens the pool; called again after it failed. */
  readonly connect: () => Promise<PoolClient>;
  readonly fromBlock: number;
  readonly finality: Finality;
  readonly feeds: readonly FeedSource[];
  readonly claiming: Claiming | undefined;
  /** What is not given follows from the pool's challenge window. */
  readonly thresholds?: Partial<Thresholds>;
}

export interface WatcherLogEntry {
  readonly level: "info" | "warning" | "error";
  readonly event: string;
  readonly [detail: string]: string | number | boolean | undefined;
}

export type WatcherLog = (entry: WatcherLogEntry) => void;

export interface AlarmMessage {
  readonly state: "raised" | "repeated" | "recovered";
  readonly scope: string;
  readonly code: AlarmCode;
  /** What it is about: an account, a feed. */
  readonly subject: string;
  readonly message: string;
  /** Unix seconds. */
  readonly raisedAt: number;
}

/** Tells somebody. A message whose sending failed is told again. */
export type Notify = (message: AlarmMessage) => Promise<void>;

export const ALARMS = {
  CHAIN_UNREACHABLE: "the chain cannot be read",
  CHAIN_STUCK: "the endpoint's newest block is old",
  FEED_UNREACHABLE: "a feed cannot be read",
  FEED_CHANGED: "a feed says something else than before",
  FEED_OMITS: "a feed does not show any more what it showed before",
  FEEDS_DIFFER: "two feeds of one pool say different things",
  FEED_JUNK: "a feed shows shares that cannot be true",
  CLOSE_UNJUDGED: "a close cannot be judged in time",
  LATE_SHARE: "a feed shows a ticket that was handed in after a close had revealed it",
  EVIDENCE_UNUSABLE: "evidence cannot be used",
  CLAIM_TOO_DEAR: "a claim would cost more than it is allowed to",
  PRICE_UNKNOWN: "what a bounty is worth is not known",
  SIGNER_SHORT: "the signer cannot pay for a claim",
  CLAIM_LATE: "a claim is not in a block, and time runs out",
  CLAIM_MISSED: "an account that should have been slashed was paid out",
  NO_SIGNER: "evidence was found, and nobody is there to claim",
} as const;

export type AlarmCode = keyof typeof ALARMS;

/** Something that is wrong now. What is not said again has recovered. */
export interface Condition {
  readonly code: AlarmCode;
  readonly subject: string;
  readonly message: string;
}

export interface WatcherPorts {
  readonly clock: Clock;
  readonly log: WatcherLog;
  readonly notify: readonly Notify[];
}

const URLS = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"']+/gi;
const LONGEST = 300;

/** An error in one line. Endpoints may have keys in their URLs. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1).join("").replaceAll(URLS, "[endpoint]").slice(0, LONGEST);
}
