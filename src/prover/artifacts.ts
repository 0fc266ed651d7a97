// SPDX-License-Identifier: GPL-3.0-or-later
/** The key set: a manifest, and for each statement a proving key, a witness program and a verification key, each checked by its hash. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { z } from "zod";

import { ProverError } from "./errors.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const contribution = z.object({
  name: z.string(),
  /** BLAKE2b-512 of the contribution, as snarkjs prints it. */
  hash: z.string().regex(/^[0-9a-f]{128}$/),
  beacon: z.object({ value: z.string(), iterationsExponent: z.number().int() }).optional(),
});

const statement = z.object({
  constraints: z.number().int().positive(),
  /** Names in order, arrays written out: `foldNullifiers[0]`. */
  publicSignals: z.array(z.string()).min(1),
  contributions: z.array(contribution).min(1),
  sha256: z.object({ r1cs: sha256, wasm: sha256, zkey: sha256, vkey: sha256, verifier: sha256 }),
});

const schema = z.object({
  /** "development": whoever reads the repository can forge proofs. "ceremony": made by several parties. */
  purpose: z.enum(["development", "ceremony"]),
  /** The document that says how the keys were made and what they are worth. */
  document: z.string(),
  circom: z.string(),
  snarkjs: z.string(),
  phase1: z.object({ name: z.string(), sha256 }),
  statements: z.record(statement),
});

export type Manifest = z.infer<typeof schema>;
export type StatementManifest = z.infer<typeof statement>;
export type Contribution = z.infer<typeof contribution>;

/** The kinds of files that proving and verifying read. */
export type ArtifactKind = "zkey" | "wasm" | "vkey";

/** The project's own key set. */
export const DEFAULT_KEYS = new URL("../../circuits/keys/", import.meta.url);

export const MANIFEST = "manifest.json";

export function artifactName(statementName: string, kind: ArtifactKind): string {
  return kind === "vkey" ? `${statementName}.vkey.json` : `${statementName}.${kind}`;
}

async function read(file: URL): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new ProverError(
      "ARTIFACT_MISSING",
      `cannot read ${fileURLToPath(file)} (${(error as Error).message}): restore it from the repository, or rebuild the keys (docs/trusted-setup.md)`,
    );
  }
}

/** @throws ProverError MANIFEST_INVALID */
export function parseManifest(text: string, source: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ProverError("MANIFEST_INVALID", `${source} is no JSON: ${(error as Error).message}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ProverError(
    "MANIFEST_INVALID",
    `${source}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`,
  );
}

/**
 * Reads the manifest of a key set; `keys` is a folder and ends with a slash.
 * @throws ProverError ARTIFACT_MISSING, MANIFEST_INVALID
 */
export async function readManifest(keys: URL = DEFAULT_KEYS): Promise<Manifest> {
  const file = new URL(MANIFEST, keys);
  return parseManifest((await read(file)).toString("utf8"), fileURLToPath(file));
}

/**
 * Reads one file of a key set and checks it against the manifest.
 * @throws ProverError ARTIFACT_MISSING, ARTIFACT_MISMATCH
 */
export async function readArtifact(keys: URL, manifest: Manifest, name: string, kind: ArtifactKind): Promise<Buffer> {
  const expected = manifest.statements[name]?.sha256[kind];
  if (expected === undefined) throw new ProverError("ARTIFACT_MISSING", `the key set has no statement ${name}`);
  const file = new URL(artifactName(name, kind), keys);
  const bytes = await read(file);
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== expected) {
    throw new ProverError(
      "ARTIFACT_MISMATCH",
      `${fileURLToPath(file)} has SHA-256 ${actual}, and the manifest says ${expected}: it must not be used`,
    );
  }
  return bytes;
}
