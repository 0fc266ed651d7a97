// SPDX-License-Identifier: GPL-3.0-or-later
/** Where a command works: the network, the account that sends, the record of what is deployed. */
import { createInterface } from "node:readline/promises";

import type { Signer } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import type { NetworkDescription, RecordStore } from "../../deploy/index.ts";
import { describeNetwork, fileRecord, memoryRecord, recordPath } from "../../deploy/index.ts";
import { DEPLOYER_VARIABLE } from "../../deploy/hardhat-networks.ts";
import type { ChainProvider } from "../chain/index.ts";
import type { PoolClient } from "../chain/index.ts";
import { PoolSender } from "../chain/index.ts";
import { recordFolder } from "./chain.ts";
import { CliError } from "./errors.ts";
import type { Say } from "./report.ts";

export interface Session {
  readonly network: NetworkDescription;
  readonly provider: ChainProvider;
  /** The chain lives inside this process and goes with it. */
  readonly isSimulated: boolean;
  readonly isLocal: boolean;
  readonly store: RecordStore;
  /** The first account of the network's configuration. @throws CliError CONFIGURATION_MISSING */
  signer(): Promise<Signer>;
  /** For progress and warnings. */
  readonly say: Say;
  close(): Promise<void>;
}

/** Runs a command on the network that `--network` names, and leaves it in order. */
export async function withSession<T>(
  hre: HardhatRuntimeEnvironment,
  say: Say,
  command: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(hre, say);
  try {
    return await command(session);
  } finally {
    await session.close();
  }
}

async function openSession(hre: HardhatRuntimeEnvironment, say: Say): Promise<Session> {
  const name = hre.globalOptions.network ?? "default";
  const network = describeNetwork(name);
  await requireConfiguration(hre, name, network);
  const connection = await hre.network.create(name);
  const isSimulated = connection.networkConfig.type === "edr-simulated";
  const folder = recordFolder(hre.config.paths.root);
  const isFork = isSimulated && !network.isLocal;
  return {
    network,
    provider: connection.ethers.provider,
    isSimulated,
    isLocal: network.isLocal || isSimulated,
    // A fork has the id of a live chain, whose record it must not touch.
    store: isFork ? memoryRecord() : fileRecord(recordPath(folder, network.chainId)),
    signer: async () => {
      const [signer] = await connection.ethers.getSigners();
      if (signer === undefined)
        throw missing(DEPLOYER_VARIABLE, "the private key of the account that pays for the gas");
      return signer;
    },
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

export async function openSender(session: Session, client: PoolClient): Promise<PoolSender> {
  return new PoolSender(client, await session.signer(), {
    confirmations: session.isSimulated ? 1 : session.network.confirmations,
    onSent: ({ hash }) => session.say(`sent ${hash}`),
  });
}

/** Asks before something is sent to a live chain. @throws CliError NOT_CONFIRMED */
export async function confirm(session: Session, isConfirmed: boolean, question: string): Promise<void> {
  if (session.isLocal || isConfirmed) return;
  if (!process.stdin.isTTY) {
    throw new CliError("NOT_CONFIRMED", `${session.network.title} is a live chain: add --yes to confirm (${question})`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${session.network.title} is a live chain. ${question} Type "yes": `);
  terminal.close();
  if (answer.trim().toLowerCase() !== "yes") throw new CliError("NOT_CONFIRMED", "not confirmed: nothing was sent");
}
