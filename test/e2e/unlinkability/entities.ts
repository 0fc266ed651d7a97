// SPDX-License-Identifier: GPL-3.0-or-later
/** The observer's first step: all records about one thing, put together. That much is linked by design (see the test's header). */
import { holdOf, ticketKeyFromCover } from "../../../src/protocol/index.ts";
import type { Pool } from "../../../src/protocol/index.ts";
import type { Kind, NamedValue, ObservedRecord } from "./records.ts";

export interface TaggedValue {
  /** What is compared with what: the last part of the name, "x", "proof.a[0]". */
  readonly tag: string;
  readonly value: bigint;
  /** A number of the protocol itself, as against a signature's or a proof's. */
  readonly isScalar: boolean;
}

/** A ticket with its session and refund, a fold, an enrolment, or an account with its deposit and close. */
export interface Entity {
  readonly kind: Kind;
  readonly key: bigint;
  /** At least 64 bits: field elements, addresses, parts of signatures and proofs. Constants of the run are left out. */
  readonly large: readonly TaggedValue[];
  /** Amounts, counts, times. */
  readonly small: readonly TaggedValue[];
  /** The first place in each source's order. */
  readonly places: ReadonlyMap<string, number>;
}

export interface Sight {
  readonly pool: Pool;
  readonly entities: Readonly<Record<Kind, readonly Entity[]>>;
}

const SCALAR =
  /^(nullifiers?|foldNullifiers|x|y|state|newState|session_?address|(voucher_)?request_?hash|identityCommitment|recipient|revealed)(\[\d+\])?$/i;
const isLarge = (value: bigint): boolean => value >> 64n !== 0n;

/** The last part of a name, with the parts of a proof or a signature. */
function tagOf(name: string): string {
  const parts = name.split(".");
  const last = parts.at(-1) as string;
  const isPart = /^(a|b|c|r8|s)(\[|$)/.test(last);
  return isPart ? `${parts.at(-2)}.${last}` : last;
}

/** Numbers that more than half of a kind's entities have say nothing: the pool's hash, its addresses, a common root. */
function constantsOf(groups: readonly (readonly NamedValue[])[]): ReadonlySet<bigint> {
  const counts = new Map<bigint, number>();
  for (const values of groups) {
    for (const value of new Set(values.map((named) => named.value))) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, count]) => count * 2 > groups.length).map(([value]) => value));
}

function tagged(values: readonly NamedValue[]): TaggedValue[] {
  return values.map(({ name, value }) => ({ tag: tagOf(name), value, isScalar: SCALAR.test(tagOf(name)) }));
}

/** Each by its key once: the first of them that is a number of the protocol, or else the first. */
function distinct(values: readonly TaggedValue[], keyOf: (value: TaggedValue) => string): TaggedValue[] {
  const seen = new Map<string, TaggedValue>();
  for (const value of values) {
    const known = seen.get(keyOf(value));
    if (known === undefined || (value.isScalar && !known.isScalar)) seen.set(keyOf(value), value);
  }
  return [...seen.values()];
}

/** What a close lets everybody compute: the keys of the tickets that it gives up. */
function revealedKeys(pool: Pool, records: readonly ObservedRecord[]): NamedValue[] {
  const numberOf = (name: string): bigint | undefined =>
    records.flatMap(({ values }) => values).find((named) => named.name === name)?.value;
  const firstUnused = numberOf("event.CloseStarted.firstUnused");
  const deposit = numberOf("event.AccountOpened.deposit");
  if (firstUnused === undefined || deposit === undefined) return [];
  const slots = records
    .flatMap(({ values }) => values)
    .filter(({ name }) => name.startsWith("event.CloseStarted.coverKeys["))
    .map(({ value }) => value);
  const count = Number(deposit / holdOf(pool.parameters));
  return Array.from({ length: count }, (_, offset) => ({
    name: `revealed[${offset}]`,
    value: ticketKeyFromCover(slots, Number(firstUnused), Number(firstUnused) + offset),
  }));
}

export function entitiesOf(pool: Pool, records: readonly ObservedRecord[]): Sight {
  const bySubject = new Map<string, { kind: Kind; key: bigint; records: ObservedRecord[] }>();
  for (const record of records) {
    if (record.subject === undefined) continue;
    const { kind, key } = record.subject;
    const group = bySubject.get(`${kind}:${key}`) ?? { kind, key, records: [] };
    group.records.push(record);
    bySubject.set(`${kind}:${key}`, group);
  }

  const ofKind = (kind: Kind): Entity[] => {
    const groups = [...bySubject.values()].filter((group) => group.kind === kind);
    const constants = constantsOf(groups.map((group) => group.records.flatMap(({ values }) => values)));
    return groups.map(({ key, records: own }) => {
      const values = tagged(own.flatMap((record) => record.values));
      const revealed = kind === "account" ? tagged(revealedKeys(pool, own)) : [];
      const large = values.filter(({ value }) => isLarge(value) && !constants.has(value)).concat(revealed);
      const places = new Map<string, number>();
      for (const { source, position } of own) places.set(source, Math.min(position, places.get(source) ?? Infinity));
      return {
        kind,
        key,
        // The same number stands in a table, in the feed and in a message: once is enough.
        large: distinct(large, ({ value }) => value.toString()),
        small: distinct(
          values.filter(({ value }) => !isLarge(value)),
          ({ tag, value }) => `${tag}=${value}`,
        ),
        places,
      };
    });
  };
  return {
    pool,
    entities: {
      ticket: ofKind("ticket"),
      fold: ofKind("fold"),
      enrolment: ofKind("enrolment"),
      account: ofKind("account"),
    },
  };
}
