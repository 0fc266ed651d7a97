// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Every signal of every honest witness, one at a time: could it have another value? All other wires stay as they are. The answer is exact, for
 * the whole field (hunting.ts), and the constraints themselves are asked again for a few values of each signal. What may vary is listed
 * below with the reason why that is harmless; anything else fails, and so does an entry that no longer occurs.
 *
 * This is hunting for one kind of prey: a signal that nothing holds by itself. It does not see two or more signals that move together: two
 * thirds of the slash circuit's constraints could each be left out, and no single signal would be loose. For that there are
 *  - determined.test.ts: the dimension of all witnesses around an honest one, where every missing constraint shows;
 *  - the circuits' own tests and forgeries.test.ts: lies told whole, with all that follows from them.
 * Each looks around honest witnesses, or for a lie that somebody thought of. A formal proof would add: for all inputs, the constraints imply
 * the statement in the circuit's header. It would have to be done for each circuit, circomlib's gadgets included; nobody has.
 */
import { AssertionError } from "node:assert";

import { expect } from "chai";

import { p } from "../vectors/model/hash.ts";
import type { Statement } from "../vectors/model/statements.ts";
import { HONEST } from "./honest.ts";
import { factorsOf, groundOf, looseSignals } from "./hunting.ts";
import type { Ground, Loose } from "./hunting.ts";
import { DEPOSIT, secret } from "./world.ts";

interface Found extends Loose {
  readonly statement: string;
  readonly kind: string;
  readonly ground: Ground;
  readonly values: readonly bigint[];
}

/** A signal that may vary. */
interface Legal {
  readonly signal: RegExp;
  /** Statements and kinds of witness where it may. */
  readonly where?: RegExp;
  readonly why: string;
  /** Checks the reason at this witness. */
  check(found: Found): void;
}

const isPublic = ({ wire, ground }: Found): boolean => wire <= ground.publicSignals;
const factors = ({ wire, ground, values }: Found): (bigint | undefined)[] => factorsOf(ground.terms, wire, values);

const LEGAL: readonly Legal[] = [
  {
    signal: /(^|\.)(IsZero_\d+_\d+|isz)\.inv$/,
    why:
      "The hint of circomlib's IsZero, the inverse of its input, where the input is 0. out = 1 - in·inv and in·out = 0 hold out at 1 whatever " +
      "the hint is. The hint stands in no other constraint, it is private, and so nothing that anybody sees depends on it.",
    check(found) {
      expect(isPublic(found)).to.equal(false);
      expect(found.other).to.equal("any");
      // It is multiplied with 0 wherever it stands. Where its input is 0 by a linear constraint, the compiler has left nothing of it.
      expect(factors(found).filter((factor) => factor !== 0n)).to.deep.equal([]);
      expect(factors(found).length).to.be.at.most(1);
    },
  },
  {
    signal: /^z$/,
    where: /^close (every ticket used|one ticket left, and all claimed)$/,
    why:
      "The close's challenge, where no slot but the last one is filled: the polynomial is then the same at every z. z is public, and the contract " +
      "computes it from the slots and the payment: a proof is for one z, another z needs a new proof, and that needs k.",
    check(found) {
      expect(isPublic(found)).to.equal(true);
      expect(factors(found).filter((factor) => factor !== 0n)).to.deep.equal([]);
    },
  },
  {
    signal: /^deposit$/,
    where: /^close /,
    why:
      "D less 2^119: the highest bit of B - Rp' - D - Rc is not a wire of its own, so the other value of this bit is another D. D is public, and " +
      "the contract gives the D in its storage, below 2^96; the other one lies near p.",
    check(found) {
      expect(isPublic(found)).to.equal(true);
      expect(found.other).to.equal(p + DEPOSIT - 2n ** 119n);
      expect(p + DEPOSIT - 2n ** 119n > 2n ** 96n).to.equal(true);
    },
  },
  {
    signal: /^context$/,
    where: /^slash /,
    why:
      "The negative of the context, which stands in a square alone. It is public, and the contract computes it, as a number of 248 bits, from pool " +
      "and recipient; the other one is larger. A proof is for one context.",
    check(found) {
      expect(isPublic(found)).to.equal(true);
      const negative = p - (found.values[found.wire] as bigint);
      expect(found.other).to.equal(negative);
      expect(negative > 2n ** 248n).to.equal(true);
    },
  },
];

const legalFor = ({ statement, kind, wire, ground }: Found): Legal | undefined =>
  LEGAL.find(
    ({ signal, where }) =>
      (ground.names[wire] ?? []).some((name) => signal.test(name)) && (where?.test(`${statement} ${kind}`) ?? true),
  );

/** What an attacker tries first. */
const tries = (value: bigint): bigint[] => [(value + 1n) % p, (p + 1n - value) % p, 0n, p - 1n, secret("a change")];

