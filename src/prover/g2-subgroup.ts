// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Whether a point of BN254's twist is in G2, by the endomorphism psi in place of a multiplication by r: for the curve's parameter x it
 * is there if and only if [x + 1]Q + psi([x]Q) + psi^2([x]Q) = psi^3([2x]Q) (https://eprint.iacr.org/2022/348.pdf, section 5). The test shows
 * that the norm of this polynomial in psi has no factor in common with the cofactor, which is what the "only if" rests on.
 */
import type { Curve, Point } from "snarkjs";

/** Real part, and what stands before u, with u² = -1. */
type Element = readonly [bigint, bigint];

/** What BN254 is made from. */
export const BN_PARAMETER = 4965661367192848881n;
const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

const reduce = (value: bigint): bigint => ((value % Q) + Q) % Q;
const conjugate = ([real, imaginary]: Element): Element => [real, reduce(-imaginary)];
const multiply = ([a, b]: Element, [c, d]: Element): Element => [reduce(a * c - b * d), reduce(a * d + b * c)];

function power(base: Element, exponent: bigint): Element {
  let result: Element = [1n, 0n];
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = multiply(square, square)) {
    if ((rest & 1n) === 1n) result = multiply(result, square);
  }
  return result;
}

/** The twist is by 9 + u. */
const TWIST: Element = [9n, 1n];
const X_FACTOR = power(TWIST, (Q - 1n) / 3n);
const Y_FACTOR = power(TWIST, (Q - 1n) / 2n);

interface Affine {
  readonly x: Element;
  readonly y: Element;
}

/** Untwist, Frobenius, twist. */
const psi = ({ x, y }: Affine): Affine => ({
  x: multiply(conjugate(x), X_FACTOR),
  y: multiply(conjugate(y), Y_FACTOR),
});

/** False for the point at infinity too. */
export function isInG2({ G2 }: Curve, point: Point): boolean {
  if (G2.isZero(point) || !G2.isValid(point)) return false;
  const multiple = G2.timesScalar(point, BN_PARAMETER);
  if (G2.isZero(multiple)) return false;
  const [x, y] = G2.toObject(G2.toAffine(multiple)) as unknown as [Element, Element];
  const first = psi({ x, y });
  const second = psi(first);
  const third = psi(second);
  const back = (of: Affine): Point => G2.fromObject([of.x, of.y, [1n, 0n]]);
  const sum = [point, back(first), back(second)].reduce((left, right) => G2.add(left, right), multiple);
  return G2.eq(sum, G2.double(back(third)));
}
