// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Several signals forged at once. First without an idea, in bulk: every component and every array of one honest witness put into another, and
 * carries between the bits of every number. Then with one: whole lies, in which everything that follows from the lie is right, told with a witness
 * program whose assertions are cut out (attacker.ts), so that the one constraint which is about the lie must refuse it. KNOWN says which attacks
 * are tried where.
 *
 * This is hunting too: it finds what somebody thought of, or what happens to lie between two honest witnesses. A formal proof would show, for all
 * inputs, that the constraints imply the statement in the circuit's header. Missing for that, circuit by circuit: a specification of each gadget
 * (Poseidon, BabyJubJub and its scalar multiplications, comparisons, circomlib's and zk-kit's included), a proof that each gadget's constraints have
 * at most one output for each input, and that the composition says what the header says.
 */
import { readFile } from "node:fs/promises";

import { expect } from "chai";

import { modulo } from "../vectors/model/hash.ts";
import {
  commitmentOf,
  firstState,
  foldNullifierOf,
  leafOf,
  nullifierOf,
  pathOf,
  polynomialOf,
  refundMessageOf,
  refundOf,
  rootOf,
  ticketKeyOf,
} from "../vectors/model/protocol.ts";
import type { Refund } from "../vectors/model/protocol.ts";
import { UNSIGNED, close, enroll, fold, refund, request, slash } from "../vectors/model/statements.ts";
import type { Statement } from "../vectors/model/statements.ts";
import { Attacker } from "./attacker.ts";
import { carries, groupsOf, splice } from "./forgeries.ts";
import { HONEST } from "./honest.ts";
import { groundOf } from "./hunting.ts";
import type { Ground } from "./hunting.ts";
import { DEPOSIT, RECIPIENT, alice, bob, pool, provider, secret, signed } from "./world.ts";

/** Attacks on several signals that have their test elsewhere: file and name. */
const KNOWN: Readonly<Record<string, readonly (readonly [file: string, test: string])[]>> = {
  "a leaf forged one level deeper": [
    ["enroll", "leads nowhere with the tag, whether or not the commitment has the tag in it"],
    ["enroll", "leads nowhere with an inner node of the real tree taken for a leaf"],
  ],
  "a ticket in two slots": [
    ["fold", "refuses the same ticket in two slots, for every two slots"],
    ["fold", "refuses the same ticket twice with two different refunds for it"],
  ],
  "a filler that hits somebody's fold nullifier, or hides a ticket": [
    ["fold", "refuses a filler that hits another's fold nullifier"],
    ["fold", "refuses a used slot that shows a filler, which would leave its ticket unmarked"],
  ],
  "a state of another k": [
    ["request", "refuses a state of another k"],
    ["fold", "refuses a larger budget, other returned holds, another blinding, a state of another k or pool"],
    ["close", "refuses a state of another k or pool, and one with a richer content than was signed"],
  ],
  "a wrapped budget": [
    ["request", "refuses budgets at and above 2^120 + (i + 1)·hold, whatever is signed"],
    ["fold", "takes a budget of 2^120 - 1, and refuses 2^120"],
    ["close", "refuses refunds that add up to 0 modulo p, which would need no signature"],
  ],
  "R8 of low order, s + l": [
    ["request", "refuses R8 with a point of low order in it, even from the provider"],
    ["request", "refuses s >= l, which would be a second form of the same signature"],
    [
      "fold",
      "refuses a refund without the provider's signature, with s >= l, off the curve or of low order, in any used slot",
    ],
    ["refund", "refuses R8 of low order, and R8 with a point of low order in it, even from the provider"],
  ],
  "`certified` that is not the base": [
    ["fold", "refuses another certified state than the base, signed or not"],
    ["close", "takes an unsigned state when it is the certified one, and refuses any other certified state"],
    ["close", "refuses an unsigned claim with the flags that ask for a signature turned off"],
  ],
};

const { poolHash } = pool;
const { state, signature } = signed();
const bobs = signed({ k: bob });
const bobsLeaves = [secret("a leaf"), leafOf(commitmentOf(bob), DEPOSIT), leafOf(commitmentOf(alice), DEPOSIT)];
const bobsRefund = (index: number): Refund => refundOf(provider, poolHash, bob, index, 10n, 100n);
const bobsNullifier = nullifierOf(ticketKeyOf(bob, poolHash, 5));
const nothing = { refundedCharges: 0n, refundedHolds: 0n };
const payment = { recipient: RECIPIENT, relayer: RECIPIENT, fee: 2n, deadline: 3n };
const terms = { deposit: DEPOSIT, firstUnused: 0x2b7, ...nothing, ...payment };

