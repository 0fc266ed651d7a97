// SPDX-License-Identifier: GPL-3.0-or-later
/** From a watcher's settings to a watcher: its file, its pools, its signers. */
import { access } from "node:fs/promises";

import { LIVE_NETWORKS, LOCAL_NETWORKS, isDevelopmentAccount } from "../../../deploy/index.ts";
import type { NetworkDescription } from "../../../deploy/index.ts";
import { PoolClient } from "../../chain/index.ts";
import { Prover } from "../../prover/index.ts";
import { httpProvider } from "../../wallet/index.ts";
import { Watcher, WatcherError, WatcherStore, askedPrice, command, fixedPrice, webhook } from "../../watcher/index.ts";
import type { Claiming, FeedSource, Notify, PriceSource, WatchedPool, WatcherLog } from "../../watcher/index.ts";
import type { Prove } from "../../wire/index.ts";
import { openEndpoint } from "../endpoint.ts";
import { CliError } from "../errors.ts";
import type { Say } from "../outcome.ts";
import type { ClaimSettings, WatchConfig, WatchedPoolSettings } from "./watch-config.ts";

export interface OpenedWatcher {
  readonly watcher: Watcher;
  readonly store: WatcherStore;
  readonly clock: () => number;
  close(): Promise<void>;
}

export interface WatchModes {
  /** Finds and reports, and sends nothing. */
  readonly isDry: boolean;
  /** One pass: what cannot be read now is an alarm at once. */
  readonly isHasty: boolean;
}

/** A feed answers within this, or counts as silent. */
const FEED_MILLISECONDS = 60_000;
const FEED_BYTES = 32 * 1024 * 1024;
/** A live chain whose newest block is older than this has stopped, or its endpoint has. */
const HEAD_SECONDS = 900;

const machineClock = (): number => Math.floor(Date.now() / 1_000);

async function secretOf(
  config: WatchConfig,
  value: string | { readonly env: string } | { readonly file: string },
  what: string,
  say: Say,
): Promise<string> {
  return typeof value === "object" && "file" in value ? config.secretFile(value.file, say) : config.text(value, what);
}

function feedsOf({ feeds, allowInsecure }: WatchedPoolSettings, opened: (() => unknown)[]): FeedSource[] {
  return feeds.map((url) => {
    const limits = { totalMilliseconds: FEED_MILLISECONDS, answerMilliseconds: FEED_MILLISECONDS };
    const provider = httpProvider(url, { allowInsecure, maxResponseBytes: FEED_BYTES, ...limits });
    opened.push(() => provider.close());
    return { name: url, read: (request) => provider.publicFeed(request) };
  });
}

function priceOf(config: WatchConfig, { price }: ClaimSettings): PriceSource {
  if (typeof price === "string") return fixedPrice(price);
  const url = config.text(price.url, "the URL of the price");
  if (!URL.canParse(url)) throw new CliError("OPTION_INVALID", "the price's url is no URL");
  return askedPrice({ ...price, url, now: machineClock });
}

async function claimingOf(config: WatchConfig, settings: ClaimSettings, prove: Prove, say: Say): Promise<Claiming> {
  const signer = await config.signer(settings.signer, "the watcher's", say);
  const recipient = settings.recipient ?? signer.address;
  return { signer, recipient, prove, price: priceOf(config, settings), costBps: settings.costPercent * 100 };
}

async function notifiersOf(config: WatchConfig, say: Say): Promise<Notify[]> {
  const { alarm } = config.settings;
  const notify: Notify[] = [];
  if (alarm.webhook !== undefined) {
    const url = await secretOf(config, alarm.webhook, "the alarm's webhook", say);
    if (!URL.canParse(url)) throw new CliError("OPTION_INVALID", "the alarm's webhook is no URL");
    notify.push(webhook(url));
  }
  const [program, ...args] = alarm.command ?? [];
  if (program !== undefined) notify.push(command([program, ...args]));
  return notify;
}

const networkOf = (chainId: bigint): NetworkDescription | undefined =>
  [...LOCAL_NETWORKS, ...LIVE_NETWORKS].find((network) => network.chainId === chainId);

