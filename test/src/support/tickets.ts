// SPDX-License-Identifier: GPL-3.0-or-later
/** Tickets as an account's owner proves them, and the requests made with them, put together by hand. */
import { SigningKey, TypedDataEncoder } from "ethers";

import {
  CALL_TYPES,
  domainOf,
  foldClaim,
  foldedState,
  initialState,
  refundMessage,
  requestClaim,
  stateHash,
  ticketMessage,
} from "../../../src/protocol/index.ts";
import type { Pool, RefundTicket, Share, SignedState } from "../../../src/protocol/index.ts";
import { sessionKeyFrom, sessionKeyOf, signCall, signEnd } from "../../../src/wallet/index.ts";
import type { CallDraft, SessionKey } from "../../../src/wallet/index.ts";
import { toJson } from "../../../src/wire/index.ts";
import type {
  CallRequestJson,
  EndRequestJson,
  FoldRequestJson,
  SignedRefund,
  TicketOpening,
} from "../../../src/wire/index.ts";
import { C, DEPOSIT, P, POOL, STATE_KEY, prove, secretOf } from "./session-world.ts";

/** A state with the provider's signature. */
export const signState = (state: SignedState["state"], pool: Pool = POOL): SignedState => ({
  state,
  signature: STATE_KEY.sign(stateHash(pool.poolHash, state)),
});

/** The first state of account 0 or 1, as an enrolment gives it. */
export const enrolledState = (account: number): SignedState =>
  signState(initialState(POOL.poolHash, secretOf(account), DEPOSIT));

/** A session key that no honest wallet would put on a ticket. */
export const strangeKey = (byte: number): SessionKey => sessionKeyFrom(new Uint8Array(32).fill(byte));

export interface ProvedTicket {
  readonly key: SessionKey;
  readonly nullifier: bigint;
  readonly share: Share;
  readonly opening: TicketOpening;
}

export async function proveTicket(account: number, index: number, key?: SessionKey): Promise<ProvedTicket> {
  const used = key ?? sessionKeyOf(secretOf(account), index);
  const claim = requestClaim(POOL, enrolledState(account), index, used.address);
  const [nullifier, y] = claim.publicSignals as [bigint, bigint];
  const { proof } = await prove("request", claim.input);
  return { key: used, nullifier, share: { x: ticketMessage(POOL.scope, used.address), y }, opening: { y, proof } };
}

const SALT = `0x${"5a".repeat(32)}`;

/** A call on a ticket: the first of its session unless `draft` says otherwise. */
export function callOn(ticket: ProvedTicket, draft: Partial<CallDraft> = {}): CallRequestJson {
  const { key, nullifier, opening } = ticket;
  const defaults: CallDraft = {
    nullifier,
    sequence: 1,
    cap: C,
    salt: SALT,
    payload: "hello",
    isLast: false,
    ticket: opening,
  };
  return toJson(signCall(POOL, key, { ...defaults, ...draft }));
}

/** The same without the ticket's opening. */
export function laterCallOn(ticket: ProvedTicket, draft: Partial<CallDraft> = {}): CallRequestJson {
  const { ticket: _, ...request } = callOn(ticket, { sequence: 2, ...draft });
  return request;
}

export const endOf = ({ key, nullifier, opening }: ProvedTicket, withOpening = false): EndRequestJson =>
  toJson(signEnd(POOL, key, nullifier, withOpening ? opening : undefined));

/** Signs a voucher for a request that was changed by hand. */
export function resign(request: CallRequestJson, requestHash: string, key: SessionKey): CallRequestJson {
  const { nullifier, sequence, cap } = request;
  const digest = TypedDataEncoder.hash(domainOf(POOL), CALL_TYPES, { nullifier, sequence, cap, requestHash });
  return { ...request, signature: new SigningKey(key.privateKey).sign(digest).serialized };
}

/** A refund ticket that the provider signed, whatever it says. */
export function signedRefund(nullifier: bigint, refundedCharge: bigint, refundedHold = P): SignedRefund {
  const refund = { nullifier, refundedCharge, refundedHold };
  return { ...refund, signature: STATE_KEY.sign(refundMessage(POOL.poolHash, refund)) };
}

/** A refund ticket of the provider for one ticket of an account. */
export function refundOf(nullifier: bigint, index: number, refundedCharge: bigint, pool: Pool = POOL): RefundTicket {
  const refund = { nullifier, refundedCharge, refundedHold: P };
  return { index, refundedCharge, refundedHold: P, signature: STATE_KEY.sign(refundMessage(pool.poolHash, refund)) };
}

/** A proved fold into an account's first state. */
export async function foldOf(account: number, tickets: readonly RefundTicket[]): Promise<FoldRequestJson> {
  const claim = foldClaim(POOL, enrolledState(account), tickets);
  const { proof } = await prove("fold", claim.input);
  const [newState, ...rest] = claim.publicSignals as [bigint, ...bigint[]];
  return toJson({ newState, foldNullifiers: rest.slice(0, 4), certified: 0n, proof });
}

export const stateAfter = (account: number, tickets: readonly RefundTicket[]): bigint =>
  stateHash(POOL.poolHash, foldedState(POOL.poolHash, enrolledState(account).state, tickets));
