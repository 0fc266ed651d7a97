// SPDX-License-Identifier: GPL-3.0-or-later
/** The options of commands that look at a chain, or at one pool on it, and need no key. */
import { Option } from "commander";
import type { Command } from "commander";

import type { ChainFlags, OpenedChain } from "../chain.ts";
import type { OpenedPool } from "../pools.ts";

export interface PoolFlags extends ChainFlags {
  /** An address, or a name on record. */
  readonly pool: string;
}

/** Adds --network, --rpc-url and --rpc-url-file. */
export const withChainOptions = (command: Command): Command =>
  command
    .addOption(new Option("--network <name>", "the chain: base, base-sepolia, anvil, … (deploy/networks)"))
    .addOption(new Option("--rpc-url <url>", "an endpoint without a key in it; the network's variable otherwise"))
    .addOption(new Option("--rpc-url-file <file>", "a file with the endpoint's URL, for one that holds a key"));

/** Adds --pool, too. */
export const withPoolOptions = (command: Command): Command =>
  withChainOptions(command).addOption(
    new Option("--pool <pool>", "the pool: an address, or a name on record").default("default"),
  );

/** Opens the chain that the options name, and closes it when the work is over. @throws CliError */
export async function withChain<T>(flags: ChainFlags, work: (chain: OpenedChain) => Promise<T>): Promise<T> {
  const { openChain } = await import("../chain.ts");
  const chain = await openChain(flags);
  try {
    return await work(chain);
  } finally {
    chain.close();
  }
}

/** As `withChain`, with the pool. `fromBlock` is undefined for a pool that is not on record. @throws CliError, ChainError */
export const withPool = <T>(flags: PoolFlags, work: (pool: OpenedPool, chain: OpenedChain) => Promise<T>): Promise<T> =>
  withChain(flags, async (chain) => {
    const { openPool } = await import("../pools.ts");
    return work(await openPool(chain, flags.pool), chain);
  });
