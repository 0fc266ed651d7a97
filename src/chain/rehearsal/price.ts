// SPDX-License-Identifier: GPL-3.0-or-later
/** What a transaction costs at the chain's price now, with the data fee that the chain's own oracle names. */
import { Transaction } from "ethers";

import { dataFeeOracle } from "../data-fee.ts";
import type { DataFee } from "../data-fee.ts";
import { guarded } from "../errors.ts";
import type { ChainProvider } from "../provider.ts";

/** Amounts in wei. */
export interface Price {
  readonly gasPrice: bigint;
  readonly executionFee: bigint;
  /** Undefined on chains that take none. */
  readonly dataFee: DataFee | undefined;
}

export interface PricedStep {
  /** Absent for a deployment. */
  readonly to?: string;
  readonly data: string;
  readonly nonce: number;
  /** What it takes, and the most that it may take. */
  readonly gas: bigint;
  readonly gasLimit: bigint;
}

/** @returns the price, and the transaction as it would be signed, RLP-encoded. @throws ChainError RPC_FAILED */
export type Pricing = (step: PricedStep) => Promise<Price & { readonly unsigned: string }>;

/** Asks the chain once which oracle it has. */
export function pricingOn(chain: ChainProvider): Pricing {
  let oracle: ReturnType<typeof dataFeeOracle> | undefined;
  return async ({ to, data, nonce, gas, gasLimit }) => {
    const [{ gasPrice, maxFeePerGas, maxPriorityFeePerGas }, { chainId }] = await guarded(
      "reading the price of gas",
      () => Promise.all([chain.getFeeData(), chain.getNetwork()]),
    );
    const unsigned = Transaction.from({
      type: 2,
      chainId,
      nonce,
      to: to ?? null,
      data,
      gasLimit,
      maxFeePerGas: maxFeePerGas ?? gasPrice ?? 0n,
      maxPriorityFeePerGas: maxPriorityFeePerGas ?? 0n,
    }).unsignedSerialized;
    oracle ??= dataFeeOracle(chain);
    const dataFee = await (await oracle)({ data, unsigned, ...(to === undefined ? {} : { to }) });
    const paid = gasPrice ?? maxFeePerGas ?? 0n;
    const executed = gas - (dataFee?.gas ?? 0n);
    return { gasPrice: paid, executionFee: (executed > 0n ? executed : 0n) * paid, dataFee, unsigned };
  };
}
