// SPDX-License-Identifier: GPL-3.0-or-later
/** What a wallet believes of a provider's answers: nothing that it has not checked (docs/protocol.md, What a wallet never does). */
import type { z } from "zod";

import { RECEIPT_TYPES, digestOf, refundMessage, signerOf, verifySignature } from "../protocol/index.ts";
import type { Pool } from "../protocol/index.ts";
import { callAnswer, describeIssues, requestHashOf, responseHashOf, stateSignature } from "../wire/index.ts";
import type { CallAnswer, CallRequest, SignedRefund, StateSignature } from "../wire/index.ts";
import { WalletError } from "./errors.ts";
import type { WalletContext } from "./ports.ts";

/** @throws WalletError PROVIDER_DISHONEST */
function demand(holds: boolean, reason: string): asserts holds {
  if (!holds) throw new WalletError("PROVIDER_DISHONEST", reason);
}

export function readAnswer<S extends z.ZodTypeAny>(schema: S, answer: unknown): z.output<S> {
  const result = schema.safeParse(answer);
  if (!result.success)
    throw new WalletError("PROVIDER_DISHONEST", `the provider's answer is ${describeIssues(result.error)}`);
  return result.data as z.output<S>;
}

/** The provider's signature of exactly the state that was asked for. */
export function checkStateSignature(pool: Pool, state: bigint, answer: unknown): StateSignature {
  const signed = readAnswer(stateSignature, answer);
  demand(signed.state === state, "the provider signed another state than the one asked for");
  demand(
    verifySignature(state, signed.signature, pool.parameters.providerKey),
    "the provider's signature of the state is not valid",
  );
  return signed;
}

export interface ExpectedCharge {
  /** What the vouchers allow in total. */
  readonly cap: bigint;
  /** What the receipts say, when every call of the session has one. */
  readonly charged: bigint | undefined;
}

/**
 * A refund ticket for this nullifier that returns what it must: rc <= C, a multiple of unit, covered by vouchers; rp = P.
 * @param isViolation the chain has a violation of this ticket: then rp may be 0.
 */
export function checkRefund(
  pool: Pool,
  nullifier: bigint,
  expected: ExpectedCharge,
  refund: SignedRefund,
  isViolation: boolean,
): SignedRefund {
  const { ticketPrice, policyHold, unit, providerKey } = pool.parameters;
  demand(refund.nullifier === nullifier, "the refund is for another ticket");
  demand(refund.refundedCharge <= ticketPrice, "the refund is above the ticket's price");
  const charged = ticketPrice - refund.refundedCharge;
  demand(charged % unit === 0n, "the charge is no multiple of the pool's unit");
  demand(charged <= expected.cap, "the charge is not covered by the vouchers");
  demand(expected.charged === undefined || charged <= expected.charged, "the refund is less than the receipts say");
  const isHoldLost = refund.refundedHold === 0n && isViolation;
  demand(refund.refundedHold === policyHold || isHoldLost, "the policy hold is not returned");
  demand(
    verifySignature(refundMessage(pool.poolHash, refund), refund.signature, providerKey),
    "the refund's signature is not valid",
  );
  return refund;
}

/** The receipt of exactly this call, signed by the provider. The refund that comes with it is for `checkRefund` to judge. */
export async function checkReceipt(
  { pool, isSignedByProvider }: Pick<WalletContext, "pool" | "isSignedByProvider">,
  request: CallRequest,
  chargedBefore: bigint,
  answer: unknown,
): Promise<CallAnswer> {
  const checked = readAnswer(callAnswer, answer);
  const { receipt, response, signature } = checked;
  const { unit } = pool.parameters;
  demand(receipt.nullifier === request.nullifier, "the receipt is for another ticket");
  demand(receipt.sequence === BigInt(request.sequence), "the receipt is for another call");
  demand(receipt.requestHash === requestHashOf(request), "the receipt is for another request");
  demand(receipt.responseHash === responseHashOf(response), "the receipt is for another response");
  demand(
    receipt.charged >= chargedBefore && receipt.charged <= request.cap,
    "the charge is not covered by the voucher",
  );
  demand(receipt.charged % unit === 0n, "the charge is no multiple of the pool's unit");
  const digest = digestOf(pool, RECEIPT_TYPES, receipt);
  demand(await isSignedByProvider(digest, signature), "the provider did not sign the receipt");
  return checked;
}

/** For a provider whose address is that of a key. */
export function isSignedByKey(address: string, digest: string, signature: string): boolean {
  return signerOf(digest, signature)?.toLowerCase() === address.toLowerCase();
}
