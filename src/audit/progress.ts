// SPDX-License-Identifier: GPL-3.0-or-later
/** Says now and then how far long work has come, so that a person sees that it goes on. */

/** Milliseconds between two lines. */
const EVERY = 2_000;

export class Progress {
  readonly #say: (line: string) => void;
  readonly #now: () => number;
  #last = -Infinity;

  /** @param now milliseconds of a clock that only goes forward. */
  constructor(say: (line: string) => void, now: () => number) {
    this.#say = say;
    this.#now = now;
  }

  /** In any case: a new part of the work, or its end. */
  say(line: string): void {
    this.#last = this.#now();
    this.#say(line);
  }

  /** Where the last line was said some time ago. */
  tell(line: () => string): void {
    if (this.#now() - this.#last >= EVERY) this.say(line());
  }
}
