// SPDX-License-Identifier: GPL-3.0-or-later
/** The tails that the verdicts rest on, against counting and against simulation. */
import { expect } from "chai";

import { Dice } from "./dice.ts";
import { judge, logHitTail } from "./statistics.ts";

function arrangements<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) =>
    arrangements([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}

describe("unlinkability: statistics", () => {
  it("gives the exact probability of hits, as counting every arrangement does", () => {
    for (const [owners, named] of [
      [
        [0, 1, 2, 3, 4],
        [0, 1, 2, 3, 4],
      ],
      [
        [0, 0, 1, 1, 2, 2],
        [0, 0, 0, 1, 2, 2],
      ],
      [
        [0, 0, 0, 1, 2, 3],
        [0, 1, 1],
      ],
      [
        [0, 0, 1, 1, 1],
        [3, 3, 0, 1],
      ],
    ] as const) {
      const all = arrangements(owners);
      for (let hits = 1; hits <= named.length; hits++) {
        const count = all.filter(
          (arranged) => named.filter((name, row) => arranged[row] === name).length >= hits,
        ).length;
        const exact = Math.exp(logHitTail(owners, named, hits));
        expect(Math.abs(exact - count / all.length), `${hits} hits`).to.be.below(1e-12);
      }
    }
  });

  it("calls nothing a leak that is none: small probabilities come as rarely as they say", () => {
    const dice = new Dice(3);
    const repeats = 400;
    const columns = Array.from({ length: 14 }, (_, index) => index);
    let hits = 0;
    let ranks = 0;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const rows = dice
        .shuffled(columns.flatMap((owner) => [owner, owner, owner]))
        .map((owner) => ({ owner, scores: columns.map(() => dice.below(10)) }));
      const { logHits, logRank } = judge(rows, columns);
      if (logHits < Math.log(0.05)) hits += 1;
      if (logRank < Math.log(0.05)) ranks += 1;
    }
    // 5 % of 400 is 20, with a deviation of 4.4.
    expect(hits).to.be.at.most(40);
    expect(ranks).to.be.at.most(40);
  });

  it("sees a weak signal in many rows", () => {
    const dice = new Dice(5);
    const columns = Array.from({ length: 14 }, (_, index) => index);
    const rows = columns
      .flatMap((owner) => Array.from({ length: 8 }, () => owner))
      .map((owner) => ({ owner, scores: columns.map((column) => dice.next() + (column === owner ? 0.35 : 0)) }));
    const { auc, logRank } = judge(rows, columns);
    expect(auc).to.be.within(0.7, 0.95);
    expect(logRank / Math.LN10).to.be.below(-9);
  });

  it("gives no verdict where all scores are equal", () => {
    const rows = [0, 1, 2].map((owner) => ({ owner, scores: [1, 1, 1] }));
    expect(judge(rows, [0, 1, 2])).to.include({ guesses: 0, hits: 0, auc: 0.5, logHits: 0, logRank: 0 });
  });
});
