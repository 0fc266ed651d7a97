// SPDX-License-Identifier: GPL-3.0-or-later
/** Numbers of a benchmark: medians, so that one disturbed round does not count, and what was measured rounded to three digits. */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError("there is no median of nothing");
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

export const rounded = (value: number): number => Number(value.toPrecision(3));

/** Ours over the peer's: below 1, ours is the smaller. */
export const ratio = (ours: number, peers: number): number => rounded(ours / peers);

/** The median time of some rounds, in milliseconds, after one that warms up. */
export async function timed(rounds: number, work: () => unknown): Promise<number> {
  await work();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return median(times);
}