/** The wires for which the constraints take another of these values, asked one wire and one value at a time. */
function takesOthers({ constraints }: Ground, honest: readonly bigint[]): Map<number, bigint[]> {
  const values = [...honest];
  const taken = new Map<number, bigint[]>();
  for (let wire = 1; wire < constraints.wires; wire++) {
    const value = values[wire] as bigint;
    for (const other of tries(value)) {
      values[wire] = other;
      if (other === value || constraints.firstViolated(values, [wire]) !== undefined) continue;
      taken.set(wire, [...(taken.get(wire) ?? []), other]);
    }
    values[wire] = value;
  }
  return taken;
}

const used = new Set<Legal>();

for (const [statement, witnesses] of Object.entries<Readonly<Record<string, Statement>>>(HONEST)) {
  describe(`circuits/${statement}, every signal alone`, function () {
    this.timeout(60_000);
    let ground: Ground;

    before(async function () {
      this.timeout(120_000);
      ground = await groundOf(statement);
    });

    for (const [kind, honest] of Object.entries(witnesses)) {
      it(`lets no signal be changed alone (${kind})`, () => {
        const values = ground.witnessOf(honest);
        expect(ground.constraints.firstViolated(values)).to.equal(undefined);
        const loose = looseSignals(ground.terms, values);
        for (const each of loose) {
          const found = { ...each, statement, kind, ground, values };
          const legal = legalFor(found);
          if (legal === undefined) {
            const name = ground.names[each.wire]?.join(", ") ?? "";
            throw new AssertionError({ message: `${statement}: ${name} can be changed alone, to ${each.other}` });
          }
          legal.check(found);
          used.add(legal);

          // The changed witness does hold, and says the same in public but for the signal itself.
          const changed = values.map((value, wire) =>
            wire !== each.wire ? value : each.other === "any" ? secret("a change") : each.other,
          );
          expect(ground.constraints.firstViolated(changed)).to.equal(undefined);
          const visible = (all: readonly bigint[]): bigint[] =>
            all.slice(1, 1 + ground.publicSignals).filter((_, at) => at + 1 !== each.wire);
          expect(visible(changed)).to.deep.equal(visible(values));
        }
      });

      it(`is refused by the constraints with the values that are tried first (${kind})`, () => {
        const values = ground.witnessOf(honest);
        const loose = new Map(looseSignals(ground.terms, values).map(({ wire, other }) => [wire, other]));
        for (const [wire, taken] of takesOthers(ground, values)) {
          const other = loose.get(wire);
          expect(other === "any" || taken.every((value) => value === other), ground.names[wire]?.[0]).to.equal(true);
        }
      });
    }
  });
}

describe("circuits, the list of signals that may vary", function () {
  this.timeout(60_000);

  it("has no entry that does not occur", () => {
    expect(LEGAL.filter((legal) => !used.has(legal)).map(({ signal }) => String(signal))).to.deep.equal([]);
  });

  it("would not hide a signal that lost its constraints", async () => {
    const ground = await groundOf("slash");
    const values = ground.witnessOf(HONEST.slash["two shares"]);
    const { constraints } = ground.terms;
    const names = new Set<string>();
    for (let wire = 1; wire < ground.terms.wires; wire += 25) {
      const without = constraints.filter((parts) => !parts.some((part) => part.some(([named]) => named === wire)));
      const loose = looseSignals({ ...ground.terms, constraints: without }, values);
      const found = loose.find((each) => each.wire === wire);
      expect(found?.other, ground.names[wire]?.[0]).to.equal("any");
      expect(legalFor({ wire, other: "any", statement: "slash", kind: "two shares", ground, values })).to.equal(
        undefined,
      );
      names.add(ground.names[wire]?.[0] as string);
    }
    expect(names.size).to.be.greaterThan(60);
  });

  it("would not hide a hint that lost the constraint which says what it is", async () => {
    // AssertNonZero's inverse is held by one constraint. Without it x₁ = x₂ would do, and one share would slash.
    const ground = await groundOf("slash");
    const values = ground.witnessOf(HONEST.slash["two shares"]);
    const hint = ground.names.findIndex((names) => names?.some((name) => name.endsWith(".inverse")));
    const { constraints } = ground.terms;
    const named = constraints.filter((parts) => parts.some((part) => part.some(([wire]) => wire === hint)));
    expect(named).to.have.length(1);
    const without = { ...ground.terms, constraints: constraints.filter((each) => each !== named[0]) };
    const found = looseSignals(without, values).filter(({ wire }) => wire === hint);
    expect(found).to.deep.equal([{ wire: hint, other: "any" }]);
    const kind = "two shares";
    expect(legalFor({ ...(found[0] as Loose), statement: "slash", kind, ground, values })).to.equal(undefined);
  });
});
