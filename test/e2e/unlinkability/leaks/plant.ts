// SPDX-License-Identifier: GPL-3.0-or-later
/** How a leak is planted: numbers are changed, or records moved, in what was observed. */
import type { RelationName } from "../attack.ts";
import { Dice } from "../dice.ts";
import type { Kind, NamedValue, ObservedRecord } from "../records.ts";
import type { World } from "../run.ts";

export interface Leak {
  readonly name: string;
  /** Matchers that must find it, and what they link by it. */
  readonly finders: readonly string[];
  readonly relation: RelationName;
  readonly plant: (world: World) => World;
}

/** Of what a leak draws. */
export const SEED = 7;

export type Change = (record: ObservedRecord, value: NamedValue) => bigint;

/** Changes numbers wherever they stand. */
export const changed = (world: World, change: Change): World => ({
  ...world,
  records: world.records.map((record) => ({
    ...record,
    values: record.values.map((value) => ({ name: value.name, value: change(record, value) })),
  })),
});

/** Puts other numbers in the place of some, everywhere. */
export const substituted = (world: World, substitutes: ReadonlyMap<bigint, bigint>): World =>
  changed(world, (_, { value }) => substitutes.get(value) ?? value);

/** Moves records within their sources' orders. */
export const moved = (world: World, place: (record: ObservedRecord, owner: number) => number | undefined): World => ({
  ...world,
  records: world.records.map((record) => {
    const owner = ownerOf(world, record);
    return owner === undefined ? record : { ...record, position: place(record, owner) ?? record.position };
  }),
});

/** Undefined for a record that is about nothing. */
export const ownerOf = ({ owners }: World, { subject }: ObservedRecord): number | undefined =>
  subject && owners[subject.kind].get(subject.key);

/** The things of a kind with their owners; `index` counts an owner's own. */
export function things({ owners }: World, kind: Kind): { key: bigint; owner: number; index: number }[] {
  const counts = new Map<number, number>();
  return [...owners[kind]].map(([key, owner]) => {
    const index = counts.get(owner) ?? 0;
    counts.set(owner, index + 1);
    return { key, owner, index };
  });
}

/** A number of a thing, by the end of its name. */
export function numberOf({ records }: World, kind: Kind, key: bigint, name: string): bigint {
  const found = records
    .filter(({ subject }) => subject?.kind === kind && subject.key === key)
    .flatMap(({ values }) => values)
    .find((value) => value.name.endsWith(name));
  if (found === undefined) throw new Error(`no ${kind} with a number ${name}`);
  return found.value;
}

/** Gives every ticket another number in the place of one that it has. */
export function perTicket(
  world: World,
  name: string,
  make: (old: bigint, owner: number, index: number, key: bigint) => bigint,
): World {
  const substitutes = things(world, "ticket").map(({ key, owner, index }) => {
    const old = numberOf(world, "ticket", key, name);
    return [old, make(old, owner, index, key)] as const;
  });
  return substituted(world, new Map(substitutes));
}

/** The one thing of this kind that is the owner's. */
export const keyOf = ({ owners }: World, kind: Kind, owner: number): bigint =>
  [...owners[kind]].find(([, its]) => its === owner)?.[0] ?? 0n;

/** A random number for everybody. */
export function secretsOf(bits: number): (owner: number) => bigint {
  const dice = new Dice(SEED);
  const made = new Map<number, bigint>();
  return (owner) => {
    let value = made.get(owner);
    if (value === undefined) {
      value = 0n;
      for (let size = 0; size < bits; size += 16) value = (value << 16n) | BigInt(dice.below(2 ** 16));
      made.set(owner, value >> BigInt((16 - (bits % 16)) % 16));
    }
    return made.get(owner) as bigint;
  };
}

/** The account's place in the tree. */
export const leafOf = (world: World, owner: number): number =>
  Number(numberOf(world, "account", keyOf(world, "account", owner), "AccountOpened.leafIndex"));
