// SPDX-License-Identifier: GPL-3.0-or-later
import { LOCAL_POOL } from "./sizing.ts";
import type { NetworkDescription } from "./types.ts";

/** Hardhat's simulated OP chain: inside the process (`default`), or as a node of its own (`npx hardhat node`, then `localhost`). */
export const local: NetworkDescription = {
  name: "localhost",
  title: "Hardhat's simulated OP chain",
  chainId: 31337n,
  chainType: "op",
  isLocal: true,
  rpcVariable: "LOCALHOST_RPC_URL",
  rpcDefault: "http://127.0.0.1:8545",
  token: undefined,
  explorer: undefined,
  confirmations: 1,
  finality: { kind: "confirmations", blocks: 0 },
  pool: LOCAL_POOL,
};
