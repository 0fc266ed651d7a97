// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * An attacker's tools. The honest witness program stops at a false input; an attacker's does not. So that a lie is refused by the
 * constraints and not by the program, the program is taken apart: its assertions are cut out, and it computes on.
 */
import { AssertionError } from "node:assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { compileCircuit, JETON } from "../../src/circuits/index.ts";
import type { CircuitSet } from "../../src/circuits/index.ts";
import { WitnessCalculator } from "../../src/prover/index.ts";
import type { Input } from "../vectors/model/statements.ts";
import { Circuit, Witness } from "./support/circuit.ts";

/** What circom compiles a failed assertion to, in WebAssembly: call printErrorMessage (the second import); i32.const 4; return; end. */
const FAILED_ASSERTION = Buffer.from([0x10, 1, 0x41, 4, 0x0f, 0x0b]);
const NOTHING = Buffer.from([0x01, 0x01, 0x01]);

/** The witness program without its assertions. */
function withoutAssertions(wasm: Buffer): Buffer {
  const program = Buffer.from(wasm);
  let count = 0;
  for (let at = program.indexOf(FAILED_ASSERTION); at >= 0; at = program.indexOf(FAILED_ASSERTION, at + 1), count++) {
    NOTHING.copy(program, at + 2);
  }
  if (count === 0) throw new Error("the witness program has no assertions of the known form");
  return program;
}

/** For each comment `// Cn` in the body of a template the lines from there to the next one, counted from 1. */
function numberedLines(source: string, template: string): Map<string, number[]> {
  const found = new Map<string, number[]>();
  const lines = source.split("\n");
  let current: number[] | undefined;
  for (
    let at = lines.findIndex((line) => line.startsWith(`template ${template}(`));
    lines[at] !== undefined && lines[at] !== "}";
    at++
  ) {
    const name = /^ +\/\/ (C\d+)\b/.exec(lines[at] as string)?.[1];
    if (name !== undefined) found.set(name, (current = []));
    current?.push(at + 1);
  }
  return found;
}

/** A lie told with all that follows from it, and the constraints that it breaks. */
export interface Lie {
  readonly witness: Witness;
  readonly values: readonly bigint[];
  /** Numbers of the constraints that do not hold. */
  readonly broken: readonly number[];
}

export class Attacker {
  readonly circuit: Circuit;
  readonly #calculator: WitnessCalculator;
  /** The main template, and its lines under each number C1, C2, … */
  readonly #template: string;
  readonly #lines: ReadonlyMap<string, readonly number[]>;

  private constructor(circuit: Circuit, calculator: WitnessCalculator, source: string) {
    this.circuit = circuit;
    this.#calculator = calculator;
    this.#template = /component main\b.*= (\w+)\(\)/.exec(source)?.[1] ?? "";
    this.#lines = numberedLines(source, this.#template);
  }

  /** The numbers in the circuit's header. */
  get constraintNames(): string[] {
    return [...this.#lines.keys()];
  }

  /** Compiles the circuit if it is not compiled yet. Give the caller's mocha hook a minute. */
  static async load(statement: string, set: CircuitSet = JETON): Promise<Attacker> {
    const circuit = await Circuit.load(statement, set);
    const { wasm } = await compileCircuit(set, statement);
    const source = await readFile(join(set.circuits, `${statement}.circom`), "utf8");
    return new Attacker(circuit, await WitnessCalculator.load(withoutAssertions(await readFile(wasm))), source);
  }

  /** Everything that follows from the input, true or not. */
  tell(input: Input): Lie {
    return this.#lie(this.#calculator.calculate(input));
  }

  /** The same, then some signals set by hand. */
  tellAndEdit(input: Input, changes: Readonly<Record<string, bigint>>): Lie {
    const values = this.#calculator.calculate(input);
    for (const [name, value] of Object.entries(changes)) values[this.circuit.wireOf(name)] = value;
    return this.#lie(values);
  }

  #lie(values: readonly bigint[]): Lie {
    const { constraints } = this.circuit;
    const broken: number[] = [];
    for (let constraint = 0; constraint < constraints.count; constraint++) {
      if (!constraints.holds(constraint, values)) broken.push(constraint);
    }
    return { witness: new Witness(this.circuit, values), values, broken };
  }

  /**
   * Requires that a false input has no witness: the honest program refuses it in the named constraint of the circuit's header (and there
   * in the named gadget), and what the attacker's program makes of it breaks constraints. They are few, because all that follows from
   * the lie is right: what is refused is the lie.
   */
  refuses(input: Input, constraint: string, gadget = "", atMost = 3): void {
    this.circuit.expectRejected(input, this.#where(constraint, gadget));
    const { broken } = this.tell(input);
    if (broken.length === 0)
      throw new AssertionError({ message: `the constraints of ${this.circuit.statement} hold for a false input` });
    if (broken.length > atMost)
      throw new AssertionError({ message: `${broken.length} constraints broken, at most ${atMost} expected` });
  }

  /** The reason that the honest program gives when it stops at this constraint: the lines of the main template under its number. */
  #where(constraint: string, gadget: string): RegExp {
    const lines = this.#lines.get(constraint);
    if (lines === undefined) throw new Error(`${this.circuit.statement} has no constraint ${constraint}`);
    const gadgets = gadget === "" ? "" : `template ${gadget}_.*`;
    return new RegExp(`${gadgets}template ${this.#template}_\\d+ line: (${lines.join("|")})$`);
  }

  /** Requires that no signal of these can be replaced in a good witness, each by each of the values. */
  refusesEdits(witness: Witness, names: readonly string[], values: (value: bigint) => readonly bigint[]): void {
    if (names.length === 0) throw new AssertionError({ message: "no signal to edit" });
    for (const name of names) {
      const value = witness.valueOf(name);
      for (const other of values(value)) {
        if (other === value) continue;
        const edited = witness.edit({ [name]: other });
        if (edited.firstViolated() === undefined) {
          throw new AssertionError({
            message: `${this.circuit.statement}: ${name} can be changed alone, and every constraint holds`,
          });
        }
      }
    }
  }
}
