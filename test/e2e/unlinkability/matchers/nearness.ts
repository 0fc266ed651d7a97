// SPDX-License-Identifier: GPL-3.0-or-later
/** Numbers that look alike: equal low bits, equal high bits, few bits that differ, equal remainders. */
import type { Entity } from "../entities.ts";
import { comparablePairs, scalarsOf, scoreAll } from "./matcher.ts";
import type { Matcher } from "./matcher.ts";

/** The most over all values worth comparing. Values that are equal are another matcher's. */
const most =
  (measure: (a: bigint, b: bigint) => number) =>
  (left: Entity, right: Entity): number => {
    let best = -Infinity;
    for (const [{ value: a }, { value: b }] of comparablePairs(left, right)) {
      if (a !== b) best = Math.max(best, measure(a, b));
    }
    return best;
  };

/** How many low bits are equal. */
function lowBitsEqual(a: bigint, b: bigint): number {
  const difference = a ^ b;
  return (difference & -difference).toString(2).length - 1;
}

/** How many bits differ. */
function distance(a: bigint, b: bigint): number {
  let count = 0;
  for (let rest = a ^ b; rest > 0n; rest >>= 32n) {
    let word = Number(BigInt.asUintN(32, rest));
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    word = (word + (word >>> 4)) & 0x0f0f0f0f;
    count += Math.imul(word, 0x01010101) >>> 24;
  }
  return count;
}

const nearness = (name: string, measure: (a: bigint, b: bigint) => number): Matcher => ({
  name,
  score: (_, lefts, rights) => scoreAll(lefts, rights, most(measure)),
});

export const lowBits = nearness("equal low bits", lowBitsEqual);
export const highBits = nearness("equal high bits", (a, b) => -(a ^ b).toString(2).length);
export const hamming = nearness("bits that differ", (a, b) => -distance(a, b));

/** Odd primes below a hundred, and powers of ten. */
const MODULI = [
  ...[
    3n,
    5n,
    7n,
    11n,
    13n,
    17n,
    19n,
    23n,
    29n,
    31n,
    37n,
    41n,
    43n,
    47n,
    53n,
    59n,
    61n,
    67n,
    71n,
    73n,
    79n,
    83n,
    89n,
    97n,
  ],
  ...[1_000n, 1_000_000n],
];

/** The most telling remainder that two of the protocol's numbers share. */
export const remainders: Matcher = {
  name: "equal remainders",
  score: (_, lefts, rights) => {
    const remaindersOf = new Map(
      [...new Set([...lefts, ...rights])].map((entity) => [
        entity,
        MODULI.map((modulus) => new Set(scalarsOf(entity).map((value) => value % modulus))),
      ]),
    );
    return scoreAll(lefts, rights, (left, right) =>
      MODULI.reduce((score, modulus, index) => {
        const [ours, theirs] = [remaindersOf.get(left)?.[index], remaindersOf.get(right)?.[index]];
        const isShared = [...(ours ?? [])].some((remainder) => theirs?.has(remainder));
        return score + (isShared ? Math.log(Number(modulus)) : 0);
      }, 0),
    );
  },
};
