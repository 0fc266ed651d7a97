// SPDX-License-Identifier: GPL-3.0-or-later
/** Which coordinates are taken for points: against the arithmetic of another library. */
import { expect } from "chai";
import { curves } from "snarkjs";
import type { Curve, Point } from "snarkjs";

import { g1Point, g2Point } from "../../src/prover/points.ts";

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

type Pair = readonly [bigint, bigint];

describe("points of a proof", () => {
  let curve: Curve;
  /** Of the twist's order, r·cofactor. */
  let cofactor: bigint;

  const coordinatesOf = (point: Point): Pair[] => curve.G2.toObject(curve.G2.toAffine(point)) as unknown as Pair[];
  function isTaken(point: Point): boolean {
    const [x, y] = coordinatesOf(point) as [Pair, Pair];
    return g2Point(x, y) !== undefined;
  }

  before(async () => {
    curve = await curves.getCurveFromName("bn128", { singleThread: true });
    cofactor = 2n * curve.q - curve.r;
  });

  it("are in G2 where r times them is nothing, whatever the order of those that are not", () => {
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
      expect(isTaken(G2.timesScalar(inside, factor * 7_919n))).to.equal(true);
      for (const point of outside) {
        const multiple = G2.timesScalar(point, factor);
        expect(isTaken(multiple)).to.equal(byOrder(multiple)).and.to.equal(false);
      }
    }
  });

  it("are what they are in the other library", () => {
    const { G1, G2 } = curve;
    for (const factor of [1n, 2n, 7_919n, curve.r - 1n]) {
      const [x = 0n, y = 0n] = G1.toObject(G1.toAffine(G1.timesScalar(G1.g, factor))) as unknown as bigint[];
      expect(g1Point(x, y)?.getStr(10)).to.equal(`1 ${x} ${y}`);
      const [u, v] = coordinatesOf(G2.timesScalar(G2.g, factor)) as [Pair, Pair];
      expect(g2Point(u, v)?.getStr(10)).to.equal(`1 ${[...u, ...v].join(" ")}`);
    }
  });

  it("are on their curve, not at infinity, and have coordinates below q", () => {
    const { q } = curve;
    expect(g1Point(1n, 2n)).to.not.equal(undefined);
    for (const [x, y] of [
      [1n, 3n],
      [0n, 0n],
      [1n + q, 2n],
      [1n, 2n + q],
    ] as const) {
      expect(g1Point(x, y), `${x}, ${y}`).to.equal(undefined);
    }
    const [x, y] = coordinatesOf(curve.G2.g) as [Pair, Pair];
    expect(g2Point(x, y)).to.not.equal(undefined);
    for (const [u, v] of [
      [[x[1], x[0]], y],
      [x, [y[0], y[1] + 1n]],
      [
        [0n, 0n],
        [0n, 0n],
      ],
      [[x[0] + q, x[1]], y],
      [[x[0], x[1] + q], y],
    ] as const) {
      expect(g2Point(u, v), `${String(u)}, ${String(v)}`).to.equal(undefined);
    }
  });
});
