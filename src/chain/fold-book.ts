// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Certified folds, from the pool's events and one more thing: who holds the nullifiers of all pending folds. A challenge reserves the
 * nullifiers of the fold that it shows without an event where that fold cannot stand itself, so the events alone do not tell whether a
 * pending fold can still become final. The holders are asked for all pending folds at once, so the question names nobody's.
 */
import { ChainError } from "./errors.ts";
import type { PoolEvent } from "./pool-events.ts";
import type { FoldStatus } from "./pool-types.ts";

/** A fold that was certified. Times in unix seconds. */
export interface FoldRecord {
  /** "fallen" also when another fold holds one of its nullifiers for good, or the fold that it builds on has fallen. */
  readonly status: FoldStatus;
  readonly newState: bigint;
  readonly foldNullifiers: readonly bigint[];
  /** The certified state that it builds on; 0 for one that the provider signed. */
  readonly certified: bigint;
  /** When it can be made final. */
  readonly finalizableAt: bigint;
}

export class FoldBook {
  readonly #folds = new Map<bigint, FoldRecord>();
  /** The block in which each final fold became so. */
  readonly #finalBlocks = new Map<bigint, number>();
  /** For each nullifier of a pending fold the state that holds it, or 0; undefined when folds changed since. */
  #holders: ReadonlyMap<bigint, bigint> | undefined;

  clear(): void {
    this.#folds.clear();
    this.#finalBlocks.clear();
    this.#holders = undefined;
  }

  record({ name, args, blockNumber }: PoolEvent): void {
    switch (name) {
      case "FoldCertified":
        // Also when a challenge shows a fold that was pending already: its window starts again.
        this.#folds.set(args.newState, { ...args, status: "pending" });
        break;
      case "FoldChallenged":
        this.#change(args.fallen, "fallen");
        break;
      case "FoldFinalized":
        this.#change(args.newState, "final");
        this.#finalBlocks.set(args.newState, blockNumber);
        break;
      default:
        return;
    }
    this.#holders = undefined;
  }

  #change(state: bigint, status: FoldStatus): void {
    const known = this.#folds.get(state);
    if (known === undefined) throw new ChainError("INCONSISTENT", "an event is about a fold that was never certified");
    this.#folds.set(state, { ...known, status });
  }

  /** The nullifiers of all pending folds, if their holders are not known; else none. */
  get unknownNullifiers(): bigint[] {
    if (this.#holders !== undefined) return [];
    const pending = [...this.#folds.values()].filter(({ status }) => status === "pending");
    return [...new Set(pending.flatMap(({ foldNullifiers }) => foldNullifiers))];
  }

  /** @param holders of `nullifiers`, in the same order, as of the newest event that was recorded. */
  setHolders(nullifiers: readonly bigint[], holders: readonly bigint[]): void {
    this.#holders = new Map(nullifiers.map((nullifier, index) => [nullifier, holders[index] ?? 0n]));
  }

  fold(state: bigint): FoldRecord | undefined {
    const fold = this.#folds.get(state);
    return fold === undefined ? undefined : { ...fold, status: this.#statusOf(fold) };
  }

  #statusOf(fold: FoldRecord): FoldStatus {
    // A base is certified before what builds on it, so this comes to an end.
    let current: FoldRecord | undefined = fold;
    while (current?.status === "pending") {
      if (this.#hasLostNullifier(current)) return "fallen";
      current = this.#folds.get(current.certified);
    }
    return current?.status === "fallen" ? "fallen" : fold.status;
  }

  #hasLostNullifier({ newState, foldNullifiers }: FoldRecord): boolean {
    return foldNullifiers.some((nullifier) => {
      const holder = this.#holders?.get(nullifier) ?? 0n;
      return holder !== 0n && holder !== newState;
    });
  }

  /** The block in which the fold became final; undefined if it did not. */
  finalBlockOf(state: bigint): number | undefined {
    return this.#finalBlocks.get(state);
  }
}
