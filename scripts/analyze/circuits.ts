// SPDX-License-Identifier: GPL-3.0-or-later
/** Static analysis of circuits: what the compiler's `--inspect` and Trail of Bits' circomspect say of every template. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

import { COMPILER } from "../../src/circuits/index.ts";
import type { CircuitSet } from "../../src/circuits/index.ts";
import type { Finding } from "./findings.ts";
import { readable } from "./readable.ts";

const CIRCOMSPECT = createRequire(import.meta.url).resolve("circomspect/cli.js");
const TEMPLATE = /^template (\w+)\([^)]*\) \{/gm;
/** A signal that is set and never used, for circomspect to find. */
const CANARY = " signal canary; canary <-- 1;";

interface Ran {
  readonly output: string;
  readonly failed: boolean;
}

function run(args: readonly string[], cwd: string): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...args], { cwd, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ output: stripVTControlCharacters(`${stdout}\n${stderr}`), failed: error !== null });
    });
  });
}

/** The project's own circuit files with their text, by path below `set.circuits`. */
async function sourcesOf(set: CircuitSet): Promise<Map<string, string>> {
  const files = await readdir(set.circuits, { recursive: true });
  const sources = new Map<string, string>();
  for (const file of files.filter((name) => name.endsWith(".circom")).sort()) {
    sources.set(file, await readFile(join(set.circuits, file), "utf8"));
  }
  return sources;
}

/** The compiler's warnings and errors about every circuit and the templates that it uses, those of libraries included. */
export async function inspect(set: CircuitSet): Promise<Finding[]> {
  const findings: Finding[] = [];
  const includes = set.includes.flatMap((include) => ["-l", include]);
  for (const statement of Object.keys(set.statements)) {
    const source = join(set.circuits, `${statement}.circom`);
    const { output, failed } = await run([COMPILER, source, "--O0", "--inspect", ...includes], set.circuits);
    const said = [...output.matchAll(/^(?:warning|error)\[(\w+)\]: (?:In template "(\w+).*?": )?(.*)$/gm)];
    for (const [, rule = "", template, what = ""] of said) {
      findings.push({ tool: "circom", rule, where: template ?? `${statement}.circom`, what });
    }
    if (failed && said.length === 0) {
      findings.push({ tool: "circom", rule: "failed", where: `${statement}.circom`, what: output.trim() });
    }
  }
  return findings;
}

/** Puts the sources where circomspect can read them: it follows only includes that are relative to the file that has them. */
async function stage(set: CircuitSet, sources: ReadonlyMap<string, string>, folder: string): Promise<void> {
  const libraries = new Map<string, string>();
  for (const include of set.includes) {
    for (const file of await readdir(include)) {
      if (file.endsWith(".circom")) libraries.set(file, join("libraries", file));
    }
  }
  const write = async (path: string, text: string): Promise<void> => {
    const here = dirname(path);
    const linked = text.replace(/^include "([^"]+)"/gm, (line, name: string) => {
      const own = [join(relative("circuits", here), name), name].find((file) => sources.has(file));
      const target = own === undefined ? libraries.get(basename(name)) : join("circuits", own);
      return target === undefined ? line : `include "${relative(here, target)}"`;
    });
    await mkdir(join(folder, here), { recursive: true });
    await writeFile(join(folder, path), linked);
  };
  for (const include of set.includes) {
    for (const file of await readdir(include)) {
      if (file.endsWith(".circom")) await write(join("libraries", file), await readFile(join(include, file), "utf8"));
    }
  }
  for (const [file, text] of sources) await write(join("circuits", file), text);
}

/** The part of SARIF that is read: https://docs.oasis-open.org/sarif/sarif/v2.1.0/ */
interface Sarif {
  readonly runs: readonly {
    readonly results: readonly {
      readonly ruleId: string;
      readonly message: { readonly text: string };
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string };
          readonly region: { readonly startLine: number };
        };
      }[];
    }[];
  }[];
}

/** Runs circomspect over sources. `what` is its message with the line of source that it is about. */
async function circomspect(set: CircuitSet, sources: ReadonlyMap<string, string>): Promise<Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), "jeton-circomspect-"));
  try {
    await stage(set, sources, folder);
    const { output } = await run([CIRCOMSPECT, "--sarif-file", "found.sarif", "circuits"], folder);
    const sarif = await readFile(join(folder, "found.sarif"), "utf8").catch(() => {
      throw new Error(`circomspect gave no result:\n${output}`);
    });
    return (JSON.parse(sarif) as Sarif).runs.flatMap(({ results }) =>
      results.map(({ ruleId, message, locations }): Finding => {
        const place = locations[0]?.physicalLocation;
        const file = place?.artifactLocation.uri.replace(/^file:\/\/circuits\//, "") ?? "";
        const lines = (sources.get(file) ?? "").split("\n").slice(0, place?.region.startLine);
        const template = [...lines.join("\n").matchAll(TEMPLATE)].at(-1)?.[1];
        const line = lines.at(-1)?.trim() ?? "";
        return { tool: "circomspect", rule: ruleId, where: template ?? file, what: `${message.text} ${line}`.trim() };
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const mapValues = (sources: ReadonlyMap<string, string>, change: (text: string) => string): Map<string, string> =>
  new Map([...sources].map(([file, text]) => [file, change(text)]));

/** The templates in which circomspect does not find a planted signal: what it says of them means nothing. */
async function blindSpots(set: CircuitSet, sources: ReadonlyMap<string, string>): Promise<Set<string>> {
  const blind = new Set([...sources.values()].flatMap((text) => [...text.matchAll(TEMPLATE)].map(([, name]) => name)));
  const planted = mapValues(sources, (text) => text.replace(TEMPLATE, (head) => `${head}${CANARY}`));
  for (const { where, what } of await circomspect(set, planted)) if (what.includes("canary")) blind.delete(where);
  return new Set([...blind].filter((name): name is string => name !== undefined));
}

/**
 * circomspect's findings of level "warning" and above in the project's own templates, and one more, `blind`, for a template that it cannot read
 * even when that is made easy for it. Level "note" says of every sum and product that it is taken modulo p; it is left out.
 */
export async function lint(set: CircuitSet): Promise<Finding[]> {
  const sources = await sourcesOf(set);
  const hard = await blindSpots(set, sources);
  const easier = mapValues(sources, (text) => readable(text, hard));
  const blind = hard.size === 0 ? hard : await blindSpots(set, easier);
  const what = "circomspect cannot read this template: it does not find a signal planted in it";
  return [
    ...(await circomspect(set, easier)),
    ...[...blind].map((where): Finding => ({ tool: "circomspect", rule: "blind", where, what })),
  ];
}

/** The names of the project's own templates. */
export async function templatesOf(set: CircuitSet): Promise<string[]> {
  const sources = await sourcesOf(set);
  return [...sources.values()].flatMap((text) => [...text.matchAll(TEMPLATE)].map(([, name]) => name as string)).sort();
}
