// SPDX-License-Identifier: GPL-3.0-or-later
/** What a change of a circuit must show in the diff: its number of constraints and the order of its public signals. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { BUDGETS, ROOT } from "./circuit-set.ts";
import type { CircuitSet } from "./circuit-set.ts";
import { compileCircuit } from "./compile.ts";
import type { CompiledCircuit } from "./compile.ts";
import { mapParallel, readText, toJson } from "./files.ts";
import { readHeader, readPublicSignals } from "./r1cs.ts";

const FILES = { constraints: "snapshots/constraints.json", publicSignals: "snapshots/public-signals.json" } as const;

export interface Measured {
  readonly circuit: CompiledCircuit;
  readonly constraints: number;
  readonly publicSignals: readonly string[];
}

export async function measure(set: CircuitSet): Promise<Measured[]> {
  return mapParallel(Object.keys(set.statements), async (statement) => {
    const circuit = await compileCircuit(set, statement);
    const header = await readHeader(circuit.r1cs);
    const publicSignals = await readPublicSignals(circuit.sym, header.publicSignals);
    return { circuit, constraints: header.constraints, publicSignals };
  });
}

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
