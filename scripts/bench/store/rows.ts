// SPDX-License-Identifier: GPL-3.0-or-later
/** What the filled rows hold beside their keys: of the real sizes, and the same in all rows. */
import { FIELD_MODULUS } from "../../../src/protocol/index.ts";

/** Any pool's. */
export const POOL_HASH = 7n;

const DIGITS = "1234567890".repeat(8).slice(0, 76);

/** The columns of an ended ticket after nullifier, x and y. */
export const ENDED = {
  status: "ended",
  session_address: `0x${"5A".repeat(20)}`,
  charged: "4000",
  voucher_sequence: 1,
  voucher_cap: "10000",
  voucher_request_hash: `0x${"5a".repeat(32)}`,
  voucher_signature: `0x${"5a".repeat(65)}`,
  refunded_charge: "6000",
  refunded_hold: "1000",
  refund_signature: JSON.stringify({ r8: [DIGITS, DIGITS], s: DIGITS }),
} as const;

/** Keys are spread evenly below the field's modulus: the first six bytes of row i are i times this, the others random. */
export const strideOf = (rows: number): bigint => (FIELD_MODULUS >> 208n) / BigInt(Math.max(1, rows));

/** How many rows one transaction fills in. */
export const BATCH = 200_000;

/** Beginnings and ends of the batches. */
export function* batchesOf(rows: number): Generator<readonly [number, number]> {
  for (let from = 0; from < rows; from += BATCH) yield [from, Math.min(from + BATCH, rows)];
}
