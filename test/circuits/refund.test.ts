// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { OFF_CURVE, isOnCurve, isSigned, l, pointOfOrder } from "../vectors/model/curve.ts";
import type { Signature } from "../vectors/model/curve.ts";
import { H, p } from "../vectors/model/hash.ts";
import {
  foldNullifierOf,
  hashOf,
  nullifierOf,
  poolOf,
  refundMessageOf,
  refundOf,
  ticketKeyOf,
} from "../vectors/model/protocol.ts";
import type { Pool } from "../vectors/model/protocol.ts";
import { UNSIGNED, fold, refund } from "../vectors/model/statements.ts";
import type { Statement } from "../vectors/model/statements.ts";
import { Attacker } from "./attacker.ts";
import {
  CHAIN_ID,
  HOLD,
  alice,
  bob,
  inside,
  otherPool,
  others,
  outside,
  pool,
  provider,
  sign,
  signed,
  stranger,
} from "./world.ts";

const { poolHash } = pool;
const INDEX = 0x2b7;
const keyOf = (index: number, k = alice, where = pool): bigint => ticketKeyOf(k, where.poolHash, index);
const nullifier = nullifierOf(keyOf(INDEX));

describe("circuits/refund", function () {
  this.timeout(60_000);
  let attacker: Attacker;

  /** A refund ticket with whatever in it, signed by the provider for this pool as if it had come about. */
  const ticket = (of: bigint, charge: bigint, hold: bigint, where: Pool = pool): Statement =>
    refund(where, of, charge, hold, provider.sign(refundMessageOf(where.poolHash, of, charge, hold)));
  const good = ticket(nullifier, 990n, 100n);
  const signature: Signature = provider.sign(refundMessageOf(poolHash, nullifier, 990n, 100n));

  const accepts = ({ input, answer }: Statement): void => {
    expect(attacker.circuit.accept(input).publicSignals).to.deep.equal(answer);
  };

  before(async function () {
    this.timeout(120_000);
    attacker = await Attacker.load("refund");
  });

  it("takes what the provider signed for any ticket, a whole refund and none", () => {
    for (const index of [0, 1, 15, 16, 65_535]) {
      for (const [charge, hold] of [
        [0n, 0n],
        [0n, 100n],
        [1_000n, 0n],
        [1_000n, 100n],
      ] as const) {
        accepts(ticket(nullifierOf(keyOf(index)), charge, hold));
      }
    }
  });

  it("computes the same as the attacker's program when nobody lies", () => {
    const { values, broken } = attacker.tell(good.input);
    expect(broken).to.deep.equal([]);
    expect(values.slice(1, 8)).to.deep.equal(good.answer);
  });

  it("takes any amount and nullifier that is signed, at the ends of every range: their bounds are the contract's", () => {
    for (const value of [...inside(96), ...outside(96), 1n]) {
      accepts(ticket(nullifier, value, 100n));
      accepts(ticket(nullifier, 990n, value));
      accepts(ticket(value, 990n, 100n));
    }
    accepts(ticket(p - 1n, p - 1n, p - 1n));
    accepts(ticket(0n, 0n, 0n));
  });

  it("takes the very signature that a fold takes: what answers a dispute is a refund ticket of its owner", async () => {
    const base = signed();
    const { signature: fromFold } = refundOf(provider, poolHash, alice, INDEX, 990n, 100n);
    accepts(refund(pool, nullifier, 990n, 100n, fromFold));
    const folded = fold(pool, base.state, base.signature, [{ index: INDEX, charge: 990n, hold: 100n, signature }]);
    (await Attacker.load("fold")).circuit.accept(folded.input);
  });

  describe("C1: the pool hash", () => {
    it("refuses another Π, other terms, another provider's key", () => {
      attacker.refuses({ ...good.input, poolTerms: otherPool.poolTerms }, "C1", "", 1);
      const forged = stranger.sign(refundMessageOf(poolHash, nullifier, 990n, 100n));
      attacker.refuses(refund({ ...pool, key: stranger.key }, nullifier, 990n, 100n, forged).input, "C1", "", 1);
      const elsewhere = ticket(nullifier, 990n, 100n, otherPool).input;
      attacker.circuit.accept(elsewhere);
      attacker.refuses({ ...elsewhere, poolTerms: pool.poolTerms }, "C1", "", 1);
    });

    it("refuses terms of 0 and of p - 1, and the two halves of Π in each other's place", () => {
      for (const poolTerms of [0n, p - 1n, H(...pool.key)]) {
        attacker.refuses({ ...good.input, poolTerms }, "C1", "", 1);
      }
      const [x, y] = pool.key;
      attacker.refuses({ ...good.input, providerKey: [y, x] }, "C1", "", 9);
    });

    it("refuses the signature of another pool of the same provider", () => {
      const elsewhere = provider.sign(refundMessageOf(otherPool.poolHash, nullifier, 990n, 100n));
      attacker.refuses(refund(pool, nullifier, 990n, 100n, elsewhere).input, "C2", "Signed");
      const moved = attacker.circuit.accept(ticket(nullifier, 990n, 100n, otherPool).input);
      moved.edit({ poolHash, poolTerms: pool.poolTerms }).assertBroken();
    });
  });

  describe("C2: the provider's signature", () => {
    it("refuses another amount than was signed, one unit more or less, 0, the ends of the ranges, and the two swapped", () => {
      for (const amount of [989n, 991n, 0n, 1_000n, ...outside(96)]) {
        attacker.refuses(refund(pool, nullifier, amount, 100n, signature).input, "C2", "Signed");
      }
      for (const amount of [99n, 101n, 0n, ...outside(96)]) {
        attacker.refuses(refund(pool, nullifier, 990n, amount, signature).input, "C2", "Signed");
      }
      attacker.refuses(refund(pool, nullifier, 100n, 990n, signature).input, "C2", "Signed");
    });

    it("refuses another ticket's nullifier, another account's, another pool's, a fold nullifier and a ticket key", () => {
      const wrong = [
        nullifierOf(keyOf(INDEX + 1)),
        nullifierOf(keyOf(INDEX, bob)),
        nullifierOf(keyOf(INDEX, alice, otherPool)),
        foldNullifierOf(keyOf(INDEX)),
        keyOf(INDEX),
        0n,
        p - 1n,
      ];
      for (const other of wrong) {
        attacker.refuses(refund(pool, other, 990n, 100n, signature).input, "C2", "Signed");
      }
    });

    it("refuses no signature, another provider's, and one half of another signature", () => {
      attacker.refuses(refund(pool, nullifier, 990n, 100n, UNSIGNED).input, "C2", "Signed");
      const theirs = stranger.sign(refundMessageOf(poolHash, nullifier, 990n, 100n));
      attacker.refuses(refund(pool, nullifier, 990n, 100n, theirs).input, "C2", "Signed");
      const other = provider.sign(refundMessageOf(poolHash, nullifier, 991n, 100n));
      for (const mixed of [
        { r8: signature.r8, s: other.s },
        { r8: other.r8, s: signature.s },
      ]) {
        attacker.refuses(refund(pool, nullifier, 990n, 100n, mixed).input, "C2", "Signed");
      }
    });

    it("refuses a state's signature in the place of a refund's, whatever the state's numbers are taken for", () => {
      const { state } = signed();
      const passedOff = sign(state);
      const { budget, returnedHolds, rho, k } = state;
      for (const [of, charge, hold] of [
        [nullifier, 990n, 100n],
        [k, budget, returnedHolds],
        [hashOf(poolHash, state), budget, rho],
      ] as const) {
        attacker.refuses(refund(pool, of, charge, hold, passedOff).input, "C2", "Signed");
      }
    });

    it("refuses s >= l, which would be a second form of the same signature", () => {
      attacker.refuses({ ...good.input, signatureS: signature.s + l }, "C2", "Signed", 1);
      attacker.refuses({ ...good.input, signatureS: signature.s + 2n * l }, "C2", "Signed", 1);
      for (const s of [l, 2n ** 253n - 1n, ...outside(253)]) {
        attacker.refuses({ ...good.input, signatureS: s }, "C2", "Signed", 6);
      }
    });

    it("refuses another s, and R8 negated", () => {
      for (const s of [0n, 1n, signature.s + 1n, l - signature.s, l - 1n]) {
        attacker.refuses({ ...good.input, signatureS: s }, "C2", "Signed");
      }
      attacker.refuses({ ...good.input, signatureR8: [p - signature.r8[0], signature.r8[1]] }, "C2", "Signed");
    });

    it("refuses R8 off the curve", () => {
      for (const r8 of [OFF_CURVE, [0n, 0n], [p - 1n, p - 1n], [signature.r8[0], signature.r8[1] + 1n]] as const) {
        expect(isOnCurve(r8)).to.equal(false);
        attacker.refuses({ ...good.input, signatureR8: r8 }, "C2", "BabyCheck", 4);
      }
    });

    it("refuses R8 of low order, and R8 with a point of low order in it, even from the provider", () => {
      const message = refundMessageOf(poolHash, nullifier, 990n, 100n);
      const plain = provider.signWithTorsion(message, pointOfOrder(1));
      expect(isSigned(message, plain, provider.key)).to.equal(true);
      accepts(refund(pool, nullifier, 990n, 100n, plain));
      for (const order of [2, 4, 8] as const) {
        const twisted = provider.signWithTorsion(message, pointOfOrder(order));
        expect(isOnCurve(twisted.r8)).to.equal(true);
        attacker.refuses(refund(pool, nullifier, 990n, 100n, twisted).input, "C2", "EdDSAPoseidonVerifier");
        attacker.refuses({ ...good.input, signatureR8: pointOfOrder(order) }, "C2", "EdDSAPoseidonVerifier");
      }
    });

    it("refuses a provider key of low order, under which anyone could sign", () => {
      for (const order of [1, 2, 4, 8] as const) {
        const weak = poolOf(CHAIN_ID, pool.address, HOLD, pointOfOrder(order));
        attacker.refuses(refund(weak, nullifier, 990n, 100n, UNSIGNED).input, "C2", "EdDSAPoseidonVerifier", 1);
      }
    });

    it("refuses another public signal for a proof that is made, and all of another ticket's but the signature", () => {
      const witness = attacker.circuit.accept(good.input);
      const names = ["nullifier", "refundedCharge", "refundedHold", "signatureR8[0]", "signatureR8[1]", "signatureS"];
      const other = ticket(nullifierOf(keyOf(INDEX + 1)), 0n, 0n).answer;
      for (const [at, name] of names.entries()) witness.edit({ [name]: other[at] as bigint }).assertBroken();
      const changes = Object.fromEntries(names.map((name, at) => [name, other[at] as bigint]));
      witness.edit({ ...changes, signatureS: signature.s }).assertBroken();
      witness.edit(changes).assertBroken();
    });
  });

  it("refuses every change to its signals", () => {
    // The hint of an IsZero whose input is 0 is open; hunting.test.ts says why it may be.
    const names = attacker.circuit.signalsLike(/^(?!.*(Poseidon\w*_\d+\.(ark|mix|sigma)|\.isz\.inv$))/i);
    expect(names.length).to.be.greaterThan(4_000);
    attacker.refusesEdits(attacker.circuit.accept(good.input), names, others);
  });
});
