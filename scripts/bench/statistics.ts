// SPDX-License-Identifier: GPL-3.0-or-later
/** Numbers of a benchmark: medians, so that one disturbed round does not count, and times rounded to three digits. */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError("there is no median of nothing");
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The value that this share of all, from 0 to 1, does not exceed (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("there is no quantile of nothing");
  return value;
}

/** How values are spread: of fewer than 100, the 99th percentile is the largest. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
}

export const spreadOf = (values: readonly number[]): Spread => ({
  p50: rounded(median(values)),
  p99: rounded(quantile(values, 0.99)),
  count: values.length,
});

export const rounded = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(3)));

/** Ours over the peer's: below 1, ours is the smaller. */
export const ratio = (ours: number, peers: number): number => rounded(ours / peers);

/** Processor time of this process so far, all threads together, in milliseconds: a busy machine does not lengthen it as it does the clock's. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** The median of some rounds, after one that warms up, in milliseconds of `clock`. */
export async function timed(rounds: number, work: () => unknown, clock = processorTime): Promise<number> {
  await work();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = clock();
    await work();
    times.push(clock() - start);
  }
  return median(times);
}
