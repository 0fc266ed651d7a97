// SPDX-License-Identifier: GPL-3.0-or-later
/** The observer's own arithmetic modulo p. */
import { FIELD_MODULUS } from "../../../../src/protocol/index.ts";

export const mod = (value: bigint): bigint => ((value % FIELD_MODULUS) + FIELD_MODULUS) % FIELD_MODULUS;

/** By Euclid's algorithm; 0 for 0. */
export function inverse(value: bigint): bigint {
  let [remainder, next] = [FIELD_MODULUS, mod(value)];
  let [coefficient, nextCoefficient] = [0n, 1n];
  while (next > 0n) {
    const quotient = remainder / next;
    [remainder, next] = [next, remainder - quotient * next];
    [coefficient, nextCoefficient] = [nextCoefficient, coefficient - quotient * nextCoefficient];
  }
  return mod(value) === 0n ? 0n : mod(coefficient);
}
