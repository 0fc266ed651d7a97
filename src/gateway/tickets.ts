// SPDX-License-Identifier: GPL-3.0-or-later
/** What a session's first message needs: a voucher's signer, a ticket's proof, and what follows from a second message. */
import type { TypedDataField } from "ethers";

import { proveDoubleSpendInTurns } from "../protocol/index.ts";
import type { Share } from "../protocol/index.ts";
import { GatewayError, isSignedBySession } from "../wire/index.ts";
import type { TicketOpening } from "../wire/index.ts";
import type { GatewayContext } from "./ports.ts";
import type { SpentTicket } from "./store/index.ts";

/** @throws GatewayError SIGNATURE_INVALID unless `address` signed the message. */
export function requireSigner(
  { pool }: Pick<GatewayContext, "pool">,
  types: Record<string, TypedDataField[]>,
  message: Record<string, unknown>,
  signature: string,
  address: string,
): void {
  if (!isSignedBySession(pool, types, message, signature, address)) {
    throw new GatewayError("SIGNATURE_INVALID", "the session's key did not sign this");
  }
}

/**
 * Verifies a ticket's proof before its share is used for anything. Known offenders are refused here.
 * @throws GatewayError PROOF_INVALID, ACCOUNT_SLASHED
 */
export async function verifyOpening(
  { pool, verify, offences }: GatewayContext,
  nullifier: bigint,
  x: bigint,
  { y, proof }: TicketOpening,
): Promise<Share> {
  if (!(await verify("request", [nullifier, y, x, pool.poolHash], proof))) {
    throw new GatewayError("PROOF_INVALID", "the ticket's proof is not valid");
  }
  if (await offences.isOffender(nullifier, x, y)) {
    throw new GatewayError("ACCOUNT_SLASHED", "the account of this ticket spent a ticket twice");
  }
  return { x, y };
}

/** Two messages, both proved: recovers the secret, records it, and refuses. */
export async function refuseDoubleSpend(
  { pool, offences }: GatewayContext,
  recorded: SpentTicket,
  second: Share,
): Promise<GatewayError> {
  const { chainId, address } = pool;
  const { nullifier } = recorded;
  const shares = [recorded.share, second] as const;
  const proven = await proveDoubleSpendInTurns(pool, { chainId, pool: address, nullifier, shares });
  await offences.accuse({ kind: "double-spend", nullifier, ...proven });
  return new GatewayError("TICKET_SPENT", "this ticket carried another message before: it was spent twice");
}

export const ticketClosed = (): GatewayError =>
  new GatewayError("TICKET_CLOSED", "a close revealed this ticket: it can no longer be used");
