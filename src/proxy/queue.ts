// SPDX-License-Identifier: GPL-3.0-or-later
/** Calls wait here for their turn, first come first served, up to a number. */
import { ProxyProblem } from "./problem.ts";

export interface QueueLimits {
  readonly running: number;
  readonly waiting: number;
}

export class CallQueue {
  readonly #limits: QueueLimits;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** @throws ProxyProblem 503 "proxy_busy" when too many wait */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limits.running) {
      if (this.#waiting.length >= this.#limits.waiting) {
        const message = `${this.#running} calls are under way and ${this.#waiting.length} wait: try again later`;
        throw new ProxyProblem(503, "proxy_busy", message, { mayRetry: true });
      }
      // Whoever ends hands its place on.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
