// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Real proofs, made once. Pools, accounts and keys of most tests are the same in every run, and so are the statements that they prove; a
 * proof that was made before is as good as one that is made now. So the proofs of the last `npm test -- --record-proofs` are kept in
 * test/vectors/proofs.jsonl, under a hash of all that they follow from: statement, proving key and input. What is not among them is proved. The
 * prover itself, the campaigns and the tests of whole processes use nothing of it.
 */
import { createHash, randomUUID } from "node:crypto";
import { readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { CircuitInput, Proof, Statement } from "../../src/protocol/index.ts";
import type { Prover } from "../../src/prover/index.ts";

/** Names a folder in which the processes of one run find each other's proofs. Without one a process keeps its own. */
export const PROOFS_VARIABLE = "JETON_TEST_PROOFS";
/** Set to 1 where everything that is asked for is to be proved in this run. */
export const RECORD_VARIABLE = "JETON_TEST_PROOFS_RECORD";

const KEPT = fileURLToPath(new URL("../vectors/proofs.jsonl", import.meta.url));
const MANIFEST = fileURLToPath(new URL("../../circuits/keys/manifest.json", import.meta.url));

interface Proved {
  readonly proof: Proof;
  readonly publicSignals: bigint[];
}

export interface KeptProof extends Proved {
  /** Of statement, proving key and input. */
  readonly key: string;
  readonly statement: Statement;
}

export type ProveOnce = (statement: Statement, input: CircuitInput) => Promise<Proved>;

const toText = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? `${item}n` : item));

const fromText = <T>(text: string): T =>
  JSON.parse(text, (_, item: unknown) =>
    typeof item === "string" && /^\d+n$/.test(item) ? BigInt(item.slice(0, -1)) : item,
  ) as T;

const provingKeys = (
  JSON.parse(readFileSync(MANIFEST, "utf8")) as {
    readonly statements: Readonly<Record<string, { readonly sha256: { readonly zkey: string } }>>;
  }
).statements;

const keyOf = (statement: Statement, input: CircuitInput): string =>
  createHash("sha256")
    .update(toText([statement, provingKeys[statement]?.sha256.zkey, input]))
    .digest("hex");

/** The kept proofs, one in a line. */
export function keptProofs(): KeptProof[] {
  const lines = readFileSync(KEPT, "utf8").trimEnd().split("\n");
  return lines.filter((line) => line !== "").map((line) => fromText<KeptProof>(line));
}

let kept: Map<string, KeptProof> | undefined;

const isRecording = (): boolean => process.env[RECORD_VARIABLE] === "1";

function known(key: string): Proved | undefined {
  const folder = process.env[PROOFS_VARIABLE];
  try {
    if (folder !== undefined) return fromText<KeptProof>(readFileSync(join(folder, `${key}.json`), "utf8"));
  } catch {
    // Nobody proved it in this run.
  }
  if (isRecording()) return undefined;
  kept ??= new Map(keptProofs().map((proof) => [proof.key, proof]));
  return kept.get(key);
}

function share(proof: KeptProof): void {
  const folder = process.env[PROOFS_VARIABLE];
  if (folder === undefined) return;
  const part = join(folder, `${proof.key}.${randomUUID()}`);
  writeFileSync(part, toText(proof));
  renameSync(part, join(folder, `${proof.key}.json`));
}

/** @param prover asked for when something has to be proved. */
export function provingOnce(prover: () => Promise<Prover>): ProveOnce {
  const made = new Map<string, Promise<Proved>>();
  const make = async (key: string, statement: Statement, input: CircuitInput): Promise<Proved> => {
    const before = known(key);
    if (before !== undefined) return before;
    const proved = await (await prover()).prove(statement, input);
    share({ key, statement, ...proved });
    return proved;
  };
  return (statement, input) => {
    const key = keyOf(statement, input);
    const running = made.get(key) ?? make(key, statement, input);
    made.set(key, running);
    running.catch(() => made.delete(key));
    return running;
  };
}

/** Keeps the proofs of a run that recorded: those that were asked for, and no others. Returns how many. */
export function keepProofs(folder: string): number {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const lines = files.sort().map((name) => readFileSync(join(folder, name), "utf8"));
  const part = `${KEPT}.${randomUUID()}`;
  writeFileSync(part, `${lines.join("\n")}\n`);
  renameSync(part, KEPT);
  return lines.length;
}
