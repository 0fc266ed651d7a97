// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Transactions without sending them: each is tried on the chain as the ones before it would leave it, and priced. Nothing is signed, and no
 * key is needed: a rehearsal is given an address alone.
 */
import type { Provider, TransactionReceipt } from "ethers";
import { TransactionReceipt as Receipt, ZeroHash, keccak256 } from "ethers";

import { ChainError, guarded, toChainError } from "../errors.ts";
import type { ChainProvider } from "../provider.ts";
import type { TransactionRequest } from "../send.ts";
import { TryingSigner, gasLimitFor } from "../send.ts";
import { pricingOn } from "./price.ts";
import type { Price, Pricing } from "./price.ts";
import { createdBy, transactionGas } from "./program.ts";
import { RehearsalProvider } from "./provider.ts";

/** What one transaction would do, and cost. Amounts in wei. */
export interface RehearsedTransaction extends Price {
  /** What is tried, in words. */
  readonly action: string;
  /** The contract that is called, or the one that is created. */
  readonly to: string;
  readonly isCreation: boolean;
  readonly data: string;
  readonly nonce: number;
  readonly gas: bigint;
  /** The estimate is of a transaction that builds on others, and has room. */
  readonly isUpperBound: boolean;
  readonly gasLimit: bigint;
  /** Why the chain would refuse it. */
  readonly refusal: ChainError | undefined;
}

/** Stands for a signer where something is sent, and sends nothing. */
export class RehearsalSigner extends TryingSigner {
  readonly transactions: RehearsedTransaction[] = [];
  readonly #chain: RehearsalProvider;
  readonly #source: ChainProvider;
  readonly #pricing: Pricing;

  constructor(address: string, chain: RehearsalProvider, source: ChainProvider) {
    super(address, chain);
    this.#chain = chain;
    this.#source = source;
    this.#pricing = pricingOn(source);
  }

  override connect(provider: null | Provider): RehearsalSigner {
    if (provider === this.provider) return this;
    throw new ChainError("ARGUMENT_INVALID", "a rehearsal stays on its chain");
  }

  /** @throws ChainError REVERTED, GAS_LIMIT: as sending it would; what was tried is among the transactions all the same. */
  override async rehearse(
    { to, data, nonce: wanted }: TransactionRequest,
    action: string,
  ): Promise<TransactionReceipt> {
    const step = { data, ...(to === undefined ? {} : { to }) };
    const nonce = wanted ?? (await this.#chain.getTransactionCount(this.address));
    const target = to ?? createdBy(this.address, nonce);
    const tried = await this.#try(step, action);
    const gasLimit = tried.gas + tried.gas / 4n + 30_000n;
    const { unsigned, ...price } = await this.#pricing({ ...step, nonce, gas: tried.gas, gasLimit });
    const asked = { action, to: target, isCreation: to === undefined, data, nonce };
    this.transactions.push({ ...asked, ...tried, gasLimit, ...price });
    if (tried.refusal !== undefined) throw tried.refusal;
    gasLimitFor(tried.gas, action);
    this.#chain.add(step);
    return this.#receiptOf(step, keccak256(unsigned), target, tried.gas);
  }

  /** The chain's own estimate where the transaction stands alone; what the row of them took, with room, where it builds on others. */
  async #try(
    step: { readonly to?: string; readonly data: string },
    action: string,
  ): Promise<Pick<RehearsedTransaction, "gas" | "isUpperBound" | "refusal">> {
    const request = { from: this.address, ...step };
    const estimated = await this.#source.estimateGas(request).then(
      (gas) => ({ gas, isUpperBound: false, refusal: undefined }),
      (error: unknown) => ({ gas: 0n, isUpperBound: false, refusal: toChainError(error, action) }),
    );
    if (this.#chain.steps.length === 0) return estimated;
    const { isDone, gas, returned } = await this.#chain.attempt(step);
    if (!isDone) {
      const reason = toChainError(Object.assign(new Error("execution reverted"), { data: returned }), action);
      return { gas: 0n, isUpperBound: false, refusal: reason };
    }
    if (estimated.refusal === undefined) return estimated;
    const measured = transactionGas(step.data, gas);
    return { gas: measured + measured / 4n + 30_000n, isUpperBound: true, refusal: undefined };
  }

  /** A receipt of what was never sent: the hash is that of the unsigned transaction. */
  async #receiptOf(
    { to }: { readonly to?: string },
    hash: string,
    target: string,
    gasUsed: bigint,
  ): Promise<TransactionReceipt> {
    const blockNumber = await this.#source.getBlockNumber();
    return new Receipt(
      {
        to: to ?? null,
        from: this.address,
        contractAddress: to === undefined ? target : null,
        hash,
        index: 0,
        blockHash: ZeroHash,
        blockNumber,
        logsBloom: "0x",
        logs: [],
        gasUsed,
        cumulativeGasUsed: gasUsed,
        type: 2,
        status: 1,
        root: null,
      },
      this.#source,
    );
  }
}

export interface Rehearsal {
  /** Reads through it see what was rehearsed. */
  readonly provider: RehearsalProvider;
  readonly signer: RehearsalSigner;
  close(): void;
}

/** @param sender who would send: no key is needed */
export async function rehearsalOn(chain: ChainProvider, sender: string): Promise<Rehearsal> {
  const { chainId } = await guarded("reading the chain id", () => chain.getNetwork());
  const provider = new RehearsalProvider(chain, chainId, sender);
  return { provider, signer: new RehearsalSigner(sender, provider, chain), close: () => provider.destroy() };
}
