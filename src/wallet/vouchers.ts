// SPDX-License-Identifier: GPL-3.0-or-later
/** What a session's key signs. */
import { SigningKey, computeAddress } from "ethers";
import type { TypedDataField } from "ethers";

import { CALL_TYPES, DISPUTE_TYPES, deriveSessionKey, digestOf, signDigest } from "../protocol/index.ts";
import type { Call, Dispute, Pool } from "../protocol/index.ts";
import { END_SESSION_TYPES, requestHashOf } from "../wire/index.ts";
import type { CallRequest, DisputeFile, EndRequest, TicketOpening } from "../wire/index.ts";

/** The one-time key of a session; its address is the ticket's message. */
export interface SessionKey {
  readonly address: string;
  readonly privateKey: Uint8Array;
}

export function sessionKeyFrom(privateKey: Uint8Array): SessionKey {
  return { address: computeAddress(new SigningKey(privateKey)), privateKey };
}

/** The one session key of ticket `index`: a function of the account and the index, so that no ticket ever gets two messages. */
export const sessionKeyOf = (identitySecret: bigint, index: number): SessionKey =>
  sessionKeyFrom(deriveSessionKey(identitySecret, index));

/** Deterministic (RFC 6979): the same message gets the same bytes. */
function sign(
  pool: Pool,
  key: SessionKey,
  types: Record<string, TypedDataField[]>,
  message: Record<string, unknown>,
): string {
  return signDigest(key.privateKey, digestOf(pool, types, message));
}

export interface CallDraft {
  readonly nullifier: bigint;
  readonly sequence: number;
  readonly cap: bigint;
  readonly salt: string;
  readonly payload: string;
  readonly isLast: boolean;
  /** With the first call of a ticket. */
  readonly ticket?: TicketOpening;
}

/** A call with its voucher. */
export function signCall(pool: Pool, key: SessionKey, draft: CallDraft): CallRequest {
  const { nullifier, sequence, cap } = draft;
  const voucher: Call = { nullifier, sequence: BigInt(sequence), cap, requestHash: requestHashOf(draft) };
  return { ...draft, sessionAddress: key.address, signature: sign(pool, key, CALL_TYPES, { ...voucher }) };
}

export function signEnd(pool: Pool, key: SessionKey, nullifier: bigint, ticket?: TicketOpening): EndRequest {
  const signature = sign(pool, key, END_SESSION_TYPES, { nullifier });
  return { nullifier, sessionAddress: key.address, signature, ...(ticket === undefined ? {} : { ticket }) };
}

/** Once a dispute is on chain its session is over. */
export function signDispute(
  pool: Pool,
  key: SessionKey,
  { nullifier, y, proof }: TicketOpening & { readonly nullifier: bigint },
  recipient: string,
): DisputeFile {
  const message: Dispute = { nullifier, recipient };
  const signature = sign(pool, key, DISPUTE_TYPES, { ...message });
  const { chainId, address } = pool;
  return { chainId, pool: address, nullifier, y, sessionAddress: key.address, recipient, signature, proof };
}
