// SPDX-License-Identifier: GPL-3.0-or-later
/** The naive model's field and hash. It shares no code with src: Poseidon is poseidon-lite's, tags come from their labels. */
import { keccak_256 } from "@noble/hashes/sha3.js";
import { poseidon1, poseidon2, poseidon3, poseidon4, poseidon5, poseidon6 } from "poseidon-lite";

/** The order of BN254's scalar field. */
export const p = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

export const modulo = (value: bigint, modulus: bigint = p): bigint => ((value % modulus) + modulus) % modulus;

/** Inverse by the extended Euclidean algorithm. */
export function inverse(value: bigint): bigint {
  let [a, b, x, y] = [modulo(value), p, 1n, 0n];
  while (a > 1n) {
    if (b === 0n) throw new Error("no inverse");
    const quotient = a / b;
    [a, b, x, y] = [b, a % b, y, x - quotient * y];
  }
  if (a === 0n) throw new Error("0 has no inverse");
  return modulo(x);
}

/** Poseidon of 1 to 6 field elements. */
export function H(...inputs: bigint[]): bigint {
  const poseidon = [poseidon1, poseidon2, poseidon3, poseidon4, poseidon5, poseidon6][inputs.length - 1];
  if (poseidon === undefined) throw new Error(`no Poseidon of ${inputs.length} inputs`);
  return poseidon(inputs);
}

export const keccak = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(keccak_256(bytes)).toString("hex")}`);

/** The first 31 bytes of the hash of a tag's label. */
const tag = (name: string): bigint => keccak(Buffer.from(`jeton.tag.${name}.v1`)) >> 8n;

export const TAG_LEAF = tag("leaf");
export const TAG_STATE = tag("state");
export const TAG_RHO = tag("rho");
export const TAG_ENROLL = tag("enroll");
export const TAG_FOLD = tag("fold");
export const TAG_FILL = tag("fill");
export const TAG_REFUND = tag("refund");
