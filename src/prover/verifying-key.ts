// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Groth16 verification (https://eprint.iacr.org/2016/260.pdf) with everything that a key fixes worked out once: three Miller loops, one
 * of them with a point of G2 that is new, and one final exponentiation. It is stricter than the EVM in one way that no proof meets:
 * points at infinity are refused.
 */
import { Fr, PrecomputedG2, add, finalExp, millerLoop, mul, mulVec, neg, precomputedMillerLoop2 } from "mcl-wasm";
import type { G1, G2, GT } from "mcl-wasm";
import type { VerificationKey } from "snarkjs";

import type { Proof } from "../protocol/index.ts";
import { g1Point, g2Point } from "./points.ts";

function required<P>(point: P | undefined): P {
  if (point === undefined) throw new Error("the verification key is malformed");
  return point;
}

/** snarkjs writes affine points with a third coordinate of 1. */
const g1 = ([x = "", y = ""]: readonly string[]): G1 => required(g1Point(BigInt(x), BigInt(y)));
function g2(point: readonly (readonly string[])[]): G2 {
  const [x = 0n, xu = 0n, y = 0n, yu = 0n] = point.flat().map(BigInt);
  return required(g2Point([x, xu], [y, yu]));
}

function scalarOf(value: bigint): Fr {
  const scalar = new Fr();
  scalar.setStr(value.toString(16), 16);
  return scalar;
}

export class VerifyingKey {
  readonly #constant: G1;
  readonly #inputs: G1[];
  readonly #gamma: PrecomputedG2;
  readonly #delta: PrecomputedG2;
  /** e(alpha, beta). */
  readonly #target: GT;

  constructor(key: VerificationKey) {
    const [constant, ...inputs] = key.IC.map(g1);
    this.#constant = required(constant);
    this.#inputs = inputs;
    if (inputs.length !== key.nPublic) throw new Error("the verification key is malformed");
    this.#gamma = new PrecomputedG2(g2(key.vk_gamma_2));
    this.#delta = new PrecomputedG2(g2(key.vk_delta_2));
    this.#target = finalExp(millerLoop(g1(key.vk_alpha_1), g2(key.vk_beta_2)));
  }

  /** The values are in their ranges (`isWellFormed`). */
  verify(publicSignals: readonly bigint[], { a, b, c }: Proof): boolean {
    const pointA = g1Point(...a);
    const pointC = g1Point(...c);
    if (pointA === undefined || pointC === undefined) return false;
    // The EVM's order: what stands before u first.
    const pointB = g2Point([b[0][1], b[0][0]], [b[1][1], b[1][0]]);
    if (pointB === undefined) return false;

    const input = add(this.#constant, mulVec(this.#inputs, publicSignals.map(scalarOf)));
    const fixed = precomputedMillerLoop2(neg(input), this.#gamma, neg(pointC), this.#delta);
    return finalExp(mul(millerLoop(pointA, pointB), fixed)).isEqual(this.#target);
  }
}
