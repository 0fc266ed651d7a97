// SPDX-License-Identifier: GPL-3.0-or-later
/** Measures what Jeton costs, in constraints, gas and time, side by side with Semaphore. */
import { parseArgs } from "node:util";

import type { Section } from "./bench/run.ts";
import { runBench, SECTIONS } from "./bench/run.ts";
import { omitted, resultProblems, writeResults } from "./bench/snapshots.ts";
import { toMarkdown } from "./bench/tables.ts";
import { UsageError } from "./circuits/cli.ts";

const HELP = `npm run bench -- [options]

Measures constraints, gas of every verb, proving and verifying times, hash rates, and Semaphore beside them; what a paid call costs in
time, how fast the gateway's store is, what a tree of many accounts takes, and what an audit of a long history takes.

  --only LIST       sections, separated by commas: ${SECTIONS.join(", ")}; default all
  --ptau FILE       a phase-1 file of at least 2^13, for a key of Semaphore's circuit; without it its proofs are skipped
  --tickets N       how many tickets each series of calls spends, 6 to 100; default 60
  --nullifiers N    how many spent tickets the full store has, at most 100,000,000; default 1,000,000
  --accounts N      how many accounts the large tree has, in thousands: 3000 to 10,000,000; default 100,000
  --deposits N      how many accounts the audited history opens: 1,000 to 10,000,000; default 10,000
  --closes N        how many of them close; default 500
  --proofs N        how many closes have a real proof, at most 100; default 2
  --profile FOLDER  leave processor profiles of gateway and wallet there, which slows them down
  --json            print the report as JSON
  --check           fail when a budget is broken, or when gas differs from snapshots/gas.json (a proof's bytes are random: those
                    verbs may differ by 120 gas); times are not judged
  --write           write what was measured to snapshots/ and docs/benchmarks.md, where other sections keep what they have
  --help            print this`;

const OPTIONS = {
  only: { type: "string" },
  ptau: { type: "string" },
  tickets: { type: "string", default: "60" },
  nullifiers: { type: "string", default: "1000000" },
  accounts: { type: "string", default: "100000" },
  deposits: { type: "string", default: "10000" },
  closes: { type: "string", default: "500" },
  proofs: { type: "string", default: "2" },
  profile: { type: "string" },
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

function countOf(name: string, text: string, least: number, most: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= least && count <= most) return count;
  throw new UsageError(`--${name} is a whole number from ${least} to ${most}`);
}

async function main(): Promise<void> {
  const { only, ptau, profile, json, check, write, help, ...counts } = parse();
  if (help) {
    console.log(HELP);
    return;
  }
  const started = performance.now();
  const log = (step: string): void => {
    console.error(`${((performance.now() - started) / 1_000).toFixed(0).padStart(5)} s  ${step}`);
  };
  const tickets = countOf("tickets", counts.tickets, 6, 100);
  const nullifiers = countOf("nullifiers", counts.nullifiers, 1, 100_000_000);
  const accounts = countOf("accounts", counts.accounts, 3_000, 10_000_000);
  if (accounts % 1_000 !== 0) throw new UsageError("--accounts is a multiple of 1000");
  const deposits = countOf("deposits", counts.deposits, 1_000, 10_000_000);
  const closes = countOf("closes", counts.closes, 1, deposits);
  const proofs = countOf("proofs", counts.proofs, 0, Math.min(closes, 100));
  const sizes = { tickets, nullifiers, accounts, deposits, closes, proofs };
  const report = await runBench({ sections: sectionsOf(only), ptau, ...sizes, profile, log });
  console.log(json ? JSON.stringify(report, undefined, 2) : toMarkdown(report));
  if (write) {
    for (const file of await writeResults(report)) log(`wrote ${file}`);
    for (const reason of omitted(report)) log(reason);
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
