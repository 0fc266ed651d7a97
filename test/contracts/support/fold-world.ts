// SPDX-License-Identifier: GPL-3.0-or-later
/** Folds for the tests: who folded what onto what, and a naive judge of it. A fold's proof is made when a test first asks for it. */
import { expect } from "chai";

import {
  NO_SIGNATURE,
  foldClaim,
  foldedState,
  initialState,
  nullifierOf,
  ticketKeyOf,
  ticketRootOf,
} from "../../../src/protocol/index.ts";
import type { Claim, Pool, Proof, SignedState, State } from "../../../src/protocol/index.ts";
import type { FoldRequestStruct } from "../../../typechain-types/contracts/CreditSettlement.js";
import { ALIAS, ALICE, C, D, P, UNIT, proofArgument, prove, refundTicketOf, signed } from "./dispute-world.ts";
import type { DisputeWorld } from "./dispute-world.ts";

export const [NONE, PENDING, FINAL, FALLEN] = [0n, 1n, 2n, 3n];

/** What ticket i was refunded: all but a charge that grows with i; ticket 2 broke the policy. */
export const refundedCharge = (index: number): bigint => C - UNIT * BigInt(index + 1);
export const refundedHold = (index: number): bigint => (index === 2 ? 0n : P);

/** A fold that is not proved yet. */
export interface Plan {
  readonly newState: bigint;
  readonly foldNullifiers: [bigint, bigint, bigint, bigint];
  readonly certified: bigint;
  readonly claim: Claim;
  /** What the state opens to. */
  readonly state: State;
  /** Every ticket whose refund is in the state, as often as it is. */
  readonly tickets: readonly number[];
}

export interface Fold extends Plan {
  readonly proof: Proof;
}

/** Signed: the provider's signature stands behind the base. Certified: only the chain does. */
export type Base = "signed" | "certified";

/** The fold of these tickets of an account onto an earlier fold, or onto its first state. */
export function planOf(
  w: DisputeWorld,
  secret: bigint,
  base: Plan | undefined,
  indices: readonly number[],
  kind: Base = "signed",
  pool: Pool = w.description,
): Plan {
  const { poolHash } = pool;
  const root = ticketRootOf(secret, poolHash);
  const refunds = indices.map((index) => {
    const nullifier = nullifierOf(ticketKeyOf(root, index));
    return { index, ...refundTicketOf(w, pool, nullifier, refundedCharge(index), refundedHold(index)) };
  });
  const state = base?.state ?? initialState(poolHash, secret, D);
  const start = kind === "signed" ? signed(w, pool, state) : { state, signature: NO_SIGNATURE };
  const claim = foldClaim(pool, start, refunds, kind === "certified");
  const [newState, a, b, c, d, certified] = claim.publicSignals as [bigint, bigint, bigint, bigint, bigint, bigint];
  return {
    newState,
    foldNullifiers: [a, b, c, d],
    certified,
    claim,
    state: foldedState(poolHash, state, refunds),
    tickets: [...(base?.tickets ?? []), ...indices],
  };
}

export async function provedFold(plan: Plan): Promise<Fold> {
  return { ...plan, proof: await prove("fold", plan.claim) };
}

/** The state of a fold as a base of a close that the chain vouches for: the provider did not sign it. */
export const unsigned = ({ state }: Fold): SignedState => ({ state, signature: NO_SIGNATURE });

export const foldArgument = (
  { newState, foldNullifiers, certified, proof }: Fold,
  changes: Partial<Fold> = {},
): FoldRequestStruct => {
  const changed = { newState, foldNullifiers, certified, proof, ...changes };
  return {
    newState: changed.newState,
    foldNullifiers: changed.foldNullifiers,
    certified: changed.certified,
    proof: proofArgument(changed.proof),
  };
};

/** How a fold that was certified is named. */
export const named = ({ newState, foldNullifiers, certified }: Fold) => [newState, foldNullifiers, certified] as const;

