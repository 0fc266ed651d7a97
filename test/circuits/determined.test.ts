// SPDX-License-Identifier: GPL-3.0-or-later
import { readFile } from "node:fs/promises";

import { expect } from "chai";

import { JETON } from "../../scripts/circuits/circuit-set.ts";
import { compileCircuit } from "../../scripts/circuits/compile.ts";
import {
  commitmentOf,
  firstState,
  hashOf,
  leafOf,
  nullifierOf,
  pathOf,
  refundOf,
  ticketKeyOf,
} from "../vectors/model/protocol.ts";
import { UNSIGNED, close, enroll, fold, refund, request, slash } from "../vectors/model/statements.ts";
import type { Statement } from "../vectors/model/statements.ts";
import { Attacker } from "./attacker.ts";
import { freeWires, looseWires, readTerms } from "./determined.ts";
import type { Terms } from "./determined.ts";
import { DEPOSIT, RECIPIENT, alice, pool, provider, secret, signed } from "./world.ts";

const { poolHash } = pool;
const { state, signature } = signed({ budget: DEPOSIT + 1_000n, returnedHolds: 100n });
const refunds = [3, 1, 4_000, 9].map((index) => refundOf(provider, poolHash, alice, index, 5n, 6n));
const refunded = nullifierOf(ticketKeyOf(alice, poolHash, 3));
const answer = (refunds[0] as (typeof refunds)[number]).signature;
const terms = {
  deposit: DEPOSIT,
  firstUnused: 0x1a5e,
  refundedCharges: 900n,
  refundedHolds: 50n,
  recipient: RECIPIENT,
  relayer: RECIPIENT,
  fee: 1n,
  deadline: 1n,
};
const nothing = { refundedCharges: 0n, refundedHolds: 0n };
const leaf = leafOf(commitmentOf(alice), DEPOSIT);
const leaves = [secret("a"), secret("b"), leaf, secret("c"), secret("d")];
const certified = hashOf(poolHash, state);

interface Case {
  readonly statement: Statement;
  /**
   * In how many directions an honest witness can be moved a little and stay one, when no input is given. Numbers that are taken to
   * pieces in bits cannot be moved: amounts, indices, depths, a signature's s, and the hash h that a signature multiplies with.
   */
  readonly freedom: number;
}

/** Every kind of honest witness. */
const WITNESSES: Readonly<Record<string, Readonly<Record<string, Case>>>> = {
  enroll: {
    // Π, k, rho and 32 siblings.
    "a path": {
      statement: enroll(pool, firstState(poolHash, alice, DEPOSIT), DEPOSIT, pathOf(leaves, 2)),
      freedom: 35,
    },
    "the only leaf": {
      statement: enroll(pool, firstState(poolHash, alice, DEPOSIT), DEPOSIT, pathOf([leaf], 0)),
      freedom: 35,
    },
  },
  // x, scope, k, Rp, rho and A along the curve, less one for h; R8 follows from A.
  request: { "a ticket": { statement: request(pool, state, signature, 77, secret("x")), freedom: 5 } },
  fold: {
    // The pool's terms, A, k: three, for the four hashes of the refunds: none is left. Rp and rho, less one for the base's hash.
    "four tickets": { statement: fold(pool, state, signature, refunds), freedom: 1 },
    // The pool's terms, A, k, Rp, rho, less two for the two hashes, is three; three unused R8, less three for theirs.
    "one ticket": { statement: fold(pool, state, signature, refunds.slice(0, 1)), freedom: 3 },
    // The pool's terms, A, k, less two; Rp and rho with the certified state; three unused R8, less three for their hashes.
    "a certified state": { statement: fold(pool, state, UNSIGNED, refunds.slice(0, 2), certified), freedom: 3 },
  },
  close: {
    // The pool's terms, A, k, rho, z, and B together with D, less one for h.
    "a signed state": { statement: close(pool, state, signature, terms), freedom: 5 },
    // The same with R8, and both coordinates of A, free.
    "a certified state": { statement: close(pool, state, UNSIGNED, { ...terms, certified }), freedom: 7 },
    "no state": { statement: close(pool, state, UNSIGNED, { ...terms, ...nothing, firstUnused: 0 }), freedom: 7 },
    "every ticket used": {
      statement: close(pool, state, UNSIGNED, { ...terms, ...nothing, firstUnused: 65_536 }),
      freedom: 7,
    },
  },
  // The context, Π, k, x₁ and x₂: the rest follows.
  slash: { "two shares": { statement: slash(pool, alice, 77, [4n, 5n], RECIPIENT), freedom: 5 } },
  // The pool's terms, A along the curve, nullifier, rc and rp, less one for h; R8 follows from A.
  refund: { "a refund ticket": { statement: refund(pool, refunded, 5n, 6n, answer), freedom: 4 } },
};

/** The hint of an IsZero whose input is 0 says nothing, and circomlib leaves it open. */
const isHintOfZero = (name: string): boolean => /(^|\.)(IsZero_\d+_\d+|isz)\.inv$/.test(name);

for (const [statement, witnesses] of Object.entries(WITNESSES)) {
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

    for (const [kind, { statement: honest, freedom }] of Object.entries(witnesses)) {
      const { input, answer: expected } = honest;

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
        expect(free.filter((name) => !isHintOfZero(name))).to.have.length(freedom);
      });

      it(`lets no signal be changed alone (${kind})`, () => {
        const { values } = attacker.tell(input);
        for (const delta of [1n, secret("a change")]) {
          const loose = namesOf(looseWires(constraints, values, delta));
          // z stands beside slots that are all 0 when every ticket is used. It is public: the verifier gives it.
          const isFree = (name: string): boolean =>
            isHintOfZero(name) || (kind === "every ticket used" && name === "z");
          expect(loose.filter((name) => !isFree(name))).to.deep.equal([]);
        }
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
    const { statement, freedom } = (WITNESSES["slash"] as Record<string, Case>)["two shares"] as Case;
    const { values } = attacker.tell(statement.input);
    for (let missing = 0; missing < complete.constraints.length; missing += 90) {
      const constraints = complete.constraints.filter((_, number) => number !== missing);
      expect(freeWires({ ...complete, constraints, inputs: [] }, values)).to.have.length(freedom + 1);
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
