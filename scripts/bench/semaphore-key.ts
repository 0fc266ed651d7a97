// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Semaphore's verifier holds the keys of its own ceremony, whose proving keys cannot be had offline. To measure it with a proof that it
 * accepts, the points of one depth are exchanged in its bytecode for those of a development key: 32 bytes for 32 bytes, same instructions.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { ROOT } from "../../src/circuits/index.ts";

/** The depth of the tree in the peer's circuit: 1,048,576 members. */
export const DEPTH = 20;

const pair = z.array(z.string()).min(2);
const keySchema = z.object({
  vk_alpha_1: pair,
  vk_beta_2: z.array(pair),
  vk_delta_2: z.array(pair),
  IC: z.array(pair),
});
export type VerificationKeyJson = z.infer<typeof keySchema>;

const published = keySchema.extend({ vk_delta_2: z.array(z.array(pair)), IC: z.array(z.array(pair)) });

function publishedKey(): VerificationKeyJson {
  const file = join(ROOT, "node_modules/@semaphore-protocol/proof/src/verification-keys.json");
  const keys = published.parse(JSON.parse(readFileSync(file, "utf8")));
  return { ...keys, vk_delta_2: keys.vk_delta_2[DEPTH - 1] ?? [], IC: keys.IC[DEPTH - 1] ?? [] };
}

/** The coordinates of a key, as 32 bytes each, in one order. */
function wordsOf(key: VerificationKeyJson): string[] {
  const g2 = (point: readonly string[][]): string[] => point.slice(0, 2).flatMap((one) => one.slice(0, 2));
  const values = [
    ...key.vk_alpha_1.slice(0, 2),
    ...g2(key.vk_beta_2),
    ...g2(key.vk_delta_2),
    ...key.IC.flatMap((point) => point.slice(0, 2)),
  ];
  return values.map((value) => BigInt(value).toString(16).padStart(64, "0"));
}

/** The points stand in the code that runs, and again in the constructor's. @throws Error when one of the published key's is missing. */
export function withKey(code: string, key: VerificationKeyJson): string {
  const [from, to] = [wordsOf(publishedKey()), wordsOf(key)];
  if (from.length !== to.length) throw new Error("the two keys are of different circuits");
  return from.reduce((text, word, index) => {
    const parts = text.split(word);
    if (parts.length < 2) throw new Error("Semaphore's verifier does not hold the key that its packages publish");
    return parts.join(to[index]);
  }, code);
}
