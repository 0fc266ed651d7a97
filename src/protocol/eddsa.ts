/**
 * EdDSA over BabyJubJub with Poseidon (circomlib's variant): https://eips.ethereum.org/EIPS/eip-2494 for the curve. The provider
 * signs states and refund tickets with it. Signing is deterministic: the same message always gets the same signature.
 */
import { buildEddsa } from "circomlibjs";

import { ProtocolError } from "./errors.ts";
import { FIELD_MODULUS, assertField } from "./field.ts";

const library = await buildEddsa();
const { babyJub, F } = library;

/** A point of BabyJubJub, affine. */
export type Point = readonly [bigint, bigint];

export interface Signature {
  readonly r8: Point;
  /** Below the subgroup order. */
  readonly s: bigint;
}

/** The order of BabyJubJub's prime subgroup. */
export const SUBGROUP_ORDER = babyJub.subOrder;

/** 1/8 modulo the subgroup order l: l = 1 mod 8, so 8 divides 7l + 1. */
const EIGHTH = (7n * SUBGROUP_ORDER + 1n) / 8n;

/** The neutral element; a well-formed stand-in where a circuit looks at no signature. */
export const IDENTITY_POINT: Point = [0n, 1n];
export const NO_SIGNATURE: Signature = { r8: IDENTITY_POINT, s: 0n };

const toLibrary = (point: Point): [Uint8Array, Uint8Array] => [F.e(point[0]), F.e(point[1])];
const fromLibrary = (point: [Uint8Array, Uint8Array]): Point => [F.toObject(point[0]), F.toObject(point[1])];

const isFieldPair = (point: Point): boolean => point.every((c) => c >= 0n && c < FIELD_MODULUS);

/** True for a point of prime order: on the curve, in the subgroup, not the identity. */
export function isValidPublicKey(key: Point): boolean {
  return isFieldPair(key) && key[0] !== 0n && babyJub.inCurve(toLibrary(key)) && babyJub.inSubgroup(toLibrary(key));
}

/** A provider's signing key. The private part stays inside. */
export interface ProviderKey {
  readonly publicKey: Point;
  /** Q with 8·Q = publicKey, by which the contract checks that the key is of prime order. */
  readonly eighth: Point;
  sign(message: bigint): Signature;
}

/** @param privateKey 32 bytes. @throws ProtocolError KEY_INVALID */
export function providerKey(privateKey: Uint8Array): ProviderKey {
  if (privateKey.length !== 32) throw new ProtocolError("KEY_INVALID", "a provider's signing key has 32 bytes");
  const secret = Uint8Array.from(privateKey);
  const publicKey = library.prv2pub(secret);
  const eighth = babyJub.mulPointEscalar(publicKey, EIGHTH);
  return {
    publicKey: fromLibrary(publicKey),
    eighth: fromLibrary(eighth),
    sign(message) {
      const { R8, S } = library.signPoseidon(secret, F.e(assertField(message, "message")));
      return { r8: fromLibrary(R8), s: S };
    },
  };
}

/** False for any malformed key, point, scalar or message; never throws. */
export function verifySignature(message: bigint, signature: Signature, key: Point): boolean {
  const { r8, s } = signature;
  if (message < 0n || message >= FIELD_MODULUS || s < 0n || s >= SUBGROUP_ORDER) return false;
  if (!isFieldPair(r8) || !isFieldPair(key)) return false;
  return library.verifyPoseidon(F.e(message), { R8: toLibrary(r8), S: s }, toLibrary(key));
}
