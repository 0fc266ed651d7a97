// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Which signals of a witness could have another value, all others staying as they are? With every other wire fixed, a constraint
 * A·B = C is a polynomial of degree two at most in the change δ of one wire:
 *
 *     a·b·δ² + (a·B + b·A - c)·δ = 0        a, b, c: the wire's coefficients in A, B and C
 *
 * One solution is δ = 0. There is at most one other, or every δ is one. So for each wire the values that all of its constraints allow are
 * found exactly, over the whole field: no sample of values is taken. A wire is only compared with the constraints that name it.
 */
import { readFile } from "node:fs/promises";

import { compileCircuit, JETON } from "../../src/circuits/index.ts";
import { inverse, modulo } from "../vectors/model/hash.ts";
import type { Statement } from "../vectors/model/statements.ts";
import { Attacker } from "./attacker.ts";
import type { ConstraintSystem } from "./support/constraints.ts";
import { readTerms } from "./determined.ts";
import type { Terms } from "./determined.ts";

/** A wire that can be changed alone: to any value, or to one other. */
export interface Loose {
  readonly wire: number;
  readonly other: bigint | "any";
}

/** What the constraints seen so far leave of a wire's changes δ ≠ 0: all, only -linear/square, or none. */
type Left = { readonly linear: bigint; readonly square: bigint } | "any" | "none";

function narrowed(left: Left, square: bigint, linear: bigint): Left {
  if (square === 0n) return linear === 0n ? left : "none";
  if (linear === 0n) return "none";
  if (left === "any") return { linear, square };
  if (left === "none") return left;
  return modulo(left.linear * square - linear * left.square) === 0n ? left : "none";
}

/** Every wire that can be changed alone without breaking a constraint, with the values that it can take. Wire 0 is the constant 1. */
export function looseSignals({ constraints, wires }: Terms, values: readonly bigint[]): Loose[] {
  const left = new Array<Left>(wires).fill("any");
  left[0] = "none";
  for (const [a, b, c] of constraints) {
    const slopes = new Map<number, [bigint, bigint, bigint]>();
    const sums = [a, b, c].map((terms, part) => {
      let sum = 0n;
      for (const [wire, coefficient] of terms) {
        sum += coefficient * (values[wire] as bigint);
        let slope = slopes.get(wire);
        if (slope === undefined) slopes.set(wire, (slope = [0n, 0n, 0n]));
        slope[part as 0 | 1 | 2] += coefficient;
      }
      return modulo(sum);
    });
    const [sumA, sumB] = sums as [bigint, bigint, bigint];
    for (const [wire, [inA, inB, inC]] of slopes) {
      const before = left[wire] as Left;
      if (before === "none") continue;
      left[wire] = narrowed(before, modulo(inA * inB), modulo(inA * sumB + inB * sumA - inC));
    }
  }
  return left.flatMap((each, wire): Loose[] => {
    if (each === "none") return [];
    if (each === "any") return [{ wire, other: "any" }];
    return [{ wire, other: modulo((values[wire] as bigint) - each.linear * inverse(each.square)) }];
  });
}

/** What the constraints that name a wire multiply it with; undefined for a constraint in which it does more than stand in a product. */
export function factorsOf({ constraints }: Terms, wire: number, values: readonly bigint[]): (bigint | undefined)[] {
  const factors: (bigint | undefined)[] = [];
  for (const [a, b, c] of constraints) {
    const [inA, inB, inC] = [a, b, c].map((terms) => terms.some(([other]) => other === wire));
    if (inA !== true && inB !== true && inC !== true) continue;
    const beside = inA === true ? b : a;
    const isFactor = inC !== true && (inA === true) !== (inB === true);
    const sum = beside.reduce((total, [other, coefficient]) => total + coefficient * (values[other] as bigint), 0n);
    factors.push(isFactor ? modulo(sum) : undefined);
  }
  return factors;
}

/** A circuit with all that a search over its signals needs. */
export interface Ground {
  readonly terms: Terms;
  readonly constraints: ConstraintSystem;
  /** All names of each wire. */
  readonly names: readonly (readonly string[])[];
  /** The public signals are the wires 1 to this. */
  readonly publicSignals: number;
  witnessOf(honest: Statement): readonly bigint[];
}

export async function groundOf(statement: string): Promise<Ground> {
  const { r1cs, sym } = await compileCircuit(JETON, statement);
  const attacker = await Attacker.load(statement);
  const names: string[][] = [];
  for (const line of (await readFile(sym, "utf8")).trimEnd().split("\n")) {
    const [, wire, , name] = line.split(",");
    if (Number(wire) >= 0) (names[Number(wire)] ??= []).push((name as string).replace(/^main\./, ""));
  }
  return {
    terms: await readTerms(r1cs),
    constraints: attacker.circuit.constraints,
    names,
    publicSignals: JETON.statements[statement]?.length ?? 0,
    witnessOf: ({ input }) => attacker.tell(input).values,
  };
}
