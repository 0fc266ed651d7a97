// SPDX-License-Identifier: GPL-3.0-or-later
import { LIVE_POOL } from "./sizing.ts";
import type { NetworkDescription } from "./types.ts";

export const optimismSepolia: NetworkDescription = {
  name: "optimism-sepolia",
  title: "OP Sepolia",
  chainId: 11155420n,
  chainType: "op",
  isLocal: false,
  rpcVariable: "OPTIMISM_SEPOLIA_RPC_URL",
  rpcDefault: undefined,
  // Circle's test USDC.
  token: { address: "0x5fd84259d66Cd46123540766Be93DFE6D43130D7", symbol: "USDC", decimals: 6 },
  explorer: "https://sepolia-optimism.etherscan.io",
  confirmations: 3,
  finality: { kind: "finalized" },
  pool: LIVE_POOL,
};
