// SPDX-License-Identifier: GPL-3.0-or-later
/** Work that recurs: one run at a time, and the next one some time after it. Its timer does not keep the process alive. */

export class Lane {
  readonly #work: () => Promise<void>;
  readonly #pauseMilliseconds: number;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStarted = false;

  /** @param work never rejects. */
  constructor(work: () => Promise<void>, pauseSeconds: number) {
    this.#work = work;
    this.#pauseMilliseconds = pauseSeconds * 1_000;
  }

  start(): void {
    this.#isStarted = true;
    this.wake();
  }

  /** Runs now, if it is started. */
  wake(): void {
    if (this.#isStarted) void this.run();
  }

  /** One run; whoever asks while one is under way waits for that one. */
  run(): Promise<void> {
    clearTimeout(this.#timer);
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
      if (this.#isStarted) this.#timer = setTimeout(() => void this.run(), this.#pauseMilliseconds).unref();
    });
    return this.#running;
  }

  /** Waits for what runs. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    clearTimeout(this.#timer);
    await this.#running;
  }
}
