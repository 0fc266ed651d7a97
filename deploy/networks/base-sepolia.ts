// SPDX-License-Identifier: GPL-3.0-or-later
import { LIVE_POOL } from "./sizing.ts";
import type { NetworkDescription } from "./types.ts";

export const baseSepolia: NetworkDescription = {
  name: "base-sepolia",
  title: "Base Sepolia",
  chainId: 84532n,
  chainType: "op",
  isLocal: false,
  rpcVariable: "BASE_SEPOLIA_RPC_URL",
  rpcDefault: undefined,
  // Circle's test USDC.
  token: { address: "0x036CbD53842c5426634e7929541eC2318f3dCF7e", symbol: "USDC", decimals: 6 },
  explorer: "https://sepolia.basescan.org",
  confirmations: 3,
  finality: { kind: "finalized" },
  pool: LIVE_POOL,
};
