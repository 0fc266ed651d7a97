// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What an L2 takes for a transaction's data on L1, as the chain's own oracle says.
 * OP Stack: https://docs.optimism.io/stack/transactions/fees. Arbitrum: https://docs.arbitrum.io/how-arbitrum-works/l1-gas-pricing.
 */
import type { Provider } from "ethers";
import { Interface } from "ethers";

import { guarded } from "./errors.ts";

/** OP Stack's GasPriceOracle predeploy. */
export const GAS_PRICE_ORACLE = "0x420000000000000000000000000000000000000F";
/** Arbitrum's NodeInterface, which only `eth_call` sees. */
export const NODE_INTERFACE = "0x00000000000000000000000000000000000000C8";

const oracle = new Interface(["function getL1Fee(bytes) view returns (uint256)"]);
const node = new Interface([
  "function gasEstimateL1Component(address to, bool contractCreation, bytes data) payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate)",
]);

export interface PricedTransaction {
  readonly to?: string;
  readonly data: string;
  /** RLP-encoded without a signature, 0x-prefixed. */
  readonly unsigned: string;
}

export interface DataFee {
  /** In wei. */
  readonly fee: bigint;
  /** Gas that the chain's own estimate counts for it; none on the OP Stack, which charges it apart. */
  readonly gas: bigint;
  /** Who said so. */
  readonly oracle: "GasPriceOracle.getL1Fee" | "NodeInterface.gasEstimateL1Component";
}

/** Undefined on a chain that charges nothing of the kind. @throws ChainError RPC_FAILED */
export type DataFeeOracle = (transaction: PricedTransaction) => Promise<DataFee | undefined>;

/** Asks the chain which oracle it has. @throws ChainError RPC_FAILED */
export async function dataFeeOracle(provider: Provider): Promise<DataFeeOracle> {
  const isOpStack = await guarded("looking for an L1 fee oracle", async () => {
    return (await provider.getCode(GAS_PRICE_ORACLE)) !== "0x";
  });
  return isOpStack
    ? (transaction) => onOpStack(provider, transaction)
    : (transaction) => onArbitrum(provider, transaction);
}

/** The oracle adds what a signature will take. */
async function onOpStack(provider: Provider, { unsigned }: PricedTransaction): Promise<DataFee> {
  const data = oracle.encodeFunctionData("getL1Fee", [unsigned]);
  const answer = await guarded("asking for the L1 fee", () => provider.call({ to: GAS_PRICE_ORACLE, data }));
  const [fee] = oracle.decodeFunctionResult("getL1Fee", answer) as unknown as [bigint];
  return { fee, gas: 0n, oracle: "GasPriceOracle.getL1Fee" };
}

async function onArbitrum(provider: Provider, { to, data }: PricedTransaction): Promise<DataFee | undefined> {
  const isCreation = to === undefined;
  const asked = node.encodeFunctionData("gasEstimateL1Component", [to ?? `0x${"00".repeat(20)}`, isCreation, data]);
  const answer = await guarded("asking for the L1 fee", () => provider.call({ to: NODE_INTERFACE, data: asked }));
  // Elsewhere nothing is at that address, and nothing is what a call of it returns.
  if (answer === "0x") return undefined;
  const [gas, baseFee] = node.decodeFunctionResult("gasEstimateL1Component", answer) as unknown as [bigint, bigint];
  return { fee: gas * baseFee, gas, oracle: "NodeInterface.gasEstimateL1Component" };
}
