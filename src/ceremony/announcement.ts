// SPDX-License-Identifier: GPL-3.0-or-later
/** `ceremony.json`: what a ceremony is of, and how it will end. Its hash is the ceremony's name; every attestation repeats it. */
import { readFile } from "node:fs/promises";

import { z } from "zod";

import { CIRCOM, mapParallel, sha256, sha256File, SNARKJS } from "../circuits/index.ts";
import type { CompiledCircuit, Phase1 } from "../circuits/index.ts";
import { canonicalJson, describeIssues } from "../wire/index.ts";
import { sourceSchema } from "./beacon.ts";
import type { BeaconSource } from "./beacon.ts";
import { CeremonyError } from "./errors.ts";

export const hash = z.string().regex(/^[0-9a-f]{64}$/);

export const announcementSchema = z
  .object({
    format: z.literal("jeton.ceremony.v1"),
    circom: z.string(),
    snarkjs: z.string(),
    phase1: z.object({ name: z.string(), sha256: hash }).strict(),
    /** SHA-256 of each circuit's r1cs. */
    circuits: z.record(hash),
    /** SHA-256 of the keys that circuits and phase 1 give, before any contribution. */
    initialKeys: z.record(hash),
    beacon: sourceSchema,
  })
  .strict();
export type Announcement = z.infer<typeof announcementSchema>;

export const ceremonyOf = (announcement: Announcement): string => sha256(canonicalJson(announcement));

/** A JSON file in its format. @throws CeremonyError ROUND_INCOMPLETE, FILE_MALFORMED */
export async function readFormat<T>(file: string, schema: z.ZodType<T, z.ZodTypeDef, unknown>): Promise<T> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new CeremonyError("ROUND_INCOMPLETE", `cannot read ${file} (${error.code ?? error.message})`);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CeremonyError("FILE_MALFORMED", `${file} is no JSON`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CeremonyError("FILE_MALFORMED", `${file}: ${describeIssues(parsed.error)}`);
}

/** What circuits and tools give today. */
export async function announce(
  circuits: readonly CompiledCircuit[],
  phase1: Phase1,
  initialKeys: Readonly<Record<string, string>>,
  beacon: BeaconSource,
): Promise<Announcement> {
  const hashes = await mapParallel(
    circuits,
    async ({ statement, r1cs }) => [statement, await sha256File(r1cs)] as const,
  );
  return {
    format: "jeton.ceremony.v1",
    circom: CIRCOM,
    snarkjs: SNARKJS,
    phase1: { name: phase1.name, sha256: phase1.sha256 },
    circuits: Object.fromEntries(hashes),
    initialKeys,
    beacon,
  };
}

/** @throws CeremonyError OTHER_CEREMONY unless the announcement is of these circuits, tools and phase 1 */
export async function requireSameCeremony(
  found: Announcement,
  circuits: readonly CompiledCircuit[],
  phase1: Phase1,
): Promise<void> {
  const expected = await announce(circuits, phase1, found.initialKeys, found.beacon);
  for (const key of ["circom", "snarkjs", "circuits"] as const) {
    if (canonicalJson(found[key]) !== canonicalJson(expected[key])) {
      throw new CeremonyError("OTHER_CEREMONY", `this is a ceremony of other circuits or tools: "${key}" differs`);
    }
  }
  if (found.phase1.sha256 !== phase1.sha256) {
    throw new CeremonyError(
      "OTHER_CEREMONY",
      `this ceremony started from another phase 1 than ${phase1.path}: it has SHA-256 ${phase1.sha256}, and ${found.phase1.sha256} was announced`,
    );
  }
  if (found.phase1.name !== phase1.name) {
    throw new CeremonyError(
      "OTHER_CEREMONY",
      `this ceremony was announced with another name of phase 1: ${phase1.path} is "${phase1.name}", and "${found.phase1.name}" was announced`,
    );
  }
}
