// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton watch --status`: what the watcher's file says, for people and for machines. */
import { formatEther } from "ethers";

import { statusOf } from "../../watcher/index.ts";
import type { PoolStatus } from "../../watcher/index.ts";
import { tokensText } from "../amounts.ts";
import type { Outcome } from "../outcome.ts";
import type { WatchConfig } from "./watch-config.ts";
import { readStore } from "./watch-options.ts";

const time = (seconds: number | undefined): string =>
  seconds === undefined ? "never" : new Date(seconds * 1_000).toISOString();

/** A list under names that differ, as outcomes are printed. */
const listed = <T>(items: readonly T[], textOf: (item: T) => [string, string]): Record<string, string> | undefined =>
  items.length === 0 ? undefined : Object.fromEntries(items.map(textOf));

function textOf(pool: PoolStatus): object {
  const tokens = (units: bigint): string =>
    pool.token === undefined ? `${units} units` : tokensText(units, pool.token);
  return {
    pool: pool.address,
    chainId: pool.chainId,
    readToBlock: pool.block,
    readAt: time(pool.readAt),
    feeds: listed(pool.feeds, ({ name, position, readAt }) => [name, `${position} entries, read ${time(readAt)}`]),
    closes: listed(pool.closes, ({ account, firstUnused, deadline, verdict }) => [
      account,
      `from ticket ${firstUnused}, ${verdict}, can be paid out ${time(deadline)}`,
    ]),
    claims: listed(pool.claims, ({ account, kind, state, bounty, gasSpent, transactions }) => [
      account,
      `${kind}, ${state}, bounty ${tokens(bounty)}, gas ${formatEther(gasSpent)} ${transactions.at(-1) ?? ""}`.trim(),
    ]),
    bountiesEarned: tokens(pool.bountiesEarned),
    gasSpent: `${formatEther(pool.gasSpent)} coins`,
  };
}

/** @throws CliError FILE_UNREADABLE; WatcherError WATCHER_FILE_UNREADABLE */
export async function statusOutcome(config: WatchConfig, isJson: boolean): Promise<Outcome> {
  const store = await readStore(config);
  try {
    const pools = statusOf(store);
    const alarms = store.all("SELECT scope, code, subject, message, raised_at FROM alarms ORDER BY raised_at");
    if (isJson) return { pools, alarms };
    return {
      ...Object.fromEntries(pools.map((pool) => [pool.name, textOf(pool)])),
      alarms: listed(alarms, ({ scope, code, message }) => [`${String(code)} ${String(scope)}`, String(message)]),
    };
  } finally {
    store.close();
  }
}
