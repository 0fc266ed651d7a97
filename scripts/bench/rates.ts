// SPDX-License-Identifier: GPL-3.0-or-later
/** Hashing and tree building, side by side with what Semaphore's packages do the same with. */
import { Group } from "@semaphore-protocol/group";
import { poseidon2 } from "poseidon-lite";

import { poseidon } from "../../src/protocol/index.ts";
import { leavesOf, treeOf } from "./claims.ts";
import { ratio, rounded, timed } from "./statistics.ts";

const HASHES = 2_000;
const LEAVES = 10_000;

/** Ours, the peer's and ours over the peer's. */
export interface Compared {
  readonly ours: number;
  readonly peer: number;
  readonly ratio: number;
}

export const compared = (ours: number, peer: number): Compared => ({
  ours: rounded(ours),
  peer: rounded(peer),
  ratio: ratio(ours, peer),
});

export interface RatesReport {
  /** Microseconds of processor time for a hash of two elements: circomlibjs's WebAssembly against poseidon-lite. */
  readonly poseidonMicroseconds: Compared;
  /** Milliseconds of processor time for a tree of 10,000 leaves: zk-kit's LeanIMT over our hash against Semaphore's Group. */
  readonly treeOf10000Milliseconds: Compared;
}

function chain(hash: (pair: [bigint, bigint]) => bigint): bigint {
  let value = 1n;
  for (let count = 0; count < HASHES; count++) value = hash([value, 2n]);
  return value;
}

export async function measureRates(): Promise<RatesReport> {
  if (chain(poseidon) !== chain(poseidon2)) throw new Error("the two implementations of Poseidon do not agree");
  const perHash = async (hash: (pair: [bigint, bigint]) => bigint): Promise<number> =>
    ((await timed(3, () => chain(hash))) * 1_000) / HASHES;
  const leaves = leavesOf(LEAVES);
  if (treeOf(leaves).root !== new Group(leaves).root) throw new Error("the two trees do not agree");
  return {
    poseidonMicroseconds: compared(await perHash(poseidon), await perHash(poseidon2)),
    treeOf10000Milliseconds: compared(await timed(2, () => treeOf(leaves)), await timed(1, () => new Group(leaves))),
  };
}
