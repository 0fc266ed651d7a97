// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What each circuit is given and what it must answer, by the naive model. Inputs are plain: a test overrides any of them to lie.
 * Answers are the public signals in order.
 */
import { IDENTITY } from "./curve.ts";
import type { Signature } from "./curve.ts";
import { closeChallengeOf, slashContextOf } from "./messages.ts";
import {
  commitmentOf,
  coverKeysOf,
  enrollNullifierOf,
  fillerOf,
  foldNullifierOf,
  foldedState,
  hashOf,
  leafOf,
  nullifierOf,
  polynomialOf,
  rootFrom,
  shareOf,
  ticketKeyOf,
} from "./protocol.ts";
import type { Path, Pool, Refund, State } from "./protocol.ts";

export type Input = Record<string, bigint | readonly (bigint | readonly bigint[])[]>;

export interface Statement {
  readonly input: Input;
  readonly answer: readonly bigint[];
}

/** Where a circuit looks at no signature: any point of the curve will do. */
export const UNSIGNED: Signature = { r8: IDENTITY, s: 0n };

export function enroll(pool: Pool, state: State, deposit: bigint, path: Path): Statement {
  const { poolHash } = pool;
  const siblings = [...path.siblings, ...new Array<bigint>(32 - path.siblings.length).fill(0n)];
  const depth = BigInt(path.siblings.length);
  const { k, rho } = state;
  return {
    input: { poolHash, identitySecret: k, deposit, rho, depth, index: path.index, siblings },
    answer: [
      rootFrom(leafOf(commitmentOf(k), deposit), path),
      hashOf(poolHash, { ...state, budget: deposit, returnedHolds: 0n }),
      enrollNullifierOf(k, poolHash),
      poolHash,
    ],
  };
}

export function request(pool: Pool, state: State, signature: Signature, index: number, x: bigint): Statement {
  const { poolHash, scope, hold } = pool;
  const { k, budget, returnedHolds, rho } = state;
  const ticketKey = ticketKeyOf(k, poolHash, index);
  return {
    input: {
      x,
      poolHash,
      scope,
      hold,
      providerKey: pool.key,
      identitySecret: k,
      index: BigInt(index),
      budget,
      returnedHolds,
      rho,
      signatureR8: signature.r8,
      signatureS: signature.s,
    },
    answer: [nullifierOf(ticketKey), shareOf(k, ticketKey, x), x, poolHash],
  };
}

const stateInputs = (pool: Pool, state: State, signature: Signature): Input => ({
  poolHash: pool.poolHash,
  poolTerms: pool.poolTerms,
  providerKey: pool.key,
  identitySecret: state.k,
  budget: state.budget,
  returnedHolds: state.returnedHolds,
  rho: state.rho,
  stateR8: signature.r8,
  stateS: signature.s,
});

export function fold(
  pool: Pool,
  base: State,
  signature: Signature,
  refunds: readonly Refund[],
  certified = 0n,
): Statement {
  const { poolHash } = pool;
  const slots = [0, 1, 2, 3].map((slot) => refunds[slot]);
  const after = foldedState(poolHash, base, refunds);
  const foldNullifiers = slots.map((refund, slot) =>
    refund === undefined ? fillerOf(after.rho, slot) : foldNullifierOf(ticketKeyOf(base.k, poolHash, refund.index)),
  );
  return {
    input: {
      ...stateInputs(pool, base, signature),
      certified,
      used: slots.slice(1).map((refund) => (refund === undefined ? 0n : 1n)),
      indices: slots.map((refund) => BigInt(refund?.index ?? 0)),
      refundedCharges: slots.map((refund) => refund?.charge ?? 0n),
      refundedHolds: slots.map((refund) => refund?.hold ?? 0n),
      refundR8: slots.map((refund) => (refund?.signature ?? UNSIGNED).r8),
      refundS: slots.map((refund) => (refund?.signature ?? UNSIGNED).s),
    },
    answer: [hashOf(poolHash, after), ...foldNullifiers, certified, poolHash],
  };
}

export interface CloseTerms {
  readonly deposit: bigint;
  readonly firstUnused: number;
  readonly refundedCharges: bigint;
  readonly refundedHolds: bigint;
  readonly certified?: bigint;
  readonly recipient: string;
  readonly relayer: string;
  readonly fee: bigint;
  readonly deadline: bigint;
}

export function close(pool: Pool, state: State, signature: Signature, terms: CloseTerms): Statement & { readonly slots: readonly bigint[] } {
  const { poolHash } = pool;
  const { deposit, refundedCharges, refundedHolds, certified = 0n } = terms;
  const commitment = commitmentOf(state.k);
  const slots = coverKeysOf(state.k, poolHash, terms.firstUnused);
  const z = closeChallengeOf(poolHash, { ...terms, commitment, slots });
  const e = polynomialOf(slots, z);
  const firstUnused = BigInt(terms.firstUnused);
  const shown = { deposit, firstUnused, refundedCharges, refundedHolds, certified, z, e };
  return {
    slots,
    input: { ...stateInputs(pool, state, signature), ...shown },
    answer: [commitment, ...Object.values(shown), poolHash],
  };
}

export function slash(
  pool: Pool,
  k: bigint,
  index: number,
  x: readonly [bigint, bigint],
  recipient: string,
): Statement {
  const { poolHash } = pool;
  const ticketKey = ticketKeyOf(k, poolHash, index);
  const context = slashContextOf(poolHash, recipient);
  return {
    input: { context, poolHash, x, y: x.map((each) => shareOf(k, ticketKey, each)), index: BigInt(index) },
    answer: [commitmentOf(k), nullifierOf(ticketKey), context, poolHash],
  };
}

export function refund(
  pool: Pool,
  nullifier: bigint,
  charge: bigint,
  hold: bigint,
  signature: Signature,
): Statement {
  const { poolHash, poolTerms } = pool;
  const shown = { nullifier, refundedCharge: charge, refundedHold: hold };
  return {
    input: { ...shown, signatureR8: signature.r8, signatureS: signature.s, poolHash, poolTerms, providerKey: pool.key },
    answer: [nullifier, charge, hold, ...signature.r8, signature.s, poolHash],
  };
}
