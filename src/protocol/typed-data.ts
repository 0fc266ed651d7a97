// SPDX-License-Identifier: GPL-3.0-or-later
/** The EIP-712 messages. Every domain names the pool as the verifying contract, on the pool's chain. */
import type { TypedDataDomain, TypedDataField } from "ethers";
import { AbiCoder, TypedDataEncoder, concat, keccak256 } from "ethers";

import { EIP712 } from "./parameters.generated.ts";
import type { Pool } from "./pool.ts";

export function domainOf({ chainId, address }: Pick<Pool, "chainId" | "address">): TypedDataDomain {
  return { ...EIP712, chainId, verifyingContract: address };
}

type Types = Record<string, TypedDataField[]>;

/** Every call is signed and checked several times: what does not change is worked out once. */
const encoders = new WeakMap<Types, TypedDataEncoder>();
const separators = new Map<string, string>();

/** The digest of an EIP-712 message: what is signed. @param types one of the constants of this file, or another that stays */
export function typedDataDigest(domain: TypedDataDomain, types: Types, message: Record<string, unknown>): string {
  const encoder = encoders.get(types) ?? TypedDataEncoder.from(types);
  encoders.set(types, encoder);
  const key = keyOf(domain);
  const separator = separators.get(key) ?? TypedDataEncoder.hashDomain(domain);
  separators.set(key, separator);
  return keccak256(concat(["0x1901", separator, encoder.hash(message)]));
}

const keyOf = (domain: TypedDataDomain): string =>
  JSON.stringify(domain, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));

/** The digest of a message to a pool. */
export const digestOf = (
  pool: Pick<Pool, "chainId" | "address">,
  types: Types,
  message: Record<string, unknown>,
): string => typedDataDigest(domainOf(pool), types, message);

/** Signed by the session key with every call: `cap` is the most that the session may be charged in total so far. */
export const CALL_TYPES = {
  Call: [
    { name: "nullifier", type: "uint256" },
    { name: "sequence", type: "uint256" },
    { name: "cap", type: "uint256" },
    { name: "requestHash", type: "bytes32" },
  ],
};

export interface Call {
  readonly nullifier: bigint;
  readonly sequence: bigint;
  readonly cap: bigint;
  /** Salted, so that nobody can test guessed payloads against it. */
  readonly requestHash: string;
}

/**
 * Signed by the session key, which is the claimant: "I handed in this ticket and have no correct refund; pay `recipient`". Whoever holds
 * the signature can open the dispute.
 */
export const DISPUTE_TYPES = {
  Dispute: [
    { name: "nullifier", type: "uint256" },
    { name: "recipient", type: "address" },
  ],
};

export interface Dispute {
  readonly nullifier: bigint;
  /** Who gets the award. */
  readonly recipient: string;
}

/** Signed by the provider for every answer: `charged` is cumulative within the session. */
export const RECEIPT_TYPES = {
  Receipt: [
    { name: "nullifier", type: "uint256" },
    { name: "sequence", type: "uint256" },
    { name: "requestHash", type: "bytes32" },
    { name: "responseHash", type: "bytes32" },
    { name: "charged", type: "uint256" },
    { name: "modelId", type: "string" },
    { name: "issuedAt", type: "uint256" },
  ],
};

export interface Receipt {
  readonly nullifier: bigint;
  readonly sequence: bigint;
  readonly requestHash: string;
  readonly responseHash: string;
  readonly charged: bigint;
  readonly modelId: string;
  /** Unix seconds. */
  readonly issuedAt: bigint;
}

/** Signed by the provider: the close may be paid out at once. */
export const CLOSE_CONSENT_TYPES = {
  CloseConsent: [
    { name: "identityCommitment", type: "uint256" },
    { name: "firstUnused", type: "uint256" },
    { name: "refundedCharges", type: "uint256" },
    { name: "refundedHolds", type: "uint256" },
    { name: "certified", type: "uint256" },
    { name: "coverKeysHash", type: "bytes32" },
    { name: "recipient", type: "address" },
    { name: "relayer", type: "address" },
    { name: "fee", type: "uint256" },
    { name: "deadline", type: "uint256" },
    { name: "consentDeadline", type: "uint256" },
  ],
};

/** keccak256(abi.encode(uint256[64] slots)). */
export function coverKeysHash(slots: readonly bigint[]): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["uint256[64]"], [slots]));
}
