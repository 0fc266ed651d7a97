// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * BabyJubJub by the textbook (ERC-2494: a·x² + y² = 1 + d·x²·y²), for attacks that no library offers: points of low order, signatures
 * that are valid but for one rule. Honest signatures are zk-kit's.
 */
import { createRequire } from "node:module";

import type * as ZkKit from "@zk-kit/eddsa-poseidon";

import { H, inverse, modulo, p } from "./hash.ts";

/** zk-kit's ES module does not load in Node, its CommonJS one does. */
const zkKit = createRequire(import.meta.url)("@zk-kit/eddsa-poseidon") as typeof ZkKit;

export type Point = readonly [bigint, bigint];
export interface Signature {
  readonly r8: Point;
  readonly s: bigint;
}

const a = 168700n;
const d = 168696n;
/** The order of the prime subgroup; the whole group has eight times as many points. */
export const l = 2736030358979909402780800718157159386076813972158567259200215660948447373041n;
export const IDENTITY: Point = [0n, 1n];
/** A generator of the whole group. */
export const GENERATOR: Point = [
  995203441582195749578291179787384436505546430278305826713579947235728471134n,
  5472060717959818805561601436314318772137091100104008585924551046643952123905n,
];

export function add([x1, y1]: Point, [x2, y2]: Point): Point {
  const product = d * modulo(x1 * x2) * modulo(y1 * y2);
  return [
    modulo((x1 * y2 + y1 * x2) * inverse(1n + product)),
    modulo((y1 * y2 - a * x1 * x2) * inverse(1n - product)),
  ];
}

export function multiply(point: Point, scalar: bigint): Point {
  let result = IDENTITY;
  for (const bit of scalar.toString(2)) {
    result = add(result, result);
    if (bit === "1") result = add(result, point);
  }
  return result;
}

export const isOnCurve = ([x, y]: Point): boolean => modulo(a * x * x + y * y - 1n - d * modulo(x * x) * (y * y)) === 0n;

/** Eight times the generator: the base of signatures. */
export const BASE8 = multiply(GENERATOR, 8n);

/** A point of order 1, 2, 4 or 8. */
export const pointOfOrder = (order: 1 | 2 | 4 | 8): Point => multiply(GENERATOR, l * BigInt(8 / order));

const challenge = (r8: Point, key: Point, message: bigint): bigint => H(r8[0], r8[1], key[0], key[1], message);

/** s·B8 = R8 + h·8·A, s < l, nothing else. */
export function isSigned(message: bigint, { r8, s }: Signature, key: Point): boolean {
  const left = multiply(BASE8, s);
  const right = add(r8, multiply(multiply(key, 8n), challenge(r8, key, message)));
  return s < l && left[0] === right[0] && left[1] === right[1];
}

/** A provider of the model. */
export interface Signer {
  readonly privateKey: Uint8Array;
  readonly key: Point;
  /** Q with 8·Q = key. */
  readonly eighth: Point;
  sign(message: bigint): Signature;
  /** The same signature with a point of low order added to R8, made with the private key: what a provider could try. */
  signWithTorsion(message: bigint, torsion: Point): Signature;
}

const signatures = new Map<string, Signature>();

/** @param privateKey 32 bytes. Signatures are kept: the same ones are wanted many times. */
export function signer(privateKey: Uint8Array): Signer {
  const key = zkKit.derivePublicKey(privateKey);
  // key = scalar·B8, where zk-kit gives scalar; Q = scalar·GENERATOR.
  const scalar = zkKit.deriveSecretScalar(privateKey);
  return {
    privateKey,
    key,
    eighth: multiply(GENERATOR, scalar),
    sign(message) {
      const name = `${key[0]} ${message}`;
      const known = signatures.get(name);
      if (known !== undefined) return known;
      const { R8, S } = zkKit.signMessage(privateKey, message);
      const signature = { r8: [BigInt(R8[0]), BigInt(R8[1])] as const, s: BigInt(S) };
      signatures.set(name, signature);
      return signature;
    },
    signWithTorsion(message, torsion) {
      const nonce = modulo(H(message, scalar), l);
      const r8 = add(multiply(BASE8, nonce), torsion);
      return { r8, s: modulo(nonce + challenge(r8, key, message) * 8n * scalar, l) };
    },
  };
}

export function isSignedByZkKit(message: bigint, { r8, s }: Signature, key: Point): boolean {
  return zkKit.verifySignature(message, { R8: [r8[0], r8[1]], S: s }, [key[0], key[1]]);
}

/** An x below p that is no x-coordinate of the curve with this y: a point off the curve. */
export const OFF_CURVE: Point = [1n, p - 2n];
