// SPDX-License-Identifier: GPL-3.0-or-later
/** Certified folds by the rules of docs/protocol.md: pending, final or fallen, and who holds which refund for good. */
import type { PoolEvent, PoolEventArguments } from "../chain/index.ts";
import { short } from "./context.ts";
import type { Context } from "./context.ts";

export interface FoldEntry {
  readonly foldNullifiers: readonly bigint[];
  readonly certified: bigint;
  readonly finalizableAt: bigint;
  status: "pending" | "final" | "fallen";
}

/** What a challenge shows, from its call. */
export interface ShownFold {
  readonly newState: bigint;
  readonly foldNullifiers: readonly bigint[];
  readonly certified: bigint;
}

type Of<Name extends keyof PoolEventArguments> = PoolEventArguments[Name];

export class FoldModel {
  readonly #context: Context;
  readonly folds = new Map<bigint, FoldEntry>();
  readonly holders = new Map<bigint, bigint>();
  /** A challenge was made whose call cannot be seen: who holds what is not known from then on. */
  isUncertain = false;
  challenges = 0;
  /** Of the challenge at hand: what else must fall, and whether the fold shown must stand. */
  #expected: { readonly by: bigint; readonly falls: Set<bigint>; stands: boolean } | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** @param shown what the challenge of this event showed, if its call was seen. */
  apply({ name, args }: PoolEvent, shown?: ShownFold): void {
    switch (name) {
      case "FoldCertified":
        return this.#certify(args);
      case "FoldFinalized":
        return this.#finalize(args);
      case "FoldChallenged":
        return this.#challenge(args, shown);
      default:
    }
  }

  settle(): void {
    const expected = this.#expected;
    this.#expected = undefined;
    if (expected === undefined || (expected.falls.size === 0 && !expected.stands)) return;
    const subject = `fold ${short(expected.by)}`;
    this.#context.find("FOLD_CHALLENGE_MISMATCH", subject, {
      expected: `${expected.falls.size} more folds fall; it ${expected.stands ? "stands" : "does not stand"}`,
    });
  }

  #certify({ newState, foldNullifiers, certified, finalizableAt }: Of<"FoldCertified">): void {
    const [context, subject] = [this.#context, `fold ${short(newState)}`];
    const known = this.folds.get(newState);
    context.same("FOLD_WINDOW_MISMATCH", subject, finalizableAt, context.now + context.pool.parameters.challengeWindow);
    const isShown = this.#expected?.by === newState;
    if (isShown && this.#expected !== undefined) {
      context.require(this.#expected.stands, "FOLD_CHALLENGE_MISMATCH", subject);
      context.require(known === undefined || known.status === "pending", "FOLD_REPEATED", subject);
      this.#expected.stands = false;
    } else {
      context.require(known === undefined, "FOLD_REPEATED", subject);
      const base = this.folds.get(certified)?.status;
      context.require(certified === 0n || base === "pending" || base === "final", "FOLD_BASE_MISSING", subject);
      const holder = foldNullifiers
        .map((nullifier) => this.holders.get(nullifier))
        .find((state) => state !== undefined);
      context.require(holder === undefined, "FOLD_NULLIFIER_HELD", subject, { found: holder });
    }
    context.require(new Set(foldNullifiers).size === foldNullifiers.length, "FOLD_NULLIFIER_HELD", subject);
    this.folds.set(newState, { foldNullifiers, certified, finalizableAt, status: "pending" });
  }

  #finalize({ newState }: Of<"FoldFinalized">): void {
    const [context, subject] = [this.#context, `fold ${short(newState)}`];
    const fold = this.folds.get(newState);
    if (fold?.status !== "pending") {
      context.find("FOLD_NOT_PENDING", subject, { found: fold?.status ?? "never certified" });
      return;
    }
    context.require(context.now >= fold.finalizableAt, "FOLD_TOO_EARLY", subject, {
      expected: `from ${fold.finalizableAt} on`,
      found: context.now,
    });
    const base = this.folds.get(fold.certified)?.status;
    context.require(fold.certified === 0n || base === "final", "FOLD_BASE_MISSING", subject, { found: base });
    for (const nullifier of fold.foldNullifiers) {
      const holder = this.holders.get(nullifier);
      context.require(holder === undefined || holder === newState, "FOLD_NULLIFIER_HELD", subject, { found: holder });
      this.holders.set(nullifier, holder ?? newState);
    }
    fold.status = "final";
  }

  #challenge({ fallen, by }: Of<"FoldChallenged">, shown: ShownFold | undefined): void {
    const [context, subject] = [this.#context, `fold ${short(fallen)}`];
    const fold = this.folds.get(fallen);
    if (fold?.status !== "pending")
      context.find("FOLD_NOT_PENDING", subject, { found: fold?.status ?? "never certified" });
    if (fold !== undefined) fold.status = "fallen";
    if (this.#expected?.by === by) {
      context.require(this.#expected.falls.delete(fallen), "FOLD_CHALLENGE_MISMATCH", subject);
      return;
    }
    this.challenges += 1;
    if (shown === undefined) {
      this.isUncertain = true;
      return;
    }
    const shares =
      fold === undefined || shown.foldNullifiers.some((nullifier) => fold.foldNullifiers.includes(nullifier));
    context.require(by !== fallen && by === shown.newState && shares, "FOLD_CHALLENGE_MISMATCH", subject);
    const base = this.folds.get(shown.certified)?.status;
    context.require(shown.certified === 0n || base === "final", "FOLD_BASE_MISSING", `fold ${short(by)}`);
    this.#expected = this.#reserve(shown);
  }

  /** Takes the nullifiers from every fold but a final one; those that lose one fall. */
  #reserve({ newState, foldNullifiers }: ShownFold): { by: bigint; falls: Set<bigint>; stands: boolean } {
    const falls = new Set<bigint>();
    let stands = true;
    for (const nullifier of foldNullifiers) {
      const holder = this.holders.get(nullifier);
      const status = holder === undefined ? undefined : this.folds.get(holder)?.status;
      if (status === "final") {
        stands = false;
        continue;
      }
      if (holder === newState) continue;
      this.holders.set(nullifier, newState);
      if (holder !== undefined && status === "pending" && !falls.has(holder)) falls.add(holder);
    }
    return { by: newState, falls, stands };
  }
}
