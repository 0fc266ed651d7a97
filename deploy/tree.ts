// SPDX-License-Identifier: GPL-3.0-or-later
/** The tree of a pool's accounts as its events give it, beside the contract's: an event that an endpoint hides or changes shows here. */
import { ChainError, PoolHistory } from "../src/chain/index.ts";
import type { PoolClient, PoolHistoryOptions } from "../src/chain/index.ts";

/** How often a chain may move while it is compared. */
const ATTEMPTS = 5;

export interface TreeFinding {
  readonly isHeld: boolean;
  readonly found: string;
}

/** Rebuilds the tree from all events of the pool, leaf by leaf. @throws ChainError RPC_FAILED */
export async function compareTree(client: PoolClient, options: PoolHistoryOptions): Promise<TreeFinding> {
  const history = new PoolHistory(client, options);
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await history.sync();
      const contract = await history.readAt((at) => client.tree(at));
      // The chain moved.
      if (contract === undefined) continue;
      const { root, leafCount } = history.tree;
      const isHeld = contract.root === root && contract.leafCount === leafCount;
      const rebuilt = `${leafCount} accounts give the root ${root} at block ${history.position}`;
      const differs = `${rebuilt}, and the contract has ${contract.leafCount} accounts and the root ${contract.root}`;
      return { isHeld, found: isHeld ? rebuilt : differs };
    }
  } catch (error) {
    if (!(error instanceof ChainError) || error.code !== "INCONSISTENT") throw error;
    const from = `from block ${options.fromBlock}`;
    return { isHeld: false, found: `the events ${from} do not give the contract's tree: ${error.message}` };
  }
  return { isHeld: false, found: "the chain moved while it was compared: try again" };
}
