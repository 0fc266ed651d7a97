// SPDX-License-Identifier: GPL-3.0-or-later
/** What all parts of the replay share. */
import type { Pool } from "../protocol/index.ts";
import { holdOf } from "../protocol/index.ts";
import { valueText } from "./findings.ts";
import type { Difference, FindingCode, Findings, Place, Value } from "./findings.ts";

/** Where the replay stands. */
export interface Moment {
  readonly blockNumber: number;
  readonly transactionHash: string;
  readonly logIndex: number;
  /** Unix seconds. */
  readonly timestamp: bigint;
}

export const placeOf = ({ blockNumber, transactionHash, logIndex }: Omit<Moment, "timestamp">): Place => ({
  block: blockNumber,
  transaction: transactionHash,
  logIndex,
});

export class Context {
  readonly pool: Pool;
  readonly hold: bigint;
  readonly findings: Findings;
  moment: Moment = { blockNumber: 0, transactionHash: "", logIndex: 0, timestamp: 0n };

  constructor(pool: Pool, findings: Findings) {
    this.pool = pool;
    this.hold = holdOf(pool.parameters);
    this.findings = findings;
  }

  get now(): bigint {
    return this.moment.timestamp;
  }

  /** Something is wrong with the event at hand. */
  find(code: FindingCode, subject: string, difference: Difference = {}): void {
    this.findings.add(code, subject, placeOf(this.moment), difference);
  }

  /** As `find`, unless the two are the same. */
  same(code: FindingCode, subject: string, found: Value, expected: Value): void {
    if (valueText(found) !== valueText(expected)) this.find(code, subject, { expected, found });
  }

  /** As `find`, unless it holds. */
  require(isSo: boolean, code: FindingCode, subject: string, difference: Difference = {}): void {
    if (!isSo) this.find(code, subject, difference);
  }
}

/** A field element in findings: its first and last digits. */
export function short(value: bigint): string {
  const text = value.toString();
  return text.length <= 16 ? text : `${text.slice(0, 8)}…${text.slice(-6)}`;
}
