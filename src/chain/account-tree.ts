// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The tree of accounts, rebuilt whole from the pool's events: a wallet that asked for the path of one leaf would name its leaf.
 * A LeanIMT over Poseidon: https://github.com/zk-kit/zk-kit/tree/main/packages/lean-imt.
 */
import { LeanIMT } from "@zk-kit/lean-imt";

import type { AccountPath } from "../protocol/index.ts";
import { leafOf, poseidon } from "../protocol/index.ts";
import { ChainError } from "./errors.ts";
import type { PoolEvent } from "./pool-events.ts";

interface Leaf {
  readonly leaf: bigint;
  readonly identityCommitment: bigint;
  readonly deposit: bigint;
  readonly blockNumber: number;
}

/** What `enroll` needs to know of an account. */
export interface AccountMembership {
  readonly path: AccountPath;
  readonly deposit: bigint;
  readonly leafIndex: number;
  readonly blockNumber: number;
}

const hash = (left: bigint, right: bigint): bigint => poseidon([left, right]);
const newTree = (leaves: readonly bigint[]): LeanIMT => new LeanIMT(hash, [...leaves]);

export class AccountTree {
  #leaves: Leaf[] = [];
  #indexOf = new Map<bigint, number>();
  /** The block in which the contract had each root. A root never comes back: the tree only grows. */
  #blockOfRoot = new Map<bigint, number>();
  #tree: LeanIMT = newTree([]);

  /** 0 for the empty tree, as the contract has it. */
  get root(): bigint {
    return this.#leaves.length === 0 ? 0n : this.#tree.root;
  }

  get leafCount(): number {
    return this.#leaves.length;
  }

  /** The block in which the contract had this root, as far as events were applied; undefined for a root it never had, and for 0. */
  blockOfRoot(root: bigint): number | undefined {
    return this.#blockOfRoot.get(root);
  }

  /**
   * Adds the leaves of some events, in order. All events of a transaction come together.
   * @throws ChainError INCONSISTENT, and leaves the tree as it was, when they do not continue it or give another root than the contract's.
   */
  apply(events: readonly PoolEvent[]): void {
    const leaves: Leaf[] = [];
    const roots: { root: bigint; blockNumber: number }[] = [];
    let covered = this.#leaves.length;
    for (const { name, args, blockNumber } of events) {
      if (name === "AccountOpened") {
        if (args.leafIndex !== this.#leaves.length + leaves.length) {
          throw new ChainError(
            "INCONSISTENT",
            `leaf ${args.leafIndex} comes after ${this.#leaves.length + leaves.length} leaves`,
          );
        }
        const { identityCommitment, deposit } = args;
        leaves.push({ leaf: leafOf(identityCommitment, deposit), identityCommitment, deposit, blockNumber });
      } else if (name === "RootUpdated") {
        const count = this.#leaves.length + leaves.length;
        if (args.leafCount !== count || count === covered) {
          throw new ChainError(
            "INCONSISTENT",
            `a root over ${args.leafCount} leaves comes after ${count} leaves, ${covered} of them under a root`,
          );
        }
        covered = count;
        roots.push({ root: args.root, blockNumber });
      }
    }
    if (covered !== this.#leaves.length + leaves.length) {
      throw new ChainError("INCONSISTENT", "there are leaves without a root");
    }
    if (leaves.length > 0) this.#insert(leaves, (roots.at(-1) as { root: bigint }).root);
    for (const { root, blockNumber } of roots) this.#blockOfRoot.set(root, blockNumber);
  }

  #insert(leaves: readonly Leaf[], expectedRoot: bigint): void {
    this.#tree.insertMany(leaves.map(({ leaf }) => leaf));
    if (this.#tree.root !== expectedRoot) {
      const computed = this.#tree.root;
      this.#rebuild();
      throw new ChainError(
        "INCONSISTENT",
        `the leaves give the root ${computed}, and the contract had ${expectedRoot}`,
      );
    }
    for (const leaf of leaves) {
      this.#indexOf.set(leaf.identityCommitment, this.#leaves.length);
      this.#leaves.push(leaf);
    }
  }

  #rebuild(): void {
    this.#tree = newTree(this.#leaves.map(({ leaf }) => leaf));
  }

  /** Forgets everything above `toBlock`. */
  rollBack(toBlock: number): void {
    for (const [root, blockNumber] of this.#blockOfRoot) if (blockNumber > toBlock) this.#blockOfRoot.delete(root);
    const kept = this.#leaves.filter(({ blockNumber }) => blockNumber <= toBlock);
    if (kept.length === this.#leaves.length) return;
    for (const { identityCommitment } of this.#leaves.slice(kept.length)) this.#indexOf.delete(identityCommitment);
    this.#leaves = kept;
    this.#rebuild();
  }

  /** Whether the account has a leaf, closed or not. */
  has(identityCommitment: bigint): boolean {
    return this.#indexOf.has(identityCommitment);
  }

  /** The account's path to the current root. @throws ChainError UNKNOWN_ACCOUNT */
  pathOf(identityCommitment: bigint): AccountMembership {
    const leafIndex = this.#indexOf.get(identityCommitment);
    const leaf = leafIndex === undefined ? undefined : this.#leaves[leafIndex];
    if (leafIndex === undefined || leaf === undefined) {
      throw new ChainError("UNKNOWN_ACCOUNT", "no account of this pool has this identity commitment");
    }
    const { root, index, siblings } = this.#tree.generateProof(leafIndex);
    const { deposit, blockNumber } = leaf;
    return { path: { root, index, siblings }, deposit, leafIndex, blockNumber };
  }
}
