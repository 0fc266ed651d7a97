// SPDX-License-Identifier: GPL-3.0-or-later
import { LIVE_POOL } from "./sizing.ts";
import type { NetworkDescription } from "./types.ts";

export const arbitrumSepolia: NetworkDescription = {
  name: "arbitrum-sepolia",
  title: "Arbitrum Sepolia",
  chainId: 421614n,
  chainType: "generic",
  isLocal: false,
  rpcVariable: "ARBITRUM_SEPOLIA_RPC_URL",
  rpcDefault: undefined,
  // Circle's test USDC.
  token: { address: "0x75faf114eafb1BDbe2F0316DF893fd58CE46AA4d", symbol: "USDC", decimals: 6 },
  explorer: "https://sepolia.arbiscan.io",
  confirmations: 10,
  finality: { kind: "finalized" },
  pool: LIVE_POOL,
};
