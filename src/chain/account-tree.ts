// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The tree of accounts, rebuilt whole from the pool's events: a wallet that asked for the path of one leaf would name its leaf.
 */
import type { AccountPath } from "../protocol/index.ts";
import { leafOf } from "../protocol/index.ts";
import { ChainError } from "./errors.ts";
import { LeanImt } from "./lean-imt.ts";
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

export class AccountTree {
  readonly #tree = new LeanImt();
  /** Of each leaf, in columns: an object each would cost twice the memory. */
  readonly #identityCommitments: bigint[] = [];
  readonly #deposits: bigint[] = [];
  readonly #blockNumbers: number[] = [];
  readonly #indexOf = new Map<bigint, number>();
  /** The block in which the contract had each root, and the roots in order. A root never comes back: the tree only grows. */
  readonly #blockOfRoot = new Map<bigint, number>();
  readonly #roots: bigint[] = [];

  /** 0 for the empty tree, as the contract has it. */
  get root(): bigint {
    return this.#tree.root;
  }

  get leafCount(): number {
    return this.#tree.leafCount;
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
    let covered = this.leafCount;
    for (const { name, args, blockNumber } of events) {
      if (name === "AccountOpened") {
        if (args.leafIndex !== this.leafCount + leaves.length) {
          throw new ChainError(
            "INCONSISTENT",
            `leaf ${args.leafIndex} comes after ${this.leafCount + leaves.length} leaves`,
          );
        }
        const { identityCommitment, deposit } = args;
        leaves.push({ leaf: leafOf(identityCommitment, deposit), identityCommitment, deposit, blockNumber });
      } else if (name === "RootUpdated") {
        const count = this.leafCount + leaves.length;
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
    if (covered !== this.leafCount + leaves.length) {
      throw new ChainError("INCONSISTENT", "there are leaves without a root");
    }
    if (leaves.length > 0) this.#insert(leaves, (roots.at(-1) as { root: bigint }).root);
    for (const { root, blockNumber } of roots) {
      this.#roots.push(root);
      this.#blockOfRoot.set(root, blockNumber);
    }
  }

  #insert(leaves: readonly Leaf[], expectedRoot: bigint): void {
    const first = this.leafCount;
    this.#tree.append(leaves.map(({ leaf }) => leaf));
    if (this.#tree.root !== expectedRoot) {
      const computed = this.#tree.root;
      this.#tree.truncate(first);
      throw new ChainError(
        "INCONSISTENT",
        `the leaves give the root ${computed}, and the contract had ${expectedRoot}`,
      );
    }
    for (const { identityCommitment, deposit, blockNumber } of leaves) {
      this.#indexOf.set(identityCommitment, this.#identityCommitments.length);
      this.#identityCommitments.push(identityCommitment);
      this.#deposits.push(deposit);
      this.#blockNumbers.push(blockNumber);
    }
  }

  /** Forgets everything above `toBlock`. */
  rollBack(toBlock: number): void {
    const isKept = (blockNumber: number): boolean => blockNumber <= toBlock;
    const keptRoots = this.#roots.findLastIndex((root) => isKept(this.#blockOfRoot.get(root) ?? Infinity)) + 1;
    for (const root of this.#roots.splice(keptRoots)) this.#blockOfRoot.delete(root);
    const kept = this.#blockNumbers.findLastIndex(isKept) + 1;
    for (const identityCommitment of this.#identityCommitments.splice(kept)) this.#indexOf.delete(identityCommitment);
    this.#deposits.length = kept;
    this.#blockNumbers.length = kept;
    this.#tree.truncate(kept);
  }

  /** Whether the account has a leaf, closed or not. */
  has(identityCommitment: bigint): boolean {
    return this.#indexOf.has(identityCommitment);
  }

  /** The account's path to the current root. @throws ChainError UNKNOWN_ACCOUNT */
  pathOf(identityCommitment: bigint): AccountMembership {
    const leafIndex = this.#indexOf.get(identityCommitment);
    const deposit = leafIndex === undefined ? undefined : this.#deposits[leafIndex];
    const blockNumber = leafIndex === undefined ? undefined : this.#blockNumbers[leafIndex];
    if (leafIndex === undefined || deposit === undefined || blockNumber === undefined) {
      throw new ChainError("UNKNOWN_ACCOUNT", "no account of this pool has this identity commitment");
    }
    return { path: this.#tree.pathOf(leafIndex), deposit, leafIndex, blockNumber };
  }
}
