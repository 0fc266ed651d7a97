// SPDX-License-Identifier: GPL-3.0-or-later
/** The files of a dispute. Each holds all that its transaction needs, so that anyone may submit it. */
import { ZeroAddress } from "ethers";
import type { TypedDataField } from "ethers";
import { z } from "zod";

import { CALL_TYPES, DISPUTE_TYPES, digestOf, refundMessage, signerOf, verifySignature } from "../protocol/index.ts";
import type { Call, Pool } from "../protocol/index.ts";
import { fileFormat } from "./files.ts";
import { refundTicket } from "./messages.ts";
import {
  address,
  amount,
  bytes32,
  chainIdentity,
  fieldElement,
  isCanonicalSignature,
  proof,
  sessionSignature,
  uint256,
} from "./values.ts";

const dispute = z
  .object({
    ...chainIdentity,
    nullifier: fieldElement,
    /** The ticket's share, for the message that `sessionAddress` gives. */
    y: fieldElement,
    sessionAddress: address,
    /** Who gets the award. */
    recipient: address.refine((value) => value !== ZeroAddress, "expected another address than zero"),
    /** EIP-712 `Dispute`, by the session key. */
    signature: sessionSignature,
    /** Of the `request` statement. */
    proof,
  })
  .strict()
  .refine(({ recipient, pool }) => recipient !== pool, { message: "the pool cannot be paid", path: ["recipient"] });

/** EIP-712 `Call`, by the session key: the cap covers what the session was charged. */
export const voucher = z
  .object({ sequence: uint256, cap: amount, requestHash: bytes32, signature: sessionSignature })
  .strict();

const disputeAnswer = z
  .object({
    ...chainIdentity,
    refund: refundTicket,
    /** Of the `refund` statement. */
    proof,
    /** Null where nothing was charged. */
    voucher: voucher.nullable(),
  })
  .strict();

export type DisputeFile = z.output<typeof dispute>;
export type DisputeAnswerFile = z.output<typeof disputeAnswer>;
/** A voucher as it goes on chain. */
export type SignedVoucher = z.output<typeof voucher>;

/** What opens a dispute. */
export const disputeFile = fileFormat<DisputeFile>("jeton.dispute.v1", "the dispute", dispute);
/** What answers one. */
export const disputeAnswerFile = fileFormat<DisputeAnswerFile>(
  "jeton.dispute-answer.v1",
  "the dispute's answer",
  disputeAnswer,
);

/** True if the session's key signed the message, in the form that contracts take. Never throws on a bad signature. */
export function isSignedBySession(
  pool: Pick<Pool, "chainId" | "address">,
  types: Record<string, TypedDataField[]>,
  message: Record<string, unknown>,
  signature: string,
  sessionAddress: string,
): boolean {
  if (!isCanonicalSignature(signature)) return false;
  try {
    return signerOf(digestOf(pool, types, message), signature) === sessionAddress;
  } catch {
    // A message that has no such fields has no digest.
    return false;
  }
}

/** Why the chain would refuse a dispute, or undefined; its proof is for a verifier to judge. For whoever submits one. */
export function disputeProblem(pool: Pool, file: DisputeFile): string | undefined {
  const { nullifier, recipient, signature, sessionAddress } = file;
  if (!isOfPool(pool, file)) return "the dispute is for another pool";
  const isSigned = isSignedBySession(pool, DISPUTE_TYPES, { nullifier, recipient }, signature, sessionAddress);
  return isSigned ? undefined : "the session's key did not sign the dispute";
}

/**
 * Why the chain would refuse an answer, or undefined; its proof is for a verifier to judge, and whether a violation is recorded for the
 * chain. For whoever submits one.
 * @param sessionAddress of the dispute.
 */
export function disputeAnswerProblem(pool: Pool, sessionAddress: string, file: DisputeAnswerFile): string | undefined {
  const { refund, voucher: shown } = file;
  const { ticketPrice, policyHold, unit, providerKey } = pool.parameters;
  if (!isOfPool(pool, file)) return "the answer is for another pool";
  const charge = ticketPrice - refund.refundedCharge;
  if (charge < 0n) return `the refund is above the ticket price of ${ticketPrice}`;
  if (charge % unit !== 0n) return `the charge of ${charge} is no multiple of the unit ${unit}`;
  if (refund.refundedHold !== policyHold && refund.refundedHold !== 0n)
    return "the hold comes back whole or not at all";
  if (!verifySignature(refundMessage(pool.poolHash, refund), refund.signature, providerKey)) {
    return "the provider did not sign the refund";
  }
  if (charge === 0n) return undefined;
  if (shown === null || shown.cap < charge) return `no voucher covers the charge of ${charge}`;
  const { signature, ...rest } = shown;
  const call: Call = { nullifier: refund.nullifier, ...rest };
  const isSigned = isSignedBySession(pool, CALL_TYPES, { ...call }, signature, sessionAddress);
  return isSigned ? undefined : "the session's key did not sign the voucher";
}

/** True if a file names this pool on this chain. */
export const isOfPool = (pool: Pool, file: { readonly chainId: bigint; readonly pool: string }): boolean =>
  file.chainId === pool.chainId && file.pool === pool.address;
