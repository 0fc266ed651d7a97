// SPDX-License-Identifier: GPL-3.0-or-later
/** Everything that can be done to a pool, as one signer. Each verb waits for its receipt and explains a refusal. */
import type { Signer, TransactionReceipt } from "ethers";
import { Interface, ZeroAddress, toBeHex } from "ethers";

import {
  CreditDisputes__factory,
  CreditPool__factory,
  CreditSettlement__factory,
} from "../../typechain-types/index.js";
import type { CloseRequestStruct } from "../../typechain-types/contracts/CreditSettlement.js";
import type { Proof } from "../protocol/index.ts";
import { AMOUNT_BITS, TICKET_COUNT, holdOf } from "../protocol/index.ts";
import type { Authorization, Permit } from "./authorizations.ts";
import type { CloseRequest } from "./close-request.ts";
import { ChainError } from "./errors.ts";
import type { PoolClient } from "./pool-client.ts";
import type { SendOptions } from "./send.ts";
import { sendTransaction } from "./send.ts";

const pool = CreditPool__factory.createInterface();
const settlement = CreditSettlement__factory.createInterface();
const disputes = CreditDisputes__factory.createInterface();
const token = new Interface(["function approve(address spender, uint256 value) returns (bool)"]);

const proofStruct = ({ a, b, c }: Proof): CloseRequestStruct["proof"] => ({
  a: [...a],
  b: [[...b[0]], [...b[1]]],
  c: [...c],
});

const closeStruct = (request: CloseRequest): CloseRequestStruct => ({
  ...request,
  coverKeys: [...request.coverKeys],
  proof: proofStruct(request.proof),
});

/** What a deposit opens: D for an identity commitment. */
export interface Opening {
  readonly identityCommitment: bigint;
  readonly amount: bigint;
}

export class PoolSender {
  readonly client: PoolClient;
  readonly signer: Signer;
  readonly #options: SendOptions;

  constructor(client: PoolClient, signer: Signer, options: SendOptions = {}) {
    this.client = client;
    this.signer = signer;
    this.#options = options;
  }

  #toPool(data: string, action: string): Promise<TransactionReceipt> {
    return sendTransaction(this.signer, { to: this.client.pool.address, data }, action, this.#options);
  }

  #toSettlement(data: string, action: string): Promise<TransactionReceipt> {
    return sendTransaction(this.signer, { to: this.client.settlementAddress, data }, action, this.#options);
  }

  // DEPOSIT

  /** Lets the pool take `value` units of the signer's tokens, no more. */
  async approve(value: bigint): Promise<TransactionReceipt> {
    const data = token.encodeFunctionData("approve", [this.client.pool.address, value]);
    return sendTransaction(this.signer, { to: this.client.token.address, data }, "the approval", this.#options);
  }

  /** Approves exactly `value` units unless the pool may take that much already. */
  async ensureAllowance(value: bigint): Promise<TransactionReceipt | undefined> {
    const owner = await this.signer.getAddress();
    if ((await this.client.token.allowance(owner, this.client.pool.address)) >= value) return undefined;
    return this.approve(value);
  }

  /** Opens an account with the signer's tokens; costs `priceOf(amount)`, which the pool must be allowed to take. */
  async deposit({ identityCommitment, amount }: Opening): Promise<TransactionReceipt> {
    this.#requireInRange(amount);
    await this.#requireTokens(this.client.priceOf(amount), true);
    return this.#toPool(pool.encodeFunctionData("deposit", [identityCommitment, amount]), "the deposit");
  }

  /** As `deposit`, with the signer's permit over `priceOf(amount)` in place of an approval. */
  async depositWithPermit({ identityCommitment, amount }: Opening, permit: Permit): Promise<TransactionReceipt> {
    this.#requireInRange(amount);
    await this.#requireTokens(this.client.priceOf(amount), false);
    const { deadline, v, r, s } = permit;
    const data = pool.encodeFunctionData("depositWithPermit", [identityCommitment, amount, deadline, v, r, s]);
    return this.#toPool(data, "the deposit with a permit");
  }

  /** Submits another holder's authorized deposit: the holder pays the tokens, the signer the gas. */
  async depositWithAuthorization(authorization: Authorization): Promise<TransactionReceipt> {
    const { identityCommitment, amount, from, validAfter, validBefore, salt, v, r, s } = authorization;
    this.#requireInRange(amount);
    const price = this.client.priceOf(amount);
    const balance = await this.client.token.balanceOf(from);
    if (balance < price) throw notEnough(from, balance, price);
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
    return this.#toPool(data, "the deposit with an authorization");
  }

  /** Opens many accounts with the signer's tokens and one update of the tree: all or none. About 175 fit into a transaction. */
  async depositBatch(openings: readonly Opening[]): Promise<TransactionReceipt> {
    if (openings.length === 0) throw new ChainError("ARGUMENT_INVALID", "the batch is empty");
    for (const { amount } of openings) this.#requireInRange(amount);
    const price = openings.reduce((sum, { amount }) => sum + this.client.priceOf(amount), 0n);
    await this.#requireTokens(price, true);
    const data = pool.encodeFunctionData("depositBatch", [
      openings.map(({ identityCommitment }) => identityCommitment),
      openings.map(({ amount }) => amount),
    ]);
    return this.#toPool(data, `the batch of ${openings.length} deposits`);
  }

  #requireInRange(amount: bigint): void {
    const hold = holdOf(this.client.parameters);
    if (amount >= hold && amount <= BigInt(TICKET_COUNT) * hold && amount >> BigInt(AMOUNT_BITS) === 0n) return;
    throw new ChainError(
      "ARGUMENT_INVALID",
      `a deposit of ${amount} units is out of range: a ticket holds ${hold}, an account has 1 to ${TICKET_COUNT} tickets, and the sum is below 2^${AMOUNT_BITS}`,
    );
  }

