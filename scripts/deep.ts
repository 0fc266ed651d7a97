// SPDX-License-Identifier: GPL-3.0-or-later
/** The assurance case with its long budgets: every campaign, the hunts, and the planted bugs. Its figures are in docs/assurance.md. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describeMachine } from "./bench/machine.ts";
import type { Machine } from "./bench/machine.ts";
import { ROOT } from "../src/circuits/index.ts";
import { FIGURES_VARIABLE } from "./support/figures.ts";
import type { Figures } from "./support/figures.ts";

const HELP = `npm run test:deep [-- --only NAME,… --write]

The assurance case with its long budgets (about an hour on two cores). Each part runs as a process of its own and leaves its figures.

  --only NAME,…  some parts: solidity, fuzzing, proofs, crashes, processes, circuits, unlinkability, analysis, mutants
  --write        write the figures into snapshots/assurance.json and docs/assurance.md, each part as soon as it is done
  --help         this text
`;

interface Part {
  readonly title: string;
  readonly command: readonly [string, ...string[]];
  /** The figures come as one line for each sequence of calls, in a file of this name. */
  readonly sequences?: string;
}

const SOLIDITY_TESTS = readdirSync(join(ROOT, "test/contracts"))
  .filter((name) => name.endsWith(".t.sol") && name !== "Ledger.t.sol")
  .map((name) => `test/contracts/${name}`);

const PARTS: Readonly<Record<string, Part>> = {
  solidity: {
    title: "Random sequences of all calls, in Solidity, with a verifier that accepts what a model says is provable",
    command: ["hardhat", "test", "solidity", "--no-compile", "test/contracts/Ledger.t.sol"],
    sequences: "sequences.txt",
  },
  fuzzing: {
    title: "Every other Solidity test, fuzzed",
    command: ["hardhat", "test", "solidity", "--no-compile", ...SOLIDITY_TESTS],
  },
  proofs: {
    title: "Random sequences of calls of many actors on a real pool, with real proofs",
    command: ["hardhat", "test", "mocha", "--no-compile", "test/e2e/campaign.test.ts"],
  },
  processes: {
    title: "Two gateway processes on one database",
    command: ["hardhat", "test", "mocha", "--no-compile", "test/e2e/http-multi.test.ts"],
  },
  crashes: {
    title: "A gateway and a wallet in processes of their own, killed at every step of a call",
    command: ["hardhat", "test", "mocha", "--no-compile", "test/e2e/crashes.test.ts"],
  },
  circuits: {
    title: "Every signal of every circuit",
    command: ["hardhat", "test", "mocha", "--no-compile", "test/circuits/hunting.test.ts"],
  },
  unlinkability: {
    title: "Matching tickets, folds and accounts",
    command: ["hardhat", "test", "mocha", "--no-compile", "test/e2e/unlinkability.test.ts"],
  },
  analysis: { title: "Static analysis", command: ["tsx", "scripts/analyze.ts"] },
  mutants: { title: "Planted bugs", command: ["tsx", "scripts/mutants.ts"] },
};

interface PartReport {
  readonly machine: Machine;
  readonly seconds: number;
  readonly figures: Readonly<Record<string, Figures>>;
}
type DeepReport = Readonly<Record<string, PartReport>>;

const SNAPSHOT = join(ROOT, "snapshots/assurance.json");
const DOCUMENT = join(ROOT, "docs/assurance.md");
const [BEGIN, END] = ["<!-- figures: written by npm run test:deep -- --write -->", "<!-- end of figures -->"];

function run({ command: [program, ...args], sequences = "" }: Part, folder: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: "inherit",
      env: { ...process.env, JETON_DEEP: "1", [FIGURES_VARIABLE]: join(folder, sequences) },
    });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

