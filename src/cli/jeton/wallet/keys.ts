// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton wallet create`, `import`, `address`, `phrase` and `connect`: a wallet's keys, and where its pool is. */
import type { Outcome } from "../../outcome.ts";
import { note } from "../../outcome.ts";
import { CliError } from "../../errors.ts";
import { readPassword, readPhrase } from "./ask.ts";
import { connectPool, networkOf } from "./session.ts";
import type { OpenOptions } from "./session.ts";
import { WalletHome } from "./home.ts";
import type { WalletConfig } from "./home.ts";

export interface ConnectOptions extends OpenOptions {
  readonly rpcUrl?: string;
  readonly pool?: string;
  readonly gateway?: string;
  readonly fromBlock?: string;
}

export interface CreateOptions extends ConnectOptions {
  readonly words: string;
  readonly showPhrase: boolean;
}

export interface ImportOptions extends ConnectOptions {
  readonly phraseFile?: string;
}

/** Said once, when a wallet is made: what no wallet hides. */
export const NOT_HIDDEN = [
  "What Jeton hides is which deposit pays for a call, and which calls belong together. It does not hide",
  "  - your network address from the provider, nor who you are from what you write: use Tor or a VPN, and mind the content;",
  "  - that this funding address made a deposit, how much, and when: it is public on the chain;",
  "  - when you are active. The first calls should come some time after the deposit; the wallet waits by itself.",
];

/** What people must know about the keys. */
const KEEP = [
  "Write the recovery phrase down: it is the only way to the money if this folder is lost.",
  "Use a wallet in one place only: two copies take each other's tickets, and neither knows how many were used. On another machine, open another account.",
];

export async function createWallet(options: CreateOptions): Promise<Outcome> {
  const home = new WalletHome(options.home);
  if (await home.hasKeys()) return existing(home, options);
  const words = options.words === "24" ? 24 : options.words === "12" ? 12 : undefined;
  if (words === undefined) throw new CliError("OPTION_INVALID", `--words takes 12 or 24, and not "${options.words}"`);
  const config = await configFrom(options);
  const password = await readPassword(options, true);
  const { createKeystore } = await import("../../../wallet/index.ts");
  await home.make();
  note("encrypting the keys with the password …");
  const keys = await createKeystore(home.keystore, password, { words });
  if (config !== undefined) await home.saveConfig(config);
  if (options.showPhrase || process.stderr.isTTY) note(`\nrecovery phrase:\n\n    ${keys.phrase}\n`);
  else note(`"jeton wallet phrase" shows the recovery phrase`);
  for (const line of [...KEEP, ...NOT_HIDDEN]) note(line);
  const connect = config === undefined ? '"jeton wallet connect" says where the pool is; then ' : "";
  note(
    `next: ${connect}send tokens and coins for gas to ${keys.fundingAddress}, and "jeton wallet deposit --amount 5"`,
  );
  return { folder: home.folder, fundingAddress: keys.fundingAddress, ...whereOf(config) };
}

export async function importWallet(options: ImportOptions): Promise<Outcome> {
  const home = new WalletHome(options.home);
  if (await home.hasKeys()) {
    throw new CliError("WALLET_EXISTS", `there is a wallet in ${home.folder}: name another folder with --home`);
  }
  const config = await configFrom(options);
  const phrase = await readPhrase(options.phraseFile);
  const password = await readPassword(options, true);
  const { importKeystore } = await import("../../../wallet/index.ts");
  await home.make();
  const keys = await importKeystore(home.keystore, phrase, password);
  if (config !== undefined) await home.saveConfig(config);
  note(`"jeton wallet restore" looks for the accounts of this phrase`);
  for (const line of KEEP.slice(1)) note(line);
  return { folder: home.folder, fundingAddress: keys.fundingAddress, ...whereOf(config) };
}

