// SPDX-License-Identifier: GPL-3.0-or-later
/** Measures what Jeton costs, in constraints, gas and time, side by side with Semaphore. */
import { parseArgs } from "node:util";

import type { Section } from "./bench/run.ts";
import { runBench, SECTIONS } from "./bench/run.ts";
import { isWhole, resultProblems, writeResults } from "./bench/snapshots.ts";
import { toMarkdown } from "./bench/tables.ts";
import { UsageError } from "./circuits/cli.ts";

const HELP = `npm run bench -- [options]

Measures constraints, gas of every verb, proving and verifying times, hash rates, and Semaphore beside them.

  --only LIST   sections, separated by commas: ${SECTIONS.join(", ")}; default all
  --ptau FILE   a phase-1 file of at least 2^13, for a key of Semaphore's circuit; without it its proofs are skipped
  --json        print the report as JSON
  --check       fail when a budget is broken, or when gas differs from snapshots/gas.json (a proof's bytes are random: those
                verbs may differ by 120 gas); times are not judged
  --write       write snapshots/gas.json, and after a whole run snapshots/bench.json and docs/benchmarks.md
  --help        print this`;

const OPTIONS = {
  only: { type: "string" },
  ptau: { type: "string" },
  json: { type: "boolean", default: false },
  check: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

function parse() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function sectionsOf(only: string | undefined): Set<Section> {
  if (only === undefined) return new Set(SECTIONS);
  const names = only.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !SECTIONS.some((section) => section === name));
  if (unknown !== undefined) throw new UsageError(`there is no section "${unknown}"; there are ${SECTIONS.join(", ")}`);
  return new Set(SECTIONS.filter((section) => names.includes(section)));
}

async function main(): Promise<void> {
  const { only, ptau, json, check, write, help } = parse();
  if (help) {
    console.log(HELP);
    return;
  }
  const started = performance.now();
  const log = (step: string): void => {
    console.error(`${((performance.now() - started) / 1_000).toFixed(0).padStart(5)} s  ${step}`);
  };
  const report = await runBench({ sections: sectionsOf(only), ptau, log });
  console.log(json ? JSON.stringify(report, undefined, 2) : toMarkdown(report));
  if (write) {
    for (const file of await writeResults(report)) log(`wrote ${file}`);
    if (!isWhole(report)) log("not a whole run: snapshots/bench.json and docs/benchmarks.md stay as they are");
  }
  if (!check) return;
  const problems = await resultProblems(report);
  if (problems.length > 0) throw new Error(`${problems.length} problem(s)\n  ${problems.join("\n  ")}`);
  log("what was measured keeps its budgets and agrees with what is committed");
}

try {
  await main();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
// snarkjs keeps threads for as long as the process lives.
process.exit();
