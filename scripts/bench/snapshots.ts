// SPDX-License-Identifier: GPL-3.0-or-later
/** The committed results: snapshots/gas.json, snapshots/bench.json and the tables in docs/benchmarks.md. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { ROOT, toJson } from "../../src/circuits/index.ts";
import { BUDGETS } from "../circuits/snapshot.ts";
import { compareCounts, compareTimes } from "./compare.ts";
import { budgetProblems, snapshotProblems } from "./gas-report.ts";
import type { BenchReport, Constraints, Parts, Section } from "./run.ts";
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

const committed = async (): Promise<BenchReport> => JSON.parse(await readFile(BENCH, "utf8")) as BenchReport;

/** Why a section of this run is not written, if there is a reason. */
export function omitted({ peers }: BenchReport): string[] {
  const isPartial = peers !== undefined && peers.proving === undefined;
  return isPartial ? ["peers is not written: without a phase-1 file it lacks what is on record"] : [];
}

/** The committed results with what this run measured in their place; what it did not measure keeps its own date. */
function merged(before: BenchReport, run: BenchReport): BenchReport {
  const isWritten = (section: Section): boolean =>
    run[section] !== undefined && !(section === "peers" && omitted(run).length > 0);
  const from = (section: Section): BenchReport => (isWritten(section) ? run : before);
  const inAll = <T>(valueOf: (section: Section) => T | undefined): Partial<Record<Section, T>> =>
    Object.fromEntries(
      SECTIONS.map((section) => [section, valueOf(section)] as const).filter(([, value]) => value !== undefined),
    );
  const parts = inAll((section) => from(section)[section]) as Parts;
  return {
    runs: inAll((section) => from(section).runs[section]),
    ...parts,
    sideBySide: { ...before.sideBySide, ...compareTimes(run), ...compareCounts(parts) },
  };
}

/** Writes what the run measured, and keeps the rest. Returns the files. */
export async function writeResults(run: BenchReport): Promise<string[]> {
  const report = merged(await committed(), run);
  if (run.gas !== undefined) await writeFile(GAS, toJson(run.gas));
  await writeFile(BENCH, toJson(report));
  await writeFile(DOCUMENT, withResults(await readFile(DOCUMENT, "utf8"), report));
  return [...(run.gas === undefined ? [] : [GAS]), BENCH, DOCUMENT];
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
  return withResults(document, await committed()) === document
    ? []
    : ["docs/benchmarks.md does not show snapshots/bench.json"];
}

/** What is wrong with a run against budgets and committed results. Times are not judged: they are another machine's. */
export async function resultProblems({ constraints, gas }: BenchReport): Promise<string[]> {
  const problems = await documentProblems();
  if (constraints !== undefined) problems.push(...constraintProblems(constraints));
  if (gas !== undefined) {
    const snapshot = JSON.parse(await readFile(GAS, "utf8")) as object;
    problems.push(...budgetProblems(gas), ...snapshotProblems(gas, snapshot));
  }
  return problems;
}
