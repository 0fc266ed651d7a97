// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Chance that comes again: AES-128 in counter mode, its key the first half of SHA-256 over a seed and a name. Every user has a stream of
 * its own, so what one does depends neither on how many there are nor on the machine. Nothing here is secret, and nothing secret may come from here.
 */
import { createCipheriv, createHash } from "node:crypto";

const BLOCK = 4_096;
const ZEROS = Buffer.alloc(BLOCK);
/** 2^-53: a double holds so many digits. */
const ULP = 2 ** -53;

export class Random {
  readonly #cipher: ReturnType<typeof createCipheriv>;
  #block = Buffer.alloc(0);
  #position = 0;

  constructor(seed: string, name: string) {
    const key = createHash("sha256").update(`jeton.simulation.v1\n${seed}\n${name}`).digest().subarray(0, 16);
    this.#cipher = createCipheriv("aes-128-ctr", key, Buffer.alloc(16));
  }

  /** In [0, 1). */
  uniform(): number {
    if (this.#position + 8 > this.#block.length) {
      this.#block = this.#cipher.update(ZEROS);
      this.#position = 0;
    }
    const [high, low] = [this.#block.readUInt32LE(this.#position), this.#block.readUInt32LE(this.#position + 4)];
    this.#position += 8;
    return ((high >>> 5) * 2 ** 26 + (low >>> 6)) * ULP;
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.uniform());
  }

  /** Box and Muller 1958. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** By its median and the standard deviation of its logarithm. */
  lognormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal());
  }

  /** Marsaglia and Tsang 2000; below a shape of 1 by its usual boost. */
  gamma(shape: number, mean: number): number {
    if (shape < 1) return this.gamma(shape + 1, mean * ((shape + 1) / shape)) * (1 - this.uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - this.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
        return (d * v * mean) / shape;
      }
    }
  }

  /** By waiting times; a large mean is halved until waiting is short (sums of Poisson counts are Poisson). */
  poisson(mean: number): number {
    if (mean > 500) return this.poisson(mean / 2) + this.poisson(mean / 2);
    const end = Math.exp(-mean);
    let count = 0;
    for (let product = 1 - this.uniform(); product > end; product *= 1 - this.uniform()) count += 1;
    return count;
  }
}
