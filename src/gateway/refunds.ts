// SPDX-License-Identifier: GPL-3.0-or-later
/** Refund tickets: what a session gets back. */
import { refundMessage } from "../protocol/index.ts";
import type { GatewayContext } from "./ports.ts";
import type { RefundRecord } from "./store/index.ts";

type Needs = Pick<GatewayContext, "pool" | "stateKey">;

/** rc = C - charged. The signature is deterministic, so signing again gives the same ticket. */
export function refundFor(
  { pool, stateKey }: Needs,
  nullifier: bigint,
  charged: bigint,
  refundedHold: bigint = pool.parameters.policyHold,
): RefundRecord {
  const amounts = { refundedCharge: pool.parameters.ticketPrice - charged, refundedHold };
  return { ...amounts, signature: stateKey.sign(refundMessage(pool.poolHash, { nullifier, ...amounts })) };
}

export const fullRefund = (needs: Needs, nullifier: bigint): RefundRecord => refundFor(needs, nullifier, 0n);

/**
 * rp of a session: P; 0 when its violation is on chain. Undefined while the report can still come there and is not.
 * @param violation the evidence hash that the provider recorded.
 * @param isDisputed a dispute is known to stand on chain.
 */
export async function refundedHoldOf(
  { pool, chain }: Pick<GatewayContext, "pool" | "chain">,
  nullifier: bigint,
  violation: string | undefined,
  isDisputed: boolean,
): Promise<bigint | undefined> {
  const { policyHold } = pool.parameters;
  if (violation === undefined || policyHold === 0n) return policyHold;
  const reported = await chain.violation(nullifier);
  if (reported?.toLowerCase() === violation) return 0n;
  // The chain takes one report of a ticket, and none once it is disputed: this one never gets there.
  const isTooLate = isDisputed || reported !== undefined || (await chain.dispute(nullifier)) !== undefined;
  return isTooLate ? policyHold : undefined;
}