/** What another honest user proves: where parts of a forged witness can come from. */
const STRANGERS: Readonly<Record<keyof typeof HONEST, Statement>> = {
  enroll: enroll(pool, firstState(poolHash, bob, DEPOSIT), DEPOSIT, pathOf(bobsLeaves, 1)),
  request: request(pool, bobs.state, bobs.signature, 78, secret("bob's session")),
  fold: fold(pool, bobs.state, bobs.signature, [5, 6, 7, 8].map(bobsRefund)),
  close: close(pool, bobs.state, bobs.signature, terms),
  slash: slash(pool, bob, 78, [6n, 7n], RECIPIENT),
  refund: refund(pool, bobsNullifier, 10n, 100n, provider.sign(refundMessageOf(poolHash, bobsNullifier, 10n, 100n))),
};

for (const [statement, witnesses] of Object.entries<Readonly<Record<string, Statement>>>(HONEST)) {
  describe(`circuits/${statement}, several signals at once`, function () {
    this.timeout(120_000);
    let ground: Ground;

    before(async () => {
      ground = await groundOf(statement);
    });

    it("takes no component and no array of another honest witness, of the same user or of another", () => {
      const groups = groupsOf(ground);
      const all = [...Object.values(witnesses), STRANGERS[statement as keyof typeof HONEST]];
      const values = all.map((honest) => ground.witnessOf(honest));
      let tried = 0;
      for (const honest of values) {
        for (const donor of values) {
          if (donor === honest) continue;
          const result = splice(ground, groups, honest, donor);
          expect(result.free).to.deep.equal([]);
          tried += result.tried;
        }
      }
      expect(tried).to.be.greaterThan(1_000);
    });

    it("takes no carry between the bits of a number", () => {
      for (const honest of Object.values(witnesses)) {
        const { tried, free } = carries(ground, ground.witnessOf(honest));
        expect(free).to.deep.equal([]);
        expect(tried).to.be.greaterThan(10);
      }
    });
  });
}

describe("circuits, the search for several signals", function () {
  this.timeout(60_000);

  it("finds a number whose bits are not held to be bits", async () => {
    const ground = await groundOf("slash");
    const values = ground.witnessOf(HONEST.slash["two shares"]);
    const bit = ground.names.findIndex((names) => names?.some((name) => /TicketKey_\w+\.bits\[1\]$/.test(name)));
    const { constraints } = ground.terms;
    const isBoolean = (parts: (typeof constraints)[number]): boolean =>
      parts.every((part) => part.every(([wire]) => wire === 0 || wire === bit));
    expect(constraints.filter(isBoolean)).to.have.length(1);
    const missing = constraints.findIndex(isBoolean);
    // The same search, with the one constraint left out.
    const blind = Object.create(ground.constraints, {
      firstViolated: {
        value: (edited: readonly bigint[], changed: readonly number[]) =>
          constraints.findIndex(
            (parts, number) =>
              number !== missing &&
              parts.some((part) => part.some(([wire]) => changed.includes(wire))) &&
              !ground.constraints.holds(number, edited),
          ) < 0
            ? undefined
            : 0,
      },
    }) as Ground["constraints"];
    const { free } = carries({ ...ground, constraints: blind }, values);
    expect(free.some((name) => name.endsWith(".bits[1]"))).to.equal(true);
  });

  it("has a test for every attack that is known", async () => {
    for (const [attack, tests] of Object.entries(KNOWN)) {
      for (const [file, name] of tests) {
        const text = await readFile(new URL(`./${file}.test.ts`, import.meta.url), "utf8");
        expect(text.includes(`it("${name}"`), `${attack}: ${file} "${name}"`).to.equal(true);
      }
    }
  });
});

