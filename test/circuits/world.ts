// SPDX-License-Identifier: GPL-3.0-or-later
/** Names and numbers that all circuit tests share: a pool, its provider, two accounts. By the naive model alone. */
import { H, keccak, p } from "../vectors/model/hash.ts";
import { signer } from "../vectors/model/curve.ts";
import type { Signature } from "../vectors/model/curve.ts";
import { firstState, hashOf, poolOf } from "../vectors/model/protocol.ts";
import type { Pool, State } from "../vectors/model/protocol.ts";

/** A number below p that looks random and is the same in every run. */
export const secret = (label: string): bigint => keccak(Buffer.from(label)) % p;

const keyBytes = (label: string): Uint8Array =>
  Buffer.from(keccak(Buffer.from(label)).toString(16).padStart(64, "0"), "hex");

export const provider = signer(keyBytes("the provider"));
export const stranger = signer(keyBytes("another provider"));

export const HOLD = 1_100n;
export const CHAIN_ID = 8453n;
export const pool = poolOf(CHAIN_ID, "0x00000000000000000000000000000000000000aa", HOLD, provider.key);
export const otherPool = poolOf(CHAIN_ID, "0x00000000000000000000000000000000000000bb", HOLD, provider.key);

export const alice = secret("alice");
export const bob = secret("bob");
export const DEPOSIT = 110_000n;
export const RECIPIENT = "0x1111111111111111111111111111111111111111";

export const sign = (state: State, where: Pool = pool): Signature => provider.sign(hashOf(where.poolHash, state));

/** A state with any content, signed by the provider as if it had come about. */
export function signed(content: Partial<State> = {}, where: Pool = pool): { state: State; signature: Signature } {
  const state = { ...firstState(where.poolHash, alice, DEPOSIT), ...content };
  return { state, signature: sign(state, where) };
}

/** The ends of an n-bit range: what must be taken, and what must be refused. */
export const inside = (bits: number): bigint[] => [0n, 2n ** BigInt(bits) - 1n];
export const outside = (bits: number): bigint[] => [2n ** BigInt(bits), p - 1n];

/** Values that an attacker would put in the place of another. */
export const others = (value: bigint): bigint[] => [0n, 1n, (value + 1n) % p, (p - value) % p, H(value)];
