// SPDX-License-Identifier: GPL-3.0-or-later
/** Reads the chain in the background, so that requests seldom wait for it. */
import { finalBlockOf } from "../chain/index.ts";
import type { Finality, PoolHistory, PoolView } from "../chain/index.ts";
import type { GatewayOptions } from "./ports.ts";
import { FinalLeaves } from "./http/index.ts";

/** What was read this long ago, in milliseconds, is still an answer to whether a root is final. */
const FRESH_MILLISECONDS = 10_000;

export class ChainFollower {
  readonly leaves: FinalLeaves;
  readonly #history: PoolHistory;
  readonly #view: PoolView;
  readonly #finality: Finality;
  #finalBlock = -1;
  #readAt = -Infinity;

  constructor(history: PoolHistory, view: PoolView, finality: Finality) {
    this.#history = history;
    this.#view = view;
    this.#finality = finality;
    this.leaves = new FinalLeaves(history);
  }

  /** Since the chain was last read; without end before the first time. */
  get ageMilliseconds(): number {
    return performance.now() - this.#readAt;
  }

  /** @throws ChainError as `PoolHistory.sync` */
  async read(): Promise<void> {
    const startedAt = performance.now();
    // The order matters: what is synced after the final block is known has that block for good.
    const finalBlock = await finalBlockOf(this.#history.client.provider, this.#finality);
    await this.#history.sync();
    this.#finalBlock = Math.min(finalBlock, this.#history.position);
    this.leaves.advance(this.#finalBlock);
    this.#readAt = startedAt;
  }

  /** What a gateway asks of the chain. Made-up roots cost the endpoint nothing. */
  get chain(): GatewayOptions["chain"] {
    const view = this.#view;
    return {
      account: (identityCommitment) => view.account(identityCommitment),
      dispute: (nullifier) => view.dispute(nullifier),
      violation: (nullifier) => view.violation(nullifier),
      fold: (state) => view.fold(state),
      finalFold: (state) => view.finalFold(state),
      isFinalRoot: async (root) => {
        if (this.ageMilliseconds > FRESH_MILLISECONDS) return view.isFinalRoot(root);
        const block = this.#history.tree.blockOfRoot(root);
        return block !== undefined && block <= this.#finalBlock;
      },
    };
  }
}