/** Opened with the first pass that reaches the endpoint; what everybody has the key of claims on no live chain. */
function poolOf(
  settings: WatchedPoolSettings,
  rpcUrl: string,
  claiming: Claiming | undefined,
  opened: (() => unknown)[],
): WatchedPool {
  const name = settings.name ?? settings.pool;
  const known: { network: NetworkDescription | undefined } = { network: undefined };
  const connect = async (): Promise<PoolClient> => {
    const provider = await openEndpoint(rpcUrl, `rpcUrl of ${name}`);
    try {
      const client = await PoolClient.connect(provider, settings.pool);
      known.network = networkOf(client.chainId);
      if (claiming !== undefined && known.network?.isLocal !== true && isDevelopmentAccount(claiming.signer.address)) {
        throw new WatcherError(
          "POOL_REFUSED",
          `the signer ${claiming.signer.address} is a development account, which everybody has: chain ${client.chainId} is not local`,
        );
      }
      opened.push(() => provider.destroy());
      return client;
    } catch (error) {
      provider.destroy();
      throw error;
    }
  };
  return {
    name,
    connect,
    fromBlock: settings.fromBlock ?? 0,
    // Read after the pool was opened.
    get finality() {
      return settings.finality ?? known.network?.finality ?? { kind: "finalized" };
    },
    feeds: feedsOf(settings, opened),
    claiming,
    get thresholds() {
      const isLive = known.network?.isLocal === false;
      const given = Object.entries(settings.thresholds ?? {}).filter(([, value]) => value !== undefined);
      return { ...(isLive ? { headSeconds: HEAD_SECONDS } : {}), ...(Object.fromEntries(given) as object) };
    },
  };
}

/** @throws CliError, WatcherError, ProverError, ChainError: the settings are wrong, or the file is another's */
export async function openWatcher(
  config: WatchConfig,
  log: WatcherLog,
  say: Say,
  { isDry, isHasty }: WatchModes,
): Promise<OpenedWatcher> {
  const { settings } = config;
  const opened: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const step of opened.splice(0).reverse()) await step();
  };
  try {
    const prover = await Prover.create({ workers: 1 });
    opened.push(() => prover.close());
    const prove: Prove = (statement, input) => prover.prove(statement, input);
    const pools: WatchedPool[] = [];
    for (const each of settings.pools) {
      const claim = each.claim ?? settings.claim;
      if (claim === undefined && !isDry) {
        throw new CliError(
          "OPTION_MISSING",
          `nobody claims for ${each.name ?? each.pool}: give "claim" with a signer and a price, or --dry-run to find and report alone`,
        );
      }
      const claiming = claim === undefined || isDry ? undefined : await claimingOf(config, claim, prove, say);
      if (each.fromBlock === undefined) say("warning: fromBlock is missing: all blocks of the chain are read");
      const rpcUrl = await secretOf(config, each.rpcUrl, "the URL of the chain's endpoint", say);
      if (!/^https?:/.test(rpcUrl)) throw new CliError("OPTION_INVALID", "rpcUrl is no http or https URL");
      pools.push(poolOf(each, rpcUrl, claiming, opened));
    }
    const store = WatcherStore.open(config.pathOf(settings.store));
    opened.push(() => store.close());
    const watcher = new Watcher({
      store,
      pools,
      ports: { clock: machineClock, log, notify: await notifiersOf(config, say) },
      pauseMilliseconds: settings.pauseSeconds * 1_000,
      sleep: pause,
      isHasty,
    });
    await watcher.open();
    return { watcher, store, clock: machineClock, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });

/** For `--status`: the file alone. @throws WatcherError WATCHER_FILE_UNREADABLE; CliError FILE_UNREADABLE */
export async function readStore(config: WatchConfig): Promise<WatcherStore> {
  const path = config.pathOf(config.settings.store);
  await access(path).catch((error: unknown) => {
    throw new CliError("FILE_UNREADABLE", `there is no watcher's file at ${path} yet: run the watcher first`, error);
  });
  return WatcherStore.read(path);
}
