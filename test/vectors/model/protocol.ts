// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A naive model of the protocol, written from its description and not from src: slow, plain, with no shared code. Tests compare the
 * circuits, the contracts and the library with it.
 */
import type { Point, Signature, Signer } from "./curve.ts";
import { H, TAG_ENROLL, TAG_FILL, TAG_FOLD, TAG_LEAF, TAG_REFUND, TAG_RHO, TAG_STATE, inverse, modulo } from "./hash.ts";
import { scopeOf } from "./messages.ts";

export const TICKETS = 65_536;

/** What fixes a pool for every statement. */
export interface Pool {
  readonly chainId: bigint;
  readonly address: string;
  readonly scope: bigint;
  readonly hold: bigint;
  readonly key: Point;
  readonly poolTerms: bigint;
  readonly poolHash: bigint;
}

export function poolOf(chainId: bigint, address: string, hold: bigint, key: Point): Pool {
  const scope = scopeOf(chainId, address);
  const poolTerms = H(scope, hold);
  return { chainId, address, scope, hold, key, poolTerms, poolHash: H(poolTerms, H(key[0], key[1])) };
}

// Accounts

export const commitmentOf = (k: bigint): bigint => H(k);
export const leafOf = (commitment: bigint, deposit: bigint): bigint => modulo(H(commitment, deposit) + TAG_LEAF);
export const enrollNullifierOf = (k: bigint, poolHash: bigint): bigint => H(k, poolHash, TAG_ENROLL);

/** All levels of a LeanIMT, leaves first: a node without a right sibling moves up as it is. */
export function levelsOf(leaves: readonly bigint[]): bigint[][] {
  const levels = [[...leaves]];
  for (let level = levels[0] as bigint[]; level.length > 1; level = levels.at(-1) as bigint[]) {
    const above: bigint[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i] as bigint, level[i + 1]];
      above.push(right === undefined ? left : H(left, right));
    }
    levels.push(above);
  }
  return levels;
}

export const rootOf = (leaves: readonly bigint[]): bigint => levelsOf(leaves).at(-1)?.[0] ?? 0n;

/** A path: siblings where there is one, and on which side they stand, as a number (bit 1: the sibling is on the left). */
export interface Path {
  readonly siblings: readonly bigint[];
  readonly index: bigint;
}

export function pathOf(leaves: readonly bigint[], position: number): Path {
  const siblings: bigint[] = [];
  let index = 0n;
  let at = position;
  for (const level of levelsOf(leaves).slice(0, -1)) {
    const sibling = level[at % 2 === 1 ? at - 1 : at + 1];
    if (sibling !== undefined) {
      if (at % 2 === 1) index += 2n ** BigInt(siblings.length);
      siblings.push(sibling);
    }
    at = Math.floor(at / 2);
  }
  return { siblings, index };
}

export function rootFrom(leaf: bigint, { siblings, index }: Path): bigint {
  const sides = index.toString(2).padStart(siblings.length + 1, "0").split("").reverse();
  return siblings.reduce((node, sibling, level) => (sides[level] === "1" ? H(sibling, node) : H(node, sibling)), leaf);
}

// Tickets

/** The node of the ticket tree that the hexadecimal digits lead to. */
export function nodeAt(k: bigint, poolHash: bigint, digits: readonly number[]): bigint {
  return digits.reduce((node, digit, depth) => H(node, BigInt(16 * (depth + 1) + digit)), H(k, poolHash));
}

export const digitsOf = (index: number): number[] => {
  const text = index.toString(16).padStart(4, "0");
  return Array.from(text, (digit) => parseInt(digit, 16));
};

export const ticketKeyOf = (k: bigint, poolHash: bigint, index: number): bigint => nodeAt(k, poolHash, digitsOf(index));
export const nullifierOf = (ticketKey: bigint): bigint => H(ticketKey);
export const foldNullifierOf = (ticketKey: bigint): bigint => H(ticketKey, TAG_FOLD);
export const fillerOf = (rho: bigint, slot: number): bigint => H(rho, TAG_FILL + BigInt(slot));

