/** Between snarkjs's JSON of a proof and ours, and the range checks that come before any curve arithmetic. */
import type { Groth16Proof } from "snarkjs";

import type { Proof } from "../protocol/index.ts";
import { FIELD_MODULUS } from "../protocol/index.ts";

/** q, the order of the field that the coordinates of BN254's points are in. */
export const COORDINATE_MODULUS = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

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

const isBelow = (modulus: bigint) => (value: unknown) => typeof value === "bigint" && value >= 0n && value < modulus;

const isPair = (value: unknown): value is readonly [unknown, unknown] => Array.isArray(value) && value.length === 2;

/** Whether the values have the shape and the range of a proof with `count` public signals. Looks at untrusted values; throws never. */
export function isWellFormed(publicSignals: unknown, proof: unknown, count: number): boolean {
  if (!Array.isArray(publicSignals) || publicSignals.length !== count) return false;
  if (!publicSignals.every(isBelow(FIELD_MODULUS))) return false;
  if (typeof proof !== "object" || proof === null) return false;
  const { a, b, c } = proof as Partial<Record<keyof Proof, unknown>>;
  if (!isPair(a) || !isPair(b) || !isPair(c) || !isPair(b[0]) || !isPair(b[1])) return false;
  return [...a, ...b[0], ...b[1], ...c].every(isBelow(COORDINATE_MODULUS));
}
