// SPDX-License-Identifier: GPL-3.0-or-later
/** Forging several signals at once: parts of one witness put into another, and bits that are none. */
import type { Ground } from "./hunting.ts";
import { modulo } from "../vectors/model/hash.ts";

/** Wires that belong together by their names: everything inside a component, and the members of an array. Only groups of several wires. */
export function groupsOf({ names }: Ground): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, Set<number>>();
  const put = (group: string, wire: number): void => {
    const members = groups.get(group);
    if (members === undefined) groups.set(group, new Set([wire]));
    else members.add(wire);
  };
  for (const [wire, all] of names.entries()) {
    if (wire === 0) continue;
    for (const name of all) {
      const parts = name.split(".");
      for (let depth = 1; depth < parts.length; depth++) put(`${parts.slice(0, depth).join(".")}.`, wire);
      put(name.replace(/\[[^.]*$/, "[]"), wire);
    }
  }
  return new Map([...groups].filter(([, wires]) => wires.size > 1).map(([name, wires]) => [name, [...wires]]));
}

export interface Splices {
  readonly tried: number;
  /** Groups that can be put in without breaking a constraint. */
  readonly free: readonly string[];
}

/** Puts each group of `donor` into `honest`, one group at a time, where they differ in at least two wires. */
export function splice(
  { constraints }: Ground,
  groups: ReadonlyMap<string, readonly number[]>,
  honest: readonly bigint[],
  donor: readonly bigint[],
): Splices {
  const values = [...honest];
  const free: string[] = [];
  let tried = 0;
  for (const [group, wires] of groups) {
    const changed = wires.filter((wire) => honest[wire] !== donor[wire]);
    if (changed.length < 2) continue;
    tried++;
    for (const wire of changed) values[wire] = donor[wire] as bigint;
    if (constraints.firstViolated(values, changed) === undefined) free.push(group);
    for (const wire of changed) values[wire] = honest[wire] as bigint;
  }
  return { tried, free };
}

/**
 * Neighbours in an array that are both 0 or 1, by name of the first: 2 more in the lower one and 1 less in the higher one leave a sum of bits as it
 * was. Only that each is a bit stands against it.
 */
export function carries({ names, constraints }: Ground, honest: readonly bigint[]): Splices {
  const wireOf = new Map(names.flatMap((all, wire) => all.map((name) => [name, wire] as const)));
  const isBit = (wire: number): boolean => honest[wire] === 0n || honest[wire] === 1n;
  const values = [...honest];
  const free: string[] = [];
  let tried = 0;
  for (const [name, low] of wireOf) {
    const place = /^(.*)\[(\d+)\]$/.exec(name);
    const high = place === null ? undefined : wireOf.get(`${place[1] ?? ""}[${Number(place[2]) + 1}]`);
    if (high === undefined || low === 0 || high === 0 || low === high || !isBit(low) || !isBit(high)) continue;
    tried++;
    values[low] = (honest[low] as bigint) + 2n;
    values[high] = modulo((honest[high] as bigint) - 1n);
    if (constraints.firstViolated(values, [low, high]) === undefined) free.push(name);
    values[low] = honest[low] as bigint;
    values[high] = honest[high] as bigint;
  }
  return { tried, free };
}
