// SPDX-License-Identifier: GPL-3.0-or-later
/** G2's membership by the endomorphism: against a multiplication by r, and the arithmetic that it rests on. */
import { expect } from "chai";
import { curves } from "snarkjs";
import type { Curve, Point } from "snarkjs";

import { BN_PARAMETER, isInG2 } from "../../src/prover/g2-subgroup.ts";

/** (1, y) on the twist, of another order than r. */
const STRAY = [
  [1n, 0n],
  [
    18278151005453108793778860132295291098363647455926340152056652516292830556603n,
    5912654199736721486680175016176231956195085055698687135131307249486702594212n,
  ],
  [1n, 0n],
];
const SMALL_ORDERS = [10_069n, 5_864_401n];

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b));

describe("membership in G2", () => {
  let curve: Curve;
  /** Of the twist's order, r·cofactor. */
  let cofactor: bigint;

  before(async () => {
    curve = await curves.getCurveFromName("bn128", { singleThread: true });
    cofactor = 2n * curve.q - curve.r;
  });

  it("rests on a polynomial in psi whose norm has no factor in common with the cofactor, and has r", () => {
    const x = BN_PARAMETER;
    const { q, r } = curve;
    expect([36n * x ** 4n + 36n * x ** 3n + 24n * x ** 2n + 6n * x + 1n, q - r]).to.deep.equal([q, 6n * x ** 2n]);
    // psi² = t·psi - q: each power of psi as a + b·psi.
    const t = 6n * x ** 2n + 1n;
    const powers: [bigint, bigint][] = [[1n, 0n]];
    for (let [a, b] = [1n, 0n]; powers.length < 4; powers.push([a, b])) [a, b] = [-q * b, a + t * b];
    const coefficients = [x + 1n, x, x, -2n * x];
    const [a, b] = [0, 1].map((part) =>
      powers.reduce((sum, power, exponent) => sum + (power[part] as bigint) * (coefficients[exponent] as bigint), 0n),
    ) as [bigint, bigint];
    const norm = a * a + a * b * t + b * b * q;
    expect(gcd(norm, cofactor)).to.equal(1n);
    expect(norm % r).to.equal(0n);
  });

  it("agrees with a multiplication by r on points of all kinds of orders", () => {
    const { G2, r } = curve;
    const byOrder = (point: Point): boolean => !G2.isZero(point) && G2.isZero(G2.timesScalar(point, r));
    const stray = G2.fromObject(STRAY);
    const inside = G2.toAffine(G2.timesScalar(stray, cofactor));
    expect(byOrder(inside)).to.equal(true);
    const outside = [stray, G2.timesScalar(stray, r)];
    for (const order of SMALL_ORDERS) {
      expect(cofactor % order).to.equal(0n);
      const small = G2.timesScalar(stray, (r * cofactor) / order);
      outside.push(small, G2.add(small, inside));
    }
    for (let factor = 1n; factor < 20n; factor++) {
      expect(isInG2(curve, G2.toAffine(G2.timesScalar(inside, factor * 7_919n)))).to.equal(true);
      for (const point of outside) {
        const multiple = G2.toAffine(G2.timesScalar(point, factor));
        expect(isInG2(curve, multiple)).to.equal(byOrder(multiple)).and.to.equal(false);
      }
    }
    expect(isInG2(curve, G2.timesScalar(inside, r))).to.equal(false);
  });
});