describe("circuits, whole lies", function () {
  this.timeout(120_000);

  /** The signals of `names` in another witness, to be put into this one. */
  const partOf = (attacker: Attacker, pattern: RegExp, values: readonly bigint[]): Record<string, bigint> => {
    const names = attacker.circuit.signalsLike(pattern);
    expect(names.length).to.be.greaterThan(0);
    return Object.fromEntries(names.map((name) => [name, values[attacker.circuit.wireOf(name)] as bigint]));
  };

  it("refuses a ticket that a fold has already, by another way down the ticket tree to another fold nullifier", async () => {
    const attacker = await Attacker.load("fold");
    const seven = refundOf(provider, poolHash, alice, 7, 10n, 100n);
    // Slot 1 goes down to ticket 8, with ticket 7's refund; its nullifier, message and signature are then those of ticket 7.
    const other = fold(pool, state, signature, [seven, { ...seven, index: 8 }]);
    const twice = attacker.tell(fold(pool, state, signature, [seven, seven]).input);
    const signedPart = partOf(
      attacker,
      /^FoldSlot\w+\[1\]\.(nullifier|message|RefundMessage\w*\.|Signed\w*\.)/,
      twice.values,
    );
    const { witness, broken } = attacker.tellAndEdit(other.input, signedPart);
    expect(witness.publicSignals[1]).to.equal(foldNullifierOf(ticketKeyOf(alice, poolHash, 7)));
    expect(witness.publicSignals[2]).to.equal(foldNullifierOf(ticketKeyOf(alice, poolHash, 8)));
    // What is left is that the nullifier is the hash of the ticket's key.
    expect(broken.length).to.be.within(1, 3);
  });

  it("refuses a refund of another's ticket, with the other's nullifier in the slot", async () => {
    const attacker = await Attacker.load("fold");
    const theirs = bobsRefund(7);
    const lie = fold(pool, state, signature, [theirs]);
    const honest = attacker.tell(fold(pool, bobs.state, bobs.signature, [theirs]).input);
    const signedPart = partOf(
      attacker,
      /^FoldSlot\w+\[0\]\.(nullifier|message|RefundMessage\w*\.|Signed\w*\.)/,
      honest.values,
    );
    const { broken } = attacker.tellAndEdit(lie.input, signedPart);
    expect(broken.length).to.be.within(1, 3);
  });

  it("refuses the path of somebody else's leaf, with all hashes up to the root", async () => {
    const attacker = await Attacker.load("enroll");
    const theirs = attacker.tell(STRANGERS.enroll.input);
    const mine = enroll(pool, firstState(poolHash, alice, DEPOSIT), DEPOSIT, pathOf(bobsLeaves, 1));
    const path = partOf(attacker, /^(root|leaf|AccountTreeRoot\w*\..*)$/, theirs.values);
    const { witness, broken } = attacker.tellAndEdit(mine.input, path);
    expect(witness.publicSignals[0]).to.equal(rootOf(bobsLeaves));
    expect(witness.publicSignals.slice(1)).to.deep.equal(mine.answer.slice(1));
    expect(broken.length).to.be.within(1, 3);
  });

  it("refuses each of the 64 slots forged, with the polynomial that follows from it", async () => {
    const attacker = await Attacker.load("close");
    const honest = close(pool, state, signature, terms);
    const z = honest.input["z"] as bigint;
    const signals = new Set(attacker.circuit.signalsLike(/^(slots|horner)\[\d+\]$/));
    const { witness } = attacker.tell(honest.input);
    for (let slot = 0; slot < 64; slot++) {
      for (const forged of [secret("a forged key"), 0n]) {
        const slots = honest.slots.map((key, at) => (at === slot ? forged : key));
        if (forged === honest.slots[slot]) continue;
        const changes: Record<string, bigint> = { e: polynomialOf(slots, z), [`slots[${slot}]`]: forged };
        let sum = 0n;
        for (const [at, key] of slots.entries()) {
          sum = modulo(sum * z + key);
          if (signals.has(`horner[${at}]`)) changes[`horner[${at}]`] = sum;
        }
        const known = Object.fromEntries(Object.entries(changes).filter(([name]) => name === "e" || signals.has(name)));
        witness.edit(known).assertBroken();
        if (slot % 9 === 0) {
          // Nothing else is wrong: the slot's own product refuses it.
          expect(attacker.tellAndEdit(honest.input, known).broken.length).to.equal(1);
        }
      }
    }
  });

  it("refuses a bad signature, whatever the comparison's hints and results are said to be", async () => {
    const attacker = await Attacker.load("close");
    const claims = { ...terms, refundedCharges: 1n };
    const rich = signed({ budget: DEPOSIT + 1n });
    const { witness } = attacker.tell(close(pool, rich.state, UNSIGNED, claims).input);
    witness.assertBroken();
    const hints = attacker.circuit.signalsLike(/eqCheck[XY]\.isz\.inv$/);
    const results = attacker.circuit.signalsLike(/eqCheck[XY]\.isz\.out$/);
    expect([hints.length, results.length]).to.deep.equal([2, 2]);
    for (const hint of [0n, 1n, secret("a hint")]) {
      for (const result of [0n, 1n, secret("a result")]) {
        const said = [...hints.map((name) => [name, hint] as const), ...results.map((name) => [name, result] as const)];
        witness.edit(Object.fromEntries(said)).assertBroken();
      }
    }
  });

  it("refuses another's key for the slope of a slash, with the secret that follows from it", async () => {
    const attacker = await Attacker.load("slash");
    const honest = slash(pool, alice, 77, [4n, 5n], RECIPIENT);
    const theirs = attacker.tell(slash(pool, bob, 77, [4n, 5n], RECIPIENT).input);
    const accused = partOf(
      attacker,
      /^(identitySecret|ticketKey|ticketRoot|derivedKey|identityCommitment|nullifier|(TicketRoot|TicketKey|IdentityCommitment|TicketNullifier)\w*\..*)$/,
      theirs.values,
    );
    const { witness, broken } = attacker.tellAndEdit(honest.input, accused);
    expect(witness.publicSignals[0]).to.equal(commitmentOf(bob));
    // Alice's shares are not on Bob's line: its slope does not fit, nor does its value at 0.
    expect(broken.length).to.be.within(1, 3);
  });
});
