// SPDX-License-Identifier: GPL-3.0-or-later
/** An idea of how to link two things, as a table of scores: the higher, the more likely they have one owner. */
import { poseidon } from "../../../../src/protocol/index.ts";
import type { Entity, Sight, TaggedValue } from "../entities.ts";

export interface Matcher {
  readonly name: string;
  /** One row for each of `lefts`, one column for each of `rights`. */
  readonly score: (sight: Sight, lefts: readonly Entity[], rights: readonly Entity[]) => number[][];
}

export const scoreAll = (
  lefts: readonly Entity[],
  rights: readonly Entity[],
  score: (left: Entity, right: Entity) => number,
): number[][] => lefts.map((left) => rights.map((right) => score(left, right)));

/** Values worth comparing: what stands in the same place of two records, and any two numbers of the protocol. */
export function* comparablePairs(left: Entity, right: Entity): Generator<readonly [TaggedValue, TaggedValue]> {
  for (const first of left.large) {
    for (const second of right.large) {
      if (first.tag === second.tag || (first.isScalar && second.isScalar)) yield [first, second];
    }
  }
}

export const scalarsOf = (entity: Entity): readonly bigint[] => [
  ...new Set(entity.large.filter(({ isScalar }) => isScalar).map(({ value }) => value)),
];

const hashes = new Map<string, bigint>();

/** Poseidon, each hash computed once: the same data are attacked many times. */
export function hash(inputs: readonly bigint[]): bigint {
  const key = inputs.join();
  const known = hashes.get(key) ?? poseidon(inputs);
  hashes.set(key, known);
  return known;
}
