/** What each circuit is given. Names are those of the circuits' input signals; `publicSignals` is what it must answer. */
import type { Signature } from "./eddsa.ts";
import { NO_SIGNATURE } from "./eddsa.ts";
import { enrollNullifierOf, identityCommitmentOf } from "./identity.ts";
import { closeChallenge, compressSlots, slashContext, ticketMessage } from "./messages.ts";
import type { CloseTerms } from "./messages.ts";
import { FOLD_SLOTS, TREE_MAX_DEPTH } from "./parameters.generated.ts";
import type { Pool } from "./pool.ts";
import { holdOf } from "./pool.ts";
import { ProtocolError } from "./errors.ts";
import type { Share } from "./shares.ts";
import { shareOf } from "./shares.ts";
import type { FoldedTicket, Refund, State } from "./state.ts";
import { foldedState, initialState, stateHash } from "./state.ts";
import { coverKeysOf, fillerOf, foldNullifierOf, nullifierOf, ticketKeyOf, ticketRootOf } from "./tickets.ts";

export type CircuitInput = Record<string, bigint | readonly (bigint | readonly bigint[])[]>;

/** A circuit's input with the public signals that it must give, in order. */
export interface Claim {
  readonly input: CircuitInput;
  readonly publicSignals: readonly bigint[];
}

/** A state and the provider's signature of it. */
export interface SignedState {
  readonly state: State;
  readonly signature: Signature;
}

/** A Merkle path as `@zk-kit/lean-imt` gives it: only the levels that have a sibling. */
export interface AccountPath {
  readonly root: bigint;
  readonly index: number;
  readonly siblings: readonly bigint[];
}

const stateInput = ({ budget, returnedHolds, rho }: State): CircuitInput => ({ budget, returnedHolds, rho });
const openedPool = (pool: Pool): CircuitInput => ({
  poolHash: pool.poolHash,
  poolTerms: pool.poolTerms,
  providerKey: pool.parameters.providerKey,
});

export function enrollClaim(pool: Pool, identitySecret: bigint, deposit: bigint, path: AccountPath): Claim {
  const { poolHash } = pool;
  const state = initialState(poolHash, identitySecret, deposit);
  const siblings = [...path.siblings, ...new Array<bigint>(TREE_MAX_DEPTH - path.siblings.length).fill(0n)];
  return {
    input: {
      poolHash,
      identitySecret,
      deposit,
      rho: state.rho,
      depth: BigInt(path.siblings.length),
      index: BigInt(path.index),
      siblings,
    },
    publicSignals: [path.root, stateHash(poolHash, state), enrollNullifierOf(identitySecret, poolHash), poolHash],
  };
}

/** The request proof of ticket `index` for a session address: proved ahead of time, from any state with a sufficient budget. */
export function requestClaim(
  pool: Pool,
  { state, signature }: SignedState,
  index: number,
  sessionAddress: string,
): Claim {
  const { poolHash, parameters, scope } = pool;
  const { identitySecret } = state;
  const x = ticketMessage(scope, sessionAddress);
  const ticketKey = ticketKeyOf(ticketRootOf(identitySecret, poolHash), index);
  const { y } = shareOf(identitySecret, ticketKey, x);
  return {
    input: {
      x,
      poolHash,
      scope,
      hold: holdOf(parameters),
      providerKey: parameters.providerKey,
      identitySecret,
      index: BigInt(index),
      ...stateInput(state),
      signatureR8: signature.r8,
      signatureS: signature.s,
    },
    publicSignals: [nullifierOf(ticketKey), y, x, poolHash],
  };
}

/** A refund ticket that a fold adds. */
export interface RefundTicket extends FoldedTicket {
  readonly signature: Signature;
}

