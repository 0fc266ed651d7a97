// SPDX-License-Identifier: GPL-3.0-or-later
/** What an observer holds: records of named numbers, whatever they came from. Nothing of it says whose they are. */
import { id } from "ethers";

export interface NamedValue {
  /** Where it stood: "tickets.x", "message.fold.request.proof.a[0]". */
  readonly name: string;
  readonly value: bigint;
}

export type Kind = "ticket" | "fold" | "enrolment" | "account";

/** What a record is about, as the record itself says: a nullifier, a state, an identity commitment. */
export interface Subject {
  readonly kind: Kind;
  readonly key: bigint;
}

export interface ObservedRecord {
  /** A table, a kind of feed entry, a kind of message, a kind of transaction, an event. */
  readonly source: string;
  /** The place in its source's order: row of a table, position in the feed, arrival of a message, place in the chain. */
  readonly position: number;
  readonly subject: Subject | undefined;
  readonly values: readonly NamedValue[];
}

const WORD = 64;
/** Only JSON texts of lists and objects; numbers as text are numbers. */
const JSON_TEXT = /^[[{]/;

/** 32-byte words, the last one shorter. */
function words(name: string, hex: string): NamedValue[] {
  if (hex.length <= WORD) return hex.length === 0 ? [] : [{ name, value: BigInt(`0x${hex}`) }];
  const parts = hex.match(new RegExp(`.{1,${WORD}}`, "g")) ?? [];
  return parts.map((part, index) => ({ name: `${name}[${index}]`, value: BigInt(`0x${part}`) }));
}

/** Every number in a value, however deep; other texts as a hash, so that equal ones are found. */
export function flatten(name: string, value: unknown): NamedValue[] {
  if (typeof value === "bigint") return [{ name, value }];
  if (typeof value === "number" || typeof value === "boolean") return [{ name, value: BigInt(value) }];
  if (value instanceof Uint8Array) return words(name, Buffer.from(value).toString("hex"));
  if (typeof value === "string") {
    if (/^-?\d+$/.test(value)) return [{ name, value: BigInt(value) }];
    if (/^0x[0-9a-fA-F]*$/.test(value)) return words(name, value.slice(2));
    if (JSON_TEXT.test(value)) return flatten(name, JSON.parse(value) as unknown);
    return value === "" ? [] : [{ name, value: BigInt(id(value)) }];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => flatten(`${name}[${index}]`, item));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => flatten(`${name}.${key}`, item));
}
