// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A pool's file: who the provider is, and what differs from the network's defaults. Amounts are decimal strings of token units,
 * times are seconds. `jeton provider key` makes the two key points.
 */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { getAddress } from "ethers";
import { z } from "zod";

import type { Point, PoolParameters } from "../src/protocol/index.ts";
import { isValidPublicKey, providerKey } from "../src/protocol/index.ts";
import { parseTerms, termsHashOf, termsProblem } from "../src/wire/index.ts";
import { DEVELOPMENT_PROVIDER_KEY, DEVELOPMENT_TERMS, developmentProvider } from "./development.ts";
import { DeployError } from "./errors.ts";
import type { NetworkDescription } from "./networks/index.ts";

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "expected an address")
  .transform((value, context) => {
    try {
      return getAddress(value);
    } catch {
      context.addIssue({ code: "custom", message: "the address has a wrong checksum: a digit is mistyped" });
      return z.NEVER;
    }
  });
const number = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/, "expected a decimal string")
  .transform(BigInt);
const seconds = z.number().int().positive().transform(BigInt);
const point = z.tuple([number, number]);

const schema = z
  .object({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,40}$/, "expected lower-case letters, digits and hyphens")
      .default("default"),
    provider: address,
    providerKey: point,
    providerKeyEighth: point,
    /** The published terms, next to this file; or their SHA-256. */
    terms: z.string().optional(),
    termsHash: z
      .string()
      .regex(/^0x[0-9a-f]{64}$/, "expected 32 bytes in hexadecimal")
      .optional(),
    token: address.optional(),
    /** Of `token`: the deployment refuses a token that says otherwise, so that amounts mean what they should. */
    tokenDecimals: z.number().int().min(0).max(36).optional(),
    ticketPrice: number.optional(),
    policyHold: number.optional(),
    unit: number.optional(),
    stakeMinimum: number.optional(),
    stakeBps: number.optional(),
    bountyBps: number.optional(),
    challengeWindow: seconds.optional(),
    disputeWindow: seconds.optional(),
    accountLifetime: seconds.optional(),
  })
  .strict();

/** Everything that a pool is created from, but for the demo token's address. */
export interface PoolConfig {
  readonly name: string;
  readonly parameters: Omit<PoolParameters, "token">;
  readonly providerKeyEighth: Point;
  /** Undefined: the network's own token, or the demo token. */
  readonly token: { readonly address: string; readonly decimals: number } | undefined;
}

function refuse(source: string, problem: string, cause?: unknown): never {
  throw new DeployError("POOL_CONFIG", `${source}: ${problem}`, cause);
}

/** @throws DeployError POOL_CONFIG with the first thing that is wrong. */
export async function readPoolConfig(path: string, network: NetworkDescription): Promise<PoolConfig> {
  const text = await readFile(path, "utf8").catch((error: Error) =>
    refuse(path, `cannot be read: ${error.message}`, error),
  );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    refuse(path, `is no JSON: ${(error as Error).message}`, error);
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    refuse(path, `malformed at "${issue?.path.join(".") ?? ""}": ${issue?.message ?? ""}`);
  }
  const {
    name,
    provider,
    providerKey: key,
    providerKeyEighth,
    terms,
    termsHash,
    token,
    tokenDecimals,
    ...sizes
  } = result.data;
  if (!isValidPublicKey(key)) refuse(path, "providerKey is no point of BabyJubJub's prime subgroup");
  if (token !== undefined && tokenDecimals === undefined) refuse(path, "a token needs tokenDecimals beside it");
  const sized = {
    ...network.pool,
    ...Object.fromEntries(Object.entries(sizes).filter(([, size]) => size !== undefined)),
  };
  return {
    name,
    parameters: {
      provider,
      providerKey: key,
      ...sized,
      termsHash: await termsHashFrom(path, { terms, termsHash }, sized),
    },
    providerKeyEighth,
    token: token === undefined ? undefined : { address: token, decimals: tokenDecimals as number },
  };
}

/** The terms are hashed in their canonical form, as every wallet hashes them, and must fit the pool's prices. */
async function termsHashFrom(
  path: string,
  { terms, termsHash }: Pick<z.output<typeof schema>, "terms" | "termsHash">,
  prices: Pick<PoolParameters, "ticketPrice" | "unit">,
): Promise<string> {
  if (terms === undefined)
    return termsHash ?? refuse(path, 'name the provider\'s terms: "terms" (a file) or "termsHash"');
  const file = resolve(dirname(path), terms);
  const text = await readFile(file, "utf8").catch((error: Error) =>
    refuse(file, `cannot be read: ${error.message}`, error),
  );
  let computed: string;
  try {
    const json: unknown = JSON.parse(text);
    const problem = termsProblem(parseTerms(json), prices);
    if (problem !== undefined) refuse(file, problem);
    computed = termsHashOf(json);
  } catch (error) {
    if (error instanceof DeployError) throw error;
    refuse(file, (error as Error).message, error);
  }
  if (termsHash !== undefined && termsHash !== computed)
    refuse(file, `has the terms hash ${computed}, and not ${termsHash}`);
  return computed;
}

/** The pool of a local network that was given no file. */
export function developmentPool(network: NetworkDescription): PoolConfig {
  const { publicKey, eighth } = providerKey(DEVELOPMENT_PROVIDER_KEY);
  return {
    name: "default",
    parameters: {
      provider: developmentProvider(),
      providerKey: publicKey,
      ...network.pool,
      termsHash: termsHashOf(DEVELOPMENT_TERMS),
    },
    providerKeyEighth: eighth,
    token: undefined,
  };
}
