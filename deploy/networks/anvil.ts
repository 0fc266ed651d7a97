// SPDX-License-Identifier: GPL-3.0-or-later
import { LOCAL_POOL } from "./sizing.ts";
import type { NetworkDescription } from "./types.ts";

/** A local node that keeps its chain on disk: `jeton anvil` starts `anvil --optimism`. */
export const anvil: NetworkDescription = {
  name: "anvil",
  title: "anvil --optimism",
  chainId: 31338n,
  chainType: "op",
  isLocal: true,
  rpcVariable: "ANVIL_RPC_URL",
  rpcDefault: "http://127.0.0.1:8546",
  token: undefined,
  explorer: undefined,
  confirmations: 1,
  finality: { kind: "confirmations", blocks: 0 },
  pool: LOCAL_POOL,
};
