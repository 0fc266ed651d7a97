// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Phase 2 with several parties, by files alone. A round is a folder: one proving key for each statement, and `ceremony.json`, which says
 * what it is a ceremony of. Each party takes a round and gives the next one. Contributions are inside the proving keys.
 */
import { randomBytes } from "node:crypto";
import { access, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { zKey } from "snarkjs";
import { z } from "zod";

import type { Contribution, Manifest } from "../../src/prover/index.ts";
import type { CircuitSet } from "../circuits/circuit-set.ts";
import { CIRCOM, compileCircuit } from "../circuits/compile.ts";
import type { CompiledCircuit } from "../circuits/compile.ts";
import { contributionsOf } from "../circuits/contributions.ts";
import { DEVELOPMENT_PHASE2 } from "../circuits/development.ts";
import { mapParallel, readText, sha256File, toJson } from "../circuits/files.ts";
import { writeKeySet } from "../circuits/key-set.ts";
import type { FinalKey } from "../circuits/key-set.ts";
import { DEVELOPMENT_PHASE1, MINIMUM_PARTIES } from "../circuits/phase1.ts";
import type { Phase1 } from "../circuits/phase1.ts";
import { applyBeacon, assertChain, newKey, SNARKJS } from "../circuits/snarkjs.ts";
import type { Beacon } from "../circuits/snarkjs.ts";

type Log = (step: string) => void;

/** Contributions by statement, oldest first. */
export type Transcript = Readonly<Record<string, readonly Contribution[]>>;

const DESCRIPTION = "ceremony.json";

const descriptionSchema = z.object({
  circom: z.string(),
  snarkjs: z.string(),
  phase1: z.object({ name: z.string(), sha256: z.string() }),
  /** SHA-256 of each circuit's r1cs. */
  circuits: z.record(z.string()),
});
type Description = z.infer<typeof descriptionSchema>;

const keyIn = (round: string, statement: string): string => join(round, `${statement}.zkey`);
const statementsOf = (set: CircuitSet): string[] => Object.keys(set.statements);
const compileAll = (set: CircuitSet): Promise<CompiledCircuit[]> =>
  mapParallel(statementsOf(set), (statement) => compileCircuit(set, statement));

async function describe(circuits: readonly CompiledCircuit[], phase1: Phase1): Promise<Description> {
  const hashes = await mapParallel(circuits, ({ r1cs }) => sha256File(r1cs));
  return {
    circom: CIRCOM,
    snarkjs: SNARKJS,
    phase1: { name: phase1.name, sha256: phase1.sha256 },
    circuits: Object.fromEntries(circuits.map(({ statement }, index) => [statement, hashes[index] as string])),
  };
}

async function readDescription(round: string): Promise<Description> {
  const text = await readText(join(round, DESCRIPTION));
  if (text === undefined) throw new Error(`${round} is no round of a ceremony: it has no ${DESCRIPTION}`);
  try {
    return descriptionSchema.parse(JSON.parse(text));
  } catch {
    throw new Error(`${join(round, DESCRIPTION)} is not in the format of a ceremony`);
  }
}

/** A round is never written over: the folder must be new or empty. */
async function createRound(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty; a round needs a folder of its own`);
}

/** Contributions of all statements; each party must have contributed to each statement, in the same order. */
async function transcriptOf(set: CircuitSet, round: string): Promise<Transcript> {
  const transcript: Record<string, readonly Contribution[]> = {};
  for (const statement of statementsOf(set)) {
    const key = keyIn(round, statement);
    await access(key).catch(() => {
      throw new Error(`${round} has no ${statement}.zkey`);
    });
    transcript[statement] = await contributionsOf(key);
  }
  const parties = new Set(
    Object.values(transcript).map((contributions) =>
      JSON.stringify(contributions.map(({ name, beacon }) => [name, beacon])),
    ),
  );
  if (parties.size > 1) throw new Error(`the proving keys in ${round} carry contributions of different parties`);
  return transcript;
}

/** Writes round 0: the keys that circuits and phase 1 give, with no secret of their own yet. */
export async function startCeremony(set: CircuitSet, phase1: Phase1, to: string, log: Log): Promise<void> {
  await createRound(to);
  const circuits = await compileAll(set);
  for (const { statement, r1cs } of circuits) {
    log(`${statement}: initial key`);
    await newKey(r1cs, phase1.path, keyIn(to, statement));
  }
  await writeFile(join(to, DESCRIPTION), toJson(await describe(circuits, phase1)));
}

/**
 * Adds one party's secret to every key. The secret comes from the operating system's generator, twice (here, and in snarkjs), and is
 * neither shown nor written.
 * @returns the hashes that the party publishes, by statement
 */
export async function contribute(
  set: CircuitSet,
  from: string,
  to: string,
  name: string,
  log: Log,
): Promise<Readonly<Record<string, string>>> {
  if (!/^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/.test(name)) {
    throw new Error("a contribution's name is 1 to 64 printable ASCII characters, without spaces around it");
  }
  await readDescription(from);
  const before = await transcriptOf(set, from);
  if (Object.values(before).some((contributions) => contributions.some(({ beacon }) => beacon !== undefined))) {
    throw new Error(`${from} ends with a beacon: this ceremony is over`);
  }
  await createRound(to);
  await copyFile(join(from, DESCRIPTION), join(to, DESCRIPTION));
  for (const statement of statementsOf(set)) {
    log(`${statement}: contribution`);
    await zKey.contribute(keyIn(from, statement), keyIn(to, statement), name, randomBytes(64).toString("hex"));
  }
  const after = await transcriptOf(set, to);
  const hashes = Object.entries(after).map(([statement, contributions]) => [
    statement,
    contributions.at(-1)?.hash ?? "",
  ]);
  return Object.fromEntries(hashes) as Record<string, string>;
}

interface Verified {
  readonly transcript: Transcript;
  readonly circuits: readonly CompiledCircuit[];
}

/** Verifies a round and gives, for each statement, the initial key to `use`; the keys are removed after that. */
async function withVerified<T>(
  set: CircuitSet,
  round: string,
  phase1: Phase1,
  log: Log,
  use: (verified: Verified, initialOf: (statement: string) => string) => Promise<T>,
): Promise<T> {
  const circuits = await compileAll(set);
  const expected = await describe(circuits, phase1);
  const found = await readDescription(round);
  for (const key of ["circom", "snarkjs", "circuits"] as const) {
    if (JSON.stringify(found[key]) !== JSON.stringify(expected[key])) {
      throw new Error(`${round} is a ceremony of other circuits: ${DESCRIPTION} differs in "${key}"`);
    }
  }
  if (found.phase1.sha256 !== phase1.sha256)
    throw new Error(`${round} started from another phase 1 than ${phase1.path}`);
  const transcript = await transcriptOf(set, round);
  const scratch = await mkdtemp(join(set.build, "ceremony-"));
  try {
    for (const { statement, r1cs } of circuits) {
      log(`${statement}: verifying`);
      await newKey(r1cs, phase1.path, keyIn(scratch, statement));
      await assertChain(keyIn(scratch, statement), phase1.path, keyIn(round, statement));
    }
    return await use({ transcript, circuits }, (statement) => keyIn(scratch, statement));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Verifies a round against nothing but the circuits and phase 1. @throws Error that says what does not hold. */
export const verifyRound = (set: CircuitSet, round: string, phase1: Phase1, log: Log): Promise<Transcript> =>
  withVerified(set, round, phase1, log, ({ transcript }) => Promise.resolve(transcript));

function assertBeacon({ value, iterationsExponent }: Beacon): void {
  if (!/^(?:[0-9a-f]{2}){16,255}$/.test(value)) {
    throw new Error("a beacon is 16 to 255 bytes in lower-case hexadecimal, without 0x");
  }
  if ([DEVELOPMENT_PHASE1.beacon.value, DEVELOPMENT_PHASE2.value].includes(value)) {
    throw new Error(
      "this beacon makes the development keys; a ceremony's is unknown to everybody until its last contribution",
    );
  }
  if (!Number.isInteger(iterationsExponent) || iterationsExponent < 10 || iterationsExponent > 63) {
    throw new Error("the beacon is hashed 2^10 to 2^63 times");
  }
}

/** Verifies the last round, ends it with a public beacon and writes the key set with its transcript. */
export async function finalize(
  set: CircuitSet,
  round: string,
  phase1: Phase1,
  beacon: Beacon,
  log: Log,
): Promise<Manifest> {
  assertBeacon(beacon);
  return withVerified(set, round, phase1, log, async ({ transcript, circuits }, initialOf) => {
    for (const [statement, contributions] of Object.entries(transcript)) {
      if (contributions.some((one) => one.beacon !== undefined))
        throw new Error(`${statement}.zkey has a beacon already`);
      if (new Set(contributions.map(({ name }) => name)).size < MINIMUM_PARTIES) {
        throw new Error(`${statement}.zkey has fewer than ${MINIMUM_PARTIES} parties: no ceremony`);
      }
    }
    const scratch = await mkdtemp(join(set.build, "final-"));
    try {
      const finals: FinalKey[] = [];
      for (const circuit of circuits) {
        const { statement } = circuit;
        const zkey = keyIn(scratch, statement);
        log(`${statement}: beacon`);
        await applyBeacon(keyIn(round, statement), zkey, beacon);
        await assertChain(initialOf(statement), phase1.path, zkey);
        finals.push({ circuit, zkey });
      }
      return await writeKeySet(set, "ceremony", phase1, finals);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  });
}
