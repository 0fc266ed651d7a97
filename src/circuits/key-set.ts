// SPDX-License-Identifier: GPL-3.0-or-later
/** Writes and checks a key set: proving keys, verification keys, witness programs, verifiers and the manifest that holds them together. */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { artifactName, MANIFEST } from "../prover/index.ts";
import type { Manifest, StatementManifest } from "../prover/index.ts";
import type { CircuitSet } from "./circuit-set.ts";
import { CIRCOM } from "./compile.ts";
import type { CompiledCircuit } from "./compile.ts";
import { contributionsOf } from "./contributions.ts";
import { sha256, sha256File, toJson } from "./files.ts";
import type { Phase1 } from "./phase1.ts";
import { readHeader, readPublicSignals } from "./r1cs.ts";
import { SNARKJS, verificationKeyOf, verifierName, verifierOf } from "./snarkjs.ts";

const DOCUMENT = "docs/trusted-setup.md";

export const verifierFile = (statement: string): string => `${verifierName(statement)}.sol`;

/** What can be derived from a proving key. */
export interface Derived {
  readonly vkey: string;
  readonly verifier: string;
}

export async function derive(zkey: string, statement: string): Promise<Derived> {
  const bytes = await readFile(zkey);
  return { vkey: toJson(await verificationKeyOf(bytes)), verifier: await verifierOf(bytes, statement) };
}

async function writeStatement(set: CircuitSet, circuit: CompiledCircuit, zkey: string): Promise<StatementManifest> {
  const { statement } = circuit;
  const { vkey, verifier } = await derive(zkey, statement);
  const header = await readHeader(circuit.r1cs);
  await copyFile(circuit.wasm, join(set.keys, artifactName(statement, "wasm")));
  const target = join(set.keys, artifactName(statement, "zkey"));
  if (zkey !== target) await copyFile(zkey, target);
  await writeFile(join(set.keys, artifactName(statement, "vkey")), vkey);
  await writeFile(join(set.verifiers, verifierFile(statement)), verifier);
  return {
    constraints: header.constraints,
    publicSignals: await readPublicSignals(circuit.sym, header.publicSignals),
    contributions: await contributionsOf(zkey),
    sha256: {
      r1cs: await sha256File(circuit.r1cs),
      wasm: await sha256File(circuit.wasm),
      zkey: await sha256File(zkey),
      vkey: sha256(vkey),
      verifier: sha256(verifier),
    },
  };
}

export interface FinalKey {
  readonly circuit: CompiledCircuit;
  /** Where the key is; it may be in its place already. */
  readonly zkey: string;
}

/** Writes keys, verifiers and the manifest, the manifest last. */
export async function writeKeySet(
  set: CircuitSet,
  purpose: Manifest["purpose"],
  phase1: Phase1,
  finals: readonly FinalKey[],
): Promise<Manifest> {
  await mkdir(set.keys, { recursive: true });
  await mkdir(set.verifiers, { recursive: true });
  const statements: Record<string, StatementManifest> = {};
  for (const { circuit, zkey } of finals) statements[circuit.statement] = await writeStatement(set, circuit, zkey);
  const manifest: Manifest = {
    purpose,
    document: DOCUMENT,
    circom: CIRCOM,
    snarkjs: SNARKJS,
    phase1: { name: phase1.name, sha256: phase1.sha256 },
    statements,
  };
  await writeFile(join(set.keys, MANIFEST), toJson(manifest));
  return manifest;
}
