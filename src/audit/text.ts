// SPDX-License-Identifier: GPL-3.0-or-later
/** Findings, amounts and times as people read them. */
import { formatUnits } from "ethers";

import type { Finding, Place } from "./findings.ts";

export interface Denomination {
  readonly symbol: string;
  readonly decimals: number;
}

/** "1,234.5 USDC". */
export function tokens(units: bigint, { symbol, decimals }: Denomination): string {
  const [whole = "0", fraction = ""] = formatUnits(units, decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${grouped}${/^0*$/.test(fraction) ? "" : `.${fraction.replace(/0+$/, "")}`} ${symbol}`;
}

/** For charts, which need no last unit. */
export const tokenNumber = (units: bigint, { decimals }: Denomination): number => Number(formatUnits(units, decimals));

export function placeText({ block, transaction, logIndex, table, key }: Place): string {
  const parts = [
    block === undefined ? undefined : `block ${block}`,
    logIndex === undefined ? undefined : `log ${logIndex}`,
    transaction,
    table,
    key,
  ];
  return parts.filter((part) => part !== undefined && part !== "").join(", ");
}

/** Roots, keys and lists of 64 numbers are longer than anybody reads. */
const LONGEST = 300;
const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

export function differenceText({ expected, found }: Finding): string {
  const parts = [
    expected === undefined ? undefined : `expected ${cut(expected)}`,
    found === undefined ? undefined : `found ${cut(found)}`,
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

const SPANS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
];

/** "3.5 h". */
export function spanText(seconds: number): string {
  const [unit, name] = SPANS.find(([least]) => seconds >= least) ?? [1, "s"];
  return `${Number((seconds / unit).toFixed(1))} ${name}`;
}

export const dateText = (seconds: number): string =>
  `${new Date(seconds * 1_000).toISOString().slice(0, 16).replace("T", " ")} UTC`;

export const percent = (part: bigint, whole: bigint): string =>
  whole === 0n ? "–" : `${(Number((part * 100_000n) / whole) / 1_000).toFixed(1)} %`;

export const count = (value: number | bigint): string => value.toLocaleString("en-US");

/** The middle one; undefined of none. */
export function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** "1 note", "2 notes". */
export const counted = (number: number, what: string): string => `${count(number)} ${what}${number === 1 ? "" : "s"}`;
