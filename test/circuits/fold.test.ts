// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { OFF_CURVE, l, pointOfOrder } from "../vectors/model/curve.ts";
import { H, TAG_FOLD, TAG_RHO, modulo, p } from "../vectors/model/hash.ts";
import {
  fillerOf,
  foldNullifierOf,
  foldedState,
  hashOf,
  nullifierOf,
  refundMessageOf,
  refundOf,
  ticketKeyOf,
} from "../vectors/model/protocol.ts";
import type { Refund } from "../vectors/model/protocol.ts";
import { UNSIGNED, fold } from "../vectors/model/statements.ts";
import type { Input } from "../vectors/model/statements.ts";
import { Attacker } from "./attacker.ts";
import {
  alice,
  bob,
  inside,
  otherPool,
  others,
  outside,
  pool,
  provider,
  secret,
  sign,
  signed,
  stranger,
} from "./world.ts";

const { poolHash } = pool;
const refund = (index: number, charge = 10n * BigInt(index), hold = 100n): Refund =>
  refundOf(provider, poolHash, alice, index, charge, hold);
const keyOf = (index: number): bigint => ticketKeyOf(alice, poolHash, index);

describe("circuits/fold", function () {
  this.timeout(60_000);
  let attacker: Attacker;
  const { state, signature } = signed({ budget: 111_000n, returnedHolds: 200n });
  const four = [refund(0), refund(7), refund(65_535), refund(300)];
  const one = [refund(7)];
  const goodFour = fold(pool, state, signature, four);
  const goodOne = fold(pool, state, signature, one);

  /** `input` with slot `slot` of an array replaced. */
  const withSlot = (input: Input, name: string, slot: number, value: bigint | readonly bigint[]): Input => ({
    ...input,
    [name]: (input[name] as readonly (bigint | readonly bigint[])[]).map((each, at) => (at === slot ? value : each)),
  });
  /** An input of these refunds that says one thing more about the first of them. */
  const withFirst = (refunds: readonly Refund[], changes: Partial<Refund>): Input =>
    fold(pool, state, signature, [{ ...(refunds[0] as Refund), ...changes }, ...refunds.slice(1)]).input;

  before(async function () {
    this.timeout(120_000);
    attacker = await Attacker.load("fold");
  });

  it("gives the state and the nullifiers that the model computes, with one to four tickets", () => {
    for (let count = 1; count <= 4; count++) {
      const { input, answer } = fold(pool, state, signature, four.slice(0, count));
      expect(attacker.circuit.accept(input).publicSignals).to.deep.equal(answer);
    }
  });

  it("computes the same as the attacker's program when nobody lies", () => {
    const { values, broken } = attacker.tell(goodFour.input);
    expect(broken).to.deep.equal([]);
    expect(values.slice(1, 8)).to.deep.equal(goodFour.answer);
  });

  it("folds a folded state again", () => {
    const next = foldedState(poolHash, state, one);
    const { input, answer } = fold(pool, next, sign(next), [refund(8)]);
    expect(attacker.circuit.accept(input).publicSignals).to.deep.equal(answer);
  });

  describe("C1: the pool hash", () => {
    it("refuses another Π, other terms, another provider's key", () => {
      const forged = stranger.sign(hashOf(poolHash, state));
      const message = refundMessageOf(poolHash, nullifierOf(keyOf(7)), 70n, 100n);
      const theirs = fold({ ...pool, key: stranger.key }, state, forged, [
        { ...refund(7), signature: stranger.sign(message) },
      ]);
      attacker.refuses(theirs.input, "C1", "", 1);
      attacker.refuses({ ...goodOne.input, poolTerms: otherPool.poolTerms }, "C1", "", 1);
      const elsewhere = fold(otherPool, state, sign(state, otherPool), [
        refundOf(provider, otherPool.poolHash, alice, 7, 70n, 100n),
      ]).input;
      attacker.circuit.accept(elsewhere);
      attacker.refuses({ ...elsewhere, poolTerms: pool.poolTerms }, "C1", "", 1);
    });
  });

  describe("C2: the base state", () => {
    it("refuses a larger budget, other returned holds, another blinding, a state of another k or pool", () => {
      for (const change of [{ budget: state.budget + 1n }, { returnedHolds: 0n }, { rho: 0n }]) {
        attacker.refuses(fold(pool, { ...state, ...change }, signature, one).input, "C2", "Signed");
      }
      const bobs = { ...state, k: bob };
      const bobsRefund = refundOf(provider, poolHash, bob, 7, 70n, 100n);
      attacker.refuses(fold(pool, bobs, signature, [bobsRefund]).input, "C2", "Signed");
      attacker.refuses(fold(pool, state, sign(state, otherPool), one).input, "C2", "Signed");
    });

    it("refuses a base without a signature, with another provider's, with s >= l, with R8 off the curve", () => {
      attacker.refuses(fold(pool, state, UNSIGNED, one).input, "C2", "Signed");
      attacker.refuses(fold(pool, state, stranger.sign(hashOf(poolHash, state)), one).input, "C2", "Signed");
      attacker.refuses({ ...goodOne.input, stateS: signature.s + l }, "C2", "Signed", 1);
      attacker.refuses({ ...goodOne.input, stateR8: OFF_CURVE }, "C2", "BabyCheck", 4);
    });

    it("takes an unsigned base when it is the certified state", () => {
      const { input, answer } = fold(pool, state, UNSIGNED, four, hashOf(poolHash, state));
      expect(attacker.circuit.accept(input).publicSignals).to.deep.equal(answer);
    });

    it("refuses another certified state than the base, signed or not", () => {
      for (const certified of [
        1n,
        p - 1n,
        hashOf(poolHash, { ...state, rho: 0n }),
        hashOf(otherPool.poolHash, state),
      ]) {
        attacker.refuses(fold(pool, state, signature, one, certified).input, "C2", "", 1);
        attacker.refuses(fold(pool, state, UNSIGNED, one, certified).input, "C2", "", 1);
      }
      const lie = attacker.tell(fold(pool, state, UNSIGNED, one, hashOf(poolHash, state)).input);
      lie.witness.edit({ certified: 0n }).assertBroken();
    });

    it("refuses the flag that says which of both holds to be anything else", () => {
      const { witness } = attacker.tell(fold(pool, state, UNSIGNED, one).input);
      for (const flag of [0n, 2n, p - 1n]) witness.edit({ isUncertified: flag }).assertBroken();
    });
  });

  describe("C3: the refund tickets", () => {
    it("takes refunds of 0 and of 2^96 - 1, and refuses 2^96 and p - 1", () => {
      for (const amount of inside(96)) {
        const { input, answer } = fold(pool, state, signature, [refund(1, amount, amount)]);
        expect(attacker.circuit.accept(input).publicSignals).to.deep.equal(answer);
      }
      for (const amount of outside(96)) {
        attacker.refuses(fold(pool, state, signature, [refund(1, amount, 0n)]).input, "C3", "FoldSlot");
        attacker.refuses(fold(pool, state, signature, [refund(1, 0n, amount)]).input, "C3", "FoldSlot");
      }
    });

    it("refuses i >= 65,536", () => {
      for (const index of [65_536n, 2n ** 17n, ...outside(16)]) {
        attacker.refuses(withSlot(goodOne.input, "indices", 0, index), "C3", "FoldSlot", 5);
      }
    });

    it("refuses a larger refund, and a charge in the place of a hold", () => {
      attacker.refuses(withFirst(four, { charge: 1n }), "C3", "FoldSlot");
      attacker.refuses(withFirst(four, { hold: 101n }), "C3", "FoldSlot");
      attacker.refuses(withFirst(one, { charge: 100n, hold: 70n }), "C3", "FoldSlot");
    });

    it("refuses a refund of another ticket: its nullifier is signed", () => {
      attacker.refuses(withFirst(one, { index: 8 }), "C3", "FoldSlot");
    });

    it("refuses a refund of another k, and one of another pool", () => {
      const bobs = refundOf(provider, poolHash, bob, 7, 70n, 100n);
      attacker.refuses(fold(pool, state, signature, [bobs]).input, "C3", "FoldSlot");
      const elsewhere = refundOf(provider, otherPool.poolHash, alice, 7, 70n, 100n);
      attacker.refuses(fold(pool, state, signature, [elsewhere]).input, "C3", "FoldSlot");
    });

    it("refuses a refund without the provider's signature, with s >= l, off the curve or of low order, in any used slot", () => {
      const message = refundMessageOf(poolHash, nullifierOf(keyOf(7)), 70n, 100n);
      const good = (one[0] as Refund).signature;
      attacker.refuses(withFirst(one, { signature: UNSIGNED }), "C3", "FoldSlot");
      attacker.refuses(withFirst(one, { signature: stranger.sign(message) }), "C3", "FoldSlot");
      attacker.refuses(withFirst(one, { signature: { ...good, s: good.s + l } }), "C3", "FoldSlot", 1);
      attacker.refuses(withFirst(one, { signature: { ...good, r8: OFF_CURVE } }), "C3", "FoldSlot", 4);
      const twisted = provider.signWithTorsion(message, pointOfOrder(2));
      attacker.refuses(withFirst(one, { signature: twisted }), "C3", "FoldSlot");
      for (const slot of [1, 2, 3]) attacker.refuses(withSlot(goodFour.input, "refundS", slot, 1n), "C3", "FoldSlot");
    });

    it("refuses a state's signature in the place of a refund's", () => {
      attacker.refuses(withFirst(one, { signature }), "C3", "FoldSlot");
    });

    it("refuses a slot that is neither used nor unused", () => {
      for (const used of [2n, p - 1n, (p + 1n) / 2n]) {
        attacker.refuses(withSlot(goodFour.input, "used", 0, used), "C3", "AssertBoolean", 4);
        attacker.refuses(withSlot(goodOne.input, "used", 2, used), "C3", "AssertBoolean", 6);
      }
    });

    it("refuses an unused slot with a ticket or an amount in it", () => {
      attacker.refuses(withSlot(goodFour.input, "used", 1, 0n), "C3", "FoldSlot", 4);
      attacker.refuses(withSlot(goodOne.input, "refundedCharges", 2, 1n), "C3", "FoldSlot", 1);
      attacker.refuses(withSlot(goodOne.input, "refundedHolds", 1, 2n ** 96n - 1n), "C3", "FoldSlot", 1);
      attacker.refuses(withSlot(goodOne.input, "indices", 3, 9n), "C3", "FoldSlot", 1);
    });

    it("looks at no signature in an unused slot, as long as R8 is a point of the curve", () => {
      const input = withSlot(withSlot(goodOne.input, "refundS", 1, 12_345n), "refundR8", 1, pointOfOrder(4));
      expect(attacker.circuit.accept(input).publicSignals).to.deep.equal(goodOne.answer);
      attacker.refuses(withSlot(goodOne.input, "refundR8", 1, OFF_CURVE), "C3", "BabyCheck", 4);
    });
  });

  describe("C4: the new state", () => {
    it("takes a budget of 2^120 - 1, and refuses 2^120", () => {
      const check = (budget: bigint): Input => {
        const rich = signed({ budget: budget - 170n });
        return fold(pool, rich.state, rich.signature, one).input;
      };
      attacker.circuit.accept(check(2n ** 120n - 1n));
      attacker.refuses(check(2n ** 120n), "C4", "AssertBits");
      attacker.refuses(check(p - 1n), "C4", "AssertBits");
    });

    it("refuses a richer, older or otherwise blinded new state", () => {
      const witness = attacker.circuit.accept(goodFour.input);
      const after = foldedState(poolHash, state, four);
      const wrong = [
        state,
        { ...after, budget: after.budget + 1n },
        { ...after, returnedHolds: after.returnedHolds + 1n },
        { ...after, rho: state.rho },
        { ...after, k: bob },
        foldedState(poolHash, state, [...four].reverse()),
      ];
      for (const each of wrong) witness.edit({ newState: hashOf(poolHash, each) }).assertBroken();
      witness.edit({ newState: hashOf(otherPool.poolHash, after) }).assertBroken();
    });

    it("refuses another blinding, also with all that follows from it in the outputs", () => {
      const after = foldedState(poolHash, state, one);
      const rho = secret("a chosen blinding");
      const newState = hashOf(poolHash, { ...after, rho });
      const fillers = Object.fromEntries([1, 2, 3].map((slot) => [`foldNullifiers[${slot}]`, fillerOf(rho, slot)]));
      const preimages = Object.fromEntries([1, 2, 3].map((slot) => [`preimage[${slot}]`, rho]));
      attacker.circuit
        .accept(goodOne.input)
        .edit({ newRho: rho, newState, ...fillers, ...preimages })
        .assertBroken();
    });

    it("gives every set of tickets, order and base another blinding", () => {
      const rhoOf = (base: typeof state, refunds: readonly Refund[]): bigint =>
        attacker.circuit.accept(fold(pool, base, sign(base), refunds).input).valueOf("newRho");
      const swapped = [four[1] as Refund, four[0] as Refund];
      const other = { ...state, rho: 1n };
      const rhos = [rhoOf(state, four.slice(0, 1)), rhoOf(state, one), rhoOf(state, swapped), rhoOf(other, one)];
      expect(new Set(rhos).size).to.equal(rhos.length);
      expect(rhos[0]).to.equal(H(alice, hashOf(poolHash, state), TAG_RHO + 1n));
    });
  });

  describe("C5: the fold nullifiers", () => {
    it("gives a ticket the same nullifier in every slot, fold and fork of a state, so that it counts once", () => {
      const inSlot = (base: typeof state, refunds: readonly Refund[], slot: number): bigint => {
        const { input } = fold(pool, base, sign(base), refunds);
        return attacker.circuit.accept(input).publicSignals[1 + slot] as bigint;
      };
      const fork = foldedState(poolHash, state, [refund(8)]);
      const twoRefunds = [refund(7, 1_000n)];
      const seen = [inSlot(state, one, 0), inSlot(state, four, 1), inSlot(fork, one, 0), inSlot(state, twoRefunds, 0)];
      expect(new Set(seen)).to.deep.equal(new Set([foldNullifierOf(keyOf(7))]));
    });

    it("refuses the nullifier of another ticket or account in a used slot", () => {
      const witness = attacker.circuit.accept(goodFour.input);
      for (const other of [keyOf(8), ticketKeyOf(bob, poolHash, 7), ticketKeyOf(alice, otherPool.poolHash, 7)]) {
        for (const slot of [0, 1, 2, 3]) {
          witness.edit({ [`foldNullifiers[${slot}]`]: foldNullifierOf(other) }).assertBroken();
          witness
            .edit({ [`foldNullifiers[${slot}]`]: foldNullifierOf(other), [`ticketKeys[${slot}]`]: other })
            .assertBroken();
        }
      }
    });

    it("refuses a filler that hits another's fold nullifier", () => {
      const theirs = ticketKeyOf(bob, poolHash, 3);
      const hit = foldNullifierOf(theirs);
      const witness = attacker.circuit.accept(goodOne.input);
      for (const slot of [1, 2, 3]) {
        witness.edit({ [`foldNullifiers[${slot}]`]: hit }).assertBroken();
        witness.edit({ [`foldNullifiers[${slot}]`]: hit, [`preimage[${slot}]`]: theirs }).assertBroken();
      }
      // Chosen blindings of the base do not help: the filler is a hash of a hash.
      for (const rho of [theirs, hit, modulo(theirs - TAG_FOLD)]) {
        const chosen = signed({ rho });
        const { publicSignals } = attacker.circuit.accept(fold(pool, chosen.state, chosen.signature, one).input);
        expect(publicSignals).not.to.include(hit);
        expect(publicSignals).not.to.include(H(theirs, TAG_FOLD));
      }
    });

    it("refuses a used slot that shows a filler, which would leave its ticket unmarked", () => {
      const { rho } = foldedState(poolHash, state, four);
      const witness = attacker.circuit.accept(goodFour.input);
      for (const slot of [0, 1, 2, 3]) {
        const filler = fillerOf(rho, slot);
        witness.edit({ [`foldNullifiers[${slot}]`]: filler }).assertBroken();
        if (slot > 0) {
          witness.edit({ [`foldNullifiers[${slot}]`]: filler, [`preimage[${slot}]`]: rho }).assertBroken();
          witness
            .edit({ [`used[${slot - 1}]`]: 0n, [`foldNullifiers[${slot}]`]: filler, [`preimage[${slot}]`]: rho })
            .assertBroken();
        }
      }
    });
  });

  describe("C6: four different nullifiers", () => {
    it("refuses the same ticket in two slots, for every two slots", () => {
      for (const [a, b] of [
        [0, 1],
        [0, 2],
        [0, 3],
        [1, 2],
        [1, 3],
        [2, 3],
      ] as const) {
        const twice = four.map((each, slot) => (slot === b ? (four[a] as Refund) : each));
        attacker.refuses(fold(pool, state, signature, twice).input, "C6", "AssertNonZero", 1);
      }
    });

    it("refuses the same ticket twice with two different refunds for it", () => {
      attacker.refuses(fold(pool, state, signature, [refund(7, 1n), refund(7, 2n)]).input, "C6", "AssertNonZero", 1);
    });

    it("refuses any inverse of 0 as the proof that two differ", () => {
      const { witness } = attacker.tell(fold(pool, state, signature, [refund(7), refund(7)]).input);
      const names = attacker.circuit.signalsLike(/^AssertNonZero.*\.inverse$/);
      expect(names).to.have.length(6);
      for (const inverse of [0n, 1n, p - 1n]) {
        witness.edit(Object.fromEntries(names.map((name) => [name, inverse]))).assertBroken();
      }
    });
  });

  it("refuses every change to its public signals, flags, slots, keys, states and signatures", () => {
    const names = attacker.circuit.signalsLike(
      /^(newState|foldNullifiers.*|certified|isUncertified|poolHash|poolTerms|providerKey.*|identitySecret|budget|returnedHolds|rho|newRho|state\w*.*|used.*|indices.*|refunded\w+.*|refund(R8|S).*|ticketKeys.*|ticketRoot|preimage.*|FoldSlot\w+\[\d\]\.(message|nullifier|TicketKey\w+\.(bits|nodes).*))$/,
    );
    expect(names.length).to.be.greaterThan(120);
    attacker.refusesEdits(attacker.circuit.accept(goodFour.input), names, others);
    // An unused slot's signature is looked at by nobody; s and R8 of it stand in constraints all the same.
    attacker.refusesEdits(attacker.circuit.accept(goodOne.input), names, others);
  });
});
