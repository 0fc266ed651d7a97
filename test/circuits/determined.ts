// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Which signals do the constraints leave free? Around a good witness every constraint A·B = C is linear in small changes:
 * a·B + A·b - c = 0. A signal is held when such a constraint ties it to signals that are held already, beginning with the inputs.
 * A hint (`<--`) that no constraint holds, or a gadget that is not constrained at all, stays free.
 * The argument is local: it says that the inputs have no second witness near this one; a bit that can only be 0 or 1 is held.
 * A check can stand in for a missing constraint when the inputs are given. So the same is asked with no inputs given (`inputs: []`): how
 * many wires are free then is the dimension of all honest witnesses, and every missing constraint adds one to it.
 */
import { readFile } from "node:fs/promises";

import { elementAt, headerOf, sectionsOf } from "../../src/circuits/index.ts";
import { inverse, modulo } from "../vectors/model/hash.ts";

type Term = readonly [wire: number, coefficient: bigint];
type Constraint = readonly [a: Term[], b: Term[], c: Term[]];

export interface Terms {
  readonly constraints: readonly Constraint[];
  readonly wires: number;
  /** Inputs of the main component: the last of the public signals and the private inputs. */
  readonly inputs: readonly number[];
}

export async function readTerms(r1cs: string): Promise<Terms> {
  const sections = sectionsOf(await readFile(r1cs), r1cs);
  const header = headerOf(sections, r1cs);
  const outputs = (sections.get(1) as Buffer).readUInt32LE(40);
  const body = sections.get(2) as Buffer;
  let position = 0;
  const readTermsOfPart = (): Term[] => {
    const count = body.readUInt32LE(position);
    position += 4;
    return Array.from({ length: count }, (): Term => {
      const term: Term = [body.readUInt32LE(position), elementAt(body, position + 4)];
      position += 36;
      return term;
    });
  };
  const constraints = Array.from({ length: header.constraints }, (): Constraint => [
    readTermsOfPart(),
    readTermsOfPart(),
    readTermsOfPart(),
  ]);
  const last = header.publicSignals + header.privateInputs;
  const inputs = Array.from({ length: last - outputs }, (_, i) => outputs + 1 + i);
  return { constraints, wires: header.wires, inputs };
}

/** The derivatives of one constraint at a witness: how much it changes with each of its wires. */
function slopesOf([a, b, c]: Constraint, values: readonly bigint[]): Row {
  const valueOf = (terms: readonly Term[]): bigint =>
    terms.reduce((sum, [wire, coefficient]) => sum + coefficient * (values[wire] as bigint), 0n);
  const slopes = new Map<number, bigint>();
  const collect = (terms: readonly Term[], factor: bigint): void => {
    for (const [wire, coefficient] of terms) slopes.set(wire, modulo((slopes.get(wire) ?? 0n) + coefficient * factor));
  };
  collect(a, valueOf(b));
  collect(b, valueOf(a));
  collect(c, -1n);
  for (const [wire, slope] of slopes) if (slope === 0n) slopes.delete(wire);
  slopes.delete(0);
  return slopes;
}

type Row = Map<number, bigint>;

/** Equations of small changes, with the rows in which each wire stands. */
class Equations {
  readonly rows: (Row | undefined)[];
  readonly #rowsOf: Set<number>[];
  /** Numbers of rows by how many wires they have had; some are out of date. */
  readonly #bySize: number[][] = [];

  constructor(rows: Row[], wires: number) {
    this.rows = rows;
    this.#rowsOf = Array.from({ length: wires }, () => new Set<number>());
    for (const [number, row] of rows.entries()) {
      for (const wire of row.keys()) this.rowsOf(wire).add(number);
      this.#file(number);
    }
  }

  rowsOf(wire: number): Set<number> {
    return this.#rowsOf[wire] as Set<number>;
  }

  /** The wire does not change: it leaves every row. */
  strike(wire: number): void {
    for (const number of this.rowsOf(wire)) this.rows[number]?.delete(wire);
  }

  /** A row of the fewest wires, if any has wires. */
  takeShortest(): number | undefined {
    for (let size = 1; size < this.#bySize.length; size++) {
      const numbers = this.#bySize[size];
      for (let number = numbers?.pop(); number !== undefined; number = numbers?.pop()) {
        if (this.rows[number]?.size === size) return number;
      }
    }
    return undefined;
  }

  #file(number: number): void {
    const size = this.rows[number]?.size ?? 0;
    if (size > 0) (this.#bySize[size] ??= []).push(number);
  }

  /** Row `number` says how its least common wire follows from its others: puts that into all other rows. Returns the wire. */
  eliminate(number: number): number {
    const row = this.rows[number] as Row;
    const commonness = (wire: number): number => this.rowsOf(wire).size;
    const pivot = [...row.keys()].reduce((best, wire) => (commonness(wire) < commonness(best) ? wire : best));
    const scale = inverse(row.get(pivot) as bigint);
    this.rows[number] = undefined;
    for (const wire of row.keys()) this.rowsOf(wire).delete(number);
    for (const other of [...this.rowsOf(pivot)]) {
      const target = this.rows[other] as Row;
      const factor = modulo((target.get(pivot) as bigint) * scale);
      for (const [wire, slope] of row) {
        const sum = modulo((target.get(wire) ?? 0n) - factor * slope);
        if (sum === 0n) {
          target.delete(wire);
          this.rowsOf(wire).delete(other);
        } else {
          target.set(wire, sum);
          this.rowsOf(wire).add(other);
        }
      }
      this.#file(other);
    }
    return pivot;
  }
}

/** The wires that nothing holds at this witness. Easy ones first: a constraint with one open wire holds it. The rest by elimination. */
export function freeWires({ constraints, wires, inputs }: Terms, values: readonly bigint[]): number[] {
  const equations = new Equations(
    constraints.map((constraint) => slopesOf(constraint, values)),
    wires,
  );
  const held = new Set([0, ...inputs]);
  const queue = [...held];
  const take = (): void => {
    for (let wire = queue.pop(); wire !== undefined; wire = queue.pop()) {
      equations.strike(wire);
      for (const number of equations.rowsOf(wire)) holdLast(equations.rows[number]);
    }
  };
  const holdLast = (row: Row | undefined): void => {
    const [last, ...more] = row?.keys() ?? [];
    if (last === undefined || more.length > 0 || held.has(last)) return;
    held.add(last);
    queue.push(last);
  };
  for (const row of equations.rows) holdLast(row);
  take();

  const open = equations.rows.flatMap((row, number) => (row !== undefined && row.size > 0 ? [number] : []));
  const left = new Equations(
    open.map((number) => equations.rows[number] as Row),
    wires,
  );
  for (let number = left.takeShortest(); number !== undefined; number = left.takeShortest())
    held.add(left.eliminate(number));
  return Array.from({ length: wires }, (_, wire) => wire).filter((wire) => !held.has(wire));
}
