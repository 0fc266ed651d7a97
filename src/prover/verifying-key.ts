// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Groth16 verification (https://eprint.iacr.org/2016/260.pdf) with everything that a key fixes worked out once: three Miller loops, one
 * of them with a point of G2 that is new, and one final exponentiation. It is stricter than the EVM in one way that no proof meets:
 * points at infinity are refused.
 */
import type { Curve, Point, VerificationKey } from "snarkjs";

import type { Proof } from "../protocol/index.ts";
import { isInG2 } from "./g2-subgroup.ts";

const pointOf = (values: readonly string[]): bigint[] => values.map(BigInt);
const twistPointOf = (values: readonly (readonly string[])[]): bigint[][] => values.map(pointOf);

/** Signals that come again and again, as the pool's hash does, are multiplied once. */
class FixedPoint {
  readonly #curve: Curve;
  readonly #point: Point;
  #scalar = -1n;
  #product: Point;

  constructor(curve: Curve, point: Point) {
    this.#curve = curve;
    this.#point = point;
    this.#product = point;
  }

  times(scalar: bigint): Point {
    if (scalar !== this.#scalar) {
      this.#product = this.#curve.G1.timesScalar(this.#point, scalar);
      this.#scalar = scalar;
    }
    return this.#product;
  }
}

export class VerifyingKey {
  readonly #curve: Curve;
  readonly #constant: Point;
  readonly #inputs: readonly FixedPoint[];
  readonly #gamma: Uint8Array;
  readonly #delta: Uint8Array;
  /** e(alpha, beta). */
  readonly #target: Uint8Array;

  constructor(curve: Curve, key: VerificationKey) {
    const { G1, G2 } = curve;
    const [constant, ...inputs] = key.IC.map((point) => G1.fromObject(pointOf(point)));
    if (constant === undefined || inputs.length !== key.nPublic) throw new Error("the verification key is malformed");
    this.#curve = curve;
    this.#constant = constant;
    this.#inputs = inputs.map((point) => new FixedPoint(curve, point));
    const g2 = (of: string[][]): Uint8Array => curve.prepareG2(G2.toJacobian(G2.fromObject(twistPointOf(of))));
    this.#gamma = g2(key.vk_gamma_2);
    this.#delta = g2(key.vk_delta_2);
    const alpha = this.#prepared(G1.fromObject(pointOf(key.vk_alpha_1)));
    this.#target = curve.finalExponentiation(curve.millerLoop(alpha, g2(key.vk_beta_2)));
  }

  /** The values are in their ranges (`isWellFormed`). */
  verify(publicSignals: readonly bigint[], { a, b, c }: Proof): boolean {
    const { G1, G2, Gt } = this.#curve;
    const pointA = G1.fromObject([...a, 1n]);
    const pointB = G2.fromObject([
      [b[0][1], b[0][0]],
      [b[1][1], b[1][0]],
      [1n, 0n],
    ]);
    const pointC = G1.fromObject([...c, 1n]);
    const isPoint = (point: Point): boolean => !G1.isZero(point) && G1.isValid(point);
    if (!isPoint(pointA) || !isPoint(pointC) || !isInG2(this.#curve, pointB)) return false;

    const input = this.#inputs.reduce(
      (sum, point, position) => G1.add(sum, point.times(publicSignals[position] as bigint)),
      this.#constant,
    );
    const loops = [
      this.#curve.millerLoop(this.#prepared(pointA), this.#curve.prepareG2(G2.toJacobian(pointB))),
      // The pairing of the point at infinity is 1.
      ...(G1.isZero(input) ? [] : [this.#curve.millerLoop(this.#prepared(G1.neg(input)), this.#gamma)]),
      this.#curve.millerLoop(this.#prepared(G1.neg(pointC)), this.#delta),
    ];
    const product = loops.reduce((left, right) => Gt.mul(left, right));
    return Gt.eq(this.#curve.finalExponentiation(product), this.#target);
  }

  #prepared(point: Point): Uint8Array {
    return this.#curve.prepareG1(this.#curve.G1.toJacobian(point));
  }
}
