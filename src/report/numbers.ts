// SPDX-License-Identifier: GPL-3.0-or-later
/** Numbers as people read them. */
import type { Unit } from "./document.ts";

const SUFFIXES: readonly (readonly [least: number, suffix: string])[] = [
  [1e12, "T"],
  [1e9, "B"],
  [1e6, "M"],
  [1e3, "k"],
];

/** The step between two numbers with so many decimals is still seen. */
const decimalsOf = (step: number): number => Math.min(12, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));

const fixed = (value: number, decimals: number): string =>
  (Number(value.toFixed(decimals)) === 0 ? 0 : value).toLocaleString("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });

/** Three digits that count: 1,234,567 is 1.23M, and 0.001234 is 0.00123. Up to 9,999 whole numbers stay whole. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size < 10_000 && Number.isInteger(value)) return fixed(value, 0);
  if (size < 1_000) return value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
  const rounded = Number(size.toPrecision(3));
  const [least, suffix] = SUFFIXES.find(([from]) => rounded >= from) ?? [1, ""];
  return `${(value / least).toLocaleString("en-US", { maximumSignificantDigits: 3 })}${suffix}`;
}

/** At most nine digits that count, with thousands apart. */
export const fullNumber = (value: number): string =>
  value.toLocaleString("en-US", { maximumSignificantDigits: 9, maximumFractionDigits: 9 });

export const withUnit = (text: string, unit: Unit | undefined): string => {
  const { before = "", after = "" } = unit ?? {};
  const sign = text.startsWith("-") ? "-" : "";
  return `${sign}${before}${text.slice(sign.length)}${after === "" || after === "%" ? after : ` ${after}`}`;
};

/** Labels of ticks: one suffix and as many decimals for all of them as tell them apart. */
export function tickLabels(ticks: readonly number[], unit: Unit | undefined): string[] {
  const largest = Math.max(...ticks.map(Math.abs));
  const step = ticks.length < 2 ? largest : Math.abs((ticks[1] ?? 0) - (ticks[0] ?? 0));
  const [divisor, suffix] = largest < 10_000 ? [1, ""] : (SUFFIXES.find(([from]) => largest >= from) ?? [1, ""]);
  const decimals = step === 0 ? 0 : decimalsOf(step / divisor);
  const short = { before: unit?.before ?? "", after: unit?.after === "%" ? "%" : "" };
  return ticks.map((tick) => withUnit(tick === 0 ? "0" : `${fixed(tick / divisor, decimals)}${suffix}`, short));
}
