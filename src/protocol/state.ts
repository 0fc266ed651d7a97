/** Refund states and refund tickets: what the provider signs. */
import { ProtocolError } from "./errors.ts";
import { assertIndex } from "./field.ts";
import { FOLD_SLOTS, TAG } from "./parameters.generated.ts";
import { poseidon } from "./poseidon.ts";

/** An opened state. budget = D + Rc + Rp; amounts in token base units. */
export interface State {
  readonly identitySecret: bigint;
  readonly budget: bigint;
  readonly returnedHolds: bigint;
  readonly rho: bigint;
}

/** A refund ticket as the provider signs it, for one nullifier. */
export interface Refund {
  readonly nullifier: bigint;
  readonly refundedCharge: bigint;
  readonly refundedHold: bigint;
}

/** st = H(TAG_STATE, Π, k, B, Rp, rho). */
export function stateHash(poolHash: bigint, { identitySecret, budget, returnedHolds, rho }: State): bigint {
  return poseidon([TAG.STATE, poolHash, identitySecret, budget, returnedHolds, rho]);
}

/** The first state of an account, before any refund: B = D, Rp = 0, rho = H(k, Π, TAG_RHO). */
export function initialState(poolHash: bigint, identitySecret: bigint, deposit: bigint): State {
  return { identitySecret, budget: deposit, returnedHolds: 0n, rho: poseidon([identitySecret, poolHash, TAG.RHO]) };
}

/** H(TAG_REFUND, Π, nullifier, rc, rp). */
export function refundMessage(poolHash: bigint, { nullifier, refundedCharge, refundedHold }: Refund): bigint {
  return poseidon([TAG.REFUND, poolHash, nullifier, refundedCharge, refundedHold]);
}

/** A ticket that a fold adds: its index and what it refunds. */
export interface FoldedTicket {
  readonly index: number;
  readonly refundedCharge: bigint;
  readonly refundedHold: bigint;
}

/** The blinding of a folded state: H(k, base state, TAG_RHO + Σ (i_t + 1)·2^(17t) over the used slots). */
export function foldedRho(identitySecret: bigint, baseState: bigint, indices: readonly number[]): bigint {
  const set = indices.reduce((sum, index, slot) => sum + (BigInt(assertIndex(index) + 1) << BigInt(17 * slot)), 0n);
  return poseidon([identitySecret, baseState, TAG.RHO + set]);
}

/** The state after folding 1 to 4 different tickets into `base`. @throws ProtocolError REFUND_INVALID */
export function foldedState(poolHash: bigint, base: State, tickets: readonly FoldedTicket[]): State {
  if (tickets.length < 1 || tickets.length > FOLD_SLOTS) {
    throw new ProtocolError("REFUND_INVALID", `a fold takes 1 to ${FOLD_SLOTS} tickets, and not ${tickets.length}`);
  }
  const indices = tickets.map(({ index }) => index);
  if (new Set(indices).size !== indices.length)
    throw new ProtocolError("REFUND_INVALID", "a ticket stands twice in a fold");
  const holds = tickets.reduce((sum, { refundedHold }) => sum + refundedHold, 0n);
  const charges = tickets.reduce((sum, { refundedCharge }) => sum + refundedCharge, 0n);
  return {
    identitySecret: base.identitySecret,
    budget: base.budget + charges + holds,
    returnedHolds: base.returnedHolds + holds,
    rho: foldedRho(base.identitySecret, stateHash(poolHash, base), indices),
  };
}
