// SPDX-License-Identifier: GPL-3.0-or-later
/** A watcher: its pools, each followed for itself, until it is told to stop. It may die at any time; the next one goes on where it stood. */
import { Alarms } from "./alarms.ts";
import type { RaisedAlarm } from "./alarms.ts";
import { PoolWatch, isHopeless } from "./pool-watch.ts";
import type { Lane } from "./pool-watch.ts";
import { reasonOf } from "./ports.ts";
import type { WatchedPool, WatcherPorts } from "./ports.ts";
import type { WatcherStore } from "./store.ts";

export interface WatcherOptions {
  /** Stays the caller's to close. */
  readonly store: WatcherStore;
  readonly pools: readonly WatchedPool[];
  readonly ports: WatcherPorts;
  /** Between two passes. */
  readonly pauseMilliseconds: number;
  /** Resolves after the time, or when the signal says so. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** For a single pass: what cannot be read now is an alarm at once. */
  readonly isHasty?: boolean;
}

export interface PassOutcome {
  /** What failed, by pool. */
  readonly failed: Readonly<Record<string, readonly string[]>>;
  readonly alarms: readonly RaisedAlarm[];
}

/** Tasks of one key, one after the other. */
function lanes(): Lane {
  const tails = new Map<string, Promise<unknown>>();
  return (key, task) => {
    const run = (tails.get(key) ?? Promise.resolve()).then(task);
    tails.set(
      key,
      run.catch(() => undefined),
    );
    return run;
  };
}

export class Watcher {
  readonly alarms: Alarms;
  readonly #options: WatcherOptions;
  readonly #pools: readonly PoolWatch[];

  constructor(options: WatcherOptions) {
    const { store, pools, ports, isHasty = false } = options;
    this.#options = options;
    this.alarms = new Alarms(store, ports);
    const lane = lanes();
    this.#pools = pools.map((pool) => new PoolWatch({ pool, store, alarms: this.alarms, ports, lane, isHasty }));
  }

  /**
   * Opens every pool that answers. One that cannot be reached now is tried again with each pass.
   * @throws ChainError WRONG_CHAIN, NO_CODE, NOT_A_POOL; WatcherError POOL_MISMATCH: the settings are wrong
   */
  async open(): Promise<void> {
    // A pool that is no longer in the settings is nobody's alarm.
    this.alarms.keepOnly(new Set(this.#pools.flatMap(({ scopes }) => scopes)));
    for (const pool of this.#pools) {
      await pool.open().catch((error: unknown) => {
        if (isHopeless(error)) throw error;
        const { log } = this.#options.ports;
        log({ level: "warning", event: "fault", pool: pool.name, part: "opening", reason: reasonOf(error) });
      });
    }
  }

  /** One pass over every pool. */
  async once(): Promise<PassOutcome> {
    const failed: Record<string, readonly string[]> = {};
    for (const pool of this.#pools) failed[pool.name] = await pool.pass();
    await this.alarms.idle();
    return { failed, alarms: this.alarms.raised };
  }

  /** Passes over every pool, each in its own time, until `signal` ends it between two passes. */
  async follow(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#pools.map((pool) => this.#follow(pool, signal)));
    await this.alarms.idle();
  }

  async #follow(pool: PoolWatch, signal: AbortSignal): Promise<void> {
    const { pauseMilliseconds, sleep, ports } = this.#options;
    while (!signal.aborted) {
      await pool.pass().catch((error: unknown) => {
        // The file itself may fail, when the disk is full: what follows was not done, and comes again.
        ports.log({ level: "error", event: "fault", pool: pool.name, part: "pass", reason: reasonOf(error) });
      });
      if (!signal.aborted) await sleep(pauseMilliseconds, signal);
    }
  }
}
