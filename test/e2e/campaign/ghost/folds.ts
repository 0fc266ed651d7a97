// SPDX-License-Identifier: GPL-3.0-or-later
/** Which folds the chain should hold for certified, and which of them have which tickets. */
import { CHALLENGE_WINDOW, firstOf } from "./terms.ts";
import type { Refusal } from "./terms.ts";

export const FoldStatus = { None: 0n, Pending: 1n, Final: 2n, Fallen: 3n } as const;

/** What is shown of a fold. */
export interface FoldFacts {
  readonly newState: bigint;
  readonly foldNullifiers: readonly [bigint, bigint, bigint, bigint];
  /** The certified state that it builds on, or 0. */
  readonly certified: bigint;
}

interface GhostFold extends FoldFacts {
  finalizableAt: bigint;
  status: bigint;
}

const shares = (one: FoldFacts, other: FoldFacts): boolean =>
  one.foldNullifiers.some((nullifier) => other.foldNullifiers.includes(nullifier));

export class FoldBook {
  readonly all = new Map<bigint, GhostFold>();
  /** Final folds, and those that a challenge showed, by nullifier. */
  readonly holders = new Map<bigint, bigint>();

  statusOf(state: bigint): bigint {
    return this.all.get(state)?.status ?? FoldStatus.None;
  }

  isFinal(state: bigint): boolean {
    return this.statusOf(state) === FoldStatus.Final;
  }

  /** A pending fold that is not known to be lost. */
  isHopeful(fold: FoldFacts): boolean {
    if (this.statusOf(fold.newState) !== FoldStatus.Pending) return false;
    const base = this.all.get(fold.certified);
    const isTaken = fold.foldNullifiers.some(
      (nullifier) => (this.holders.get(nullifier) ?? fold.newState) !== fold.newState,
    );
    return (
      !isTaken &&
      (fold.certified === 0n || this.isFinal(fold.certified) || (base !== undefined && this.isHopeful(base)))
    );
  }

  refuseCertify(fold: FoldFacts, isProven: boolean): Refusal {
    const base = this.statusOf(fold.certified);
    return firstOf(
      [this.all.has(fold.newState), "FoldIsKnown"],
      [fold.certified !== 0n && base !== FoldStatus.Pending && base !== FoldStatus.Final, "StateNotCertified"],
      [new Set(fold.foldNullifiers).size < 4, "FoldNullifiersRepeat"],
      [fold.foldNullifiers.some((nullifier) => this.holders.has(nullifier)), "FoldNullifierHeld"],
      [!isProven, "ProofRefused"],
    );
  }

  certify(fold: FoldFacts, now: bigint): void {
    this.all.set(fold.newState, { ...fold, finalizableAt: now + CHALLENGE_WINDOW, status: FoldStatus.Pending });
  }

  #refusePending(shown: FoldFacts): Refusal {
    const fold = this.all.get(shown.newState);
    if (fold?.status !== FoldStatus.Pending) return "FoldIsNotPending";
    const isOther =
      fold.certified !== shown.certified ||
      fold.foldNullifiers.some((value, slot) => value !== shown.foldNullifiers[slot]);
    return firstOf([isOther, "FoldContentsMismatch"]);
  }

  refuseFinalize(shown: FoldFacts, now: bigint): Refusal {
    const { finalizableAt } = this.all.get(shown.newState) ?? { finalizableAt: 0n };
    const isTaken = shown.foldNullifiers.some(
      (nullifier) => (this.holders.get(nullifier) ?? shown.newState) !== shown.newState,
    );
    return (
      this.#refusePending(shown) ??
      firstOf(
        [now < finalizableAt, "FoldWindowOpen"],
        [shown.certified !== 0n && !this.isFinal(shown.certified), "StateNotCertified"],
        [isTaken, "FoldHasFallen"],
      )
    );
  }

  finalize(shown: FoldFacts): void {
    this.#foldOf(shown.newState).status = FoldStatus.Final;
    for (const nullifier of shown.foldNullifiers) this.holders.set(nullifier, shown.newState);
  }

  refuseChallenge(isProvider: boolean, shown: FoldFacts, conflicting: FoldFacts, isProven: boolean): Refusal {
    return (
      firstOf([!isProvider, "NotProvider"]) ??
      this.#refusePending(shown) ??
      firstOf(
        [conflicting.newState === shown.newState || !shares(shown, conflicting), "FoldsDoNotConflict"],
        [this.statusOf(conflicting.newState) === FoldStatus.Fallen, "FoldHasFallen"],
        [conflicting.certified !== 0n && !this.isFinal(conflicting.certified), "StateNotCertified"],
        [new Set(conflicting.foldNullifiers).size < 4, "FoldNullifiersRepeat"],
        [!isProven, "ProofRefused"],
      )
    );
  }

  /** The one shown gets all its nullifiers that no final fold has, and stands, pending, if it got them all. */
  challenge(shown: FoldFacts, conflicting: FoldFacts, now: bigint): void {
    this.#foldOf(shown.newState).status = FoldStatus.Fallen;
    let isWhole = true;
    for (const nullifier of conflicting.foldNullifiers) {
      const holder = this.holders.get(nullifier);
      if (holder !== undefined && this.isFinal(holder)) {
        isWhole = false;
        continue;
      }
      if (holder !== undefined && holder !== conflicting.newState) {
        const loser = this.all.get(holder);
        if (loser?.status === FoldStatus.Pending) loser.status = FoldStatus.Fallen;
      }
      this.holders.set(nullifier, conflicting.newState);
    }
    if (isWhole) this.certify(conflicting, now);
  }

  #foldOf(state: bigint): GhostFold {
    const fold = this.all.get(state);
    if (fold === undefined) throw new Error("the books have no such fold");
    return fold;
  }
}
