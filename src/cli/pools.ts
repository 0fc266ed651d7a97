// SPDX-License-Identifier: GPL-3.0-or-later
/** A pool by its address, or by its name on record. */
import { isAddress } from "ethers";

import { PoolClient, requireChain } from "../chain/index.ts";
import type { OpenedChain } from "./chain.ts";
import { CliError } from "./errors.ts";

/** A pool with the block in which its events begin, where the record knows it. */
export interface OpenedPool {
  readonly client: PoolClient;
  readonly fromBlock: number | undefined;
}

/** What a pool is opened on. */
export type PoolPlace = Pick<OpenedChain, "network" | "provider" | "store"> & {
  /** The chain lives inside this process and goes with it. */
  readonly isSimulated?: boolean;
};

/** @param pool an address, or a name on record. @throws CliError POOL_UNKNOWN; ChainError */
export async function openPool(
  { network, provider, store, isSimulated }: PoolPlace,
  pool: string,
): Promise<OpenedPool> {
  await requireChain(provider, network.chainId);
  const record = await store.load();
  const pools = record?.pools ?? {};
  const entry = isAddress(pool)
    ? Object.values(pools).find(({ address }) => address.toLowerCase() === pool.toLowerCase())
    : pools[pool];
  const address = entry?.address ?? (isAddress(pool) ? pool : undefined);
  if (address === undefined) {
    const known = Object.keys(pools).join(", ");
    throw new CliError(
      "POOL_UNKNOWN",
      known === ""
        ? `no pool is on record for ${network.title} (${store.name}): deploy one, or name one with --pool ADDRESS`
        : `there is no pool "${pool}" on record: ${store.name} has ${known}; or name one with --pool ADDRESS`,
    );
  }
  if (isSimulated === true && (await provider.getCode(address)) === "0x") {
    throw new CliError(
      "POOL_UNKNOWN",
      `the network inside this process is new, and its pools of earlier runs are gone: start "npx hardhat node" and use --network localhost, or "npx jeton anvil" and --network anvil`,
    );
  }
  const client = await PoolClient.connect(provider, address, { chainId: network.chainId });
  return { client, fromBlock: entry?.fromBlock };
}
