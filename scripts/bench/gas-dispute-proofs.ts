// SPDX-License-Identifier: GPL-3.0-or-later
/** The real proofs of disputes and certified folds that the gas benchmark submits: one account's tickets, sessions, refunds and states. */
import { id, Wallet } from "ethers";

import type { DisputeAnswer, DisputeRequest, ProvenFold } from "../../src/chain/index.ts";
import type { Pool, ProviderKey, Refund, RefundTicket, SignedState, State } from "../../src/protocol/index.ts";
import {
  CALL_TYPES,
  DISPUTE_TYPES,
  domainOf,
  foldClaim,
  foldedState,
  initialState,
  nullifierOf,
  refundClaim,
  refundMessage,
  requestClaim,
  stateHash,
  ticketKeyOf,
  ticketRootOf,
} from "../../src/protocol/index.ts";
import type { Prover } from "../../src/prover/index.ts";
import { accountAt, DEPOSIT, freshAddress } from "./accounts.ts";

export interface DisputeProofs {
  /** Over tickets 0 and 1; the winner has never held the token. */
  readonly openings: readonly [DisputeRequest, DisputeRequest];
  /** Of the first: a part of the price charged, under a voucher. */
  readonly charged: DisputeAnswer;
  /** Of the first: as `charged`, without the hold, which a recorded violation allows. */
  readonly violated: DisputeAnswer;
  /** Of the first: nothing charged, so no voucher. */
  readonly free: DisputeAnswer;
}

export interface FoldProofs {
  /** Tickets 0 to 3, on a signed state. */
  readonly onSigned: ProvenFold;
  /** Tickets 4 to 7, on the state of `onSigned`. */
  readonly onPending: ProvenFold;
  /** Tickets 0 and 8 to 10, on a signed state: conflicts with `onSigned`. */
  readonly conflicting: ProvenFold;
}

const WINNER = freshAddress("winner");

/** One account with its provider's key, so that anything can be signed. */
class Party {
  readonly #pool: Pool;
  readonly #key: ProviderKey;
  readonly #identitySecret = accountAt(0).identitySecret;

  constructor(pool: Pool, key: ProviderKey) {
    this.#pool = pool;
    this.#key = key;
  }

  signed(state: State): SignedState {
    return { state, signature: this.#key.sign(stateHash(this.#pool.poolHash, state)) };
  }

  get first(): SignedState {
    return this.signed(initialState(this.#pool.poolHash, this.#identitySecret, DEPOSIT));
  }

  #nullifier(index: number): bigint {
    return nullifierOf(ticketKeyOf(ticketRootOf(this.#identitySecret, this.#pool.poolHash), index));
  }

  refund(index: number, refundedCharge: bigint, refundedHold: bigint): RefundTicket & Refund {
    const refund = { nullifier: this.#nullifier(index), refundedCharge, refundedHold };
    return { index, ...refund, signature: this.#key.sign(refundMessage(this.#pool.poolHash, refund)) };
  }

  async opening(prover: Prover, index: number): Promise<DisputeRequest> {
    const session = new Wallet(id(`benchmark session ${index}`));
    const { input, publicSignals } = requestClaim(this.#pool, this.first, index, session.address);
    const [nullifier, y] = publicSignals as [bigint, bigint, bigint, bigint];
    const recipient = WINNER;
    const signature = await session.signTypedData(domainOf(this.#pool), DISPUTE_TYPES, { nullifier, recipient });
    const { proof } = await prover.prove("request", input);
    return { nullifier, y, sessionAddress: session.address, recipient, proof, signature };
  }

  /** Of ticket 0. A charge is covered by a voucher over the whole price. */
  async answer(prover: Prover, charge: bigint, refundedHold: bigint): Promise<DisputeAnswer> {
    const { ticketPrice } = this.#pool.parameters;
    const refund = this.refund(0, ticketPrice - charge, refundedHold);
    const { proof } = await prover.prove("refund", refundClaim(this.#pool, refund).input);
    if (charge === 0n) return { refund, proof, voucher: undefined };
    const { nullifier } = refund;
    const call = { sequence: 1n, cap: ticketPrice, requestHash: id("benchmark request") };
    const session = new Wallet(id("benchmark session 0"));
    const signature = await session.signTypedData(domainOf(this.#pool), CALL_TYPES, { nullifier, ...call });
    return { refund, proof, voucher: { ...call, signature } };
  }

  async fold(
    prover: Prover,
    base: SignedState,
    indices: readonly number[],
    isCertified = false,
  ): Promise<{ fold: ProvenFold; state: State }> {
    const { policyHold } = this.#pool.parameters;
    const tickets = indices.map((index) => this.refund(index, 2_500n, policyHold));
    const { input, publicSignals } = foldClaim(this.#pool, base, tickets, isCertified);
    const [newState = 0n, ...rest] = publicSignals;
    const { proof } = await prover.prove("fold", input);
    const fold = { newState, foldNullifiers: rest.slice(0, 4), certified: rest[4] ?? 0n, proof };
    return { fold, state: foldedState(this.#pool.poolHash, base.state, tickets) };
  }
}

export async function proveDisputes(prover: Prover, pool: Pool, key: ProviderKey): Promise<DisputeProofs> {
  const party = new Party(pool, key);
  const { policyHold } = pool.parameters;
  const [first, second, charged, violated, free] = await Promise.all([
    party.opening(prover, 0),
    party.opening(prover, 1),
    party.answer(prover, 7_500n, policyHold),
    party.answer(prover, 7_500n, 0n),
    party.answer(prover, 0n, policyHold),
  ]);
  return { openings: [first, second], charged, violated, free };
}

export async function proveFolds(prover: Prover, pool: Pool, key: ProviderKey): Promise<FoldProofs> {
  const party = new Party(pool, key);
  const [signed, conflicting] = await Promise.all([
    party.fold(prover, party.first, [0, 1, 2, 3]),
    party.fold(prover, party.first, [0, 8, 9, 10]),
  ]);
  const onPending = await party.fold(prover, party.signed(signed.state), [4, 5, 6, 7], true);
  return { onSigned: signed.fold, onPending: onPending.fold, conflicting: conflicting.fold };
}
