// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * EdDSA over BabyJubJub with Poseidon (circomlib's variant): https://eips.ethereum.org/EIPS/eip-2494 for the curve. The provider
 * signs states and refund tickets with it. Signing is deterministic: the same message always gets the same signature. The curve's
 * arithmetic is @noble/curves', some 30 times as fast here as circomlibjs', which signs and verifies the same in test/parity.
 */
import { babyjubjub } from "@noble/curves/misc.js";
import { bytesToNumberLE, numberToBytesLE } from "@noble/curves/utils.js";
import { blake512 } from "@noble/hashes/blake1.js";

import { ProtocolError } from "./errors.ts";
import { FIELD_MODULUS, assertField } from "./field.ts";
import { poseidon } from "./poseidon.ts";

/** Its base is Base8, the generator of the prime subgroup. */
const Curve = babyjubjub.Point;
type CurvePoint = InstanceType<typeof Curve>;

/** A point of BabyJubJub, affine. */
export type Point = readonly [bigint, bigint];

export interface Signature {
  readonly r8: Point;
  /** Below the subgroup order. */
  readonly s: bigint;
}

/** The order of BabyJubJub's prime subgroup. */
export const SUBGROUP_ORDER = Curve.Fn.ORDER;

/** 1/8 modulo the subgroup order l: l = 1 mod 8, so 8 divides 7l + 1. */
const EIGHTH = (7n * SUBGROUP_ORDER + 1n) / 8n;

/** The neutral element; a well-formed stand-in where a circuit looks at no signature. */
export const IDENTITY_POINT: Point = [0n, 1n];
export const NO_SIGNATURE: Signature = { r8: IDENTITY_POINT, s: 0n };

const toPoint = (point: CurvePoint): Point => [point.x, point.y];

/** Undefined for what is no point of the curve. */
function fromPoint([x, y]: Point): CurvePoint | undefined {
  if (x < 0n || x >= FIELD_MODULUS || y < 0n || y >= FIELD_MODULUS) return undefined;
  if (x === 0n && y === 1n) return Curve.ZERO;
  try {
    const point = Curve.fromAffine({ x, y });
    point.assertValidity();
    return point;
  } catch {
    return undefined;
  }
}

/** True for a point of prime order: on the curve, in the subgroup, not the identity. */
export function isValidPublicKey(key: Point): boolean {
  const point = fromPoint(key);
  return point !== undefined && !point.is0() && point.isTorsionFree();
}

/** Q with 8·Q = key, which a pool is created with. @throws ProtocolError KEY_INVALID for what is no valid public key */
export function eighthOf(key: Point): Point {
  const point = fromPoint(key);
  if (point === undefined || !isValidPublicKey(key)) {
    throw new ProtocolError("KEY_INVALID", "this is no point of BabyJubJub's prime subgroup");
  }
  return toPoint(point.multiply(EIGHTH));
}

/** A provider's signing key. The private part stays inside. */
export interface ProviderKey {
  readonly publicKey: Point;
  /** Q with 8·Q = publicKey, by which the contract checks that the key is of prime order. */
  readonly eighth: Point;
  sign(message: bigint): Signature;
}

const challenge = (r8: Point, key: Point, message: bigint): bigint => poseidon([...r8, ...key, message]);

/** @param privateKey 32 bytes. @throws ProtocolError KEY_INVALID */
export function providerKey(privateKey: Uint8Array): ProviderKey {
  if (privateKey.length !== 32) throw new ProtocolError("KEY_INVALID", "a provider's signing key has 32 bytes");
  const expanded = blake512(privateKey);
  // RFC 8032's pruning: a multiple of 8 with the highest bit set.
  const scalar = expanded.slice(0, 32);
  scalar[0] = (scalar[0] as number) & 0xf8;
  scalar[31] = ((scalar[31] as number) & 0x7f) | 0x40;
  const prefix = expanded.slice(32);
  const secret = bytesToNumberLE(scalar);
  const point = Curve.BASE.multiply((secret >> 3n) % SUBGROUP_ORDER);
  const publicKey = toPoint(point);
  return {
    publicKey,
    eighth: toPoint(point.multiply(EIGHTH)),
    sign(message) {
      const bytes = numberToBytesLE(assertField(message, "message"), 32);
      const nonce = bytesToNumberLE(blake512(Uint8Array.of(...prefix, ...bytes))) % SUBGROUP_ORDER;
      const r8 = toPoint(Curve.BASE.multiply(nonce));
      return { r8, s: (nonce + challenge(r8, publicKey, message) * secret) % SUBGROUP_ORDER };
    },
  };
}

/** False for any malformed key, point, scalar or message; never throws. */
export function verifySignature(message: bigint, { r8, s }: Signature, key: Point): boolean {
  if (message < 0n || message >= FIELD_MODULUS || s < 0n || s >= SUBGROUP_ORDER) return false;
  const [commitment, signer] = [fromPoint(r8), fromPoint(key)];
  if (commitment === undefined || signer === undefined) return false;
  // 8·hm·A, as circomlib's circuit has it: the cofactor goes first, so that the scalar may be reduced.
  const weight = challenge(r8, key, message) % SUBGROUP_ORDER;
  const right = commitment.add(signer.clearCofactor().multiplyUnsafe(weight));
  return Curve.BASE.multiplyUnsafe(s).equals(right);
}
