// SPDX-License-Identifier: GPL-3.0-or-later
/** A wallet, opened: its keys, its file, its pool on chain, its provider. */
import type { Wallet as EthersWallet } from "ethers";

import type { NetworkDescription } from "../../../../deploy/index.ts";
import type { FreshView, PoolClient, PoolSender } from "../../../chain/index.ts";
import type { Prover } from "../../../prover/index.ts";
import type { Account, HttpProvider, Keystore, Purse, Wallet, WalletStore } from "../../../wallet/index.ts";
import { CliError } from "../../errors.ts";
import { note } from "../../outcome.ts";
import type { Say } from "../../outcome.ts";
import { keylessSender } from "../../session.ts";
import type { Place } from "../../session.ts";
import { processTerminal } from "../../terminal.ts";
import type { Terminal } from "../../terminal.ts";
import type { Work } from "../../transact.ts";
import { readPassword } from "./ask.ts";
import type { PasswordOptions } from "./ask.ts";
import { WalletHome } from "./home.ts";
import type { WalletConfig } from "./home.ts";

export interface OpenOptions extends PasswordOptions {
  readonly home?: string | undefined;
  /** Uses connections to the gateway again, on live chains too. */
  readonly keepConnections?: boolean;
  readonly json?: boolean;
}

/** What a command is given that sends. */
export interface SendingOptions extends OpenOptions {
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** The network that a chain id belongs to, if it is one that this project knows. */
export interface KnownNetwork {
  readonly title: string;
  readonly isLocal: boolean;
  readonly coin: string;
  readonly description: NetworkDescription | undefined;
}

export interface WalletSession {
  readonly home: WalletHome;
  readonly config: WalletConfig;
  readonly network: KnownNetwork;
  readonly keys: Keystore;
  readonly client: PoolClient;
  readonly view: FreshView;
  readonly prover: Prover;
  readonly provider: HttpProvider;
  readonly wallet: Wallet;
  readonly purse: Purse;
  /** The funding key, connected. */
  readonly signer: EthersWallet;
  /** Sends as the funding key. */
  readonly sender: PoolSender;
  readonly terminal: Terminal;
  readonly say: Say;
}

/** The wallet's pool and funding key as every command sees them that sends. */
export function workOf(
  { client, sender, signer, network, terminal, say }: WalletSession,
  { dryRun }: Pick<SendingOptions, "dryRun">,
): Work<Place> {
  const { title, isLocal } = network;
  const { provider, chainId } = client;
  const session = { provider, isLocal, terminal, say, network: { title, chainId } };
  return { client, session, sender: dryRun ? keylessSender(client, provider, signer.address) : sender };
}

/** @throws CliError CONFIGURATION_MISSING */
export async function requireConfig(home: WalletHome): Promise<WalletConfig> {
  const config = await home.config();
  if (config !== undefined) return config;
  throw new CliError(
    "CONFIGURATION_MISSING",
    `the wallet in ${home.folder} has no pool yet: "jeton wallet connect --rpc-url URL --pool ADDRESS --gateway URL" names one`,
  );
}

export async function networkOf(chainId: bigint): Promise<KnownNetwork> {
  const { LIVE_NETWORKS, LOCAL_NETWORKS } = await import("../../../../deploy/index.ts");
  const description = [...LOCAL_NETWORKS, ...LIVE_NETWORKS].find((network) => network.chainId === chainId);
  return {
    title: description?.title ?? `chain ${chainId}`,
    isLocal: description?.isLocal ?? false,
    coin: "ETH",
    description,
  };
}

/** The pool, over an endpoint that answers for its chain. @throws CliError CONFIGURATION_MISSING, ChainError */
export async function connectPool({
  rpcUrl,
  chainId,
  pool,
}: Pick<WalletConfig, "rpcUrl" | "chainId" | "pool">): Promise<PoolClient> {
  const [{ JsonRpcProvider, Network }, { PoolClient }] = await Promise.all([
    import("ethers"),
    import("../../../chain/index.ts"),
  ]);
  const isNear = /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])/.test(rpcUrl);
  const provider = new JsonRpcProvider(rpcUrl, Network.from(BigInt(chainId)), {
    staticNetwork: true,
    pollingInterval: isNear ? 200 : 2_000,
    // What was just paid is to be seen.
    cacheTimeout: -1,
  });
  try {
    const served = BigInt((await provider.send("eth_chainId", [])) as string);
    if (served !== BigInt(chainId)) {
      throw new CliError(
        "CONFIGURATION_MISSING",
        `${rpcUrl} serves chain ${served}, and the wallet is for chain ${chainId}`,
      );
    }
    return await PoolClient.connect(provider, pool, { chainId: BigInt(chainId) });
  } catch (error) {
    provider.destroy();
    const { code } = error as { code?: unknown };
    if (code !== "ECONNREFUSED" && code !== "ENOTFOUND" && code !== "TIMEOUT") throw error;
    throw new CliError("CONFIGURATION_MISSING", `the chain's endpoint ${rpcUrl} does not answer`, error);
  }
}