/** A node beside the way down to ticket j: which slot it has, and the tickets that it covers. */
interface CoverNode {
  readonly slot: number;
  readonly digits: readonly number[];
  readonly first: number;
  readonly count: number;
}

/**
 * The cover of [j, 65536): of the nodes beside the way down to j, those whose tickets are all above j, and ticket j itself.
 * For j = 65,536 there is nothing to cover.
 */
export function coverOf(j: number): CoverNode[] {
  if (j === TICKETS) return [];
  const way = digitsOf(j);
  const nodes: CoverNode[] = [];
  for (let level = 1; level <= 4; level++) {
    for (let digit = 0; digit < 16; digit++) {
      const digits = [...way.slice(0, level - 1), digit];
      const count = 16 ** (4 - level);
      const first = parseInt(digits.map((each) => each.toString(16)).join(""), 16) * count;
      if (first > j || (count === 1 && first === j)) nodes.push({ slot: 16 * (level - 1) + digit, digits, first, count });
    }
  }
  return nodes;
}

export function coverKeysOf(k: bigint, poolHash: bigint, j: number): bigint[] {
  const slots = new Array<bigint>(64).fill(0n);
  for (const { slot, digits } of coverOf(j)) slots[slot] = nodeAt(k, poolHash, digits);
  return slots;
}

/** Σ slot_t·z^(63 - t), term by term. */
export function polynomialOf(slots: readonly bigint[], z: bigint): bigint {
  let sum = 0n;
  let power = 1n;
  for (let t = 63; t >= 0; t--) {
    sum = modulo(sum + (slots[t] as bigint) * power);
    power = modulo(power * z);
  }
  return sum;
}

export const shareOf = (k: bigint, ticketKey: bigint, x: bigint): bigint => modulo(k + ticketKey * x);

/** Slope and value at 0 of the line through two points. */
export function lineThrough(x: readonly [bigint, bigint], y: readonly [bigint, bigint]): { slope: bigint; atZero: bigint } {
  const slope = modulo((y[0] - y[1]) * inverse(x[0] - x[1]));
  return { slope, atZero: modulo(y[0] - slope * x[0]) };
}

// States and refunds

export interface State {
  readonly k: bigint;
  readonly budget: bigint;
  readonly returnedHolds: bigint;
  readonly rho: bigint;
}

export const hashOf = (poolHash: bigint, { k, budget, returnedHolds, rho }: State): bigint =>
  H(TAG_STATE, poolHash, k, budget, returnedHolds, rho);

export const firstState = (poolHash: bigint, k: bigint, deposit: bigint): State => ({
  k,
  budget: deposit,
  returnedHolds: 0n,
  rho: H(k, poolHash, TAG_RHO),
});

export const refundMessageOf = (poolHash: bigint, nullifier: bigint, charge: bigint, hold: bigint): bigint =>
  H(TAG_REFUND, poolHash, nullifier, charge, hold);

/** A refund ticket in its owner's hands. */
export interface Refund {
  readonly index: number;
  readonly charge: bigint;
  readonly hold: bigint;
  readonly signature: Signature;
}

export function refundOf(provider: Signer, poolHash: bigint, k: bigint, index: number, charge: bigint, hold: bigint): Refund {
  const nullifier = nullifierOf(ticketKeyOf(k, poolHash, index));
  return { index, charge, hold, signature: provider.sign(refundMessageOf(poolHash, nullifier, charge, hold)) };
}

export function foldedState(poolHash: bigint, base: State, refunds: readonly Pick<Refund, "index" | "charge" | "hold">[]): State {
  let set = 0n;
  let { budget, returnedHolds } = base;
  for (const [slot, { index, charge, hold }] of refunds.entries()) {
    set += BigInt(index + 1) * 2n ** (17n * BigInt(slot));
    budget += charge + hold;
    returnedHolds += hold;
  }
  return { k: base.k, budget, returnedHolds, rho: H(base.k, hashOf(poolHash, base), TAG_RHO + set) };
}
