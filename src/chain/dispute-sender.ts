// SPDX-License-Identifier: GPL-3.0-or-later
/** What the provider answers for: disputes, violations, its bond and revenue. Amounts in token base units. */
import type { TransactionReceipt } from "ethers";

import { CreditDisputes__factory, CreditPool__factory } from "../../typechain-types/index.js";
import type { Proof, Refund, Signature } from "../protocol/index.ts";
import { proofStruct } from "./contract-sender.ts";
import { FoldSender } from "./fold-sender.ts";

const disputes = CreditDisputes__factory.createInterface();
const pool = CreditPool__factory.createInterface();

/** What opens a dispute. */
export interface DisputeRequest {
  readonly nullifier: bigint;
  /** The ticket's share, for the message that `sessionAddress` gives. */
  readonly y: bigint;
  readonly sessionAddress: string;
  /** Who gets the award. */
  readonly recipient: string;
  /** Of the `request` statement. */
  readonly proof: Proof;
  /** EIP-712 `Dispute`, by the session key. */
  readonly signature: string;
}

/** What answers one. */
export interface DisputeAnswer {
  readonly refund: Refund & { readonly signature: Signature };
  /** Of the `refund` statement. */
  readonly proof: Proof;
  /** EIP-712 `Call`, by the session key: its cap covers the charge. Undefined where nothing was charged. */
  readonly voucher: DisputeVoucher | undefined;
}

export interface DisputeVoucher {
  readonly sequence: bigint;
  readonly cap: bigint;
  readonly requestHash: string;
  readonly signature: string;
}

const NO_VOUCHER: DisputeVoucher = { sequence: 0n, cap: 0n, requestHash: `0x${"00".repeat(32)}`, signature: "0x" };

export abstract class DisputeSender extends FoldSender {
  // DISPUTE

  /** Opens the dispute over a ticket. Anyone may submit it. */
  async openDispute(request: DisputeRequest): Promise<TransactionReceipt> {
    const { nullifier, y, sessionAddress, recipient, proof, signature } = request;
    const shown = [nullifier, y, sessionAddress, recipient, proofStruct(proof), signature] as const;
    return this.sendTo("disputes", disputes.encodeFunctionData("openDispute", [...shown]), "the dispute");
  }

  /** Answers a dispute with the refund ticket. Anyone may submit it. */
  async answerDispute({ refund, proof, voucher = NO_VOUCHER }: DisputeAnswer): Promise<TransactionReceipt> {
    const { nullifier, refundedCharge, refundedHold, signature } = refund;
    const { sequence, cap, requestHash, signature: agreed } = voucher;
    const data = disputes.encodeFunctionData("answerDispute", [
      { nullifier, refundedCharge, refundedHold, signatureR8: [...signature.r8], signatureS: signature.s },
      proofStruct(proof),
      { sequence, cap, requestHash, signature: agreed },
    ]);
    return this.sendTo("disputes", data, "the answer");
  }

  /** Decides a dispute that was not answered in time: the award is paid as far as bond and revenue go. Anyone may. */
  async resolveDispute(nullifier: bigint): Promise<TransactionReceipt> {
    return this.sendTo("disputes", disputes.encodeFunctionData("resolveDispute", [nullifier]), "the resolution");
  }

  /** Pays what is still owed of an award, as far as bond and revenue go now. Anyone may. */
  async payAward(nullifier: bigint): Promise<TransactionReceipt> {
    return this.sendTo("disputes", disputes.encodeFunctionData("payAward", [nullifier]), "the payment of the award");
  }

  /** Sets aside to be burned what lost disputes cost the provider beyond the awards. Anyone may. */
  async collectPenalties(): Promise<TransactionReceipt> {
    const data = disputes.encodeFunctionData("collectPenalties");
    return this.sendTo("disputes", data, "the collection of penalties");
  }

  // VIOLATION

  /** Records that a ticket broke the policy; only the provider may. The hash is that of the evidence file, 0x-prefixed. */
  async reportViolation(nullifier: bigint, evidenceHash: string): Promise<TransactionReceipt> {
    const data = disputes.encodeFunctionData("reportViolation", [nullifier, evidenceHash]);
    return this.sendTo("disputes", data, "the report");
  }

  // BOND AND REVENUE

  /** Adds to the provider's bond with the signer's tokens, whose approval it sends first where it needs one. Anyone may. */
  async postBond(amount: bigint): Promise<TransactionReceipt> {
    await this.requireBalance(amount, "the bond");
    await this.ensureAllowance(amount);
    return this.sendTo("pool", pool.encodeFunctionData("postBond", [amount]), "the bond");
  }

  /** Gives notice that so much of the bond will be withdrawn, in place of any earlier notice; only the provider may. */
  async announceBondWithdrawal(amount: bigint): Promise<TransactionReceipt> {
    const data = disputes.encodeFunctionData("announceBondWithdrawal", [amount]);
    return this.sendTo("disputes", data, "the notice");
  }

  /** Withdraws what was announced, or a part of it, after two dispute windows; only the provider may. */
  async withdrawBond(to: string, amount: bigint): Promise<TransactionReceipt> {
    const data = disputes.encodeFunctionData("withdrawBond", [to, amount]);
    return this.sendTo("disputes", data, "the withdrawal of the bond");
  }

  /** Pays revenue out; only the provider may, and nothing of what it answers for. */
  async withdrawRevenue(to: string, amount: bigint): Promise<TransactionReceipt> {
    return this.sendTo("disputes", disputes.encodeFunctionData("withdrawRevenue", [to, amount]), "the withdrawal");
  }
}
