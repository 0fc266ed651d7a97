// SPDX-License-Identifier: GPL-3.0-or-later
/** Holds circuits, keys, verifiers and manifest against each other. Problems are collected, so that one run shows them all. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { artifactName, MANIFEST, parseManifest } from "../prover/index.ts";
import type { Manifest, StatementManifest } from "../prover/index.ts";
import type { CircuitSet } from "./circuit-set.ts";
import { CIRCOM } from "./compile.ts";
import { contributionsOf } from "./contributions.ts";
import { withDevelopmentKeys } from "./development.ts";
import { mapParallel, readText, sha256, sha256File } from "./files.ts";
import { derive, verifierFile } from "./key-set.ts";
import { DEVELOPMENT_PHASE1, developmentPhase1, MINIMUM_PARTIES } from "./phase1.ts";
import { measure } from "./measure.ts";
import type { Measured } from "./measure.ts";
import { SNARKJS } from "./snarkjs.ts";

/** What a ceremony leaves beside its keys. */
const RECORDS = ["transcript.json", "transcript.md"] as const;
const TRANSCRIPT = `circuits/keys/${RECORDS[0]}`;

const REMEDY = "run `npm run circuits -- keys` and commit what it writes, or restore the committed file";

async function readManifestOf(set: CircuitSet): Promise<Manifest> {
  const file = join(set.keys, MANIFEST);
  const text = await readText(file);
  if (text === undefined) throw new Error(`${file} is missing: there are no keys yet; ${REMEDY}`);
  return parseManifest(text, file);
}

async function statementProblems(set: CircuitSet, one: Measured, entry: StatementManifest): Promise<string[]> {
  const { statement, r1cs, wasm } = one.circuit;
  const problems: string[] = [];
  const expect = (what: string, actual: string | undefined, expected: string, hint: string): void => {
    if (actual !== expected) problems.push(`${what} is ${actual ?? "missing"}, and must be ${expected}: ${hint}`);
  };
  const hashOf = (file: string): Promise<string | undefined> => sha256File(file).catch(() => undefined);

  const circuitHint = `the keys were made for another circuits/${statement}.circom; ${REMEDY}`;
  expect(`SHA-256 of ${statement}'s r1cs`, await hashOf(r1cs), entry.sha256.r1cs, circuitHint);
  expect(`SHA-256 of ${statement}'s compiled witness program`, await hashOf(wasm), entry.sha256.wasm, circuitHint);
  expect(`${statement}'s number of constraints`, String(one.constraints), String(entry.constraints), circuitHint);
  expect(`${statement}'s public signals`, one.publicSignals.join(), entry.publicSignals.join(), circuitHint);
  for (const kind of ["wasm", "zkey", "vkey"] as const) {
    const name = artifactName(statement, kind);
    expect(`SHA-256 of ${name}`, await hashOf(join(set.keys, name)), entry.sha256[kind], `it was changed; ${REMEDY}`);
  }
  const verifier = verifierFile(statement);
  expect(
    `SHA-256 of ${verifier}`,
    await hashOf(join(set.verifiers, verifier)),
    entry.sha256.verifier,
    `it is generated and never edited; ${REMEDY}`,
  );

  const zkey = join(set.keys, artifactName(statement, "zkey"));
  if (problems.length > 0) return problems;
  const derived = await derive(zkey, statement);
  expect(`verification key from ${statement}.zkey`, sha256(derived.vkey), entry.sha256.vkey, REMEDY);
  expect(`verifier from ${statement}.zkey`, sha256(derived.verifier), entry.sha256.verifier, REMEDY);
  if (!isDeepStrictEqual(await contributionsOf(zkey), entry.contributions)) {
    problems.push(`the manifest lists other contributions than those in ${statement}.zkey; ${REMEDY}`);
  }
  return problems;
}

/** Files that are no part of the set would be read by nobody and trusted by somebody. */
async function strangers(set: CircuitSet, { purpose }: Manifest): Promise<string[]> {
  const statements = Object.keys(set.statements);
  const known = new Set([
    MANIFEST,
    "README.md",
    ...(purpose === "ceremony" ? RECORDS : []),
    ...statements.flatMap((one) => (["zkey", "wasm", "vkey"] as const).map((kind) => artifactName(one, kind))),
  ]);
  const verifiers = new Set(statements.map(verifierFile));
  const unknown = (folder: string, names: ReadonlySet<string>, found: readonly string[]): string[] =>
    found.filter((name) => !names.has(name)).map((name) => `${join(folder, name)} belongs to no statement: remove it`);
  return [
    ...unknown(set.keys, known, await readdir(set.keys)),
    ...unknown(set.verifiers, verifiers, await readdir(set.verifiers).catch(() => [])),
  ];
}

/** Whoever calls keys a ceremony's must have had one; who took part is for people to check. */
function purposeProblems({ purpose, phase1, statements }: Manifest): string[] {
  if (purpose !== "ceremony") return [];
  const problems: string[] = [];
  if (phase1.sha256 === DEVELOPMENT_PHASE1.sha256)
    problems.push("the manifest says ceremony, and its phase 1 is the development one");
  for (const [statement, { contributions }] of Object.entries(statements)) {
    const parties = new Set(contributions.filter(({ beacon }) => beacon === undefined).map(({ hash }) => hash));
    if (parties.size < MINIMUM_PARTIES) {
      problems.push(
        `the manifest says ceremony, and ${statement} has ${parties.size} parties; ${MINIMUM_PARTIES} are the least`,
      );
    }
  }
  return problems;
}

/** Compares circuits, keys, verifiers and manifest; takes seconds when the circuits are compiled. */
export async function keyProblems(set: CircuitSet, measured?: readonly Measured[]): Promise<string[]> {
  const manifest = await readManifestOf(set);
  const problems: string[] = [];
  if (manifest.circom !== CIRCOM)
    problems.push(`the keys were made with ${manifest.circom}, and ${CIRCOM} is installed`);
  if (manifest.snarkjs !== SNARKJS)
    problems.push(`the keys were made with ${manifest.snarkjs}, and ${SNARKJS} is installed`);
  for (const statement of Object.keys(manifest.statements)) {
    if (!(statement in set.statements)) problems.push(`the manifest has a statement ${statement} that has no circuit`);
  }
  for (const one of measured ?? (await measure(set))) {
    const entry = manifest.statements[one.circuit.statement];
    if (entry === undefined) problems.push(`the manifest has no statement ${one.circuit.statement}; ${REMEDY}`);
    else problems.push(...(await statementProblems(set, one, entry)));
  }
  return [...problems, ...purposeProblems(manifest), ...(await strangers(set, manifest))];
}

/** Makes the development proving keys again and compares them bit by bit. A ceremony's are verified by its transcript. */
export async function developmentProblems(
  set: CircuitSet,
  ptau: string,
  log: (step: string) => void,
): Promise<string[]> {
  const manifest = await readManifestOf(set);
  if (manifest.purpose !== "development") {
    return [
      `these keys are no development keys: verify them with \`npx jeton ceremony verify --transcript ${TRANSCRIPT}\``,
    ];
  }
  const phase1 = await developmentPhase1(ptau, ptau, log);
  return withDevelopmentKeys(set, phase1, log, async (keys) => {
    const hashes = await mapParallel(keys, ({ zkey }) => sha256File(zkey));
    return keys.flatMap(({ circuit: { statement } }, index) =>
      hashes[index] === manifest.statements[statement]?.sha256.zkey
        ? []
        : [`${statement}.zkey, made again, has SHA-256 ${hashes[index] ?? ""}, and the manifest says another`],
    );
  });
}
