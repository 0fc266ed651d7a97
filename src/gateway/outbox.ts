// SPDX-License-Identifier: GPL-3.0-or-later
/** Hands in what was recorded, until it is done: once when it happens, and again whenever the gateway is told to. */
export interface OutboxOptions<T> {
  readonly keyOf: (item: T) => bigint;
  /** What is recorded and not done. */
  readonly pending: () => Promise<readonly T[]>;
  readonly handIn: (item: T) => Promise<void>;
  readonly markDone: (item: T) => Promise<void>;
  readonly onFault: ((error: unknown) => void) | undefined;
}

export class Outbox<T> {
  readonly #options: OutboxOptions<T>;
  readonly #running = new Map<bigint, Promise<void>>();

  constructor(options: OutboxOptions<T>) {
    this.#options = options;
  }

  /** Hands in one item, which is recorded; the caller does not wait. An item that is on its way is not sent twice. */
  post(item: T): void {
    void this.#send(item);
  }

  /** Hands in everything that is not done. */
  async postAll(): Promise<void> {
    await this.idle();
    await Promise.all((await this.#options.pending()).map((item) => this.#send(item)));
  }

  /** Resolves when everything under way has come to its end. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  #send(item: T): Promise<void> {
    const key = this.#options.keyOf(item);
    const known = this.#running.get(key);
    if (known !== undefined) return known;
    const run = this.#attempt(item).finally(() => this.#running.delete(key));
    this.#running.set(key, run);
    return run;
  }

  /** What fails stays pending, and that is all: the caller of a gateway has no part in it. */
  async #attempt(item: T): Promise<void> {
    const { handIn, markDone, onFault } = this.#options;
    try {
      await handIn(item);
      await markDone(item);
    } catch (error) {
      onFault?.(error);
    }
  }
}
