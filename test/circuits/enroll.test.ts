// SPDX-License-Identifier: GPL-3.0-or-later
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { INCLUDES, ROOT } from "../../src/circuits/index.ts";
import { H, TAG_LEAF, modulo } from "../vectors/model/hash.ts";
import {
  commitmentOf,
  enrollNullifierOf,
  firstState,
  hashOf,
  leafOf,
  pathOf,
  rootFrom,
  rootOf,
} from "../vectors/model/protocol.ts";
import { enroll } from "../vectors/model/statements.ts";
import { Attacker } from "./attacker.ts";
import { Circuit } from "./support/circuit.ts";
import { DEPOSIT, alice, bob, inside, otherPool, others, outside, pool, secret } from "./world.ts";

const state = firstState(pool.poolHash, alice, DEPOSIT);
const aliceLeaf = leafOf(commitmentOf(alice), DEPOSIT);
/** A tree of `size` leaves with Alice's at `position`. */
const treeWith = (leaf: bigint, size: number, position: number): bigint[] =>
  Array.from({ length: size }, (_, i) => (i === position ? leaf : secret(`leaf ${i}`)));

describe("circuits/enroll", function () {
  this.timeout(60_000);
  let attacker: Attacker;
  const leaves = treeWith(aliceLeaf, 11, 6);
  const good = enroll(pool, state, DEPOSIT, pathOf(leaves, 6));

  before(async function () {
    this.timeout(120_000);
    attacker = await Attacker.load("enroll");
  });

  it("gives root, state and nullifier that the model computes, for every place in small trees", () => {
    for (const size of [1, 2, 3, 5, 6, 11]) {
      for (const position of new Set([0, 1, size - 2, size - 1])) {
        if (position < 0 || position >= size) continue;
        const tree = treeWith(aliceLeaf, size, position);
        const { input, answer } = enroll(pool, state, DEPOSIT, pathOf(tree, position));
        expect(answer[0]).to.equal(rootOf(tree));
        expect(attacker.circuit.accept(input).publicSignals).to.deep.equal(answer);
      }
    }
  });

  it("computes the same as the attacker's program when nobody lies", () => {
    const { values, broken } = attacker.tell(good.input);
    expect(broken).to.deep.equal([]);
    expect(values.slice(1, 5)).to.deep.equal(good.answer);
  });

  describe("C1: the leaf and its path", () => {
    it("takes a deposit of 0 and of 2^96 - 1, and refuses 2^96 and p - 1", () => {
      for (const deposit of inside(96)) {
        const { input, answer } = enroll(pool, state, deposit, { siblings: [], index: 0n });
        expect(attacker.circuit.accept(input).publicSignals).to.deep.equal(answer);
      }
      for (const deposit of outside(96)) {
        attacker.refuses(enroll(pool, state, deposit, { siblings: [], index: 0n }).input, "C1", "AccountLeaf");
      }
    });

    it("gives another root for another D, and refuses the account's root for it", () => {
      for (const deposit of [DEPOSIT + 1n, 2n ** 96n - 1n]) {
        const { input, answer } = enroll(pool, state, deposit, pathOf(leaves, 6));
        expect(answer[0]).not.to.equal(rootOf(leaves));
        attacker.circuit
          .accept(input)
          .edit({ root: rootOf(leaves) })
          .assertBroken();
      }
    });

    it("gives another root for another k, and refuses the account's root for it", () => {
      const theirs = enroll(pool, { ...state, k: bob }, DEPOSIT, pathOf(leaves, 6));
      expect(theirs.answer[0]).not.to.equal(rootOf(leaves));
      attacker.circuit
        .accept(theirs.input)
        .edit({ root: rootOf(leaves) })
        .assertBroken();
    });

    it("refuses another root, the root 0, and a root one level above or below", () => {
      const witness = attacker.circuit.accept(good.input);
      const path = pathOf(leaves, 6);
      const shorter = rootFrom(aliceLeaf, { ...path, siblings: path.siblings.slice(0, -1) });
      for (const root of [0n, 1n, aliceLeaf, shorter, H(good.answer[0] as bigint, 0n), rootOf(leaves.slice(1))]) {
        witness.edit({ root }).assertBroken();
      }
    });

    it("gives another root for a path of another depth or on another side", () => {
      const { input, answer } = good;
      for (const change of [{ depth: 3n }, { depth: 5n }, { depth: 0n }, { index: (input["index"] as bigint) + 1n }]) {
        const witness = attacker.circuit.accept({ ...input, ...change });
        expect(witness.publicSignals[0]).not.to.equal(answer[0]);
        witness.edit({ root: answer[0] as bigint }).assertBroken();
      }
    });

    it("takes a path of 32 levels", () => {
      const siblings = Array.from({ length: 32 }, (_, level) => secret(`sibling ${level}`));
      for (const index of [0n, 2n ** 31n, 2n ** 32n - 1n]) {
        const { input, answer } = enroll(pool, state, DEPOSIT, { siblings, index });
        expect(attacker.circuit.accept(input).publicSignals).to.deep.equal(answer);
      }
    });

    it("refuses a depth of 33, 63 and 64, for which the library's gadget gives the root 0", () => {
      for (const depth of [33n, 63n, 64n, ...outside(6)]) {
        const input = { ...good.input, depth };
        attacker.refuses(input, "C1", "AccountTreeRoot");
        expect(attacker.tell(input).witness.publicSignals[0]).to.equal(0n);
      }
    });

    it("refuses an index of more than 32 bits", () => {
      for (const index of outside(32)) attacker.refuses({ ...good.input, index }, "C1", "BinaryMerkleRoot");
    });
  });

  describe("C2: the first state", () => {
    it("refuses a larger budget, returned holds, another k, another pool, another blinding", () => {
      const witness = attacker.circuit.accept(good.input);
      const richer = [
        hashOf(pool.poolHash, { ...state, budget: DEPOSIT + 1n }),
        hashOf(pool.poolHash, { ...state, returnedHolds: 1n }),
        hashOf(pool.poolHash, { ...state, k: bob }),
        hashOf(otherPool.poolHash, state),
        hashOf(pool.poolHash, { ...state, rho: 0n }),
      ];
      for (const newState of richer) witness.edit({ newState }).assertBroken();
    });
  });

  describe("C3: one enrolment for each account", () => {
    it("refuses another nullifier, also that of another account or pool", () => {
      const witness = attacker.circuit.accept(good.input);
      for (const enrollNullifier of [
        0n,
        (good.answer[2] as bigint) + 1n,
        enrollNullifierOf(bob, pool.poolHash),
        enrollNullifierOf(alice, otherPool.poolHash),
      ]) {
        witness.edit({ enrollNullifier }).assertBroken();
      }
    });

    it("gives the same nullifier from every root, path and blinding", () => {
      const later = treeWith(aliceLeaf, 14, 6);
      const { input } = enroll(pool, { ...state, rho: secret("another blinding") }, DEPOSIT, pathOf(later, 6));
      expect(attacker.circuit.accept(input).publicSignals[2]).to.equal(good.answer[2]);
    });
  });

  it("refuses every change to its signals: public, leaf, path, sides, depth marks", () => {
    const witness = attacker.circuit.accept(good.input);
    const names = attacker.circuit.signalsLike(
      /^(root|newState|enrollNullifier|poolHash|identity\w+|deposit|rho|leaf|AccountTreeRoot\w+\.BinaryMerkleRoot\w+\.(nodes|roots|indices|IsEqual\w+(\[\d+\])?\.out).*)$/,
    );
    expect(names.length).to.be.greaterThan(120);
    attacker.refusesEdits(witness, names, others);
  });
});

