// SPDX-License-Identifier: GPL-3.0-or-later
/** All networks, by the name of their file. */
import { DeployError } from "../errors.ts";
import { anvil } from "./anvil.ts";
import { arbitrumSepolia } from "./arbitrum-sepolia.ts";
import { arbitrum } from "./arbitrum.ts";
import { baseSepolia } from "./base-sepolia.ts";
import { base } from "./base.ts";
import { local } from "./local.ts";
import { optimismSepolia } from "./optimism-sepolia.ts";
import { optimism } from "./optimism.ts";
import { LIVE_POOL } from "./sizing.ts";
import type { NetworkDescription } from "./types.ts";

export type { NetworkDescription, PoolDefaults, TokenDescription } from "./types.ts";

export const LIVE_NETWORKS: readonly NetworkDescription[] = [
  base,
  optimism,
  arbitrum,
  baseSepolia,
  optimismSepolia,
  arbitrumSepolia,
];
export const LOCAL_NETWORKS: readonly NetworkDescription[] = [local, anvil];
export { anvil, local };

/** The private key, 32 bytes in hexadecimal, that pays for what is sent to live networks. */
export const DEPLOYER_VARIABLE = "DEPLOYER_PRIVATE_KEY";

/** A fork of network X is the Hardhat network `X-fork`. */
export const FORK_SUFFIX = "-fork";

/** The description of a Hardhat network. @throws DeployError NETWORK_UNKNOWN */
export function describeNetwork(hardhatName: string): NetworkDescription {
  const name = ["default", "node"].includes(hardhatName) ? local.name : hardhatName.replace(/-fork$/, "");
  const found = [...LOCAL_NETWORKS, ...LIVE_NETWORKS].find((network) => network.name === name);
  if (found === undefined) {
    throw new DeployError(
      "NETWORK_UNKNOWN",
      `there is no configuration for the network "${hardhatName}": add deploy/networks/${name}.ts and list it in deploy/networks/index.ts`,
    );
  }
  return found;
}

/** A chain that has no file here: its pools can be looked at, with the care that a live chain is given. */
export const unknownNetwork = (chainId: bigint): NetworkDescription => ({
  name: `chain-${chainId}`,
  title: `chain ${chainId}`,
  chainId,
  chainType: "generic",
  isLocal: false,
  rpcVariable: "RPC_URL",
  rpcDefault: undefined,
  token: undefined,
  explorer: undefined,
  confirmations: 3,
  finality: { kind: "finalized" },
  pool: LIVE_POOL,
});
