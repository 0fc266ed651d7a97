// SPDX-License-Identifier: GPL-3.0-or-later
/** Compiles circuits with circom -O2 and keeps the result for as long as no source changes. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

import circomPackage from "circom2/package.json" with { type: "json" };

import type { CircuitSet } from "./circuit-set.ts";
import { sha256File } from "./files.ts";

export const CIRCOM = `circom2@${circomPackage.version}`;

/** All optimizations; `--inspect` reports unused and under-constrained signals. */
const FLAGS = ["--O2", "--inspect", "--r1cs", "--wasm", "--sym"];
/** The program that compiles one circuit, in a process of its own. */
export const COMPILER = fileURLToPath(new URL("./circom.ts", import.meta.url));
const STAMP = "stamp.json";

export interface CompiledCircuit {
  readonly statement: string;
  readonly r1cs: string;
  readonly wasm: string;
  readonly sym: string;
}

interface Stamp {
  readonly sources: string;
  readonly outputs: Readonly<Record<"r1cs" | "wasm" | "sym", string>>;
}

const locate = (folder: string, statement: string): CompiledCircuit => ({
  statement,
  r1cs: join(folder, `${statement}.r1cs`),
  wasm: join(folder, `${statement}.wasm`),
  sym: join(folder, `${statement}.sym`),
});

const outputsOf = async ({ r1cs, wasm, sym }: CompiledCircuit): Promise<Stamp["outputs"]> => ({
  r1cs: await sha256File(r1cs),
  wasm: await sha256File(wasm),
  sym: await sha256File(sym),
});

/** A hash of the compiler, its flags and every file that the circuit includes, by the paths that the circuit names. */
async function hashSources(set: CircuitSet, statement: string): Promise<string> {
  const hash = createHash("sha256").update([CIRCOM, ...FLAGS].join("\0"));
  const seen = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = await readFile(file, "utf8");
    hash.update("\0").update(text);
    for (const [, included] of text.matchAll(/^\s*include\s+"([^"]+)"/gm)) {
      const candidates = [dirname(file), ...set.includes].map((folder) => join(folder, included as string));
      const found = candidates.find((candidate) => existsSync(candidate));
      if (found === undefined)
        throw new Error(`${file} includes "${included as string}", which is in no include folder`);
      hash.update("\0").update(included as string);
      await visit(found);
    }
  };
  await visit(join(set.circuits, `${statement}.circom`));
  return hash.digest("hex");
}

function runCompiler(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [COMPILER, ...args], { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const output = stripVTControlCharacters(`${stdout}${stderr}`).trim();
      if (error === null) resolve(output);
      else reject(new Error(`circom failed:\n${output}`));
    });
  });
}

/** Names of the templates that are the project's own; the libraries' are reviewed as they are. */
async function ownTemplates(set: CircuitSet): Promise<Set<string>> {
  const names = new Set<string>();
  for (const file of await readdir(set.circuits, { recursive: true })) {
    if (!file.endsWith(".circom")) continue;
    const text = await readFile(join(set.circuits, file), "utf8");
    for (const [, name] of text.matchAll(/^\s*template\s+(?:parallel\s+|custom\s+)*(\w+)/gm)) names.add(name as string);
  }
  return names;
}

/** Warnings count, except what `--inspect` finds inside a library's template. */
async function assertNoWarnings(set: CircuitSet, statement: string, output: string): Promise<void> {
  const own = await ownTemplates(set);
  const warnings = output.match(/^warning\[.*$/gm) ?? [];
  const counting = warnings.filter((line) => {
    const inspected = /^warning\[CA\d+\]: In template "(\w+)/.exec(line);
    return inspected === null || own.has(inspected[1] as string);
  });
  if (counting.length > 0) throw new Error(`${statement}.circom compiles with warnings:\n${counting.join("\n")}`);
}

async function isCurrent(folder: string, circuit: CompiledCircuit, sources: string): Promise<boolean> {
  try {
    const stamp = JSON.parse(await readFile(join(folder, STAMP), "utf8")) as Stamp;
    if (stamp.sources !== sources) return false;
    const outputs = await outputsOf(circuit);
    return (["r1cs", "wasm", "sym"] as const).every((kind) => stamp.outputs[kind] === outputs[kind]);
  } catch {
    return false;
  }
}

/**
 * Compiles one circuit into `<build>/<statement>/`, unless that is there for the same sources. Safe to call from several processes.
 * @throws Error on a compiler error, and on any compiler warning.
 */
export async function compileCircuit(set: CircuitSet, statement: string): Promise<CompiledCircuit> {
  const sources = await hashSources(set, statement);
  const folder = join(set.build, statement);
  const circuit = locate(folder, statement);
  if (await isCurrent(folder, circuit, sources)) return circuit;

  await mkdir(set.build, { recursive: true });
  const scratch = await mkdtemp(join(set.build, `${statement}-`));
  try {
    const source = join(set.circuits, `${statement}.circom`);
    const includes = set.includes.flatMap((include) => ["-l", include]);
    await assertNoWarnings(set, statement, await runCompiler([source, ...FLAGS, ...includes, "-o", scratch]));
    const made = locate(scratch, statement);
    await rename(join(scratch, `${statement}_js`, `${statement}.wasm`), made.wasm);
    await rm(join(scratch, `${statement}_js`), { recursive: true });
    const stamp: Stamp = { sources, outputs: await outputsOf(made) };
    await writeFile(join(scratch, STAMP), JSON.stringify(stamp));
    await rm(folder, { recursive: true, force: true });
    await rename(scratch, folder).catch(async (error: unknown) => {
      // Another process was faster.
      if (!(await isCurrent(folder, circuit, sources))) throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return circuit;
}
