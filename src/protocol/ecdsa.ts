// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * ECDSA over secp256k1 as Ethereum has it, by libsecp256k1 in WebAssembly (tiny-secp256k1): every call is signed and recovered twice, and
 * ethers' own takes three times as long. Both give the same bytes; test/parity says so.
 */
import { Signature, dataSlice, getAddress, getBytes, hexlify, keccak256 } from "ethers";
import { recover, signRecoverable } from "tiny-secp256k1";

const V_OFFSET = 27;

/** @param key 65 bytes: uncompressed, after a byte that says so. */
const addressOf = (key: Uint8Array): string => getAddress(dataSlice(keccak256(key.subarray(1)), 12));

/** @param digest 32 bytes. @returns r, s (in the lower half) and v, 65 bytes; deterministic (RFC 6979) */
export function signDigest(privateKey: Uint8Array, digest: string): string {
  const { signature, recoveryId } = signRecoverable(getBytes(digest), privateKey);
  return hexlify(Uint8Array.of(...signature, V_OFFSET + recoveryId));
}

/**
 * The address whose key signed a digest of 32 bytes, in mixed case. Takes the forms that ethers takes.
 * @returns undefined for what is no signature of it; never throws on one
 */
export function signerOf(digest: string, signature: string): string | undefined {
  try {
    const { r, s, yParity } = Signature.from(signature);
    const key = recover(getBytes(digest), getBytes(r + s.slice(2)), yParity, false);
    return key === null ? undefined : addressOf(key);
  } catch {
    return undefined;
  }
}
