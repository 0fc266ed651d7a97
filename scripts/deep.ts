// SPDX-License-Identifier: GPL-3.0-or-later
/** The assurance case with its long budgets: every campaign, the hunts, and the planted bugs. Its figures are in docs/assurance.md. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describeMachine } from "./bench/machine.ts";
import type { Machine } from "./bench/machine.ts";
import { ROOT } from "./circuits/circuit-set.ts";
import { FIGURES_VARIABLE } from "./support/figures.ts";
import type { Figures } from "./support/figures.ts";

const HELP = `npm run test:deep [-- --only NAME,… --write]

The assurance case with its long budgets (about an hour on two cores). Each part runs as a process of its own and leaves its figures.

  --only NAME,…  some parts: solidity, proofs, circuits, unlinkability, analysis, mutants
  --write        write the figures into snapshots/assurance.json and docs/assurance.md; needs all parts
  --help         this text
`;

interface Part {
  readonly title: string;
  readonly command: readonly [string, ...string[]];
}

const PARTS: Readonly<Record<string, Part>> = {
  solidity: {
    title: "Random sequences of all calls, in Solidity, with a verifier that accepts what a model says is provable",
    command: ["hardhat", "test", "solidity", "--no-compile"],
  },
  proofs: {
    title: "Random sequences of calls of many actors on a real pool, with real proofs",
    command: ["hardhat", "test", "mocha", "--no-compile", "test/e2e/campaign.test.ts"],
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

interface DeepReport {
  readonly machine: Machine;
  readonly parts: Readonly<
    Record<string, { readonly seconds: number; readonly figures: Readonly<Record<string, Figures>> }>
  >;
}

const SNAPSHOT = join(ROOT, "snapshots/assurance.json");
const DOCUMENT = join(ROOT, "docs/assurance.md");
const [BEGIN, END] = ["<!-- figures: written by npm run test:deep -- --write -->", "<!-- end of figures -->"];

function run([program, ...args]: Part["command"], folder: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: "inherit",
      env: { ...process.env, JETON_DEEP: "1", [FIGURES_VARIABLE]: folder },
    });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

async function figuresIn(folder: string): Promise<Record<string, Figures>> {
  const figures: Record<string, Figures> = {};
  for (const name of (await readdir(folder)).sort()) {
    figures[name.replace(/\.json$/, "")] = JSON.parse(await readFile(join(folder, name), "utf8")) as Figures;
  }
  return figures;
}

async function runPart(name: string, part: Part): Promise<DeepReport["parts"][string]> {
  const folder = await mkdtemp(join(tmpdir(), "jeton-deep-"));
  try {
    console.log(`\n== ${part.title} (${name})`);
    const start = performance.now();
    const code = await run(part.command, folder);
    const seconds = Math.round((performance.now() - start) / 1_000);
    if (code !== 0) throw new Error(`"${name}" failed after ${seconds} s: its output is above`);
    return { seconds, figures: await figuresIn(folder) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const show = (value: number | string): string => (typeof value === "number" ? value.toLocaleString("en-US") : value);

export function toMarkdown({ machine, parts }: DeepReport): string {
  const { date, cpu, cores, memoryGiB, node } = machine;
  const sections = Object.entries(parts).map(([name, { seconds, figures }]) => {
    const lines = Object.entries(figures).flatMap(([group, values]) =>
      Object.entries(values).map(([what, value]) => `- ${group}: ${what}: ${show(value)}`),
    );
    return [`### ${PARTS[name]?.title ?? name}`, [`- ${show(seconds)} seconds`, ...lines].join("\n")].join("\n\n");
  });
  const where = `One run on ${date.slice(0, 10)}: ${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}.`;
  return [where, ...sections].join("\n\n");
}

async function write(report: DeepReport): Promise<void> {
  const document = await readFile(DOCUMENT, "utf8");
  const [before, rest] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error("docs/assurance.md has no place for figures");
  await writeFile(SNAPSHOT, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(DOCUMENT, `${before}${BEGIN}\n\n${toMarkdown(report)}\n\n${END}${after}`);
  console.log(`wrote ${SNAPSHOT} and ${DOCUMENT}`);
}

async function main(args: readonly string[]): Promise<number> {
  const names = Object.keys(PARTS);
  const position = args.indexOf("--only");
  const only = position === -1 ? names : (args[position + 1] ?? "").split(",");
  const known = new Set(["--only", "--write", "--help", ...(position === -1 ? [] : [args[position + 1] ?? ""])]);
  const wrong = args.find((argument) => !known.has(argument)) ?? only.find((name) => !names.includes(name));
  if (args.includes("--help") || wrong !== undefined) {
    console.log(wrong === undefined ? HELP : `"${wrong}" is no option or part\n\n${HELP}`);
    return wrong === undefined ? 0 : 2;
  }
  if (args.includes("--write") && only.length !== names.length) {
    console.error("--write needs all parts: leave --only out");
    return 2;
  }
  const machine = describeMachine(new Date());
  const parts: Record<string, DeepReport["parts"][string]> = {};
  for (const name of only) parts[name] = await runPart(name, PARTS[name] as Part);
  const report: DeepReport = { machine, parts };
  console.log(`\n${toMarkdown(report)}`);
  if (args.includes("--write")) await write(report);
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
