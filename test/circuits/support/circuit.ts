// SPDX-License-Identifier: GPL-3.0-or-later
/** A compiled circuit for tests: honest witnesses, inputs that must have none, and witnesses with signals changed by hand. */
import { AssertionError } from "node:assert";
import { readFile } from "node:fs/promises";

import { compileCircuit, JETON } from "../../../src/circuits/index.ts";
import type { CircuitSet, CompiledCircuit } from "../../../src/circuits/index.ts";
import { ProverError, WitnessCalculator } from "../../../src/prover/index.ts";
import type { CircuitInput } from "../../../src/protocol/index.ts";
import { ConstraintSystem } from "./constraints.ts";

/** Wire of every signal, by its name without `main.`; -1 when the compiler has replaced it by others. */
async function readWires(sym: string): Promise<ReadonlyMap<string, number>> {
  const wires = new Map<string, number>();
  for (const line of (await readFile(sym, "utf8")).trimEnd().split("\n")) {
    const [, wire, , name] = line.split(",");
    wires.set((name as string).replace(/^main\./, ""), Number(wire));
  }
  return wires;
}

export class Circuit {
  readonly statement: string;
  readonly constraints: ConstraintSystem;
  readonly #publicSignals: readonly string[];
  readonly #calculator: WitnessCalculator;
  readonly #wires: ReadonlyMap<string, number>;

  private constructor(
    statement: string,
    publicSignals: readonly string[],
    constraints: ConstraintSystem,
    calculator: WitnessCalculator,
    wires: ReadonlyMap<string, number>,
  ) {
    this.statement = statement;
    this.#publicSignals = publicSignals;
    this.constraints = constraints;
    this.#calculator = calculator;
    this.#wires = wires;
  }

  /** Compiles the circuit if it is not compiled yet. Give the caller's mocha hook a minute. */
  static async load(statement: string, set: CircuitSet = JETON): Promise<Circuit> {
    const compiled: CompiledCircuit = await compileCircuit(set, statement);
    return new Circuit(
      statement,
      set.statements[statement] ?? [],
      await ConstraintSystem.load(compiled.r1cs),
      await WitnessCalculator.load(await readFile(compiled.wasm)),
      await readWires(compiled.sym),
    );
  }

  /** @throws Error when there is no such signal, or the compiler has replaced it. */
  wireOf(name: string): number {
    const wire = this.#wires.get(name);
    if (wire === undefined) throw new Error(`${this.statement} has no signal ${name}`);
    if (wire < 0)
      throw new Error(
        `the compiler has replaced ${this.statement}'s signal ${name}; take one that stands in a product`,
      );
    return wire;
  }

  /** Names of all signals that have a wire and match. */
  signalsLike(pattern: RegExp): string[] {
    return [...this.#wires].filter(([name, wire]) => wire > 0 && pattern.test(name)).map(([name]) => name);
  }

  /** The witness of an input that must be good; every constraint is checked. @throws AssertionError otherwise. */
  accept(input: CircuitInput): Witness {
    let values: bigint[];
    try {
      values = this.#calculator.calculate(input);
    } catch (error) {
      throw new AssertionError({ message: `${this.statement} must accept this input: ${(error as Error).message}` });
    }
    const witness = new Witness(this, values);
    witness.assertHolds();
    return witness;
  }

  publicSignalsOf(values: readonly bigint[]): bigint[] {
    return values.slice(1, 1 + this.#publicSignals.length);
  }

  /**
   * Requires that the input has no valid witness. `where` must match the witness program's reason, which names template and line,
   * so that the test fails for the constraint that it is about.
   * @throws AssertionError when there is one, or it is refused elsewhere
   */
  expectRejected(input: CircuitInput, where?: RegExp): void {
    try {
      this.#calculator.calculate(input);
    } catch (error) {
      if (!(error instanceof ProverError) || error.code !== "INPUT_REJECTED") throw error;
      if (where !== undefined && !where.test(error.message)) {
        throw new AssertionError({ message: `${this.statement} refuses this input, but elsewhere: ${error.message}` });
      }
      return;
    }
    throw new AssertionError({ message: `${this.statement} must refuse this input` });
  }
}

export class Witness {
  readonly #circuit: Circuit;
  readonly #values: readonly bigint[];
  /** Wires that differ from a witness that is known to hold; undefined: any may. */
  readonly #changed: readonly number[] | undefined;

  constructor(circuit: Circuit, values: readonly bigint[], changed?: readonly number[]) {
    this.#circuit = circuit;
    this.#values = values;
    this.#changed = changed;
  }

  get publicSignals(): bigint[] {
    return this.#circuit.publicSignalsOf(this.#values);
  }

  valueOf(name: string): bigint {
    return this.#values[this.#circuit.wireOf(name)] as bigint;
  }

  /** A copy with signals set by hand, modulo the field's order. Nothing is computed again. */
  edit(changes: Readonly<Record<string, bigint>>): Witness {
    const values = [...this.#values];
    const { prime } = this.#circuit.constraints;
    const wires = Object.entries(changes).map(([name, value]) => {
      const wire = this.#circuit.wireOf(name);
      values[wire] = ((value % prime) + prime) % prime;
      return wire;
    });
    return new Witness(this.#circuit, values, [...(this.#changed ?? []), ...wires]);
  }

  /** The first constraint that these values break, if any. */
  firstViolated(): number | undefined {
    return this.#circuit.constraints.firstViolated(this.#values, this.#changed);
  }

  assertHolds(): void {
    const violated = this.firstViolated();
    if (violated !== undefined)
      throw new AssertionError({ message: `constraint ${violated} of ${this.#circuit.statement} does not hold` });
  }

  /** Requires that the edited values break a constraint: the signals are not free. */
  assertBroken(): void {
    if (this.firstViolated() === undefined) {
      throw new AssertionError({
        message: `every constraint of ${this.#circuit.statement} holds for the edited witness`,
      });
    }
  }
}
