// SPDX-License-Identifier: GPL-3.0-or-later
/** The provider's published terms. The pool holds the SHA-256 of their canonical form, and wallets refuse a gateway with others. */
import { createHash } from "node:crypto";

import { z } from "zod";

import type { PoolParameters } from "../protocol/index.ts";
import { canonicalJson } from "./canonical.ts";
import { GatewayError } from "./errors.ts";
import { amount, describeIssues } from "./values.ts";

const text = z.string().min(1).max(4_000);
const price = amount;

/** Classes of size, smallest first; what is above the last one is not offered. */
const buckets = z
  .array(z.object({ upTo: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER), price }).strict())
  .min(1)
  .max(64)
  .refine(
    (all) => all.every(({ upTo }, position) => position === 0 || upTo > (all[position - 1]?.upTo ?? 0)),
    "expected classes that grow",
  );

const pricing = z.discriminatedUnion("kind", [
  /** Every call costs the same. */
  z.object({ kind: z.literal("fixed"), price }).strict(),
  /** A price for each method of an API with named methods; what is not named is not offered. */
  z.object({ kind: z.literal("methods"), prices: z.record(z.string().min(1).max(200), price) }).strict(),
  /** A price for a call's input and one for its output, by classes of tokens, for each model; what is not named is not offered. */
  z
    .object({
      kind: z.literal("tokens"),
      models: z.record(
        z.string().min(1).max(200),
        z
          .object({
            input: buckets,
            /** Of a model that writes; embeddings have none. */
            output: buckets.optional(),
          })
          .strict(),
      ),
    })
    .strict(),
]);

const schema = z
  .object({
    format: z.literal("jeton.terms.v1"),
    /** Who provides what. */
    service: text,
    pricing,
    /** What a ticket may not be used for. */
    policy: text,
    retention: z
      .object({
        /** How long answers are kept for retries. */
        answersSeconds: z.number().int().min(0),
        /** An idle session is ended after this. */
        sessionSeconds: z.number().int().min(1),
        statement: text,
      })
      .strict(),
    endpoints: z.array(z.string().url()).max(20),
  })
  .strict();

/** The terms, prices in token base units. */
export type Terms = z.output<typeof schema>;
/** As published: prices as decimal strings. */
export type TermsJson = z.input<typeof schema>;

/** SHA-256 of the canonical form: what the pool's `termsHash` is. */
export function termsHashOf(terms: unknown): string {
  return `0x${createHash("sha256").update(canonicalJson(terms), "utf8").digest("hex")}`;
}

/** @throws GatewayError REQUEST_MALFORMED */
export function parseTerms(json: unknown): Terms {
  const result = schema.safeParse(json);
  if (!result.success) throw new GatewayError("REQUEST_MALFORMED", `the terms are ${describeIssues(result.error)}`);
  return result.data;
}

export function pricesOf({ pricing: offered }: Terms): readonly bigint[] {
  if (offered.kind === "fixed") return [offered.price];
  if (offered.kind === "methods") return Object.values(offered.prices);
  return Object.values(offered.models).flatMap(({ input, output = [] }) => [...input, ...output].map((of) => of.price));
}

/** Models of which even the shortest call costs more than this. */
function* dearModels({ pricing: offered }: Terms, ticketPrice: bigint): Generator<string> {
  if (offered.kind !== "tokens") return;
  for (const [name, { input, output = [] }] of Object.entries(offered.models)) {
    if ((input[0]?.price ?? 0n) + (output[0]?.price ?? 0n) > ticketPrice) yield name;
  }
}

/** Why terms do not fit a pool, or undefined: every price is a multiple of `unit` and at most C, and so is a model's cheapest call. */
export function termsProblem(
  terms: Terms,
  { ticketPrice, unit }: Pick<PoolParameters, "ticketPrice" | "unit">,
): string | undefined {
  for (const value of pricesOf(terms)) {
    if (value > ticketPrice) return `a price of ${value} is above the ticket price of ${ticketPrice}`;
    if (value % unit !== 0n) return `a price of ${value} is no multiple of the unit ${unit}`;
  }
  for (const name of dearModels(terms, ticketPrice)) {
    return `the cheapest call of "${name}" costs more than the ticket price of ${ticketPrice}`;
  }
  return undefined;
}
