// SPDX-License-Identifier: GPL-3.0-or-later
/** What this floor needs of an endpoint, and what it checks about it. */
import type { Provider } from "ethers";

import { ChainError, guarded } from "./errors.ts";

/** Raw JSON-RPC. Used where an answer must not come from a cache. */
export interface RpcSource {
  send(method: string, params: unknown[]): Promise<unknown>;
}

/** ethers' JsonRpcProvider, WebSocketProvider and BrowserProvider, and Hardhat's provider, are one. */
export type ChainProvider = Provider & RpcSource;

/** A block's place in the chain. */
export interface BlockHeader {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  /** Unix seconds. */
  readonly timestamp: number;
}

/** When a block counts as one that can no longer be reorganized. */
export type Finality =
  /** The chain's own `finalized` block: on an L2, what L1 has finalized. */
  | { readonly kind: "finalized" }
  /** So many blocks on top of it; for local chains and chains without the tag. */
  | { readonly kind: "confirmations"; readonly blocks: number };

export const toQuantity = (value: number): string => `0x${value.toString(16)}`;

/** @throws ChainError WRONG_CHAIN */
export async function requireChain(provider: Provider, chainId: bigint): Promise<void> {
  const actual = await guarded("reading the chain id", async () => (await provider.getNetwork()).chainId);
  if (actual !== chainId) {
    throw new ChainError("WRONG_CHAIN", `the endpoint serves chain ${actual}, and chain ${chainId} is expected`);
  }
}

/** @throws ChainError NO_CODE */
export async function requireCode(provider: Provider, address: string, what: string): Promise<void> {
  const code = await guarded(`reading the code of ${what}`, () => provider.getCode(address));
  if (code === "0x") throw new ChainError("NO_CODE", `there is no contract at ${address}, where ${what} should be`);
}

interface RawHeader {
  readonly number: string;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: string;
}

/** A header by number or tag, past any cache; undefined where the chain has none. */
export async function readHeader(
  source: RpcSource,
  block: number | "latest" | "finalized",
): Promise<BlockHeader | undefined> {
  const tag = typeof block === "number" ? toQuantity(block) : block;
  const raw = (await guarded(`reading block ${block}`, () => source.send("eth_getBlockByNumber", [tag, false]))) as
    RawHeader | null | undefined;
  if (raw === null || raw === undefined) return undefined;
  return { number: Number(raw.number), hash: raw.hash, parentHash: raw.parentHash, timestamp: Number(raw.timestamp) };
}

/** The newest block that counts as final; -1 when there is none yet. */
export async function finalBlockOf(source: RpcSource, finality: Finality): Promise<number> {
  if (finality.kind === "finalized") return (await readHeader(source, "finalized"))?.number ?? -1;
  const head = await readHeader(source, "latest");
  return head === undefined ? -1 : Math.max(head.number - finality.blocks, -1);
}