/** Folds 1 to 4 refund tickets. With `certified` the base state stands on chain and its signature is not looked at. */
export function foldClaim(pool: Pool, base: SignedState, tickets: readonly RefundTicket[], isCertified = false): Claim {
  const { poolHash } = pool;
  const { identitySecret } = base.state;
  const newState = foldedState(poolHash, base.state, tickets);
  const root = ticketRootOf(identitySecret, poolHash);
  const slots = Array.from({ length: FOLD_SLOTS }, (_, slot) => tickets[slot]);
  const certified = isCertified ? stateHash(poolHash, base.state) : 0n;
  const signatures = slots.map((ticket) => ticket?.signature ?? NO_SIGNATURE);
  return {
    input: {
      ...openedPool(pool),
      certified,
      identitySecret,
      ...stateInput(base.state),
      stateR8: base.signature.r8,
      stateS: base.signature.s,
      used: slots.slice(1).map((ticket) => (ticket === undefined ? 0n : 1n)),
      indices: slots.map((ticket) => BigInt(ticket?.index ?? 0)),
      refundedCharges: slots.map((ticket) => ticket?.refundedCharge ?? 0n),
      refundedHolds: slots.map((ticket) => ticket?.refundedHold ?? 0n),
      refundR8: signatures.map(({ r8 }) => r8),
      refundS: signatures.map(({ s }) => s),
    },
    publicSignals: [
      stateHash(poolHash, newState),
      ...slots.map((ticket, slot) =>
        ticket === undefined ? fillerOf(newState.rho, slot) : foldNullifierOf(ticketKeyOf(root, ticket.index)),
      ),
      certified,
      poolHash,
    ],
  };
}

export interface CloseClaimInput {
  readonly deposit: bigint;
  /** j: tickets below it are paid for, tickets from it on are revealed. */
  readonly firstUnused: number;
  readonly refundedCharges: bigint;
  readonly refundedHolds: bigint;
  readonly terms: CloseTerms;
}

/**
 * Closes with the refunds of `base`, or with none when `base` is undefined.
 * @throws ProtocolError REFUND_INVALID when refunds are claimed that the state does not hold.
 */
export function closeClaim(
  pool: Pool,
  identitySecret: bigint,
  base: SignedState | undefined,
  close: CloseClaimInput,
  isCertified = false,
): Claim & { readonly coverKeys: readonly bigint[] } {
  const { poolHash } = pool;
  const { deposit, refundedCharges, refundedHolds } = close;
  const { state, signature } = base ?? {
    state: initialState(poolHash, identitySecret, deposit),
    signature: NO_SIGNATURE,
  };
  if (refundedHolds > state.returnedHolds || deposit + refundedCharges > state.budget - state.returnedHolds) {
    throw new ProtocolError("REFUND_INVALID", "the close claims more refunds than its state holds");
  }
  const coverKeys = coverKeysOf(ticketRootOf(identitySecret, poolHash), close.firstUnused);
  const identityCommitment = identityCommitmentOf(identitySecret);
  const z = closeChallenge(poolHash, identityCommitment, coverKeys, close.terms);
  const e = compressSlots(coverKeys, z);
  const certified = isCertified ? stateHash(poolHash, state) : 0n;
  const firstUnused = BigInt(close.firstUnused);
  return {
    coverKeys,
    input: {
      ...openedPool(pool),
      deposit,
      firstUnused,
      refundedCharges,
      refundedHolds,
      certified,
      z,
      e,
      identitySecret,
      ...stateInput(state),
      stateR8: signature.r8,
      stateS: signature.s,
    },
    publicSignals: [
      identityCommitment,
      deposit,
      firstUnused,
      refundedCharges,
      refundedHolds,
      certified,
      z,
      e,
      poolHash,
    ],
  };
}

export function slashClaim(
  pool: Pool,
  evidence: { readonly index: number; readonly shares: readonly [Share, Share]; readonly identitySecret: bigint },
  recipient: string,
): Claim {
  const { poolHash } = pool;
  const context = slashContext(poolHash, recipient);
  const ticketKey = ticketKeyOf(ticketRootOf(evidence.identitySecret, poolHash), evidence.index);
  return {
    input: {
      context,
      poolHash,
      x: evidence.shares.map(({ x }) => x),
      y: evidence.shares.map(({ y }) => y),
      index: BigInt(evidence.index),
    },
    publicSignals: [identityCommitmentOf(evidence.identitySecret), nullifierOf(ticketKey), context, poolHash],
  };
}

/** What answers a dispute: the refund ticket that the provider signed for a nullifier. Everything about it is public. */
export function refundClaim(
  pool: Pool,
  { nullifier, refundedCharge, refundedHold, signature }: Refund & { readonly signature: Signature },
): Claim {
  const [x, y] = signature.r8;
  return {
    input: {
      ...openedPool(pool),
      nullifier,
      refundedCharge,
      refundedHold,
      signatureR8: signature.r8,
      signatureS: signature.s,
    },
    publicSignals: [nullifier, refundedCharge, refundedHold, x, y, signature.s, pool.poolHash],
  };
}
