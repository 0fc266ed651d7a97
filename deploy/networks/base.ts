// SPDX-License-Identifier: GPL-3.0-or-later
import { LIVE_POOL } from "./sizing.ts";
import type { NetworkDescription } from "./types.ts";

export const base: NetworkDescription = {
  name: "base",
  title: "Base",
  chainId: 8453n,
  chainType: "op",
  isLocal: false,
  rpcVariable: "BASE_RPC_URL",
  rpcDefault: undefined,
  // Native USDC, as Circle lists it; not the bridged USDbC.
  token: { address: "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", symbol: "USDC", decimals: 6 },
  explorer: "https://basescan.org",
  confirmations: 3,
  finality: { kind: "finalized" },
  pool: LIVE_POOL,
};
