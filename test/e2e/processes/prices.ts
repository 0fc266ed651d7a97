// SPDX-License-Identifier: GPL-3.0-or-later
/** What the provider of the crash tests sells, and what a call costs by its terms. */
import type { TermsJson } from "../../../src/wire/index.ts";

export const MODEL = "kettle-1";

/** Classes of tokens, smallest first, in token units (1,000,000 to the dollar). */
const INPUT = [
  { upTo: 20, price: 100 },
  { upTo: 60, price: 160 },
  { upTo: 4_000, price: 300 },
];
const OUTPUT = [
  { upTo: 10, price: 200 },
  { upTo: 20, price: 450 },
  { upTo: 40, price: 900 },
  { upTo: 64, price: 1_500 },
];

type Classes = readonly { readonly upTo: number; readonly price: number }[];
const published = (classes: Classes): { upTo: number; price: string }[] =>
  classes.map(({ upTo, price }) => ({ upTo, price: price.toString() }));

export const TERMS: TermsJson = {
  format: "jeton.terms.v1",
  service: "A kettle that talks",
  pricing: { kind: "tokens", models: { [MODEL]: { input: published(INPUT), output: published(OUTPUT) } } },
  policy: "None.",
  retention: { answersSeconds: 86_400, sessionSeconds: 86_400, statement: "Answers are kept for a day." },
  endpoints: [],
};

/** The most tokens that an answer may have. */
export const MOST_OUTPUT = 64;

function priceIn(classes: Classes, tokens: number): number {
  for (const { upTo, price } of classes) if (tokens <= upTo) return price;
  throw new Error(`the terms have no price for ${tokens} tokens`);
}

/** By hand from the published classes. */
export const priceOf = (input: number, output: number): bigint =>
  BigInt(priceIn(INPUT, input) + priceIn(OUTPUT, output));