  async #requireTokens(price: bigint, needsAllowance: boolean): Promise<void> {
    const owner = await this.signer.getAddress();
    const balance = await this.client.token.balanceOf(owner);
    if (balance < price) throw notEnough(owner, balance, price);
    if (!needsAllowance) return;
    const allowance = await this.client.token.allowance(owner, this.client.pool.address);
    if (allowance < price) {
      throw new ChainError(
        "INSUFFICIENT_ALLOWANCE",
        `the pool may take ${allowance} units of ${owner}'s tokens, and the deposit with its stake costs ${price}: approve that much first`,
      );
    }
  }

  // CLOSE

  /** Submits a proven close; it can be finalized after the challenge window. */
  async startClose(request: CloseRequest): Promise<TransactionReceipt> {
    return this.#toSettlement(settlement.encodeFunctionData("startClose", [closeStruct(request)]), "the close");
  }

  /** Submits a proven close with the provider's consent: it is final at once. */
  async closeWithConsent(
    request: CloseRequest,
    consentDeadline: bigint,
    signature: string,
  ): Promise<TransactionReceipt> {
    const data = settlement.encodeFunctionData("closeWithConsent", [closeStruct(request), consentDeadline, signature]);
    return this.#toSettlement(data, "the close with consent");
  }

  /** Pays out a close whose window has passed. Anyone may. */
  async finalizeClose(identityCommitment: bigint): Promise<TransactionReceipt> {
    return this.#toSettlement(settlement.encodeFunctionData("finalizeClose", [identityCommitment]), "the finalization");
  }

  // SLASH AND EXPIRE

  /** Claims the stake of an account that spent one ticket twice. The proof is bound to `recipient`. */
  async slash(
    identityCommitment: bigint,
    nullifier: bigint,
    recipient: string,
    proof: Proof,
  ): Promise<TransactionReceipt> {
    const data = settlement.encodeFunctionData("slash", [identityCommitment, nullifier, recipient, proofStruct(proof)]);
    return this.#toSettlement(data, "the slashing claim");
  }

  /** Makes the deposit of an account that outlived its lifetime the provider's. Anyone may. */
  async expire(identityCommitment: bigint): Promise<TransactionReceipt> {
    return this.#toSettlement(settlement.encodeFunctionData("expire", [identityCommitment]), "the expiry");
  }

  // REVENUE, BURN, CLAIM

  /** Pays revenue out; only the provider may. */
  async withdrawRevenue(to: string, amount: bigint): Promise<TransactionReceipt> {
    const data = disputes.encodeFunctionData("withdrawRevenue", [to, amount]);
    return sendTransaction(this.signer, { to: this.client.disputesAddress, data }, "the withdrawal", this.#options);
  }

  /** Sends what awaits burning away. Anyone may. */
  async burn(): Promise<TransactionReceipt> {
    return this.#toPool(pool.encodeFunctionData("burn"), "the burn");
  }

  /** Sends the signer's credit, which could not be delivered before, to `to`. */
  async claim(to: string): Promise<TransactionReceipt> {
    if (to === ZeroAddress) throw new ChainError("ARGUMENT_INVALID", "a claim cannot go to the zero address");
    return this.#toPool(pool.encodeFunctionData("claim", [to]), "the claim");
  }
}

function notEnough(owner: string, balance: bigint, price: bigint): ChainError {
  return new ChainError(
    "INSUFFICIENT_FUNDS",
    `${owner} holds ${balance} units of the token, and the deposit with its stake costs ${price}`,
  );
}
