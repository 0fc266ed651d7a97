// SPDX-License-Identifier: GPL-3.0-or-later
/** The hashes that vouchers and receipts carry, and the message that ends a session. */
import { AbiCoder, keccak256 } from "ethers";

import type { CallRequest } from "./messages.ts";

const REQUEST_LABEL = "jeton.request.v1";

/**
 * keccak256(abi.encode("jeton.request.v1", salt, isLast, payload)), payload in UTF-8. The salt is 32 random bytes: without it anyone
 * who sees the hash could test guessed payloads against it.
 */
export function requestHashOf({ salt, isLast, payload }: Pick<CallRequest, "salt" | "isLast" | "payload">): string {
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(
      ["string", "bytes32", "bool", "bytes"],
      [REQUEST_LABEL, salt, isLast, utf8(payload)],
    ),
  );
}

/** keccak256 of the response in UTF-8. */
export const responseHashOf = (response: string): string => keccak256(utf8(response));

/** Lone surrogates have no UTF-8; they are hashed, and travel, as U+FFFD. */
const utf8 = (text: string): Uint8Array => Buffer.from(text, "utf8");

/** Signed by the session key: end the session, and sign its refund. It never goes to the chain. */
export const END_SESSION_TYPES = { EndSession: [{ name: "nullifier", type: "uint256" }] };
