// SPDX-License-Identifier: GPL-3.0-or-later
/** The settings of a watcher of one pool, from the command line. */
import { isAddress } from "ethers";

import { fileRecord, recordPath } from "../../../deploy/index.ts";
import { PROJECT_FOLDER, networkNamed, recordFolder } from "../chain.ts";
import { CliError } from "../errors.ts";
import type { PoolFlags } from "./chain-options.ts";
import { WatchConfig } from "./watch-config.ts";

export interface WatchFlags extends PoolFlags {
  readonly fromBlock?: string;
  readonly feed?: readonly string[];
  readonly allowInsecure?: boolean;
  readonly store?: string;
  readonly signerEnv?: string;
  readonly keystore?: string;
  readonly passwordEnv?: string;
  readonly price?: string;
  readonly costPercent?: string;
  readonly recipient?: string;
  readonly webhookEnv?: string;
}

const given = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const numeric = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

/** Where the pool is, and where its events begin, where a record knows it. @throws CliError */
async function placeOf({ network, rpcUrl, rpcUrlFile, pool }: WatchFlags): Promise<Record<string, unknown>> {
  const named = network === undefined ? undefined : networkNamed(network);
  const fromNetwork = named === undefined ? undefined : (named.rpcDefault ?? { env: named.rpcVariable });
  const endpoint = rpcUrl ?? (rpcUrlFile === undefined ? fromNetwork : { file: rpcUrlFile });
  if (endpoint === undefined) {
    throw new CliError(
      "OPTION_MISSING",
      "say which chain: --network NAME, --rpc-url URL or --rpc-url-file FILE; or give --config FILE",
    );
  }
  const record = named && (await fileRecord(recordPath(recordFolder(PROJECT_FOLDER), named.chainId)).load());
  const pools = record?.pools ?? {};
  const entry = isAddress(pool)
    ? Object.values(pools).find(({ address }) => address.toLowerCase() === pool.toLowerCase())
    : pools[pool];
  const address = entry?.address ?? pool;
  if (!isAddress(address)) {
    throw new CliError(
      "POOL_UNKNOWN",
      `no pool "${pool}" is on record: name one with --pool ADDRESS, and its chain with --network NAME`,
    );
  }
  return given({ rpcUrl: endpoint, pool: address, fromBlock: entry?.fromBlock });
}

function claimOf({ signerEnv, keystore, passwordEnv, price, recipient, costPercent }: WatchFlags): unknown {
  if (signerEnv === undefined && keystore === undefined) return undefined;
  if (price === undefined) {
    throw new CliError(
      "OPTION_MISSING",
      "--price says what one token is worth in coins of the chain, such as 0.0004: no claim may cost more than its bounty",
    );
  }
  const signer = keystore === undefined ? { env: signerEnv } : given({ keystoreFile: keystore, passwordEnv });
  return given({ signer, price, recipient, costPercent: numeric(costPercent) });
}

/** @throws CliError OPTION_MISSING, OPTION_INVALID, POOL_UNKNOWN */
export async function configOfFlags(flags: WatchFlags): Promise<WatchConfig> {
  const { feed = [], fromBlock, allowInsecure, store, webhookEnv } = flags;
  if (feed.length === 0) {
    throw new CliError(
      "OPTION_MISSING",
      "--feed names a gateway of the pool's provider: its public feed is what is watched",
    );
  }
  const place = await placeOf(flags);
  const pool = given({ ...place, fromBlock: numeric(fromBlock) ?? place["fromBlock"], feeds: feed, allowInsecure });
  const alarm = webhookEnv === undefined ? undefined : { webhook: { env: webhookEnv } };
  return WatchConfig.of(given({ store, claim: claimOf(flags), pools: [pool], alarm }));
}
