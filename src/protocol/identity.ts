/** Accounts: the identity secret k, its commitment, and the leaf that stands for the account in the tree. */
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { getAddress, solidityPacked, toBeHex } from "ethers";

import { ProtocolError } from "./errors.ts";
import { FIELD_MODULUS, assertAmount, assertField, mod } from "./field.ts";
import { TAG } from "./parameters.generated.ts";
import { poseidon } from "./poseidon.ts";

/** HKDF-SHA-256 (RFC 5869). 48 bytes reduced modulo a 254-bit number are uniform up to 2^-130. */
function expand(secret: Uint8Array, label: string, info: string, length: number): Uint8Array {
  return hkdf(sha256, secret, Buffer.from(label, "utf8"), Buffer.from(info.slice(2), "hex"), length);
}

const toBigInt = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);

/**
 * k of account `account` of a wallet in one pool. The same seed never gives the same secret in two pools or two accounts.
 * @param seed at least 32 bytes of entropy. @throws ProtocolError SEED_INVALID
 */
export function deriveIdentitySecret(seed: Uint8Array, chainId: bigint, pool: string, account: number): bigint {
  if (seed.length < 32) throw new ProtocolError("SEED_INVALID", "a wallet's seed has at least 32 bytes");
  const info = solidityPacked(["uint256", "address", "uint32"], [chainId, getAddress(pool), account]);
  return mod(toBigInt(expand(seed, "jeton.identity.v1", info, 48)));
}

/** The private key (32 bytes) of the one-time session of ticket `index`: secp256k1, derived from (k, i) alone. */
export function deriveSessionKey(identitySecret: bigint, index: number): Uint8Array {
  const secret = Buffer.from(toBeHex(assertField(identitySecret, "identity secret"), 32).slice(2), "hex");
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const scalar = toBigInt(expand(secret, "jeton.session.v1", solidityPacked(["uint32"], [index]), 48));
  // 1 … order - 1: never the invalid key 0.
  return Buffer.from(toBeHex((scalar % (order - 1n)) + 1n, 32).slice(2), "hex");
}

/** identityCommitment = H(k). */
export function identityCommitmentOf(identitySecret: bigint): bigint {
  return poseidon([assertField(identitySecret, "identity secret")]);
}

/** leaf = H(identityCommitment, D) + TAG_LEAF mod p. */
export function leafOf(identityCommitment: bigint, deposit: bigint): bigint {
  const pair = poseidon([assertField(identityCommitment, "identity commitment"), assertAmount(deposit, "deposit")]);
  return (pair + TAG.LEAF) % FIELD_MODULUS;
}

/** enrollNullifier = H(k, Π, TAG_ENROLL): the same for every enrolment of one account. */
export function enrollNullifierOf(identitySecret: bigint, poolHash: bigint): bigint {
  return poseidon([identitySecret, poolHash, TAG.ENROLL]);
}
