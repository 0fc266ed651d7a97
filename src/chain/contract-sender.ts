// SPDX-License-Identifier: GPL-3.0-or-later
/** What all verbs of a pool share: one signer, the pool's contracts, and the tokens that a verb takes. */
import type { Signer, TransactionReceipt } from "ethers";
import { Interface } from "ethers";

import type { ProofStruct } from "../../typechain-types/contracts/CreditSettlement.js";
import type { Proof } from "../protocol/index.ts";
import { ChainError } from "./errors.ts";
import type { PoolClient } from "./pool-client.ts";
import type { PoolAddresses } from "./pool-types.ts";
import type { SendOptions } from "./send.ts";
import { sendTransaction } from "./send.ts";

const token = new Interface(["function approve(address spender, uint256 value) returns (bool)"]);

/** A proof as the contracts take it. */
export const proofStruct = ({ a, b, c }: Proof): ProofStruct => ({
  a: [...a],
  b: [[...b[0]], [...b[1]]],
  c: [...c],
});

export abstract class ContractSender {
  readonly client: PoolClient;
  readonly signer: Signer;
  readonly #options: SendOptions;

  constructor(client: PoolClient, signer: Signer, options: SendOptions = {}) {
    this.client = client;
    this.signer = signer;
    this.#options = options;
  }

  /** Calls one of the pool's contracts. `action` names what is tried, for errors. */
  protected sendTo(contract: keyof PoolAddresses, data: string, action: string): Promise<TransactionReceipt> {
    return sendTransaction(this.signer, { to: this.client.addresses[contract], data }, action, this.#options);
  }

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

  /** @throws ChainError INSUFFICIENT_FUNDS. `what` is paid for by `payer`, the signer by default. */
  protected async requireBalance(price: bigint, what: string, payer?: string): Promise<void> {
    const owner = payer ?? (await this.signer.getAddress());
    const balance = await this.client.token.balanceOf(owner);
    if (balance >= price) return;
    throw new ChainError(
      "INSUFFICIENT_FUNDS",
      `${owner} holds ${balance} units of the token, and ${what} costs ${price}`,
    );
  }

  /** @throws ChainError INSUFFICIENT_ALLOWANCE */
  protected async requireAllowance(price: bigint, what: string): Promise<void> {
    const owner = await this.signer.getAddress();
    const allowance = await this.client.token.allowance(owner, this.client.pool.address);
    if (allowance >= price) return;
    throw new ChainError(
      "INSUFFICIENT_ALLOWANCE",
      `the pool may take ${allowance} units of ${owner}'s tokens, and ${what} costs ${price}: approve that much first`,
    );
  }
}
