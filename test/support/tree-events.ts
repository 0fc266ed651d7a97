// SPDX-License-Identifier: GPL-3.0-or-later
/** The events of a transaction that opens accounts, without a chain. */
import { ZeroHash } from "ethers";

import type { PoolEvent } from "../../src/chain/index.ts";

export interface Opening {
  readonly identityCommitment: bigint;
  readonly deposit: bigint;
}

/** @param root the contract's, after the last of them. */
export function openingEvents(
  openings: readonly Opening[],
  firstIndex: number,
  root: bigint,
  blockNumber: number,
): PoolEvent[] {
  const place = { blockNumber, blockHash: ZeroHash, transactionHash: ZeroHash, logIndex: 0 };
  const opened = openings.map((opening, position): PoolEvent => ({
    ...place,
    name: "AccountOpened",
    args: { ...opening, stake: 0n, leafIndex: firstIndex + position },
  }));
  const leafCount = firstIndex + openings.length;
  return [...opened, { ...place, name: "RootUpdated", args: { root, leafCount } }];
}
