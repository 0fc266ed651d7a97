// SPDX-License-Identifier: GPL-3.0-or-later
/** Prices by classes of tokens: what a call can cost at most, and what it costs. */
import type { Terms } from "../../wire/index.ts";

type TokenPricing = Extract<Terms["pricing"], { kind: "tokens" }>;
export type ModelPrices = TokenPricing["models"][string];
export type Classes = ModelPrices["input"];

const highest = (classes: Classes): bigint => classes.reduce((most, { price }) => (price > most ? price : most), 0n);

/** The classes that so many tokens may fall in, if there are no more of them; undefined above the last class. */
export function classesUpTo(classes: Classes, tokens: number): Classes | undefined {
  const last = classes.findIndex(({ upTo }) => tokens <= upTo);
  return last === -1 ? undefined : classes.slice(0, last + 1);
}

/** The most that so many tokens, or fewer, can cost; undefined above the last class. */
export function mostFor(classes: Classes, tokens: number): bigint | undefined {
  const possible = classesUpTo(classes, tokens);
  return possible && highest(possible);
}

/** The classes, from the smallest on, of which none costs more than `room`. */
export function classesWithin(classes: Classes, room: bigint): Classes {
  const first = classes.findIndex(({ price }) => price > room);
  return first === -1 ? classes : classes.slice(0, first);
}

/** The price of so many tokens; the last class is the most that is charged. */
export function priceFor(classes: Classes, tokens: number): bigint {
  return (classes.find(({ upTo }) => tokens <= upTo) ?? classes.at(-1))?.price ?? 0n;
}

export const largest = (classes: Classes): number => classes.at(-1)?.upTo ?? 0;