/**
 * A commitment that opens to no secret: H(H(k'), 2^96 - 1), deposited with the smallest amount. The deposit's leaf H(commitment, D) is
 * then an inner node whose left child looks like the leaf of an account of k' with a deposit of 2^96 - 1.
 */
describe("circuits/enroll, a forged leaf one level deeper", function () {
  this.timeout(60_000);
  const SMALL = 1_100n;
  const LARGE = 2n ** 96n - 1n;
  const POSITION = 5;
  const forgedLeaf = H(commitmentOf(alice), LARGE);
  let root: Circuit;
  let enrolment: Attacker;

  /** The path of the forged leaf: below the deposit's leaf, whose other child is D. */
  const forgedPath = (leaves: readonly bigint[]): { siblings: bigint[]; index: bigint } => {
    const { siblings, index } = pathOf(leaves, POSITION);
    return { siblings: [SMALL, ...siblings], index: 2n * index };
  };

  before(async function () {
    this.timeout(120_000);
    enrolment = await Attacker.load("enroll");
    root = await Circuit.load("account-root", {
      circuits: fileURLToPath(new URL("./attacks", import.meta.url)),
      includes: INCLUDES,
      build: `${ROOT}build/attacks`,
      keys: "",
      verifiers: "",
      statements: { "account-root": ["root"] },
    });
  });

  const claim = (leaves: readonly bigint[], tag: bigint): bigint => {
    const { siblings, index } = forgedPath(leaves);
    const padded = [...siblings, ...new Array<bigint>(8 - siblings.length).fill(0n)];
    const input = {
      identitySecret: alice,
      deposit: LARGE,
      tag,
      depth: BigInt(siblings.length),
      index,
      siblings: padded,
    };
    return root.accept(input).publicSignals[0] as bigint;
  };

  it("would work without the leaf's tag", () => {
    const leaves = treeWith(H(forgedLeaf, SMALL), 9, POSITION);
    expect(claim(leaves, 0n)).to.equal(rootOf(leaves));
  });

  it("leads nowhere with the tag, whether or not the commitment has the tag in it", () => {
    for (const commitment of [forgedLeaf, modulo(forgedLeaf + TAG_LEAF), modulo(forgedLeaf - TAG_LEAF)]) {
      const leaves = treeWith(leafOf(commitment, SMALL), 9, POSITION);
      expect(claim(leaves, TAG_LEAF)).not.to.equal(rootOf(leaves));

      const { input, answer } = enroll(pool, { ...state, budget: LARGE }, LARGE, forgedPath(leaves));
      const witness = enrolment.circuit.accept(input);
      expect(witness.publicSignals).to.deep.equal(answer);
      expect(answer[0]).not.to.equal(rootOf(leaves));
      witness.edit({ root: rootOf(leaves) }).assertBroken();
    }
  });

  it("leads nowhere with an inner node of the real tree taken for a leaf", () => {
    const leaves = treeWith(aliceLeaf, 8, 0);
    const { siblings } = pathOf(leaves, 0);
    const { input } = enroll(pool, state, DEPOSIT, { siblings: siblings.slice(1), index: 0n });
    enrolment.circuit
      .accept(input)
      .edit({ root: rootOf(leaves) })
      .assertBroken();
  });
});
