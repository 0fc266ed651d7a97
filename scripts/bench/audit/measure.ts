// SPDX-License-Identifier: GPL-3.0-or-later
/** What an audit of a long history takes in time and memory, beside reading the same events with ethers alone. */
import { Child } from "../child.ts";
import type { Compared } from "../rates.ts";
import { compared } from "../rates.ts";
import { rounded } from "../statistics.ts";
import type { AuditCost, Cost } from "./audit-process.ts";
import type { Served } from "./endpoint-process.ts";
import type { HistorySize } from "./history.ts";

export interface AuditScaleOptions {
  /** Of the history in batches; the one without has a tenth, and no more than MOST_ALONE. */
  readonly deposits: number;
  readonly closes: number;
  readonly proofs: number;
  readonly log: (step: string) => void;
}

export interface AuditedHistory {
  readonly batch: number;
  readonly deposits: number;
  readonly closes: number;
  readonly proofs: number;
  readonly events: number;
  /** Milliseconds by the clock, and of processor time: the audit, ethers alone, and the audit over ethers alone. */
  readonly clock: Compared;
  readonly processor: Compared;
  /** Bytes: the most of each process, and what the audit keeps of each account. */
  readonly mostResident: Compared;
  readonly heldPerAccount: number;
}

export interface AuditScaleReport {
  readonly histories: readonly AuditedHistory[];
}

const BATCH = 100;
/** How many times fewer accounts there are where each is opened alone. */
const FEWER = 10;
/** More would say the same of each, and take an hour. */
const MOST_ALONE = 20_000;

/** Each in a process of its own: the memory is its alone, and the endpoint has its own core where there are two. */
async function askNew<T>(name: "audit" | "read", served: Served): Promise<T> {
  const child = new Child(new URL("./audit-process.ts", import.meta.url));
  try {
    return await child.ask<T>(name, served);
  } finally {
    await child.close();
  }
}

async function measureHistory(size: HistorySize, log: (step: string) => void): Promise<AuditedHistory> {
  const { deposits, closes, batch, proofs } = size;
  const text = `${deposits.toLocaleString("en-US")} deposits, ${batch} a transaction, and ${closes.toLocaleString("en-US")} closes`;
  const endpoint = new Child(new URL("./endpoint-process.ts", import.meta.url));
  try {
    log(`audit: a history of ${text}, ${proofs} of them with a proof`);
    const served = await endpoint.ask<Served>("make", size);
    log("audit: its events, read by ethers alone");
    const peer = await askNew<Cost>("read", served);
    log("audit: the audit");
    const ours = await askNew<AuditCost>("audit", served);
    requireWhole(size, ours, peer);
    return {
      ...size,
      events: ours.events,
      clock: compared(ours.clock, peer.clock),
      processor: compared(ours.processor, peer.processor),
      mostResident: compared(ours.mostResident, peer.mostResident),
      heldPerAccount: rounded(Math.max(0, ours.held) / deposits),
    };
  } finally {
    await endpoint.close();
  }
}

/** A figure is worth nothing where the audit did not see everything, or found something. */
function requireWhole({ deposits, closes, proofs }: HistorySize, ours: AuditCost, peer: Cost): void {
  const isWhole =
    ours.accounts === deposits && ours.closed === closes && ours.proofs === proofs && ours.events === peer.events;
  if (!isWhole) throw new Error(`the audit saw something else than the history: ${JSON.stringify({ ours, peer })}`);
  if (ours.violations > 0) throw new Error(`the audit found ${ours.codes.join(", ")} in an honest history`);
}

export async function measureAudit({ deposits, closes, proofs, log }: AuditScaleOptions): Promise<AuditScaleReport> {
  const fewer = Math.max(FEWER, deposits / MOST_ALONE);
  const few = (count: number): number => Math.ceil(count / fewer);
  const sizes: readonly HistorySize[] = [
    { deposits, closes, proofs, batch: BATCH },
    { deposits: few(deposits), closes: few(closes), proofs: Math.min(1, proofs), batch: 1 },
  ];
  const histories: AuditedHistory[] = [];
  for (const size of sizes) histories.push(await measureHistory(size, log));
  return { histories };
}
