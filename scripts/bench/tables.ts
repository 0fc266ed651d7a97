// SPDX-License-Identifier: GPL-3.0-or-later
/** A report as Markdown tables: what the command prints, and what docs/benchmarks.md holds. */
import { BUDGETS } from "../circuits/circuit-set.ts";
import { flatten, GAS_BUDGETS } from "./gas-report.ts";
import type { BenchReport } from "./run.ts";

const number = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 3 });

/** Columns are padded, as prettier does it. */
function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [head, ...rows.map((row) => row.map((cell) => (typeof cell === "number" ? number(cell) : cell)))];
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (column === 0 ? (row[column] ?? "").padEnd(width) : (row[column] ?? "").padStart(width))).join(" | ")} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(cells[0] ?? []), rule, ...cells.slice(1).map(line)].join("\n");
}

const budgetOf = (budgets: Readonly<Record<string, number>>, name: string): string => {
  const budget = budgets[name];
  return budget === undefined ? "" : number(budget);
};

export function toMarkdown(report: BenchReport): string {
  const { machine, constraints, gas, proving, sideBySide } = report;
  const parts = [
    `Measured on ${machine.date.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}; load before the run ${machine.load}.`,
  ];
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
  const rows = Object.entries(sideBySide).map(([name, { ours, peer, ratio }]) => [name, ours, peer, ratio]);
  if (rows.length > 0) parts.push("### Side by side", table(["what / peer", "ours", "peer", "ratio"], rows));
  return parts.join("\n\n");
}
