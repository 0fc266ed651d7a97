// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Between snarkjs's JSON of a proof and ours. Threads load this file, so it takes nothing but types from the protocol: they start
 * sooner without it.
 */
import type { Groth16Proof } from "snarkjs";

import type { Proof } from "../protocol/index.ts";

const two = (values: readonly (string | undefined)[]): [bigint, bigint] => [
  BigInt(values[0] as string),
  BigInt(values[1] as string),
];

/** snarkjs gives affine points with a third coordinate of 1, and an element of Fq2 with its real part first. */
export function fromSnarkjs({ pi_a, pi_b, pi_c }: Groth16Proof): Proof {
  const [x, y] = pi_b.map(two) as [[bigint, bigint], [bigint, bigint]];
  return {
    a: two(pi_a),
    b: [
      [x[1], x[0]],
      [y[1], y[0]],
    ],
    c: two(pi_c),
  };
}

export function toSnarkjs({ a, b, c }: Proof): Groth16Proof {
  const text = (...values: bigint[]): string[] => values.map(String);
  return {
    pi_a: text(a[0], a[1], 1n),
    pi_b: [text(b[0][1], b[0][0]), text(b[1][1], b[1][0]), text(1n, 0n)],
    pi_c: text(c[0], c[1], 1n),
    protocol: "groth16",
    curve: "bn128",
  };
}
