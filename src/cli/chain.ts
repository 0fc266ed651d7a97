// SPDX-License-Identifier: GPL-3.0-or-later
/** A chain to read: by the name of its network, or by an endpoint. With the record of what is deployed there. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

import type { NetworkDescription, RecordStore } from "../../deploy/index.ts";
import { LIVE_NETWORKS, LOCAL_NETWORKS, fileRecord, recordPath, unknownNetwork } from "../../deploy/index.ts";
import type { ChainProvider } from "../chain/index.ts";
import { openEndpoint } from "./endpoint.ts";
import { CliError } from "./errors.ts";
import { readText } from "./files.ts";

/** Deployment records stand here; the environment can name another folder. */
export const RECORD_FOLDER_VARIABLE = "JETON_DEPLOYMENTS";

/** The project's own folder, wherever the program was started. */
export const PROJECT_FOLDER = fileURLToPath(new URL("../../", import.meta.url));

export interface ChainFlags {
  /** One of deploy/networks. */
  readonly network?: string | undefined;
  /** A URL that holds no key: arguments end up in histories and process lists. */
  readonly rpcUrl?: string | undefined;
  /** A file with the URL, for one that holds a key. */
  readonly rpcUrlFile?: string | undefined;
}

export interface OpenedChain {
  readonly network: NetworkDescription;
  readonly provider: ChainProvider;
  /** deployments/<chainId>.json. */
  readonly store: RecordStore;
  close(): void;
}

const NETWORKS = [...LOCAL_NETWORKS, ...LIVE_NETWORKS];

/** For help and errors. */
export const NETWORK_NAMES = NETWORKS.map(({ name }) => name);

export function recordFolder(root: string): string {
  const named = process.env[RECORD_FOLDER_VARIABLE];
  return named === undefined || named === "" ? resolve(root, "deployments") : resolve(named);
}

/** @throws CliError OPTION_INVALID */
export function networkNamed(name: string): NetworkDescription {
  const found = NETWORKS.find((network) => network.name === name);
  if (found !== undefined) return found;
  throw new CliError("OPTION_INVALID", `--network takes one of ${NETWORK_NAMES.join(", ")}, and not "${name}"`);
}

/** The URL, and where it comes from. @throws CliError */
async function urlOf(flags: ChainFlags, network: NetworkDescription | undefined): Promise<[string, string]> {
  const { rpcUrl, rpcUrlFile } = flags;
  if (rpcUrl !== undefined && rpcUrlFile !== undefined) {
    throw new CliError("OPTION_INVALID", "--rpc-url and --rpc-url-file name the same thing: give one of them");
  }
  if (rpcUrl !== undefined) return [rpcUrl, "--rpc-url"];
  if (rpcUrlFile !== undefined) return [(await readText(rpcUrlFile, "the endpoint's file")).trim(), "--rpc-url-file"];
  if (network === undefined) {
    throw new CliError(
      "OPTION_MISSING",
      `say which chain: --network NAME (${NETWORK_NAMES.join(", ")}), or an endpoint with --rpc-url or --rpc-url-file`,
    );
  }
  const { rpcVariable, rpcDefault, title } = network;
  const set = process.env[rpcVariable];
  if (set !== undefined && set !== "") return [set, rpcVariable];
  if (rpcDefault !== undefined) return [rpcDefault, `${title} (${rpcDefault}; ${rpcVariable} names another)`];
  throw new CliError(
    "CONFIGURATION_MISSING",
    `${rpcVariable} is not set: it must hold the URL of an endpoint of ${title}. Set it in the environment, or name a file that holds it with --rpc-url-file FILE`,
  );
}

/** @throws CliError OPTION_MISSING, OPTION_INVALID, CONFIGURATION_MISSING, FILE_UNREADABLE */
export async function openChain(flags: ChainFlags): Promise<OpenedChain> {
  const named = flags.network === undefined ? undefined : networkNamed(flags.network);
  const [url, source] = await urlOf(flags, named);
  const provider = await openEndpoint(url, source);
  const { chainId } = await provider.getNetwork();
  if (named !== undefined && named.chainId !== chainId) {
    provider.destroy();
    throw new CliError(
      "OPTION_INVALID",
      `the endpoint of ${source} serves chain ${chainId}, and ${named.title} is chain ${named.chainId}`,
    );
  }
  const network = named ?? NETWORKS.find((each) => each.chainId === chainId) ?? unknownNetwork(chainId);
  return {
    network,
    provider,
    store: fileRecord(recordPath(recordFolder(PROJECT_FOLDER), chainId)),
    close: () => provider.destroy(),
  };
}
