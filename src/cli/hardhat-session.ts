// SPDX-License-Identifier: GPL-3.0-or-later
/** Sessions on Hardhat's networks: those inside its process and forks, too. Accounts and endpoints are its configuration variables. */
import type { Signer } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import type { NetworkDescription } from "../../deploy/index.ts";
import { DEPLOYER_VARIABLE, describeNetwork, fileRecord, memoryRecord, recordPath } from "../../deploy/index.ts";
import { recordFolder } from "./chain.ts";
import { CliError } from "./errors.ts";
import type { Say } from "./outcome.ts";
import type { OpenSession, Session } from "./session.ts";
import { processTerminal } from "./terminal.ts";

/** The network is the one that `--network` names. */
export const hardhatSessions =
  (hre: HardhatRuntimeEnvironment): OpenSession =>
  (say) =>
    openSession(hre, say);

async function openSession(hre: HardhatRuntimeEnvironment, say: Say): Promise<Session> {
  const name = hre.globalOptions.network ?? "default";
  const network = describeNetwork(name);
  await requireConfiguration(hre, name, network);
  const connection = await hre.network.create(name);
  const isSimulated = connection.networkConfig.type === "edr-simulated";
  const isFork = isSimulated && !network.isLocal;
  const signer = async (): Promise<Signer> => {
    const [first] = await connection.ethers.getSigners();
    if (first === undefined) throw missing(DEPLOYER_VARIABLE, "the private key of the account that pays for the gas");
    return first;
  };
  return {
    network,
    provider: connection.ethers.provider,
    isSimulated,
    isLocal: network.isLocal || isSimulated,
    // A fork has the id of a live chain, whose record it must not touch.
    store: isFork ? memoryRecord() : fileRecord(recordPath(recordFolder(hre.config.paths.root), network.chainId)),
    artifacts: async () => {
      await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
      return hre.artifacts;
    },
    address: async () => (await signer()).getAddress(),
    signer,
    terminal: processTerminal,
    say,
    close: () => connection.close(),
  };
}

function missing(variable: string, what: string, cause?: unknown): CliError {
  return new CliError(
    "CONFIGURATION_MISSING",
    `${variable} is not set: it must hold ${what}. Set it in the environment, or encrypted with "npx hardhat keystore set ${variable}"`,
    cause,
  );
}

/** Says which variable is missing before anything connects. */
async function requireConfiguration(
  hre: HardhatRuntimeEnvironment,
  name: string,
  network: NetworkDescription,
): Promise<void> {
  const config = hre.config.networks[name];
  if (config === undefined) return;
  const url = config.type === "http" ? config.url : config.forking?.url;
  await url?.getUrl().catch((error: unknown) => {
    throw missing(network.rpcVariable, `the URL of an endpoint of ${network.title}`, error);
  });
  if (config.type !== "http" || !Array.isArray(config.accounts)) return;
  for (const account of config.accounts) {
    const key = await account.getHexString().catch((error: unknown) => {
      throw missing(
        DEPLOYER_VARIABLE,
        "the private key of the account that pays for the gas, 32 bytes in hexadecimal",
        error,
      );
    });
    if (!/^0x[0-9a-f]{64}$/.test(key)) {
      throw new CliError(
        "OPTION_INVALID",
        `${DEPLOYER_VARIABLE} is no private key: 32 bytes in hexadecimal are expected`,
      );
    }
  }
}
