// SPDX-License-Identifier: GPL-3.0-or-later
/** What an audit found, as data: the terminal's summary, the JSON and the HTML page are made from it. Amounts in token base units. */
import type { BlockHeader, PoolClient } from "../chain/index.ts";
import type { PoolParameters } from "../protocol/index.ts";
import type { ClosingTotals } from "./account-model.ts";
import type { CodeReport } from "./code.ts";
import type { Compared } from "./end-state.ts";
import { FINDINGS } from "./findings.ts";
import type { Finding, Findings, Severity } from "./findings.ts";
import type { FeedFigures } from "./feed-books.ts";
import type { ProofQueue } from "./proof-queue.ts";
import type { Replay } from "./replay.ts";
import type { StoreFigures } from "./store-books.ts";
import type { Sample } from "./timeline.ts";
import type { VerifierReport } from "./verifiers.ts";

/** What the provider's books came to; undefined where they were not given. */
export interface BooksReport {
  readonly store: StoreFigures | undefined;
  readonly feed: FeedFigures | undefined;
  /** When the roots were announced that enrolments show, ascending, in unix seconds. */
  readonly enrolmentTimes: readonly number[] | undefined;
}

export interface AuditReport {
  readonly pool: {
    readonly chainId: bigint;
    readonly address: string;
    readonly settlement: string;
    readonly disputes: string;
    readonly token: { readonly address: string; readonly symbol: string; readonly decimals: number };
    readonly parameters: PoolParameters;
  };
  readonly range: {
    readonly fromBlock: number;
    readonly toBlock: number;
    readonly blockHash: string;
    /** Unix seconds of the last block. */
    readonly timestamp: number;
  };
  readonly result: { readonly isClean: boolean } & Readonly<Record<`${Severity}s`, number>>;
  readonly findings: readonly Finding[];
  /** How many of each code, those that are not listed included. */
  readonly counts: Readonly<Record<string, number>>;
  readonly checked: {
    readonly events: number;
    readonly transactions: number;
    readonly transfers: number;
    readonly roots: number;
    readonly proofs: Readonly<Record<string, number>>;
    readonly signatures: number;
    /** Closes and slashes that the sample left out. */
    readonly leftOut: number;
    readonly throughContracts: { readonly seen: number; readonly unseen: number };
    readonly verifiers: readonly VerifierReport[];
    readonly code: CodeReport;
    readonly states: readonly Compared[];
  };
  readonly accounts: {
    readonly opened: number;
    readonly active: number;
    readonly closing: number;
    readonly expired: number;
    readonly closed: number;
    readonly slashed: number;
    readonly deposited: bigint;
    readonly openDeposits: bigint;
  };
  readonly closing: Readonly<ClosingTotals>;
  readonly money: {
    readonly balance: bigint;
    readonly owed: bigint;
    readonly surplus: bigint;
    readonly ledger: Readonly<Record<string, bigint>>;
    readonly totals: Readonly<Record<string, bigint>>;
  };
  readonly disputes: {
    readonly opened: number;
    readonly open: number;
    readonly answered: number;
    readonly lost: number;
    readonly violations: number;
    readonly unpaidAwards: bigint;
    readonly unpaidPenalties: bigint;
    /** Seconds from opening to answer, and from the end of the window to the decision. */
    readonly answerTimes: readonly number[];
    readonly lossTimes: readonly number[];
  };
  readonly folds: {
    readonly certified: number;
    readonly pending: number;
    readonly final: number;
    readonly fallen: number;
  };
  readonly books: {
    readonly store: StoreFigures | undefined;
    readonly feed: FeedFigures | undefined;
    /** Enrolled accounts by the roots that they showed: at each time at most so many. */
    readonly enrolled: readonly (readonly [time: number, accounts: number])[] | undefined;
  };
  readonly timeline: readonly Sample[];
  readonly milliseconds: number;
}

interface Parts {
  readonly client: PoolClient;
  readonly findings: Findings;
  readonly queue: ProofQueue;
  readonly replay: Replay;
  readonly verifiers: readonly VerifierReport[];
  readonly code: CodeReport;
  readonly books: BooksReport;
  readonly fromBlock: number;
  readonly last: BlockHeader;
  readonly milliseconds: number;
}

/** How many times of disputes are listed. */
const MOST_TIMES = 10_000;

export function reportOf({
  client,
  findings,
  queue,
  replay,
  verifiers,
  code,
  books,
  fromBlock,
  last,
  milliseconds,
}: Parts): AuditReport {
  const { accounts, disputes, folds, money, evidence, counts } = replay;
  const { table } = accounts;
  const entries = [...disputes.disputes.values()];
  const standing = [...folds.folds.values()];
  const violations = findings.countOf("violation");
  return {
    pool: {
      chainId: client.chainId,
      address: client.pool.address,
      settlement: client.settlementAddress,
      disputes: client.disputesAddress,
      token: { address: client.token.address, symbol: client.token.symbol, decimals: client.token.decimals },
      parameters: client.parameters,
    },
    range: { fromBlock, toBlock: last.number, blockHash: last.hash, timestamp: last.timestamp },
    result: {
      isClean: violations === 0,
      violations,
      warnings: findings.countOf("warning"),
      notes: findings.countOf("note"),
    },
    findings: findings.all,
    counts: Object.fromEntries([...findings.counts].filter(([code]) => code in FINDINGS)),
    checked: {
      events: counts.events,
      transactions: counts.transactions,
      transfers: counts.transfers,
      roots: accounts.roots.size,
      proofs: { ...queue.verified },
      signatures: evidence.signatures.checked,
      leftOut: counts.leftOut,
      throughContracts: { ...evidence.through },
      verifiers,
      code,
      states: replay.compared,
    },
    accounts: {
      opened: table.size,
      active: table.countOf("active"),
      closing: accounts.pending.size,
      expired: table.countOf("expired"),
      closed: table.countOf("closed"),
      slashed: table.countOf("slashed"),
      deposited: accounts.deposited,
      openDeposits: accounts.openDeposits,
    },
    closing: { ...accounts.totals },
    money: {
      balance: money.balance,
      owed: money.owed,
      surplus: money.surplus,
      ledger: { ...money.ledger },
      totals: { ...money.totals },
    },
    disputes: {
      opened: entries.length,
      open: entries.filter(({ status }) => status === "open").length,
      answered: entries.filter(({ status }) => status === "answered").length,
      lost: entries.filter(({ status }) => status === "lost").length,
      violations: disputes.violations.size,
      unpaidAwards: disputes.unpaidAwards,
      unpaidPenalties: disputes.unpaidPenalties,
      answerTimes: disputes.answerTimes.slice(0, MOST_TIMES),
      lossTimes: disputes.lossTimes.slice(0, MOST_TIMES),
    },
    folds: {
      certified: standing.length,
      pending: standing.filter(({ status }) => status === "pending").length,
      final: standing.filter(({ status }) => status === "final").length,
      fallen: standing.filter(({ status }) => status === "fallen").length,
    },
    books: { store: books.store, feed: books.feed, enrolled: books.enrolmentTimes && steps(books.enrolmentTimes) },
    timeline: replay.timeline.samples,
    milliseconds,
  };
}

const MOST_STEPS = 400;

/** How many there were at some of the times. */
function steps(times: readonly number[]): [number, number][] {
  const every = Math.max(1, Math.ceil(times.length / MOST_STEPS));
  const last = times.length - 1;
  return times.flatMap((time, index): [number, number][] =>
    index % every === 0 || index === last ? [[time, index + 1]] : [],
  );
}