/** "deposit 12 3,slash 4 0;": how often a sequence was let do what, and how often it was refused. */
function sumOf(text: string): Record<string, Figures> {
  // Each invariant also leaves a record of its first check, before any call.
  const sequences = text.split(";").filter((record) => / [1-9]/.test(record));
  let [calls, refused] = [0, 0];
  const byKind: Record<string, number> = {};
  for (const record of sequences) {
    for (const [, kind = "", done = "0", stopped = "0"] of record.matchAll(/(\w+) (\d+) (\d+)/g)) {
      calls += Number(done) + Number(stopped);
      refused += Number(stopped);
      byKind[kind] = (byKind[kind] ?? 0) + Number(done);
    }
  }
  const totals = { sequences: sequences.length, calls, "calls that had to be refused, and were": refused, faults: 0 };
  return { campaign: totals, done: byKind };
}

async function figuresIn(folder: string, { sequences }: Part): Promise<Record<string, Figures>> {
  if (sequences !== undefined) {
    return sumOf(await readFile(join(folder, sequences), "utf8"));
  }
  const figures: Record<string, Figures> = {};
  for (const name of (await readdir(folder)).sort()) {
    figures[name.replace(/\.json$/, "")] = JSON.parse(await readFile(join(folder, name), "utf8")) as Figures;
  }
  return figures;
}

async function runPart(name: string, part: Part): Promise<PartReport> {
  const machine = describeMachine(new Date());
  const folder = await mkdtemp(join(tmpdir(), "jeton-deep-"));
  try {
    console.log(`\n== ${part.title} (${name})`);
    const start = performance.now();
    const code = await run(part, folder);
    const seconds = Math.round((performance.now() - start) / 1_000);
    if (code !== 0) throw new Error(`"${name}" failed after ${seconds} s: its output is above`);
    return { machine, seconds, figures: await figuresIn(folder, part) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const show = (value: number | string): string => (typeof value === "number" ? value.toLocaleString("en-US") : value);

function toMarkdown(report: DeepReport): string {
  const sections = Object.keys(PARTS).flatMap((name) => {
    const part = report[name];
    if (part === undefined) return [];
    const { machine, seconds, figures } = part;
    const { date, cpu, cores, memoryGiB, node } = machine;
    const lines = Object.entries(figures).flatMap(([group, values]) =>
      Object.entries(values).map(([what, value]) => `- ${group}: ${what}: ${show(value)}`),
    );
    const where = `${date.slice(0, 10)}, ${show(seconds)} s on ${cores} cores (${cpu}, ${memoryGiB} GiB, Node ${node}).`;
    return [`### ${PARTS[name]?.title ?? name}`, where, lines.join("\n")];
  });
  return sections.join("\n\n");
}

async function write(report: DeepReport): Promise<void> {
  const document = await readFile(DOCUMENT, "utf8");
  const [before, rest] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error("docs/assurance.md has no place for figures");
  const earlier = existsSync(SNAPSHOT) ? (JSON.parse(await readFile(SNAPSHOT, "utf8")) as DeepReport) : {};
  const all = { ...earlier, ...report };
  await writeFile(SNAPSHOT, `${JSON.stringify(all, null, 2)}\n`);
  await writeFile(DOCUMENT, `${before}${BEGIN}\n\n${toMarkdown(all)}\n\n${END}${after}`);
  console.log(`wrote ${SNAPSHOT} and ${DOCUMENT}`);
}

async function main(args: readonly string[]): Promise<number> {
  const names = Object.keys(PARTS);
  const position = args.indexOf("--only");
  const list = position === -1 ? undefined : (args[position + 1] ?? "");
  const only = list?.split(",") ?? names;
  const known = new Set(["--only", "--write", "--help", ...(list === undefined ? [] : [list])]);
  const wrong = args.find((argument) => !known.has(argument)) ?? only.find((name) => !names.includes(name));
  if (args.includes("--help") || wrong !== undefined) {
    console.log(wrong === undefined ? HELP : `"${wrong}" is no option or part\n\n${HELP}`);
    return wrong === undefined ? 0 : 2;
  }
  const report: Record<string, PartReport> = {};
  for (const name of only) {
    report[name] = await runPart(name, PARTS[name] as Part);
    if (args.includes("--write")) await write(report);
  }
  console.log(`\n${toMarkdown(report)}`);
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