export async function statusOf(w: DisputeWorld, { newState }: Fold): Promise<bigint> {
  const [fold] = await w.settlement.foldsOf([newState]);
  return fold?.status ?? -1n;
}

export async function windowEndOf(w: DisputeWorld, { newState }: Fold): Promise<bigint> {
  const [fold] = await w.settlement.foldsOf([newState]);
  return fold?.finalizableAt ?? 0n;
}

/** The refunds of the tickets, each counted as often as it is named. */
export function refundsOf(tickets: readonly number[]): { refundedCharges: bigint; refundedHolds: bigint } {
  let [refundedCharges, refundedHolds] = [0n, 0n];
  for (const index of tickets) {
    refundedCharges += refundedCharge(index);
    refundedHolds += refundedHold(index);
  }
  return { refundedCharges, refundedHolds };
}

/** What must hold of all folds that a test made: no final state counts a ticket twice, and no nullifier stands in two final folds. */
export async function judge(w: DisputeWorld, folds: readonly Fold[]): Promise<void> {
  const statuses = await Promise.all(folds.map((fold) => statusOf(w, fold)));
  const standing = folds.filter((_, at) => statuses[at] === FINAL);
  for (const { tickets } of standing) expect(new Set(tickets).size, String(tickets)).to.equal(tickets.length);
  const held = standing.flatMap(({ foldNullifiers }) => foldNullifiers);
  expect(new Set(held).size, "nullifiers of final folds").to.equal(held.length);
  for (const { newState, foldNullifiers } of standing) {
    expect(await w.settlement.foldHoldersOf(foldNullifiers)).to.deep.equal(foldNullifiers.map(() => newState));
  }
}

// ----------------------------------------------------------------------------- what the attacks are about

/** Folds over tickets 0, 1, 5, 6 and 7, some of which conflict. All are Alice's but the last. */
function plansOf(w: DisputeWorld) {
  /** The one that the provider signed off chain, and keeps the proof of. */
  const honest = planOf(w, ALICE, undefined, [0, 1]);
  /** Onto it, ticket 0 once more: alone, and with another one. */
  const double = planOf(w, ALICE, honest, [0]);
  const regrouped = planOf(w, ALICE, honest, [5, 0]);
  /** Onto the double one, as long as the chain lets it stand. */
  const upon = planOf(w, ALICE, double, [6], "certified");
  /** Ticket 0 alone onto the first state; with ticket 7; and ticket 7 alone. */
  const sibling = planOf(w, ALICE, undefined, [0]);
  const seventh = planOf(w, ALICE, undefined, [7]);
  const both = planOf(w, ALICE, undefined, [0, 7]);
  const uponSeventh = planOf(w, ALICE, seventh, [0], "certified");
  const elsewhere = planOf(w, ALICE, undefined, [0, 1], "signed", w.second.description);
  const others = planOf(w, ALIAS, undefined, [0, 1]);
  return { honest, double, regrouped, upon, sibling, seventh, both, uponSeventh, elsewhere, others };
}

type Names = keyof ReturnType<typeof plansOf>;

/** Those of the folds, with their proofs. */
export async function proved<N extends Names>(w: DisputeWorld, ...names: N[]): Promise<Record<N, Fold>> {
  const plans: Record<Names, Plan> = plansOf(w);
  const folds = await Promise.all(names.map(async (name) => [name, await provedFold(plans[name])] as const));
  return Object.fromEntries(folds) as Record<N, Fold>;
}

export const certify = (w: DisputeWorld, fold: Fold, changes: Partial<Fold> = {}) =>
  w.settlement.certifyFold(foldArgument(fold, changes));
export const finalize = (w: DisputeWorld, fold: Fold) => w.settlement.connect(w.stranger).finalizeFold(...named(fold));
export const challenge = (w: DisputeWorld, fold: Fold, shown: Fold, changes: Partial<Fold> = {}) =>
  w.settlement.connect(w.provider).challengeFold(...named(fold), foldArgument(shown, changes));
