// SPDX-License-Identifier: GPL-3.0-or-later
/** The values that cross between wallet and gateway: JSON on the way, checked and typed on arrival. */
import { N as SECP256K1_ORDER, getAddress, isAddress } from "ethers";
import { z } from "zod";

import { AMOUNT_BITS, FIELD_MODULUS, ProtocolError, SUBGROUP_ORDER, proofFromJson } from "../protocol/index.ts";
import type { Proof, ProofJson } from "../protocol/index.ts";

const decimal = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/, "expected a decimal string")
  .transform(BigInt);

export const fieldElement = decimal.refine(
  (value) => value < FIELD_MODULUS,
  "expected a number below the field modulus",
);
/** Token base units, below 2^96. */
export const amount = decimal.refine((value) => value >> BigInt(AMOUNT_BITS) === 0n, "expected an amount below 2^96");
export const uint256 = decimal.refine((value) => value >> 256n === 0n, "expected a number below 2^256");

export const address = z
  .string()
  .refine((text) => text.startsWith("0x") && isAddress(text), "expected an address")
  .transform((text) => getAddress(text));
export const bytes32 = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, "expected 32 bytes in hexadecimal")
  .transform((text) => text.toLowerCase());
/**
 * True for r, s and v of secp256k1 in the one form that contracts take: 65 bytes, v of 27 or 28, the lower of the two s. A voucher that
 * was taken in another form could not be shown on chain, and its call not be charged.
 */
export function isCanonicalSignature(signature: string): boolean {
  if (!/^0x[0-9a-fA-F]{128}(1b|1c)$/i.test(signature)) return false;
  return BigInt(`0x${signature.slice(66, 130)}`) <= SECP256K1_ORDER / 2n;
}
export const sessionSignature = z
  .string()
  .regex(/^0x[0-9a-fA-F]{130}$/, "expected a signature of 65 bytes")
  .transform((text) => text.toLowerCase())
  .refine(isCanonicalSignature, "expected v of 27 or 28, and the lower of the two s");
/** A contract's signature (ERC-1271) has any length. */
export const providerSignature = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2}){1,4096}$/, "expected a signature in hexadecimal");

export const eddsaSignature = z
  .object({
    r8: z.tuple([fieldElement, fieldElement]).readonly(),
    s: decimal.refine((value) => value < SUBGROUP_ORDER, "expected a number below the subgroup order"),
  })
  .strict();

/** The pool that a file is for. */
export const chainIdentity = { chainId: uint256, pool: address };

/** The shape of a Groth16 proof; whether it proves anything is for a verifier to say. */
export const proof = z
  .custom<ProofJson>((value) => typeof value === "object" && value !== null, "expected a proof")
  .transform((value, context): Proof => {
    try {
      return proofFromJson(value);
    } catch (error) {
      context.addIssue({
        code: "custom",
        message: error instanceof ProtocolError ? error.message : "expected a proof",
      });
      return z.NEVER;
    }
  });

/** A value as JSON carries it: bigints as decimal strings. */
export type Json<T> = T extends bigint
  ? string
  : T extends string | number | boolean | null | undefined
    ? T
    : { -readonly [K in keyof T]: Json<T[K]> };

export function toJson<T>(value: T): Json<T> {
  const convert = (item: unknown): unknown => {
    if (typeof item === "bigint") return item.toString();
    if (Array.isArray(item)) return item.map(convert);
    if (typeof item !== "object" || item === null) return item;
    return Object.fromEntries(Object.entries(item).map(([key, field]) => [key, convert(field)]));
  };
  return convert(value) as Json<T>;
}

/** What is wrong with a value, in one line, without the value. */
export function describeIssues({ issues }: z.ZodError): string {
  const [first] = issues;
  const place = first === undefined || first.path.length === 0 ? "" : ` at "${first.path.join(".")}"`;
  return `malformed${place}: ${first?.message ?? "unknown"}`;
}
