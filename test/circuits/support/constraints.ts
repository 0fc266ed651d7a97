// SPDX-License-Identifier: GPL-3.0-or-later
/** The constraints of a compiled circuit, checked over any list of wire values: an honest witness or an edited one. */
import { readFile } from "node:fs/promises";

import { elementAt, headerOf, sectionsOf } from "../../../src/circuits/index.ts";

const CONSTRAINTS_SECTION = 2;
const ELEMENT_BYTES = 32;
const PARTS = 3;

/** A·B = C, each a sum of coefficient · wire. */
export class ConstraintSystem {
  readonly prime: bigint;
  readonly wires: number;
  readonly count: number;
  /** Part `3·constraint + k` has its terms in [ends[part − 1], ends[part]). */
  readonly #ends: Uint32Array;
  readonly #termWires: Uint32Array;
  readonly #termCoefficients: Uint32Array;
  readonly #coefficients: readonly bigint[];
  #constraintsOfWire: readonly number[][] | undefined;

  private constructor(file: Buffer, name: string) {
    const sections = sectionsOf(file, name);
    const header = headerOf(sections, name);
    const body = sections.get(CONSTRAINTS_SECTION) as Buffer;
    this.prime = header.prime;
    this.wires = header.wires;
    this.count = header.constraints;
    this.#ends = new Uint32Array(PARTS * this.count);
    const terms = (body.length - 4 * PARTS * this.count) / (4 + ELEMENT_BYTES);
    this.#termWires = new Uint32Array(terms);
    this.#termCoefficients = new Uint32Array(terms);
    const coefficients: bigint[] = [];
    const known = new Map<bigint, number>();
    let position = 0;
    let term = 0;
    for (let part = 0; part < this.#ends.length; part++) {
      let length = body.readUInt32LE(position);
      for (position += 4; length > 0; length--, term++, position += 4 + ELEMENT_BYTES) {
        const coefficient = elementAt(body, position + 4);
        let index = known.get(coefficient);
        if (index === undefined) known.set(coefficient, (index = coefficients.push(coefficient) - 1));
        this.#termWires[term] = body.readUInt32LE(position);
        this.#termCoefficients[term] = index;
      }
      this.#ends[part] = term;
    }
    this.#coefficients = coefficients;
  }

  static async load(r1cs: string): Promise<ConstraintSystem> {
    return new ConstraintSystem(await readFile(r1cs), r1cs);
  }

  #part(part: number, values: readonly bigint[]): bigint {
    let sum = 0n;
    const end = this.#ends[part] as number;
    for (let term = part === 0 ? 0 : (this.#ends[part - 1] as number); term < end; term++) {
      const coefficient = this.#coefficients[this.#termCoefficients[term] as number] as bigint;
      sum += coefficient * (values[this.#termWires[term] as number] as bigint);
    }
    return sum % this.prime;
  }

  holds(constraint: number, values: readonly bigint[]): boolean {
    const part = PARTS * constraint;
    return (this.#part(part, values) * this.#part(part + 1, values) - this.#part(part + 2, values)) % this.prime === 0n;
  }

  /** The first constraint that does not hold, of all or of those that name one of `changed`. */
  firstViolated(values: readonly bigint[], changed?: readonly number[]): number | undefined {
    if (values.length !== this.wires) throw new RangeError(`a witness has ${this.wires} values, not ${values.length}`);
    if (values[0] !== 1n) return 0;
    const candidates = changed === undefined ? this.#all() : changed.flatMap((wire) => this.#naming(wire));
    for (const constraint of candidates) if (!this.holds(constraint, values)) return constraint;
    return undefined;
  }

  *#all(): Iterable<number> {
    for (let constraint = 0; constraint < this.count; constraint++) yield constraint;
  }

  #naming(wire: number): readonly number[] {
    if (this.#constraintsOfWire === undefined) {
      const naming = Array.from({ length: this.wires }, (): number[] => []);
      let part = 0;
      for (let term = 0; term < this.#termWires.length; term++) {
        while (term >= (this.#ends[part] as number)) part++;
        const list = naming[this.#termWires[term] as number] as number[];
        const constraint = Math.floor(part / PARTS);
        if (list.at(-1) !== constraint) list.push(constraint);
      }
      this.#constraintsOfWire = naming;
    }
    return this.#constraintsOfWire[wire] as readonly number[];
  }
}
