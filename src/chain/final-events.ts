// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Hands out the events of blocks that can no longer be reorganized, in order and once each: for those who act on what they read, as a
 * gateway does on disputes, closes, folds and violations.
 */
import { setTimeout as sleep } from "node:timers/promises";

import type { PoolEvent, PoolEventName, PoolEventOf } from "./pool-events.ts";
import type { PoolHistory } from "./pool-history.ts";
import type { Finality } from "./provider.ts";
import { finalBlockOf } from "./provider.ts";

/** All events, of the names asked for, of the blocks up to `toBlock` that were not handed out before. */
export interface FinalStep<Name extends PoolEventName> {
  readonly toBlock: number;
  readonly events: readonly (PoolEvent & PoolEventOf<Name>)[];
}

export interface FinalEventsOptions<Name extends PoolEventName> {
  readonly finality: Finality;
  readonly names: readonly Name[];
  /** The last block whose events an earlier run has handled, from `FinalStep.toBlock`. Default: none. */
  readonly position?: number;
}

export interface FollowOptions {
  /** Ends the following, between two steps. */
  readonly signal: AbortSignal;
  /** Between two looks at the chain. Default 2,000. */
  readonly pauseMilliseconds?: number;
  /** Told of every failure, of the endpoint or of the handler; the step comes again after the pause. */
  readonly onFault: (error: unknown) => void;
}

export class FinalEvents<Name extends PoolEventName> {
  readonly #history: PoolHistory;
  readonly #finality: Finality;
  readonly #names: ReadonlySet<PoolEventName>;
  #position: number;

  constructor(history: PoolHistory, { finality, names, position = -1 }: FinalEventsOptions<Name>) {
    this.#history = history;
    this.#finality = finality;
    this.#names = new Set(names);
    this.#position = position;
  }

  /** The last block whose events were handled: to be stored together with what was made of them. */
  get position(): number {
    return this.#position;
  }

  /**
   * Goes to the newest final block, in one step per block with events and one for the rest. A step counts as handled when the next one is
   * asked for: one whose handling threw comes again.
   * @throws ChainError as `PoolHistory.sync`
   */
  async *advance(): AsyncGenerator<FinalStep<Name>, void, void> {
    // The order matters: what is synced after the final block is known has that block for good.
    const finalBlock = await finalBlockOf(this.#history.client.provider, this.#finality);
    await this.#history.sync();
    const end = Math.min(finalBlock, this.#history.position);
    const found = this.#history.events.filter(
      ({ name, blockNumber }) => this.#names.has(name) && blockNumber > this.#position && blockNumber <= end,
    ) as (PoolEvent & PoolEventOf<Name>)[];
    for (const toBlock of new Set(found.map(({ blockNumber }) => blockNumber))) {
      yield { toBlock, events: found.filter(({ blockNumber }) => blockNumber === toBlock) };
      this.#position = toBlock;
    }
    if (end <= this.#position) return;
    yield { toBlock: end, events: [] };
    this.#position = end;
  }

  /** Hands every step to `handle`, now and from now on, until `signal` ends it. Failures are reported and tried again. */
  async follow(handle: (step: FinalStep<Name>) => Promise<void>, options: FollowOptions): Promise<void> {
    const { signal, pauseMilliseconds = 2_000, onFault } = options;
    while (!signal.aborted) {
      try {
        for await (const step of this.advance()) {
          if (signal.aborted) return;
          await handle(step);
        }
      } catch (error) {
        onFault(error);
      }
      await sleep(pauseMilliseconds, undefined, { signal }).catch(() => undefined);
    }
  }
}
