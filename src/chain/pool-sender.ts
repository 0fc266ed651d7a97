// SPDX-License-Identifier: GPL-3.0-or-later
/** Everything that can be done to a pool, as one signer. Each verb waits for its receipt and explains a refusal. */
import type { TransactionReceipt } from "ethers";
import { ZeroAddress, toBeHex } from "ethers";

import { CreditPool__factory, CreditSettlement__factory } from "../../typechain-types/index.js";
import type { CloseRequestStruct } from "../../typechain-types/contracts/CreditSettlement.js";
import type { Proof } from "../protocol/index.ts";
import { AMOUNT_BITS, TICKET_COUNT, holdOf } from "../protocol/index.ts";
import type { Authorization, Permit } from "./authorizations.ts";
import type { CloseRequest } from "./close-request.ts";
import { proofStruct } from "./contract-sender.ts";
import { DisputeSender } from "./dispute-sender.ts";
import { ChainError } from "./errors.ts";

const pool = CreditPool__factory.createInterface();
const settlement = CreditSettlement__factory.createInterface();

const closeStruct = (request: CloseRequest): CloseRequestStruct => ({
  ...request,
  coverKeys: [...request.coverKeys],
  proof: proofStruct(request.proof),
});

/** A slashing claim as the settlement contract takes it. */
export const slashData = (identityCommitment: bigint, nullifier: bigint, recipient: string, proof: Proof): string =>
  settlement.encodeFunctionData("slash", [identityCommitment, nullifier, recipient, proofStruct(proof)]);

/** What a price is for, in errors. */
const PRICE = "the deposit with its stake";

/** What a deposit opens: D for an identity commitment. */
export interface Opening {
  readonly identityCommitment: bigint;
  readonly amount: bigint;
}

export class PoolSender extends DisputeSender {
  // DEPOSIT

  /** Opens an account with the signer's tokens; costs `priceOf(amount)`, which the pool must be allowed to take. */
  async deposit({ identityCommitment, amount }: Opening): Promise<TransactionReceipt> {
    this.#requireInRange(amount);
    await this.#requireTokens(this.client.priceOf(amount));
    return this.sendTo("pool", pool.encodeFunctionData("deposit", [identityCommitment, amount]), "the deposit");
  }

  /** As `deposit`, with the signer's permit over `priceOf(amount)` in place of an approval. */
  async depositWithPermit({ identityCommitment, amount }: Opening, permit: Permit): Promise<TransactionReceipt> {
    this.#requireInRange(amount);
    await this.requireBalance(this.client.priceOf(amount), PRICE);
    const { deadline, v, r, s } = permit;
    const data = pool.encodeFunctionData("depositWithPermit", [identityCommitment, amount, deadline, v, r, s]);
    return this.sendTo("pool", data, "the deposit with a permit");
  }

  /** Submits another holder's authorized deposit: the holder pays the tokens, the signer the gas. */
  async depositWithAuthorization(authorization: Authorization): Promise<TransactionReceipt> {
    const { identityCommitment, amount, from, validAfter, validBefore, salt, v, r, s } = authorization;
    this.#requireInRange(amount);
    await this.requireBalance(this.client.priceOf(amount), PRICE, from);
    const data = pool.encodeFunctionData("depositWithAuthorization", [
      identityCommitment,
      amount,
      from,
      validAfter,
      validBefore,
      toBeHex(salt, 32),
      v,
      r,
      s,
    ]);
    return this.sendTo("pool", data, "the deposit with an authorization");
  }

  /** Opens many accounts with the signer's tokens and one update of the tree: all or none. About 175 fit into a transaction. */
  async depositBatch(openings: readonly Opening[]): Promise<TransactionReceipt> {
    if (openings.length === 0) throw new ChainError("ARGUMENT_INVALID", "the batch is empty");
    for (const { amount } of openings) this.#requireInRange(amount);
    const price = openings.reduce((sum, { amount }) => sum + this.client.priceOf(amount), 0n);
    await this.#requireTokens(price);
    const data = pool.encodeFunctionData("depositBatch", [
      openings.map(({ identityCommitment }) => identityCommitment),
      openings.map(({ amount }) => amount),
    ]);
    return this.sendTo("pool", data, `the batch of ${openings.length} deposits`);
  }

  #requireInRange(amount: bigint): void {
    const hold = holdOf(this.client.parameters);
    if (amount >= hold && amount <= BigInt(TICKET_COUNT) * hold && amount >> BigInt(AMOUNT_BITS) === 0n) return;
    throw new ChainError(
      "ARGUMENT_INVALID",
      `a deposit of ${amount} units is out of range: a ticket holds ${hold}, an account has 1 to ${TICKET_COUNT} tickets, and the sum is below 2^${AMOUNT_BITS}`,
    );
  }

  async #requireTokens(price: bigint): Promise<void> {
    await this.requireBalance(price, PRICE);
    await this.requireAllowance(price, PRICE);
  }

  // CLOSE

  /** Submits a proven close; it can be finalized after the challenge window. */
  async startClose(request: CloseRequest): Promise<TransactionReceipt> {
    return this.sendTo("settlement", settlement.encodeFunctionData("startClose", [closeStruct(request)]), "the close");
  }

  /** Submits a proven close with the provider's consent: it is final at once. */
  async closeWithConsent(
    request: CloseRequest,
    consentDeadline: bigint,
    signature: string,
  ): Promise<TransactionReceipt> {
    const data = settlement.encodeFunctionData("closeWithConsent", [closeStruct(request), consentDeadline, signature]);
    return this.sendTo("settlement", data, "the close with consent");
  }

  /** Pays out a close whose window has passed. Anyone may. */
  async finalizeClose(identityCommitment: bigint): Promise<TransactionReceipt> {
    return this.sendTo(
      "settlement",
      settlement.encodeFunctionData("finalizeClose", [identityCommitment]),
      "the finalization",
    );
  }

  // SLASH AND EXPIRE

  /** Claims the stake of an account that spent one ticket twice. The proof is bound to `recipient`. */
  async slash(
    identityCommitment: bigint,
    nullifier: bigint,
    recipient: string,
    proof: Proof,
  ): Promise<TransactionReceipt> {
    const data = slashData(identityCommitment, nullifier, recipient, proof);
    return this.sendTo("settlement", data, "the slashing claim");
  }

  /** Makes the deposit of an account that outlived its lifetime the provider's. Anyone may. */
  async expire(identityCommitment: bigint): Promise<TransactionReceipt> {
    return this.sendTo("settlement", settlement.encodeFunctionData("expire", [identityCommitment]), "the expiry");
  }

  // BURN AND CLAIM

  /** Sends what awaits burning away. Anyone may. */
  async burn(): Promise<TransactionReceipt> {
    return this.sendTo("pool", pool.encodeFunctionData("burn"), "the burn");
  }

  /** Sends the signer's credit, which could not be delivered before, to `to`. */
  async claim(to: string): Promise<TransactionReceipt> {
    if (to === ZeroAddress) throw new ChainError("ARGUMENT_INVALID", "a claim cannot go to the zero address");
    return this.sendTo("pool", pool.encodeFunctionData("claim", [to]), "the claim");
  }
}
