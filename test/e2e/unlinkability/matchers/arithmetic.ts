// SPDX-License-Identifier: GPL-3.0-or-later
/** Relations of field elements: differences, sums and ratios that are small or come back, and lines through two shares. */
import { TAG } from "../../../../src/protocol/index.ts";
import type { Entity, Sight, TaggedValue } from "../entities.ts";
import { inverse, mod } from "./field.ts";
import { comparablePairs, hash, scoreAll } from "./matcher.ts";
import type { Matcher } from "./matcher.ts";

type Operation = (a: bigint, b: bigint) => bigint;

const inverses = new Map<bigint, bigint>();
function invert(value: bigint): bigint {
  const known = inverses.get(value) ?? inverse(value);
  inverses.set(value, known);
  return known;
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
/** Without a sign: which of the two came first is not known. */
const magnitude = (value: bigint): bigint => smaller(mod(value), mod(-value));

const OPERATIONS: readonly Operation[] = [
  (a, b) => magnitude(a - b),
  (a, b) => mod(a + b),
  (a, b) => smaller(mod(a * invert(b)), mod(b * invert(a))),
  (a, b) => mod(a * b),
];

/** Half of the field's bits: no two of some thousand random numbers come that near. */
const SMALL_BITS = 128;
const bitsOf = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);

/** A result that is small, or that other pairs have too: numbers linear in an index, with one slope or one offset. */
export const arithmetic: Matcher = {
  name: "differences, sums, ratios",
  score: (_, lefts, rights) => {
    const resultsOf = (left: Entity, right: Entity): bigint[] =>
      [...comparablePairs(left, right)]
        .filter(([a, b]) => a.isScalar && a.value !== b.value)
        .flatMap(([a, b]) => OPERATIONS.map((operation) => operation(a.value, b.value)));
    const table = lefts.map((left) => rights.map((right) => [...new Set(resultsOf(left, right))]));
    const counts = new Map<bigint, number>();
    for (const result of table.flat(2)) counts.set(result, (counts.get(result) ?? 0) + 1);
    return table.map((row) =>
      row.map((results) => Math.max(0, ...results.map((result) => weightOf(result, counts.get(result) ?? 1)))),
    );
  },
};

/** The nearer to zero the better; else, in how many pairs it comes back. */
function weightOf(result: bigint, count: number): number {
  const nearness = SMALL_BITS - bitsOf(result);
  return nearness > 0 ? 1_000 + nearness : Math.log(count);
}

const valueOf = ({ large }: Entity, tag: string): bigint | undefined =>
  large.find((value: TaggedValue) => value.tag === tag)?.value;

/** H(k) and its kin: what a secret that was guessed right would open. */
function opensSomething({ pool, entities }: Sight, secret: bigint): boolean {
  const { account, enrolment } = entities;
  return (
    account.some(({ key }) => key === hash([secret])) ||
    enrolment.some(({ key }) => key === hash([secret, pool.poolHash, TAG.ENROLL]))
  );
}

/**
 * RLN's own attack. Two tickets: the line through their shares, if it has a slope whose hash is a nullifier or an intercept that opens an
 * account. A ticket and anything else: every number of the other as the slope.
 */
export const lines: Matcher = {
  name: "lines through shares",
  score: (sight, lefts, rights) => {
    const nullifiers = new Set(sight.entities.ticket.map(({ key }) => key));
    return scoreAll(lefts, rights, (left, right) => {
      const [x, y] = [valueOf(left, "x"), valueOf(left, "y")];
      if (left.kind !== "ticket" || x === undefined || y === undefined) return 0;
      if (right.kind !== "ticket") {
        const slopes = right.large.filter(({ tag }) => tag.startsWith("revealed") || tag === "identityCommitment");
        return slopes.filter(({ value }) => opensSomething(sight, mod(y - value * x))).length;
      }
      const [otherX, otherY] = [valueOf(right, "x"), valueOf(right, "y")];
      if (otherX === undefined || otherY === undefined || otherX === x) return 0;
      const slope = mod((y - otherY) * inverse(mod(x - otherX)));
      return nullifiers.has(hash([slope])) || opensSomething(sight, mod(y - slope * x)) ? 1 : 0;
    });
  },
};
