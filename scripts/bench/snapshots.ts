// SPDX-License-Identifier: GPL-3.0-or-later
/** The committed results: snapshots/gas.json, snapshots/bench.json and the tables in docs/benchmarks.md. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { BUDGETS, ROOT } from "../circuits/circuit-set.ts";
import { toJson } from "../circuits/files.ts";
import { budgetProblems, snapshotProblems } from "./gas-report.ts";
import type { BenchReport, Constraints } from "./run.ts";
import { SECTIONS } from "./run.ts";
import { toMarkdown } from "./tables.ts";

const GAS = join(ROOT, "snapshots/gas.json");
const BENCH = join(ROOT, "snapshots/bench.json");
const DOCUMENT = join(ROOT, "docs/benchmarks.md");
const [BEGIN, END] = ["<!-- results: written by npm run bench -- --write -->", "<!-- end of results -->"];

function withResults(document: string, report: BenchReport): string {
  const [before, rest] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${DOCUMENT} has no place for results`);
  return `${before}${BEGIN}\n\n${toMarkdown(report)}\n\n${END}${after}`;
}

/** A run of every section, with the rows that need a phase-1 file. */
export const isWhole = (report: BenchReport): boolean =>
  SECTIONS.every((section) => report[section] !== undefined) && report.peers?.proving !== undefined;

/** Writes what the run measured; the whole report only after a whole run. Returns the files. */
export async function writeResults(report: BenchReport): Promise<string[]> {
  const files: string[] = [];
  if (report.gas !== undefined) {
    await writeFile(GAS, toJson(report.gas));
    files.push(GAS);
  }
  if (isWhole(report)) {
    await writeFile(BENCH, toJson(report));
    await writeFile(DOCUMENT, withResults(await readFile(DOCUMENT, "utf8"), report));
    files.push(BENCH, DOCUMENT);
  }
  return files;
}

function constraintProblems(constraints: Constraints): string[] {
  return Object.entries(BUDGETS).flatMap(([statement, budget]) => {
    const count = constraints[statement];
    if (count === undefined) return [`snapshots/constraints.json does not show ${statement}`];
    return count > budget ? [`${statement} has ${count} constraints, and its budget is ${budget}`] : [];
  });
}

async function documentProblems(): Promise<string[]> {
  const document = await readFile(DOCUMENT, "utf8");
  const report = JSON.parse(await readFile(BENCH, "utf8")) as BenchReport;
  return withResults(document, report) === document ? [] : ["docs/benchmarks.md does not show snapshots/bench.json"];
}

/** What is wrong with a run against budgets and committed results. Times are not judged: they are another machine's. */
export async function resultProblems({ constraints, gas }: BenchReport): Promise<string[]> {
  const problems = await documentProblems();
  if (constraints !== undefined) problems.push(...constraintProblems(constraints));
  if (gas !== undefined) {
    const committed = JSON.parse(await readFile(GAS, "utf8")) as object;
    problems.push(...budgetProblems(gas), ...snapshotProblems(gas, committed));
  }
  return problems;
}
