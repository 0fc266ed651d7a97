// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { OFF_CURVE, isOnCurve, isSigned, l, pointOfOrder } from "../vectors/model/curve.ts";
import { H, inverse, modulo, p } from "../vectors/model/hash.ts";
import { hashOf, poolOf } from "../vectors/model/protocol.ts";
import { UNSIGNED, request } from "../vectors/model/statements.ts";
import { Attacker } from "./attacker.ts";
import {
  CHAIN_ID,
  DEPOSIT,
  HOLD,
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

const x = secret("a session") >> 8n;

describe("circuits/request", function () {
  this.timeout(60_000);
  let attacker: Attacker;
  const { state, signature } = signed();
  const good = request(pool, state, signature, 99, x);

  before(async function () {
    this.timeout(120_000);
    attacker = await Attacker.load("request");
  });

  it("gives the nullifier and the share that the model computes", () => {
    for (const index of [0, 1, 15, 16, 99]) {
      const { input, answer } = request(pool, state, signature, index, x);
      expect(attacker.circuit.accept(input).publicSignals).to.deep.equal(answer);
    }
  });

  it("takes the first and the last ticket of a full budget", () => {
    const full = signed({ budget: 65_536n * HOLD });
    for (const index of [0, 255, 256, 65_535]) {
      const { input, answer } = request(pool, full.state, full.signature, index, x);
      expect(attacker.circuit.accept(input).publicSignals).to.deep.equal(answer);
    }
  });

  it("computes the same as the attacker's program when nobody lies", () => {
    const { values, broken } = attacker.tell(good.input);
    expect(broken).to.deep.equal([]);
    expect(values.slice(1, 5)).to.deep.equal(good.answer);
  });

  describe("C1: the pool hash", () => {
    it("refuses another Π, for which the state is signed", () => {
      const { input } = request(otherPool, state, sign(state, otherPool), 99, x);
      attacker.circuit.accept(input);
      attacker.refuses({ ...input, scope: pool.scope }, "C1", "", 1);
    });

    it("refuses a cheaper price, another scope and another provider's key under this Π", () => {
      attacker.refuses({ ...good.input, hold: HOLD - 1n }, "C1", "", 1);
      attacker.refuses({ ...good.input, scope: otherPool.scope }, "C1", "", 1);
      const forged = stranger.sign(hashOf(pool.poolHash, state));
      const input = { ...good.input, providerKey: stranger.key, signatureR8: forged.r8, signatureS: forged.s };
      attacker.refuses(input, "C1", "", 1);
    });

    it("refuses the two halves of Π in each other's place", () => {
      const [keyHash, terms] = [H(...pool.key), pool.poolTerms];
      expect(H(keyHash, terms)).not.to.equal(pool.poolHash);
      attacker.refuses(
        { ...good.input, scope: pool.key[0], hold: pool.key[1], providerKey: [pool.scope, HOLD] },
        "C1",
        "",
        9,
      );
    });
  });

  describe("C2: a state that the provider signed", () => {
    const refusesState = (changes: Partial<typeof state>): void => {
      attacker.refuses(request(pool, { ...state, ...changes }, signature, 99, x).input, "C2", "Signed");
    };

    it("refuses a larger budget, other returned holds, another blinding", () => {
      refusesState({ budget: DEPOSIT + 1n });
      refusesState({ returnedHolds: 1n });
      refusesState({ rho: state.rho + 1n });
    });

    it("refuses a state of another k", () => {
      refusesState({ k: bob });
    });

    it("refuses a state of another pool", () => {
      attacker.refuses(request(pool, state, sign(state, otherPool), 99, x).input, "C2", "Signed");
    });

    it("refuses another provider's signature", () => {
      attacker.refuses(request(pool, state, stranger.sign(hashOf(pool.poolHash, state)), 99, x).input, "C2", "Signed");
    });

    it("refuses no signature at all", () => {
      attacker.refuses(request(pool, state, UNSIGNED, 99, x).input, "C2", "Signed");
    });

    it("refuses s >= l, which would be a second form of the same signature", () => {
      attacker.refuses({ ...good.input, signatureS: signature.s + l }, "C2", "Signed", 1);
      attacker.refuses({ ...good.input, signatureS: signature.s + 2n * l }, "C2", "Signed", 1);
      for (const s of [l, 2n ** 253n - 1n, ...outside(253)]) {
        attacker.refuses({ ...good.input, signatureS: s }, "C2", "Signed", 6);
      }
    });

    it("refuses another s and the signature's other half negated", () => {
      for (const s of [0n, signature.s + 1n, l - signature.s])
        attacker.refuses({ ...good.input, signatureS: s }, "C2", "Signed");
      attacker.refuses({ ...good.input, signatureR8: [p - signature.r8[0], signature.r8[1]] }, "C2", "Signed");
    });

    it("refuses R8 off the curve", () => {
      expect(isOnCurve(OFF_CURVE)).to.equal(false);
      for (const r8 of [OFF_CURVE, [0n, 0n] as const, [signature.r8[0], signature.r8[1] + 1n] as const]) {
        attacker.refuses({ ...good.input, signatureR8: r8 }, "C2", "BabyCheck", 4);
      }
    });

    it("refuses R8 with a point of low order in it, even from the provider", () => {
      const message = hashOf(pool.poolHash, state);
      const plain = provider.signWithTorsion(message, pointOfOrder(1));
      expect(isSigned(message, plain, provider.key)).to.equal(true);
      attacker.circuit.accept(request(pool, state, plain, 99, x).input);
      for (const order of [2, 4, 8] as const) {
        const twisted = provider.signWithTorsion(message, pointOfOrder(order));
        expect(isOnCurve(twisted.r8)).to.equal(true);
        attacker.refuses(request(pool, state, twisted, 99, x).input, "C2", "EdDSAPoseidonVerifier");
      }
    });

    it("refuses a provider key of low order, under which anyone could sign", () => {
      for (const order of [1, 2, 4, 8] as const) {
        const weak = poolOf(CHAIN_ID, pool.address, HOLD, pointOfOrder(order));
        attacker.refuses(request(weak, state, UNSIGNED, 99, x).input, "C2", "EdDSAPoseidonVerifier", 1);
      }
    });
  });

  describe("C3: the ticket and its share", () => {
    it("refuses i >= 65,536", () => {
      const rich = signed({ budget: 2n ** 120n - 1n });
      const { input } = request(pool, rich.state, rich.signature, 0, x);
      for (const index of [65_536n, 65_536n + 99n, 2n ** 17n, ...outside(16)]) {
        attacker.refuses({ ...input, index }, "C3", "TicketKey", 3);
      }
    });

    it("refuses x = 0, whose share is the secret itself", () => {
      attacker.refuses({ ...good.input, x: 0n }, "C3", "Share", 1);
    });

    it("takes any other x", () => {
      for (const message of [1n, 2n ** 248n - 1n, p - 1n]) {
        const { input, answer } = request(pool, state, signature, 99, message);
        expect(attacker.circuit.accept(input).publicSignals).to.deep.equal(answer);
      }
    });

    it("refuses nullifier and share of another ticket, another account or another pool", () => {
      const witness = attacker.circuit.accept(good.input);
      const strangers = [
        request(pool, state, signature, 98, x),
        request(pool, { ...state, k: bob }, signature, 99, x),
        request(otherPool, state, signature, 99, x),
        request(pool, state, signature, 99, x + 1n),
      ];
      for (const { answer } of strangers) {
        const [nullifier, y] = answer as [bigint, bigint];
        witness.edit({ nullifier, y }).assertBroken();
        witness.edit({ y }).assertBroken();
      }
    });
  });

  describe("C4: solvency", () => {
    it("takes a budget that covers the ticket to the unit, and refuses one unit less", () => {
      const exact = signed({ budget: 100n * HOLD });
      attacker.circuit.accept(request(pool, exact.state, exact.signature, 99, x).input);
      const short = signed({ budget: 100n * HOLD - 1n });
      attacker.refuses(request(pool, short.state, short.signature, 99, x).input, "C4", "AssertBits", 1);
      attacker.refuses({ ...good.input, index: 100n }, "C4", "AssertBits", 1);
    });

    it("refuses budgets at and above 2^120 + (i + 1)·hold, whatever is signed", () => {
      const needed = 100n * HOLD;
      const highest = signed({ budget: needed + 2n ** 120n - 1n });
      attacker.circuit.accept(request(pool, highest.state, highest.signature, 99, x).input);
      for (const budget of [needed + 2n ** 120n, 0n, p - 1n, p - needed]) {
        const wrapped = signed({ budget });
        attacker.refuses(request(pool, wrapped.state, wrapped.signature, 99, x).input, "C4", "AssertBits", 1);
      }
    });

    it("takes a hold of 0 and of 2^96 - 1, and refuses 2^96 and p - 1", () => {
      const check = (hold: bigint, isGood: boolean): void => {
        const dear = poolOf(CHAIN_ID, pool.address, hold, pool.key);
        const rich = signed({ budget: 2n ** 112n }, dear);
        const { input } = request(dear, rich.state, rich.signature, 99, x);
        if (isGood) attacker.circuit.accept(input);
        else attacker.refuses(input, "C4", "AssertBits");
      };
      for (const hold of inside(96)) check(hold, true);
      for (const hold of outside(96)) check(hold, false);
    });

    it("refuses a hold that makes (i + 1)·hold wrap around the field to a small number", () => {
      const wrapping = modulo(inverse(100n) * 7n);
      const tricky = poolOf(CHAIN_ID, pool.address, wrapping, pool.key);
      const { state: poor, signature: theirs } = signed({ budget: 7n }, tricky);
      attacker.refuses(request(tricky, poor, theirs, 99, x).input, "C4", "AssertBits", 1);
    });
  });

  it("refuses every change to its public signals, ticket path, nodes, state and signature", () => {
    const witness = attacker.circuit.accept(good.input);
    const names = attacker.circuit.signalsLike(
      /^(nullifier|y|x|poolHash|poolTerms|scope|hold|providerKey.*|identitySecret|index|budget|returnedHolds|rho|state|needed|ticketRoot|ticketKey|signature.*|TicketKey\w+\.(bits|nodes).*)$/,
    );
    expect(names.length).to.be.greaterThan(35);
    attacker.refusesEdits(witness, names, others);
  });
});
