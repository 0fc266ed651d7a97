// SPDX-License-Identifier: GPL-3.0-or-later
import { LIVE_POOL } from "./sizing.ts";
import type { NetworkDescription } from "./types.ts";

export const optimism: NetworkDescription = {
  name: "optimism",
  title: "OP Mainnet",
  chainId: 10n,
  chainType: "op",
  isLocal: false,
  rpcVariable: "OPTIMISM_RPC_URL",
  rpcDefault: undefined,
  // Native USDC, as Circle lists it; not the bridged USDC.e (0x7F5c…1607), which has no ERC-3009.
  token: { address: "0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85", symbol: "USDC", decimals: 6 },
  explorer: "https://optimistic.etherscan.io",
  confirmations: 3,
  finality: { kind: "finalized" },
  pool: LIVE_POOL,
};
