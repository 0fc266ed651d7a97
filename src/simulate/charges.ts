// SPDX-License-Identifier: GPL-3.0-or-later
/** What calls are charged: classes of prices, of which a beta-distributed part is not used, in whole units of the pool. */
import type { Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";

/** log Γ(x) for x > 0: Lanczos 1964, with g = 7 and nine terms. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const terms = [
    ...[676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406],
    ...[12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7],
  ];
  const sum = terms.reduce((total, term, index) => total + term / (x + index), 0.9999999999998099);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** The distribution function of beta: Lentz's continued fraction (Numerical Recipes, 6.4). */
export function betaBelow(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaBelow(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x)) / a;
  const kept = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1;
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept(1 + even * d);
    c = kept(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept(1 + odd * d);
    c = kept(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return front * fraction;
}

/** Charges in units of the pool: 0 to C / unit. */
export class Charges {
  /** The probability of each charge or a lower one. */
  readonly #below: Float64Array;
  readonly mean: number;

  constructor({ prices, unused, pool }: Pick<Scenario, "prices" | "unused" | "pool">) {
    const most = Number(pool.ticketPrice / pool.unit);
    const probability = new Float64Array(most + 1);
    const weights = prices.reduce((sum, { weight }) => sum + weight, 0);
    for (const { weight, ofPrice } of prices) {
      const cap = Math.max(1, Math.round(most * ofPrice));
      // A charge of n units stands for a used part in ((n - 1) / cap, n / cap]: charges are rounded up.
      const usedBelow = (part: number): number => 1 - betaBelow(1 - part, unused.alpha, unused.beta);
      for (let charge = 1; charge <= cap; charge++) {
        const chance = usedBelow(charge / cap) - usedBelow((charge - 1) / cap);
        probability[charge] = (probability[charge] ?? 0) + (weight / weights) * chance;
      }
    }
    let sum = 0;
    this.#below = probability.map((chance) => (sum += chance));
    this.mean = probability.reduce((total, chance, charge) => total + chance * charge, 0);
  }

  draw(random: Random): number {
    const drawn = random.uniform();
    let [low, high] = [0, this.#below.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#below[middle] ?? 1) > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
