// SPDX-License-Identifier: GPL-3.0-or-later
/** How the pool's figures went over time, in so many steps at most: when there are more, every two become one, and only the later stays. */

/** Amounts in token base units; counts and sums since the beginning, or as they stand. */
export interface Sample {
  /** Unix seconds. */
  readonly time: number;
  readonly opened: number;
  /** Active, closing ones included. */
  readonly active: number;
  readonly slashed: number;
  readonly escrowed: bigint;
  readonly openDeposits: bigint;
  readonly earned: bigint;
  readonly withdrawn: bigint;
  readonly toBurn: bigint;
  readonly bond: bigint;
  readonly disputes: number;
  readonly lost: number;
  readonly violations: number;
}

const MOST_SAMPLES = 400;

export class Timeline {
  #samples: Sample[] = [];
  /** Seconds that one sample stands for. */
  #width = 1;

  add(sample: Sample): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && this.#slot(last) === this.#slot(sample)) this.#samples.pop();
    this.#samples.push(sample);
    while (this.#samples.length > MOST_SAMPLES) {
      this.#width *= 2;
      this.#samples = this.#samples.filter((one, index) => {
        const next = this.#samples[index + 1];
        return next === undefined || this.#slot(next) !== this.#slot(one);
      });
    }
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  #slot({ time }: Sample): number {
    return Math.floor(time / this.#width);
  }
}
