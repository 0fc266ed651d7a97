// SPDX-License-Identifier: GPL-3.0-or-later
/** What the chain does with a dispute, written down naively from the rules of docs/protocol.md, with real proofs. */
import { verifyTypedData } from "ethers";

import type { DisputeReply } from "../../../src/gateway/index.ts";
import { CALL_TYPES, domainOf, refundClaim, ticketMessage } from "../../../src/protocol/index.ts";
import type { Pool } from "../../../src/protocol/index.ts";
import type { DisputeFile, DisputeView } from "../../../src/wire/index.ts";
import { POOL, prove, verify } from "./session-world.ts";
import type { FakeChain, Provider } from "./session-world.ts";
import type { ProvedTicket } from "./tickets.ts";

export const RECIPIENT = "0x00000000000000000000000000000000000000cc";

/** The dispute that the owner of a ticket would open. */
export const disputeOver = ({ nullifier, share, key }: ProvedTicket): Parameters<FakeChain["openDispute"]>[0] => ({
  nullifier,
  y: share.y,
  sessionAddress: key.address,
  recipient: RECIPIENT,
});

/** `openDispute` with its proof, for a file that a wallet made. */
export async function openOnChain(chain: FakeChain, file: DisputeFile): Promise<DisputeView> {
  const { nullifier, y, sessionAddress, proof } = file;
  if (chain.disputes.has(nullifier)) throw new Error("DisputeIsKnown");
  const x = ticketMessage(POOL.scope, sessionAddress);
  if (!(await verify("request", [nullifier, y, x, POOL.poolHash], proof))) throw new Error("ProofRefused");
  return chain.openDispute(file);
}

/** `answerDispute`. @throws with the contract's error when it would revert */
export async function answerOnChain(
  { chain }: Pick<Provider, "chain">,
  { refund, voucher }: Pick<DisputeReply, "refund" | "voucher">,
  pool: Pool = POOL,
): Promise<void> {
  const { ticketPrice, policyHold, unit } = pool.parameters;
  const dispute = chain.disputes.get(refund.nullifier);
  if (dispute?.status !== "open") throw new Error("DisputeIsNotOpen");
  if (refund.refundedCharge > ticketPrice) throw new Error("RefundedChargeOutOfRange");
  const charge = ticketPrice - refund.refundedCharge;
  if (charge > 0n) {
    if (charge % unit !== 0n) throw new Error("ChargeIsNoMultiple");
    if (voucher === undefined || charge > voucher.cap) throw new Error("ChargeNotCovered");
    const { signature, ...call } = voucher;
    const message = { nullifier: refund.nullifier, ...call };
    const signer = verifyTypedData(domainOf(pool), CALL_TYPES, message, signature);
    if (signer !== dispute.sessionAddress) throw new Error("VoucherRefused");
  }
  const isHoldLost = refund.refundedHold === 0n && chain.violations.has(refund.nullifier);
  if (refund.refundedHold !== policyHold && !isHoldLost) throw new Error("HoldWithheld");
  const { input, publicSignals } = refundClaim(pool, refund);
  const { proof } = await prove("refund", input).catch(() => {
    throw new Error("ProofRefused");
  });
  if (!(await verify("refund", publicSignals, proof))) throw new Error("ProofRefused");
  chain.answer({ refund });
}

/** The contract's error, or "no error". */
export async function revertOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as Error).message;
  }
  return "no error";
}