/** A repeat changes nothing but where the pool is, if that is said. */
async function existing(home: WalletHome, options: CreateOptions): Promise<Outcome> {
  const config = await configFrom(options);
  if (config !== undefined) await home.saveConfig(config);
  note(`there is a wallet in ${home.folder} already: it stays as it is`);
  return {
    folder: home.folder,
    fundingAddress: await home.fundingAddress(),
    ...whereOf(config ?? (await home.config())),
  };
}

export async function connectWallet(options: ConnectOptions): Promise<Outcome> {
  const home = new WalletHome(options.home);
  await home.fundingAddress();
  const config = await configFrom(options);
  if (config === undefined) {
    throw new CliError("OPTION_MISSING", "say where the pool is: --rpc-url URL --pool ADDRESS --gateway URL");
  }
  await home.saveConfig(config);
  return { folder: home.folder, ...whereOf(config) };
}

export async function showAddress(options: OpenOptions): Promise<Outcome> {
  const home = new WalletHome(options.home);
  return { folder: home.folder, fundingAddress: await home.fundingAddress(), ...whereOf(await home.config()) };
}

export async function showPhrase(options: OpenOptions): Promise<Outcome> {
  const home = new WalletHome(options.home);
  await home.fundingAddress();
  const password = await readPassword(options);
  const { openKeystore } = await import("../../../wallet/index.ts");
  const { phrase } = await openKeystore(home.keystore, password);
  note("whoever reads these words can take everything");
  return { phrase };
}

const whereOf = (config: WalletConfig | undefined): Outcome =>
  config === undefined
    ? {}
    : { chainId: config.chainId, pool: config.pool, gateway: config.gateway, endpoint: config.rpcUrl };

/** Undefined when nothing was said. @throws CliError OPTION_MISSING, CONFIGURATION_MISSING, ChainError */
async function configFrom({ rpcUrl, pool, gateway, fromBlock }: ConnectOptions): Promise<WalletConfig | undefined> {
  const given = [rpcUrl, pool, gateway].filter((value) => value !== undefined).length;
  if (given === 0) return undefined;
  if (rpcUrl === undefined || pool === undefined || gateway === undefined) {
    throw new CliError("OPTION_MISSING", "--rpc-url, --pool and --gateway go together");
  }
  for (const [option, url] of [
    ["--rpc-url", rpcUrl],
    ["--gateway", gateway],
  ] as const) {
    if (!URL.canParse(url)) throw new CliError("OPTION_INVALID", `${option} takes a URL, and not "${url}"`);
  }
  const chainId = await chainIdAt(rpcUrl);
  const client = await connectPool({ rpcUrl, chainId: chainId.toString(), pool });
  (client.provider as { destroy?: () => void }).destroy?.();
  const network = await networkOf(chainId);
  const { isLocal, title, description } = network;
  (await import("./trust.ts")).refuseDevelopmentProvider(client.parameters, network);
  if (fromBlock === undefined && !isLocal) {
    throw new CliError("OPTION_MISSING", "say with --from-block in which block the pool was created");
  }
  if (fromBlock !== undefined && !/^\d{1,15}$/.test(fromBlock)) {
    throw new CliError("OPTION_INVALID", `--from-block takes a number, and not "${fromBlock}"`);
  }
  const { token, pool: described } = client;
  note(`pool ${described.address} on ${title}, paid in ${token.symbol}`);
  return {
    format: "jeton.wallet.v1",
    rpcUrl,
    chainId: chainId.toString(),
    pool: described.address,
    fromBlock: Number(fromBlock ?? 0),
    finality: description?.finality ?? { kind: "finalized" },
    gateway,
  };
}

/** @throws CliError CONFIGURATION_MISSING */
async function chainIdAt(rpcUrl: string): Promise<bigint> {
  const { FetchRequest } = await import("ethers");
  const request = new FetchRequest(rpcUrl);
  request.body = { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] };
  request.timeout = 15_000;
  try {
    const { bodyJson } = (await request.send()) as { bodyJson: { result: string } };
    return BigInt(bodyJson.result);
  } catch (error) {
    throw new CliError("CONFIGURATION_MISSING", `${rpcUrl} does not answer as a chain's endpoint does`, error);
  }
}
