// SPDX-License-Identifier: GPL-3.0-or-later
/** What a change of a circuit must show in the diff: its number of constraints and the order of its public signals. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { readText, ROOT, toJson } from "../../src/circuits/index.ts";
import type { CircuitSet, Measured } from "../../src/circuits/index.ts";

/** Most constraints that each circuit may have. */
export const BUDGETS: Readonly<Record<string, number>> = {
  enroll: 9_300,
  request: 7_000,
  fold: 32_600,
  close: 22_500,
  slash: 2_300,
  refund: 5_500,
};

const FILES = { constraints: "snapshots/constraints.json", publicSignals: "snapshots/public-signals.json" } as const;

const byStatement = (measured: readonly Measured[], kind: keyof typeof FILES): string =>
  toJson(Object.fromEntries(measured.map((one) => [one.circuit.statement, one[kind]])));

export async function writeSnapshots(measured: readonly Measured[]): Promise<readonly string[]> {
  for (const kind of ["constraints", "publicSignals"] as const) {
    await writeFile(join(ROOT, FILES[kind]), byStatement(measured, kind));
  }
  return Object.values(FILES);
}

/** What is wrong with circuits against their budgets, the shared parameters and the committed snapshots. */
export async function snapshotProblems(set: CircuitSet, measured: readonly Measured[]): Promise<string[]> {
  const problems: string[] = [];
  for (const { circuit, constraints, publicSignals } of measured) {
    const { statement } = circuit;
    const budget = BUDGETS[statement] ?? 0;
    if (constraints > budget) problems.push(`${statement} has ${constraints} constraints, and its budget is ${budget}`);
    const expected = (set.statements[statement] ?? []).join(", ");
    if (publicSignals.join(", ") !== expected) {
      problems.push(
        `${statement}'s public signals are ${publicSignals.join(", ")}, and protocol/parameters.json says ${expected}`,
      );
    }
  }
  for (const kind of ["constraints", "publicSignals"] as const) {
    if ((await readText(join(ROOT, FILES[kind]))) !== byStatement(measured, kind)) {
      problems.push(`${FILES[kind]} does not show the circuits as they are: run \`npm run circuits -- snapshot\``);
    }
  }
  return problems;
}
