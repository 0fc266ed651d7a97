// SPDX-License-Identifier: GPL-3.0-or-later
/** A close as the settlement takes it, and the provider's consent to it. */
import type { Signer } from "ethers";

import type { CloseClaimInput, Pool, Proof } from "../protocol/index.ts";
import { CLOSE_CONSENT_TYPES, coverKeysHash, domainOf } from "../protocol/index.ts";

/** Amounts in token base units, the deadline in unix seconds. */
export interface CloseRequest {
  readonly identityCommitment: bigint;
  readonly firstUnused: bigint;
  readonly refundedCharges: bigint;
  readonly refundedHolds: bigint;
  readonly certified: bigint;
  readonly recipient: string;
  readonly relayer: string;
  readonly fee: bigint;
  readonly deadline: bigint;
  readonly coverKeys: readonly bigint[];
  readonly proof: Proof;
}

/**
 * Puts a proven close together. `close` is what `closeClaim` was given, `coverKeys` what it gave back.
 * @param certified the state, where it is one that the chain certified and not one that the provider signed.
 */
export function closeRequestOf(
  identityCommitment: bigint,
  close: CloseClaimInput,
  coverKeys: readonly bigint[],
  proof: Proof,
  certified = 0n,
): CloseRequest {
  const { firstUnused, refundedCharges, refundedHolds, terms } = close;
  return {
    identityCommitment,
    firstUnused: BigInt(firstUnused),
    refundedCharges,
    refundedHolds,
    certified,
    ...terms,
    coverKeys,
    proof,
  };
}

/** What the provider signs when it consents to a close: all of it but the proof. */
export function closeConsentOf(request: Omit<CloseRequest, "proof">, consentDeadline: bigint): Record<string, unknown> {
  const { identityCommitment, firstUnused, refundedCharges, refundedHolds, certified } = request;
  const { coverKeys, recipient, relayer, fee, deadline } = request;
  return {
    identityCommitment,
    firstUnused,
    refundedCharges,
    refundedHolds,
    certified,
    coverKeysHash: coverKeysHash([...coverKeys]),
    recipient,
    relayer,
    fee,
    deadline,
    consentDeadline,
  };
}

/** The provider's EIP-712 consent to a close, good until `consentDeadline` (unix seconds). The provider checks the tickets first. */
export async function signCloseConsent(
  provider: Signer,
  pool: Pool,
  request: CloseRequest,
  consentDeadline: bigint,
): Promise<string> {
  return provider.signTypedData(domainOf(pool), CLOSE_CONSENT_TYPES, closeConsentOf(request, consentDeadline));
}
