// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Transactions without sending them: each is tried on the chain as the ones before it would leave it, and priced. Nothing is signed, and no
 * key is needed: a rehearsal is given an address alone.
 */
import type { Provider, TransactionReceipt } from "ethers";
import { Transaction, TransactionReceipt as Receipt, ZeroHash, keccak256 } from "ethers";

import type { DataFeeOracle, DataFee } from "../data-fee.ts";
import { dataFeeOracle } from "../data-fee.ts";
import { ChainError, guarded, toChainError } from "../errors.ts";
import type { ChainProvider } from "../provider.ts";
import type { TransactionRequest } from "../send.ts";
import { TryingSigner, gasLimitFor } from "../send.ts";
import { createdBy, transactionGas } from "./program.ts";
import { RehearsalProvider } from "./provider.ts";

/** What one transaction would do, and cost. Amounts in wei. */
export interface RehearsedTransaction {
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
  readonly gasPrice: bigint;
  readonly executionFee: bigint;
  /** Undefined on chains that take none. */
  readonly dataFee: DataFee | undefined;
  /** Why the chain would refuse it. */
  readonly refusal: ChainError | undefined;
}

/** Stands for a signer where something is sent, and sends nothing. */
export class RehearsalSigner extends TryingSigner {
  readonly transactions: RehearsedTransaction[] = [];
  readonly #chain: RehearsalProvider;
  readonly #source: ChainProvider;
  #oracle: Promise<DataFeeOracle> | undefined;

  constructor(address: string, chain: RehearsalProvider, source: ChainProvider) {
    super(address, chain);
    this.#chain = chain;
    this.#source = source;
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
    const price = await this.#priceOf(step, nonce, tried.gas);
    this.transactions.push({ action, to: target, isCreation: to === undefined, data, nonce, ...tried, ...price });
    if (tried.refusal !== undefined) throw tried.refusal;
    gasLimitFor(tried.gas, action);
    this.#chain.add(step);
    return this.#receiptOf(step, price.unsignedHash, target, tried.gas);
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

  async #priceOf(step: { readonly to?: string; readonly data: string }, nonce: number, gas: bigint) {
    const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = await guarded("reading the price of gas", () =>
      this.#source.getFeeData(),
    );
    const { chainId } = await this.#chain.getNetwork();
    const limit = gas + gas / 4n + 30_000n;
    const unsigned = Transaction.from({
      type: 2,
      chainId,
      nonce,
      to: step.to ?? null,
      data: step.data,
      gasLimit: limit,
      maxFeePerGas: maxFeePerGas ?? gasPrice ?? 0n,
      maxPriorityFeePerGas: maxPriorityFeePerGas ?? 0n,
    }).unsignedSerialized;
    this.#oracle ??= dataFeeOracle(this.#source);
    const dataFee = await (await this.#oracle)({ ...step, unsigned });
    const paid = gasPrice ?? maxFeePerGas ?? 0n;
    const executed = gas - (dataFee?.gas ?? 0n);
    return {
      gasLimit: limit,
      gasPrice: paid,
      executionFee: (executed > 0n ? executed : 0n) * paid,
      dataFee,
      unsignedHash: keccak256(unsigned),
    };
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
