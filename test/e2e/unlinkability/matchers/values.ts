// SPDX-License-Identifier: GPL-3.0-or-later
/** Values that are equal, or become equal under a function that the protocol uses. */
import { getAddress, keccak256, toBeHex } from "ethers";

import { TAG, ticketMessage } from "../../../../src/protocol/index.ts";
import type { Pool } from "../../../../src/protocol/index.ts";
import type { Entity } from "../entities.ts";
import { hash, scalarsOf, scoreAll } from "./matcher.ts";
import type { Matcher } from "./matcher.ts";

/** Small numbers that are hashed with a value: an index, a slot, a child's number. */
const SMALL = 16n;
const ADDRESS_MASK = (1n << 160n) - 1n;
const images = new Map<string, readonly bigint[]>();

/** The value itself, and what the protocol's functions make of it. */
function imagesOf(pool: Pool, value: bigint): readonly bigint[] {
  const key = `${pool.poolHash}:${value}`;
  const known = images.get(key);
  if (known !== undefined) return known;
  const tags = Object.values(TAG);
  const made = [
    value,
    hash([value]),
    hash([value, pool.poolHash]),
    ...tags.flatMap((tag) => [
      hash([value, tag]),
      hash([value, pool.poolHash, tag]),
      hash([tag, pool.poolHash, value]),
    ]),
    ...Array.from({ length: Number(SMALL) }, (_, index) => hash([value, BigInt(index)])),
    ...[1n, 2n, 3n].map((slot) => hash([value, TAG.FILL + slot])),
    BigInt(keccak256(toBeHex(value, 32))),
    BigInt(keccak256(toBeHex(value, 32))) >> 8n,
    value & ADDRESS_MASK,
    value >> 8n,
    ticketMessage(pool.scope, getAddress(toBeHex(value & ADDRESS_MASK, 20))),
  ];
  images.set(key, made);
  return made;
}

/** Scores by what two sets share: by the rarest of it, and among equals by all of it. */
function sharing(
  lefts: readonly Entity[],
  rights: readonly Entity[],
  elementsOf: (entity: Entity) => ReadonlySet<bigint | string>,
): number[][] {
  const sets = new Map([...new Set([...lefts, ...rights])].map((entity) => [entity, elementsOf(entity)] as const));
  const counts = new Map<bigint | string, number>();
  for (const set of sets.values()) for (const element of set) counts.set(element, (counts.get(element) ?? 0) + 1);
  return scoreAll(lefts, rights, (left, right) => {
    const others = sets.get(right);
    let rarest = 0;
    let sum = 0;
    for (const element of sets.get(left) ?? []) {
      if (!others?.has(element)) continue;
      const rarity = Math.log(sets.size / (counts.get(element) ?? 1));
      rarest = Math.max(rarest, rarity);
      sum += rarity;
    }
    return rarest + sum / 1_000;
  });
}

/** Any number of 64 bits or more that two things share: points of proofs, halves of signatures, hashes, addresses. */
export const equalValues: Matcher = {
  name: "equal values",
  score: (_, lefts, rights) => sharing(lefts, rights, ({ large }) => new Set(large.map(({ value }) => value))),
};

/** H(v), H(v, tag), H(v, pool), H(v, index), fillers, addresses, messages: of either thing, equal to a number or an image of the other. */
export const knownFunctions: Matcher = {
  name: "known functions",
  score: ({ pool }, lefts, rights) =>
    sharing(lefts, rights, (entity) => new Set(scalarsOf(entity).flatMap((value) => imagesOf(pool, value)))),
};

/** Amounts, counts and times in the same place, the rarer the better: habits, odd charges, caps. */
export const smallNumbers: Matcher = {
  name: "amounts and counts",
  score: (_, lefts, rights) =>
    sharing(lefts, rights, ({ small }) => new Set(small.map(({ tag, value }) => `${tag}=${value}`))),
};
