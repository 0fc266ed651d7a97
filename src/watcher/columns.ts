// SPDX-License-Identifier: GPL-3.0-or-later
/** What stands in the columns of a watcher's file: field elements as 32 bytes, so that tens of millions of shares stay small. */
import type { SQLOutputValue } from "node:sqlite";

import { z } from "zod";

export const number = (value: SQLOutputValue | undefined): number => z.number().parse(value);
export const text = (value: SQLOutputValue | undefined): string => z.string().parse(value);
export const bytes = (value: SQLOutputValue | undefined): Uint8Array => z.instanceof(Uint8Array).parse(value);

export const toField = (value: bigint): Uint8Array => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
export const field = (value: SQLOutputValue | undefined): bigint =>
  BigInt(`0x${Buffer.from(bytes(value)).toString("hex")}`);
export const fieldOrNone = (value: SQLOutputValue | undefined): bigint | undefined =>
  value === null || value === undefined ? undefined : field(value);
export const amount = (value: SQLOutputValue | undefined): bigint => BigInt(text(value));
