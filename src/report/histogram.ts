// SPDX-License-Identifier: GPL-3.0-or-later
/** Counts values by round classes. */
import { niceRange, numberTicks } from "./ticks.ts";

export interface Counted {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** At most about `most` classes of one width; each holds its lower edge, and the last one its upper edge too. */
export function histogramOf(values: readonly number[], most = 20): Counted {
  const [low, high] = niceRange(values.length === 0 ? [0] : values, false, most);
  const edges = numberTicks(low, high, most);
  const first = edges[0] ?? 0;
  const width = ((edges.at(-1) ?? 1) - first) / (edges.length - 1);
  const counts = new Array<number>(edges.length - 1).fill(0);
  for (const value of values) {
    const near = Math.min(counts.length - 1, Math.max(0, Math.floor((value - first) / width)));
    // Division may land beside an edge.
    const index =
      value < (edges[near] ?? 0)
        ? near - 1
        : near < counts.length - 1 && value >= (edges[near + 1] ?? 0)
          ? near + 1
          : near;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return { edges, counts };
}
