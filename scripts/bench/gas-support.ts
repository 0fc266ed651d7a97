// SPDX-License-Identifier: GPL-3.0-or-later
/** What all gas measurements share. */
import type { ContractTransactionResponse, TransactionReceipt } from "ethers";

import { PoolSender } from "../../src/chain/index.ts";
import type { LocalPool } from "../support/local-pool.ts";

export const used = async (receipt: Promise<TransactionReceipt>): Promise<number> => Number((await receipt).gasUsed);

export async function usedBy(sent: Promise<ContractTransactionResponse>): Promise<number> {
  const receipt = await (await sent).wait();
  if (receipt === null) throw new Error("a transaction has no receipt");
  return Number(receipt.gasUsed);
}

/** As the user. */
export const senderOf = ({ client, user }: LocalPool): PoolSender => new PoolSender(client, user);

/** As the provider. */
export const providerOf = ({ client, provider }: LocalPool): PoolSender => new PoolSender(client, provider);

/** Runs `measure` and takes the chain back to where it was. */
export async function aside<T>({ connection }: LocalPool, measure: () => Promise<T>): Promise<T> {
  const snapshot = await connection.networkHelpers.takeSnapshot();
  const result = await measure();
  await snapshot.restore();
  return result;
}

export async function passTime({ connection }: LocalPool, seconds: bigint): Promise<void> {
  await connection.networkHelpers.time.increase(seconds);
}
