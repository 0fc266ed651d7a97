// SPDX-License-Identifier: GPL-3.0-or-later
/** A report as Markdown tables: what the command prints, and what docs/benchmarks.md holds. */
import { BUDGETS } from "../circuits/snapshot.ts";
import { flatten, GAS_BUDGETS } from "./gas-report.ts";
import type { Machine } from "./machine.ts";
import { number, table } from "./markdown.ts";
import type { BenchReport } from "./run.ts";
import { auditTable, callsTable, scaleTable, storeTable, verificationTable } from "./service-tables.ts";

const budgetOf = (budgets: Readonly<Record<string, number>>, name: string): string => {
  const budget = budgets[name];
  return budget === undefined ? "" : number(budget);
};

const runText = ({ date, cpu, cores, memoryGiB, system, node, load }: Machine): string =>
  `measured on ${date.slice(0, 10)} at ${date.slice(11, 16)} UTC: ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}; load before the run ${load}.`;

/** A line for each run that something of this report is from. */
function runLines({ runs }: BenchReport): string {
  const sections = new Map<string, string[]>();
  for (const [section, machine] of Object.entries(runs)) {
    const text = runText(machine);
    sections.set(text, [...(sections.get(text) ?? []), section]);
  }
  return [...sections].map(([text, names]) => `- ${names.join(", ")}: ${text}`).join("\n");
}

export function toMarkdown(report: BenchReport): string {
  const { constraints, gas, proving, verification, calls, store, scale, audit, sideBySide } = report;
  const parts = [runLines(report)];
  if (constraints !== undefined) {
    const rows = Object.entries(constraints).map(([name, count]) => [name, count, budgetOf(BUDGETS, name)]);
    parts.push("### Constraints", table(["circuit", "constraints", "budget"], rows));
  }
  if (gas !== undefined) {
    const rows = flatten(gas).map(([name, value]) => [name, value, budgetOf(GAS_BUDGETS, name)]);
    parts.push("### Gas", table(["verb", "gas", "budget"], rows));
  }
  if (proving !== undefined) {
    const rows = Object.entries(proving.singleThread).map(([name, { witness, prove, verify }]) => [
      name,
      witness,
      prove,
      verify,
    ]);
    parts.push(
      "### Proofs",
      table(["circuit", "witness, ms", "proof, ms", "verification, ms"], rows),
      `Milliseconds of processor time on one thread. ${proving.throughput.workers} workers prove ${number(proving.throughput.ticketsPerMinute)} tickets a minute by the clock.`,
    );
  }
  if (verification !== undefined) parts.push("### Verification", ...verificationTable(verification));
  if (calls !== undefined) parts.push("### Calls", ...callsTable(calls));
  if (store !== undefined) parts.push("### Store", ...storeTable(store));
  if (scale !== undefined) parts.push("### Scale", ...scaleTable(scale));
  if (audit !== undefined) parts.push("### Audit", ...auditTable(audit));
  const rows = Object.entries(sideBySide).map(([name, { ours, peer, ratio }]) => [name, ours, peer, ratio]);
  if (rows.length > 0) parts.push("### Side by side", table(["what / peer", "ours", "peer", "ratio"], rows));
  return parts.join("\n\n");
}