/** Opens the wallet, works, and leaves it in order. @throws CliError, WalletError, ChainError */
export async function withWallet<T>(
  options: OpenOptions,
  work: (session: WalletSession) => Promise<T>,
  say: Say = note,
): Promise<T> {
  const home = new WalletHome(options.home);
  await home.fundingAddress();
  const config = await requireConfig(home);
  const password = await readPassword(options);
  await home.make();
  const [chain, prover, wallet, ethers, { providerSignatures }] = await Promise.all([
    import("../../../chain/index.ts"),
    import("../../../prover/index.ts"),
    import("../../../wallet/index.ts"),
    import("ethers"),
    import("./trust.ts"),
  ]);
  const keys = await wallet.openKeystore(home.keystore, password);
  const store = await openStore(home, keys, wallet.WalletStore);
  const cleanup: (() => unknown)[] = [() => store.close()];
  try {
    const client = await connectPool(config);
    cleanup.push(() => (client.provider as { destroy?: () => void }).destroy?.());
    const network = await networkOf(BigInt(config.chainId));
    const history = new chain.PoolHistory(client, { fromBlock: config.fromBlock, finality: config.finality });
    const view = new chain.FreshView(new chain.PoolView(history, config.finality));
    cleanup.push(() => view.close());
    const threads = await prover.Prover.create();
    cleanup.push(() => threads.close());
    // A connection shows that its requests belong together.
    const provider = wallet.httpProvider(config.gateway, {
      keepAlive: network.isLocal || options.keepConnections === true,
    });
    cleanup.push(() => provider.close());
    const inPool = new wallet.Wallet({
      store,
      pool: client.pool,
      provider,
      chain: view,
      prove: (statement, input, task) => threads.prove(statement, input, task),
      isSignedByProvider: providerSignatures(client),
      clock: () => Math.floor(Date.now() / 1000),
    });
    const signer = new ethers.Wallet(keys.fundingKey, client.provider);
    const sender = new chain.PoolSender(client, signer, {
      confirmations: network.description?.confirmations ?? 1,
      onSent: ({ hash }) => say(`sent ${hash}`),
    });
    const purse = new wallet.Purse(inPool);
    const parts = {
      home,
      config,
      network,
      keys,
      client,
      view,
      provider,
      purse,
      signer,
      sender,
      say,
      terminal: processTerminal,
    };
    return await work({ ...parts, prover: threads, wallet: inPool });
  } finally {
    for (const step of cleanup.reverse()) await step();
  }
}

/** @throws CliError WALLET_LOCKED */
async function openStore(
  home: WalletHome,
  { seed }: Keystore,
  stores: Pick<typeof WalletStore, "open">,
): Promise<WalletStore> {
  try {
    return stores.open(home.store, seed);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "WALLET_LOCKED") throw error;
    const proxy = await home.runningProxy();
    const who = proxy === undefined ? "another process" : `the proxy at ${proxy.url} (process ${proxy.pid})`;
    throw new CliError("WALLET_LOCKED", `${who} has this wallet open: end it first, or wait`, error);
  }
}

/** "3" as an account's number. @throws CliError OPTION_INVALID */
export function accountNumber(text: string): number {
  const number = Number(text);
  if (/^\d{1,10}$/.test(text) && number <= 0xffff_ffff) return number;
  throw new CliError("OPTION_INVALID", `--account takes a number from 0, and not "${text}"`);
}

export const accountAt = ({ purse }: Pick<WalletSession, "purse">, text: string): Account =>
  purse.add(accountNumber(text));
