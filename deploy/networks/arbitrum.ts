// SPDX-License-Identifier: GPL-3.0-or-later
import { LIVE_POOL } from "./sizing.ts";
import type { NetworkDescription } from "./types.ts";

export const arbitrum: NetworkDescription = {
  name: "arbitrum",
  title: "Arbitrum One",
  chainId: 42161n,
  chainType: "generic",
  isLocal: false,
  rpcVariable: "ARBITRUM_RPC_URL",
  rpcDefault: undefined,
  // Native USDC, as Circle lists it; not the bridged USDC.e (0xFF97…5CC8), which has no ERC-3009.
  token: { address: "0xaf88d065e77c8cC2239327C5EDb3A432268e5831", symbol: "USDC", decimals: 6 },
  explorer: "https://arbiscan.io",
  confirmations: 10,
  finality: { kind: "finalized" },
  pool: LIVE_POOL,
};
