// SPDX-License-Identifier: GPL-3.0-or-later
/** What the demo says while it plays, and the table and ledger at its end. */
import type { TransactionReceipt } from "ethers";

export interface Step {
  readonly name: string;
  /** Undefined for a step without a transaction. */
  readonly gas: number | undefined;
  readonly milliseconds: number;
}

export interface Check {
  readonly id: string;
  readonly statement: string;
  readonly detail: string;
}

/** An expectation of the demo that does not hold. */
export class DemoFailure extends Error {}

export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new DemoFailure(message);
}

export function expectEqual(actual: bigint, expected: bigint, what: string): void {
  expect(actual === expected, `${what} should be ${expected}, and is ${actual}`);
}

/** Token units as dollars, to the unit. */
export function dollars(units: bigint): string {
  const sign = units < 0n ? "-" : "";
  const magnitude = units < 0n ? -units : units;
  return `${sign}${magnitude / 1_000_000n}.${(magnitude % 1_000_000n).toString().padStart(6, "0")}`;
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

export class Report {
  readonly steps: Step[] = [];
  readonly checks: Check[] = [];
  readonly #start = performance.now();
  readonly #isQuiet: boolean;
  #progress = "";

  /** @param isQuiet prints nothing: the whole comes as JSON at the end. */
  constructor(isQuiet: boolean) {
    this.#isQuiet = isQuiet;
  }

  get elapsed(): number {
    return performance.now() - this.#start;
  }

  act(title: string): void {
    this.#print(`\n${title}`);
  }

  say(text: string): void {
    this.#print(`  ${seconds(this.elapsed).padStart(8)}  ${text}`);
  }

  /** One line that is written over on a terminal; in a log, only its last state. */
  progress(text: string, isLast = false): void {
    if (this.#isQuiet) return;
    const line = `  ${seconds(this.elapsed).padStart(8)}  ${text}`;
    if (process.stdout.isTTY) {
      process.stdout.write(`\r${line.padEnd(this.#progress.length)}`);
      this.#progress = line;
      if (isLast) this.#endProgress();
    } else if (isLast) {
      console.log(line);
    }
  }

  /** Plays a step and puts it into the table; gas of its transaction, if it has one. */
  async step<T>(name: string, play: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await play();
    const gas = gasOf(result);
    this.steps.push({ name, gas, milliseconds: Math.round(performance.now() - start) });
    this.say(`${name}${gas === undefined ? "" : ` (${gas.toLocaleString("en-US")} gas)`}`);
    return result;
  }

  checked(id: string, statement: string, detail: string): void {
    this.checks.push({ id, statement, detail });
  }

  table(title: string, rows: readonly (readonly [string, ...string[]])[]): void {
    const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
    this.#print(`\n${title}`);
    for (const row of rows) {
      this.#print(
        `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  ")}`,
      );
    }
  }

  stepTable(): void {
    this.table("Steps", [
      ["step", "gas", "time"],
      ...this.steps.map(({ name, gas, milliseconds }): [string, string, string] => [
        name,
        gas === undefined ? "–" : gas.toLocaleString("en-US"),
        seconds(milliseconds),
      ]),
    ]);
  }

  checkList(): void {
    this.#print("\nInvariants");
    for (const { id, statement, detail } of [...this.checks].sort((a, b) => a.id.localeCompare(b.id)))
      this.#print(`  ✓ ${id}  ${statement}\n          ${detail}`);
  }

  #print(text: string): void {
    if (this.#isQuiet) return;
    this.#endProgress();
    console.log(text);
  }

  #endProgress(): void {
    if (this.#progress === "") return;
    process.stdout.write("\n");
    this.#progress = "";
  }
}

function gasOf(result: unknown): number | undefined {
  if (typeof result !== "object" || result === null || !("gasUsed" in result)) return undefined;
  return Number((result as TransactionReceipt).gasUsed);
}
