// SPDX-License-Identifier: GPL-3.0-or-later
/** A kind of command: what somebody may do next. */
import type { Scene } from "../scene.ts";

export interface Kind {
  readonly name: string;
  /** How often it is drawn, against the others. */
  readonly weight: number;
  isPossible(scene: Scene): boolean;
  act(scene: Scene, pick: Pick): Promise<void>;
}

/** Choices out of the numbers that a command was generated with. */
export class Pick {
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** 0 … end - 1. */
  below(end: number): number {
    const number = this.#numbers[this.#at++ % this.#numbers.length] ?? 0;
    return number % end;
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  /** Between one and `most` of the items, in their order. */
  some<T>(items: readonly T[], most: number): T[] {
    const count = 1 + this.below(Math.min(most, items.length));
    const start = this.below(items.length - count + 1);
    return items.slice(start, start + count);
  }
}
