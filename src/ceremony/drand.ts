// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Rounds of drand's public chain `quicknet`, which can be checked without asking anybody: a round's signature is the threshold network's
 * BLS signature of its number (bls-unchained-g1-rfc9380), and its randomness is the SHA-256 of the signature. https://docs.drand.love
 */
import { bls12_381 } from "@noble/curves/bls12-381.js";

import { sha256 } from "../circuits/index.ts";

export const QUICKNET = {
  chainHash: "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
  publicKey:
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
  genesisSeconds: 1_692_803_367,
  periodSeconds: 3,
} as const;

const DOMAIN = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";
const SIGNATURE = /^[0-9a-f]{96}$/;

export const roundSeconds = (round: number): number => QUICKNET.genesisSeconds + (round - 1) * QUICKNET.periodSeconds;

/** The first round that is out at this time or later. */
export const roundAt = (seconds: number): number =>
  Math.max(1, Math.ceil((seconds - QUICKNET.genesisSeconds) / QUICKNET.periodSeconds) + 1);

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

/** The round's randomness in hexadecimal; undefined unless the signature is the network's for this round. */
export function randomnessOf(round: number, signature: string): string | undefined {
  if (!SIGNATURE.test(signature)) return undefined;
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(round));
  const signatures = bls12_381.shortSignatures;
  const message = signatures.hash(bytesOf(sha256(number)), DOMAIN);
  try {
    if (!signatures.verify(bytesOf(signature), message, bytesOf(QUICKNET.publicKey))) return undefined;
  } catch {
    // Bytes that are no point of the curve.
    return undefined;
  }
  return sha256(bytesOf(signature));
}
