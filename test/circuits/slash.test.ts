// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { H, modulo, p } from "../vectors/model/hash.ts";
import { coverKeysOf, lineThrough, shareOf, ticketKeyOf } from "../vectors/model/protocol.ts";
import { slash } from "../vectors/model/statements.ts";
import type { Input } from "../vectors/model/statements.ts";
import { Attacker } from "./attacker.ts";
import { RECIPIENT, alice, bob, otherPool, others, outside, pool, secret } from "./world.ts";

const { poolHash } = pool;
const X = [secret("one session") >> 8n, secret("another session") >> 8n] as const;

describe("circuits/slash", function () {
  this.timeout(60_000);
  let attacker: Attacker;
  const good = slash(pool, alice, 0x2b7, X, RECIPIENT);

  before(async function () {
    this.timeout(120_000);
    attacker = await Attacker.load("slash");
  });

  it("gives account and nullifier that the model computes, for tickets in every corner", () => {
    for (const index of [0, 1, 15, 16, 255, 256, 4_096, 65_535]) {
      const { input, answer } = slash(pool, alice, index, X, RECIPIENT);
      expect(attacker.circuit.accept(input).publicSignals).to.deep.equal(answer);
    }
  });

  it("computes the same as the attacker's program when nobody lies", () => {
    const { values, broken } = attacker.tell(good.input);
    expect(broken).to.deep.equal([]);
    expect(values.slice(1, 5)).to.deep.equal(good.answer);
  });

  it("takes two shares in any order, and a second one made from a ticket key that a close revealed", () => {
    const [x0, x1] = good.input["x"] as [bigint, bigint];
    const [y0, y1] = good.input["y"] as [bigint, bigint];
    expect(attacker.circuit.accept({ ...good.input, x: [x1, x0], y: [y1, y0] }).publicSignals).to.deep.equal(
      good.answer,
    );

    // A close with j = 0x2b7 shows this ticket's key on the lowest level; with the share k = y - a·x, and any second point.
    const a = coverKeysOf(alice, poolHash, 0x2b7)[48 + 7] as bigint;
    expect(a).to.equal(ticketKeyOf(alice, poolHash, 0x2b7));
    const k = modulo(y0 - a * x0);
    expect(k).to.equal(alice);
    const made: Input = { ...good.input, x: [x0, 1n], y: [y0, shareOf(k, a, 1n)] };
    expect(attacker.circuit.accept(made).publicSignals).to.deep.equal(good.answer);
  });

  describe("C1: the line through two shares", () => {
    it("refuses x₁ = x₂, with the same share twice and with two", () => {
      const [y0, y1] = good.input["y"] as [bigint, bigint];
      attacker.refuses({ ...good.input, x: [X[0], X[0]], y: [y0, y0] }, "C1", "Recover", 3);
      attacker.refuses({ ...good.input, x: [X[0], X[0]], y: [y0, y1] }, "C1", "Recover", 4);
    });

    it("refuses x₁ = x₂ with a slope and a secret of the attacker's choice", () => {
      // With x₁ = x₂ and y₁ = y₂ every line through the one point would do, so the honest owner's one share would be enough.
      const [y0] = good.input["y"] as [bigint];
      const { witness } = attacker.tell({ ...good.input, x: [X[0], X[0]], y: [y0, y0] });
      const ticketKey = ticketKeyOf(alice, poolHash, 0x2b7);
      expect(modulo(y0 - ticketKey * X[0])).to.equal(alice);
      for (const slope of [ticketKey, 0n, 1n]) {
        witness.edit({ ticketKey: slope, identitySecret: modulo(y0 - slope * X[0]) }).assertBroken();
      }
      const inverse = attacker.circuit.signalsLike(/^Recover\w+\.AssertNonZero\w+\.inverse$/)[0] as string;
      for (const value of [0n, 1n, p - 1n]) witness.edit({ [inverse]: value }).assertBroken();
    });

    it("refuses another slope or secret than the line's", () => {
      const witness = attacker.circuit.accept(good.input);
      for (const other of [0n, 1n, bob, ticketKeyOf(alice, poolHash, 0)]) {
        witness.edit({ ticketKey: other }).assertBroken();
        witness.edit({ identitySecret: other }).assertBroken();
      }
    });
  });

  describe("C2: a ticket of this account and pool", () => {
    it("refuses shares of two tickets, of two accounts, and junk", () => {
      const { y } = good.input as { y: [bigint, bigint] };
      const key = (index: number, k: bigint): bigint => ticketKeyOf(k, poolHash, index);
      for (const second of [shareOf(alice, key(8, alice), X[1]), shareOf(bob, key(0x2b7, bob), X[1]), y[1] + 1n, 0n]) {
        const input = { ...good.input, y: [y[0], second] };
        attacker.refuses(input, "C2", "", 1);
        const { slope, atZero } = lineThrough(X, [y[0], second]);
        const { witness } = attacker.tell(input);
        expect([witness.valueOf("ticketKey"), witness.valueOf("identitySecret")]).to.deep.equal([slope, atZero]);
      }
    });

    it("refuses another ticket's number and i >= 65,536", () => {
      attacker.refuses({ ...good.input, index: 0x2b8n }, "C2", "", 1);
      for (const index of [65_536n, 65_536n + 0x2b7n, ...outside(16)])
        attacker.refuses({ ...good.input, index }, "C2", "TicketKey", 4);
    });

    it("refuses shares of another pool under this Π", () => {
      const elsewhere = slash(otherPool, alice, 0x2b7, X, RECIPIENT).input;
      attacker.circuit.accept(elsewhere);
      attacker.refuses({ ...elsewhere, poolHash }, "C2", "", 1);
    });

    it("refuses a line that the attacker makes up for an account whose secret he does not know", () => {
      const made = [H(1n), H(2n)] as const;
      attacker.refuses({ ...good.input, x: [1n, 2n], y: made }, "C2", "", 1);
    });
  });

  describe("C3: account and nullifier", () => {
    it("refuses the commitment and the nullifier of another", () => {
      const witness = attacker.circuit.accept(good.input);
      const [bobs, theirs] = slash(pool, bob, 0x2b7, X, RECIPIENT).answer as [bigint, bigint];
      const nextTicket = slash(pool, alice, 0x2b8, X, RECIPIENT).answer[1] as bigint;
      witness.edit({ identityCommitment: bobs }).assertBroken();
      witness.edit({ identityCommitment: bobs, nullifier: theirs }).assertBroken();
      witness.edit({ nullifier: nextTicket }).assertBroken();
    });
  });

  describe("C4: the context", () => {
    it("refuses another recipient for a proof that is made", () => {
      const witness = attacker.circuit.accept(good.input);
      const context = slash(pool, alice, 0x2b7, X, "0x2222222222222222222222222222222222222222").answer[2] as bigint;
      witness.edit({ context }).assertBroken();
      witness.edit({ context: 0n }).assertBroken();
    });
  });

  it("refuses every change to its signals", () => {
    const names = attacker.circuit.signalsLike(/^(?!.*Poseidon|context$)/);
    expect(names.length).to.be.greaterThan(25);
    const witness = attacker.circuit.accept(good.input);
    attacker.refusesEdits(witness, names, others);
    // The context stands in a square. Its negative is no 248-bit number: no contract asks for it, and a proof is for one public input.
    attacker.refusesEdits(witness, ["context"], (value) => others(value).filter((other) => other !== p - value));
    expect(p - (good.input["context"] as bigint) > 2n ** 248n).to.equal(true);
  });
});
