// SPDX-License-Identifier: GPL-3.0-or-later
/** The checks of an untrusted proof that come before any curve arithmetic. */
import { FIELD_MODULUS } from "../protocol/index.ts";
import type { Proof } from "../protocol/index.ts";

/** q, the order of the field that the coordinates of BN254's points are in. */
const COORDINATE_MODULUS = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

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
