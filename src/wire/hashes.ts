// SPDX-License-Identifier: GPL-3.0-or-later
/** The hashes that vouchers and receipts carry, and the message that ends a session. */
import { keccak_256 } from "@noble/hashes/sha3.js";

import type { CallRequest } from "./messages.ts";

const REQUEST_LABEL = "jeton.request.v1";
const WORD = 32;
/** The words before the payload: four of the head, the label's length and text, and the payload's length. */
const HEAD_WORDS = 7;

/**
 * keccak256(abi.encode("jeton.request.v1", salt, isLast, payload)), payload in UTF-8. The salt is 32 random bytes: without it anyone
 * who sees the hash could test guessed payloads against it.
 */
export const requestHashOf = (request: Pick<CallRequest, "salt" | "isLast" | "payload">): string =>
  hex(keccak_256(encoded(request)));

/** Laid out by hand: a payload has megabytes, and a general encoder takes seconds for them. */
function encoded({ salt, isLast, payload }: Pick<CallRequest, "salt" | "isLast" | "payload">): Uint8Array {
  const length = Buffer.byteLength(payload, "utf8");
  const bytes = Buffer.alloc(WORD * (HEAD_WORDS + Math.ceil(length / WORD)));
  const word = (index: number, value: number): number => bytes.writeUInt32BE(value, WORD * (index + 1) - 4);
  word(0, 4 * WORD);
  bytes.write(salt.slice(2), WORD, WORD, "hex");
  word(2, isLast ? 1 : 0);
  word(3, 6 * WORD);
  word(4, REQUEST_LABEL.length);
  bytes.write(REQUEST_LABEL, 5 * WORD, "ascii");
  word(6, length);
  bytes.write(payload, HEAD_WORDS * WORD, "utf8");
  return bytes;
}

/** keccak256 of the response in UTF-8. Lone surrogates have no UTF-8; they are hashed, and travel, as U+FFFD. */
export const responseHashOf = (response: string): string => hex(keccak_256(Buffer.from(response, "utf8")));

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;

/** Signed by the session key: end the session, and sign its refund. It never goes to the chain. */
export const END_SESSION_TYPES = { EndSession: [{ name: "nullifier", type: "uint256" }] };
