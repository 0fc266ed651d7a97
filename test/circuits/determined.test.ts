// SPDX-License-Identifier: GPL-3.0-or-later
import { readFile } from "node:fs/promises";

import { expect } from "chai";

import { compileCircuit, JETON } from "../../src/circuits/index.ts";
import type { Statement } from "../vectors/model/statements.ts";
import { Attacker } from "./attacker.ts";
import { freeWires, readTerms } from "./determined.ts";
import type { Terms } from "./determined.ts";
import { HONEST } from "./honest.ts";

/**
 * In how many directions each honest witness can be moved a little and stay one, when no input is given. Numbers that are taken to pieces in
 * bits cannot be moved: amounts, indices, depths, a signature's s, and the hash h that a signature multiplies with.
 */
const FREEDOM: { readonly [Name in keyof typeof HONEST]: Readonly<Record<keyof (typeof HONEST)[Name], number>> } = {
  // Π, k, rho and 32 siblings.
  enroll: { "a path": 35, "the only leaf": 35, "the deepest path": 35, "a path of zeros": 35 },
  // x, scope, k, Rp, rho and A along the curve, less one for h; R8 follows from A.
  request: {
    "a ticket": 5,
    "the last ticket, paid to the unit": 5,
    "the first ticket of a pool that holds nothing": 5,
  },
  fold: {
    // The pool's terms, A, k: three, for the four hashes of the refunds: none is left. Rp and rho, less one for the base's hash.
    "four tickets": 1,
    // The pool's terms, A, k, Rp, rho, less two for the two hashes, is three; three unused R8, less three for theirs.
    "one ticket": 3,
    // The pool's terms, A, k, less two; Rp and rho with the certified state; three unused R8, less three for their hashes.
    "a certified state": 3,
    "a ticket that refunds nothing": 3,
  },
  close: {
    // The pool's terms, A, k, rho, z, and B together with D, less one for h.
    "a signed state": 5,
    // The same with R8, and both coordinates of A, free.
    "a certified state": 7,
    "no state": 7,
    "every ticket used": 7,
    "one ticket left, and all claimed": 5,
  },
  // The context, Π, k, x₁ and x₂: the rest follows.
  slash: { "two shares": 5, "shares of the first ticket, one of them k itself": 5 },
  // The pool's terms, A along the curve, nullifier, rc and rp, less one for h; R8 follows from A.
  refund: { "a refund ticket": 4, "a refund ticket of zeros": 4 },
};

/** The hint of an IsZero whose input is 0 says nothing, and circomlib leaves it open. */
const isHintOfZero = (name: string): boolean => /(^|\.)(IsZero_\d+_\d+|isz)\.inv$/.test(name);

for (const [statement, witnesses] of Object.entries<Readonly<Record<string, Statement>>>(HONEST)) {
  const freedoms: Readonly<Record<string, number>> = FREEDOM[statement as keyof typeof HONEST];

  describe(`circuits/${statement}, under-constrained signals`, function () {
    this.timeout(60_000);
    let attacker: Attacker;
    let constraints: Terms;
    const names: string[] = [];

    before(async function () {
      this.timeout(120_000);
      const { r1cs, sym } = await compileCircuit(JETON, statement);
      attacker = await Attacker.load(statement);
      constraints = await readTerms(r1cs);
      for (const line of (await readFile(sym, "utf8")).trimEnd().split("\n")) {
        const [, wire, , name] = line.split(",");
        if (Number(wire) >= 0) names[Number(wire)] ??= (name as string).replace(/^main\./, "");
      }
    });

    const namesOf = (wires: readonly number[]): string[] => wires.map((wire) => names[wire] as string);

    for (const [kind, { input, answer: expected }] of Object.entries(witnesses)) {
      it(`has none: the inputs hold every signal (${kind})`, () => {
        const { values, broken } = attacker.tell(input);
        expect(broken).to.deep.equal([]);
        expect(values.slice(1, 1 + expected.length)).to.deep.equal(expected);
        const free = namesOf(freeWires(constraints, values));
        expect(free.filter((name) => !isHintOfZero(name))).to.deep.equal([]);
      });

      it(`has the freedom that the statement has, and no more (${kind})`, () => {
        const { values } = attacker.tell(input);
        const free = namesOf(freeWires({ ...constraints, inputs: [] }, values));
        expect(free.filter((name) => !isHintOfZero(name))).to.have.length(freedoms[kind] as number);
      });
    }
  });
}

describe("circuits, the search for under-constrained signals", function () {
  this.timeout(60_000);

  it("finds the signal that a missing constraint leaves free", async function () {
    const { r1cs } = await compileCircuit(JETON, "slash");
    const complete = await readTerms(r1cs);
    const attacker = await Attacker.load("slash");
    const { values } = attacker.tell(HONEST.slash["two shares"].input);
    for (let missing = 0; missing < complete.constraints.length; missing += 90) {
      const constraints = complete.constraints.filter((_, number) => number !== missing);
      expect(freeWires({ ...complete, constraints, inputs: [] }, values)).to.have.length(
        FREEDOM.slash["two shares"] + 1,
      );
    }
  });

  it("is one of several: every constraint in a circuit's header has its own tests", async () => {
    for (const statement of Object.keys(JETON.statements)) {
      const source = await readFile(`${JETON.circuits}/${statement}.circom`, "utf8");
      const header = [...source.matchAll(/^\/\/ (C\d+) {2}/gm)].map(([, name]) => name);
      const tests = await readFile(new URL(`./${statement}.test.ts`, import.meta.url), "utf8");
      expect(header.length).to.be.greaterThan(1);
      for (const name of header) expect(tests, `${statement} ${name}`).to.match(new RegExp(`describe\\("${name}: `));
    }
  });
});
