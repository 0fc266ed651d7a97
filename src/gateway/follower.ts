// SPDX-License-Identifier: GPL-3.0-or-later
/** Reads the chain in the background, so that requests seldom wait for it. */
import { finalBlockOf } from "../chain/index.ts";
import type { Finality, PoolHistory, PoolView } from "../chain/index.ts";
import type { GatewayOptions } from "./ports.ts";
import { FinalLeaves } from "./http/index.ts";

/** What was read this long ago, in milliseconds, is still an answer to questions about accounts, roots and final folds. */
const FRESH_MILLISECONDS = 10_000;
/** What is not known is looked for on the chain no more often than this: whoever makes up commitments asks for nothing more. */
const LOOK_MILLISECONDS = 1_000;

export class ChainFollower {
  readonly leaves: FinalLeaves;
  readonly #history: PoolHistory;
  readonly #view: PoolView;
  readonly #finality: Finality;
  #finalBlock = -1;
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;

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
    const reading = this.#readNow();
    this.#reading = reading;
    try {
      await reading;
    } finally {
      if (this.#reading === reading) this.#reading = undefined;
    }
  }

  /** Reads the chain unless that was done a short time ago; all who wait share one reading. */
  async #readUnlessDone(milliseconds: number): Promise<void> {
    if (this.ageMilliseconds > milliseconds) await (this.#reading ?? this.read());
  }

  /** What `ask` finds in what was read; when that is nothing, in what is read for it. */
  async #known<T>(ask: () => T | undefined): Promise<T | undefined> {
    await this.#readUnlessDone(FRESH_MILLISECONDS);
    const known = ask();
    if (known !== undefined) return known;
    await this.#readUnlessDone(LOOK_MILLISECONDS);
    return ask();
  }

  async #readNow(): Promise<void> {
    const startedAt = performance.now();
    // The order matters: what is synced after the final block is known has that block for good.
    const finalBlock = await finalBlockOf(this.#history.client.provider, this.#finality);
    await this.#view.sync();
    this.#finalBlock = Math.min(finalBlock, this.#history.position);
    this.leaves.advance(this.#finalBlock);
    this.#readAt = startedAt;
  }

  /** What a gateway asks of the chain. Made-up roots, commitments and states cost the endpoint next to nothing. */
  get chain(): GatewayOptions["chain"] {
    const view = this.#view;
    return {
      account: (identityCommitment) => this.#known(() => view.knownAccount(identityCommitment)),
      dispute: (nullifier) => view.dispute(nullifier),
      violation: (nullifier) => view.violation(nullifier),
      fold: (state) => view.fold(state),
      finalFold: async (state) =>
        (await this.#known(() => view.isKnownFinalFold(state, this.#finalBlock) || undefined)) === true,
      isFinalRoot: async (root) => {
        await this.#readUnlessDone(FRESH_MILLISECONDS);
        const block = this.#history.tree.blockOfRoot(root);
        return block !== undefined && block <= this.#finalBlock;
      },
    };
  }
}
