// SPDX-License-Identifier: GPL-3.0-or-later
/** Death of a process at a point that it was told of: no handler runs, nothing is flushed, nobody is told. */
import { appendFileSync } from "node:fs";

export class Death<P extends string> {
  readonly #log: string;
  #armed: P | undefined;
  #passes = 0;

  /** @param log where the point is noted before the end, so that it is known that this was it. */
  constructor(log: string) {
    this.#log = log;
  }

  /** @param passes how often the point is passed before it kills. */
  arm(point: P | undefined, passes = 0): void {
    this.#armed = point;
    this.#passes = passes;
  }

  /** Called where a process may die. */
  at(point: P): void {
    if (this.isDue(point)) this.die();
  }

  /** Whether the process is to die here; a pass is counted. The caller sees to it with `die`. */
  isDue(point: P): boolean {
    if (this.#armed !== point) return false;
    if (this.#passes === 0) return true;
    this.#passes -= 1;
    return false;
  }

  /** Does not return. */
  die(): never {
    appendFileSync(this.#log, `${process.pid} ${this.#armed ?? ""}\n`);
    process.kill(process.pid, "SIGKILL");
    // The signal comes with the end of the call above; nothing else may happen meanwhile.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  }
}
