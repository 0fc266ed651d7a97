// SPDX-License-Identifier: GPL-3.0-or-later
/** What a transaction costs, for senders that weigh it. Amounts in the chain's smallest unit (wei). */
import { Interface } from "ethers";

import { guarded } from "./errors.ts";
import type { ChainProvider, RpcSource } from "./provider.ts";

export interface GasPrices {
  /** Of the newest block, per gas. */
  readonly baseFee: bigint;
  /** What the endpoint suggests on top of it. */
  readonly priorityFee: bigint;
}

/** Where OP chains tell what data costs on L1: https://docs.optimism.io/op-stack/transactions/fees. */
const L1_ORACLE = "0x420000000000000000000000000000000000000F";
const oracle = new Interface(["function getL1Fee(bytes data) view returns (uint256)"]);

/** For an endpoint that suggests nothing. */
const LEAST_PRIORITY_FEE = 1_000n;

/** @throws ChainError RPC_FAILED */
export async function readGasPrices(source: RpcSource): Promise<GasPrices> {
  const block = (await guarded("reading the base fee", () =>
    source.send("eth_getBlockByNumber", ["latest", false]),
  )) as { readonly baseFeePerGas?: string } | null;
  const suggested = await source.send("eth_maxPriorityFeePerGas", []).catch(() => undefined);
  const priorityFee = typeof suggested === "string" ? BigInt(suggested) : LEAST_PRIORITY_FEE;
  return { baseFee: BigInt(block?.baseFeePerGas ?? 0), priorityFee };
}

/**
 * What a transaction costs beside its gas: on OP chains its data on L1, as of now; elsewhere nothing (Arbitrum counts it as gas).
 * @param transaction unsigned, serialized. @throws ChainError RPC_FAILED
 */
export async function l1DataFee(provider: ChainProvider, transaction: string): Promise<bigint> {
  const answer = await guarded("reading the price of data on L1", () =>
    provider.call({ to: L1_ORACLE, data: oracle.encodeFunctionData("getL1Fee", [transaction]) }),
  );
  return answer === "0x" ? 0n : (oracle.decodeFunctionResult("getL1Fee", answer)[0] as bigint);
}

/** A transaction that is in a block. */
export interface MinedTransaction {
  readonly succeeded: boolean;
  readonly block: number;
  /** Gas and, where the chain says so, data. */
  readonly cost: bigint;
}

interface RawReceipt {
  readonly status?: string;
  readonly blockNumber: string;
  readonly gasUsed: string;
  readonly effectiveGasPrice?: string;
  readonly l1Fee?: string;
}

/** Past any cache; undefined for one that is in no block. @throws ChainError RPC_FAILED */
export async function minedTransaction(source: RpcSource, hash: string): Promise<MinedTransaction | undefined> {
  const receipt = (await guarded("reading a receipt", () => source.send("eth_getTransactionReceipt", [hash]))) as
    RawReceipt | null | undefined;
  if (receipt === null || receipt === undefined) return undefined;
  const gas = BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice ?? 0);
  return {
    succeeded: receipt.status === "0x1",
    block: Number(receipt.blockNumber),
    cost: gas + BigInt(receipt.l1Fee ?? 0),
  };
}

/** Whether the endpoint knows a transaction, mined or waiting. @throws ChainError RPC_FAILED */
export const isKnownTransaction = async (source: RpcSource, hash: string): Promise<boolean> =>
  (await guarded("looking for a transaction", () => source.send("eth_getTransactionByHash", [hash]))) !== null;

/** How many transactions of an account are in the chain: its next nonce. Past any cache. @throws ChainError RPC_FAILED */
export const minedNonce = async (source: RpcSource, address: string): Promise<number> =>
  Number(await guarded("reading the nonce", () => source.send("eth_getTransactionCount", [address, "latest"])));

/**
 * As of the newest block, and not of what waits to be mined: there, what this one replaces has been done already.
 * @throws ChainError REVERTED, GAS_LIMIT, RPC_FAILED
 */
export const estimateAtHead = async (
  source: RpcSource,
  call: { readonly from: string; readonly to: string; readonly data: string },
  action: string,
): Promise<bigint> => BigInt((await guarded(action, () => source.send("eth_estimateGas", [call, "latest"]))) as string);
