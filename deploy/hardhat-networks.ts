// SPDX-License-Identifier: GPL-3.0-or-later
/** The networks of deploy/networks as Hardhat configures them. Endpoints and keys are configuration variables, never in a file. */
import { configVariable } from "hardhat/config";
import type { HardhatUserConfig } from "hardhat/types/config";

import { DEVELOPMENT_MNEMONIC } from "./development-phrase.ts";
import { DEPLOYER_VARIABLE, FORK_SUFFIX, LIVE_NETWORKS, LOCAL_NETWORKS, local } from "./networks/index.ts";
import type { NetworkDescription } from "./networks/index.ts";

type Networks = NonNullable<HardhatUserConfig["networks"]>;
type NetworkConfig = Networks[string];

const endpoint = ({ rpcVariable, rpcDefault }: NetworkDescription): ReturnType<typeof configVariable> =>
  configVariable(rpcVariable, rpcDefault === undefined ? {} : { default: rpcDefault });

function overHttp(network: NetworkDescription): NetworkConfig {
  return {
    type: "http",
    chainType: network.chainType,
    url: endpoint(network),
    accounts: network.isLocal ? { mnemonic: DEVELOPMENT_MNEMONIC } : [configVariable(DEPLOYER_VARIABLE)],
  };
}

/** A copy of a live chain inside this process, with development accounts that have coins: nothing on it is real. */
function asFork(network: NetworkDescription): NetworkConfig {
  return {
    type: "edr-simulated",
    chainType: network.chainType,
    chainId: Number(network.chainId),
    forking: { url: endpoint(network) },
  };
}

/** `default` lives inside the process, `node` is what `npx hardhat node` serves, `X-fork` is a fork of the live network X. */
export function hardhatNetworks(): Networks {
  const simulated: NetworkConfig = { type: "edr-simulated", chainType: "op", chainId: Number(local.chainId) };
  return {
    default: simulated,
    node: simulated,
    ...Object.fromEntries([...LOCAL_NETWORKS, ...LIVE_NETWORKS].map((network) => [network.name, overHttp(network)])),
    ...Object.fromEntries(LIVE_NETWORKS.map((network) => [`${network.name}${FORK_SUFFIX}`, asFork(network)])),
  };
}

/**
 * Hardhat executes calls on a fork's own block only for chains whose hardforks it knows. Forks here start at the newest block, so it
 * is enough to say which rules hold today.
 */
export function hardhatChains(): NonNullable<HardhatUserConfig["chainDescriptors"]> {
  return Object.fromEntries(
    LIVE_NETWORKS.map(({ chainId, title, chainType }) => [
      chainId.toString(),
      {
        name: title,
        chainType,
        hardforkHistory: { [chainType === "op" ? "isthmus" : "prague"]: { blockNumber: 0 } },
      },
    ]),
  );
}
