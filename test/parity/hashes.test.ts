// SPDX-License-Identifier: GPL-3.0-or-later
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { buildPoseidon } from "circomlibjs";

import { INCLUDES, ROOT } from "../../src/circuits/index.ts";
import { AccountTree } from "../../src/chain/index.ts";
import {
  FIELD_MODULUS,
  fromElement,
  identityCommitmentOf,
  leafOf,
  poseidon,
  poseidonOfPair,
  toElement,
} from "../../src/protocol/index.ts";
import { Circuit } from "../circuits/support/circuit.ts";
import { H } from "../vectors/model/hash.ts";
import { firstState } from "../vectors/model/protocol.ts";
import { enroll } from "../vectors/model/statements.ts";
import { readVectors } from "../vectors/index.ts";
import { chain } from "./chain.ts";

describe("parity/hashes", function () {
  this.timeout(120_000);
  const vectors = readVectors("poseidon");

  it("Poseidon of 1 to 6 inputs is the same in circomlibjs, which the library uses, and in poseidon-lite", () => {
    expect(new Set(vectors.map(({ inputs }) => inputs.length))).to.deep.equal(new Set([1, 2, 3, 4, 5, 6]));
    for (const { inputs, hash } of vectors) {
      expect(poseidon(inputs)).to.equal(hash);
      expect(H(...inputs)).to.equal(hash);
    }
  });

  it("a pair of elements as they lie in a tree is hashed as the numbers are", () => {
    for (const { inputs, hash } of vectors.filter((each) => each.inputs.length === 2)) {
      const pair = Buffer.concat(inputs.map(toElement));
      expect(inputs.map(toElement).map(fromElement)).to.deep.equal(inputs);
      expect(fromElement(poseidonOfPair(pair))).to.equal(hash);
    }
  });

  it("Poseidon takes 1 to 6 inputs, modulo p as circomlibjs does, and a pair of 64 bytes", async () => {
    for (const inputs of [[], new Array<bigint>(7).fill(1n)]) {
      expect(() => poseidon(inputs)).to.throw(RangeError, "1 to 6");
    }
    const library = await buildPoseidon();
    for (const input of [-1n, 0n, FIELD_MODULUS - 1n, FIELD_MODULUS, FIELD_MODULUS + 5n, (1n << 256n) - 1n]) {
      expect(poseidon([1n, input])).to.equal(library.F.toObject(library([1n, input])));
      expect(Buffer.from(toElement(input)).equals(library.F.e(input))).to.equal(true);
    }
    for (const size of [0, 32, 63, 65]) {
      expect(() => poseidonOfPair(new Uint8Array(size))).to.throw(RangeError, "64 bytes");
    }
  });

  it("Poseidon of 1 to 6 inputs is the same in circom", async () => {
    const circuit = await Circuit.load("hashes", {
      circuits: fileURLToPath(new URL("./circuits", import.meta.url)),
      includes: INCLUDES,
      build: `${ROOT}build/parity`,
      keys: "",
      verifiers: "",
      statements: { hashes: [1, 2, 3, 4, 5, 6].map((arity) => `hash${arity}`) },
    });
    for (const { inputs, hash } of vectors) {
      const padded = [...inputs, ...new Array<bigint>(6 - inputs.length).fill(0n)];
      expect(circuit.accept({ inputs: padded }).publicSignals[inputs.length - 1]).to.equal(hash);
    }
  });

  it("Poseidon of 2 inputs is the same on chain", async () => {
    const { harness } = await chain();
    for (const { inputs, hash } of vectors.filter((each) => each.inputs.length === 2)) {
      expect(await harness.getFunction("poseidon")(inputs)).to.equal(hash);
    }
  });
});

describe("parity/the account tree", function () {
  this.timeout(120_000);
  const { accounts, roots, paths } = readVectors("tree");

  /** What the events of one deposit say, as the chain's reader gives them. */
  const treeOf = (size: number): AccountTree => {
    const tree = new AccountTree();
    for (const [leafIndex, { commitment, deposit }] of accounts.slice(0, size).entries()) {
      const where = { blockNumber: leafIndex, logIndex: 0, transactionHash: "", blockHash: "" };
      const opened = { identityCommitment: commitment, deposit, stake: 0n, leafIndex };
      const updated = { root: roots[leafIndex] as bigint, leafCount: leafIndex + 1 };
      tree.apply([
        { ...where, name: "AccountOpened", args: opened },
        { ...where, name: "RootUpdated", args: updated },
      ] as Parameters<AccountTree["apply"]>[0]);
    }
    return tree;
  };

  it("leaves are the same in TypeScript and on chain", async () => {
    const { world } = await chain();
    for (const { commitment, deposit, leaf } of accounts) {
      expect(leafOf(commitment, deposit)).to.equal(leaf);
      expect(await world.pool.leafOf(commitment, deposit)).to.equal(leaf);
    }
  });

  it("the roots of 1 to 20 leaves are the same in TypeScript and on chain, one by one", async () => {
    const { world } = await chain();
    const first = Number(await world.pool.leafCount());
    expect(first).to.equal(0);
    for (const [i, { commitment, deposit }] of accounts.entries()) {
      await world.pool.deposit(commitment, deposit);
      expect(await world.pool.root()).to.equal(roots[i]);
    }
    // AccountTree refuses a root that its own leaves do not give.
    expect(treeOf(20).root).to.equal(roots.at(-1));
    expect(treeOf(1).root).to.equal(accounts[0]?.leaf);
  });

  it("paths are the same in TypeScript, and lead the circuit to the same root", async () => {
    const circuit = await Circuit.load("enroll");
    const { poolHash } = readVectors("tickets");
    const { model } = await chain();
    for (const { size, position, siblings, index, root } of paths) {
      expect(root).to.equal(roots[size - 1]);
      const { commitment } = accounts[position] as (typeof accounts)[number];
      const { path } = treeOf(size).pathOf(commitment);
      expect(path).to.deep.equal({ root, index: Number(index), siblings });
    }
    // The circuit wants a secret: a tree of its own, with the library's path.
    for (const [size, position] of [
      [1, 0],
      [3, 2],
      [6, 5],
      [20, 13],
    ] as const) {
      const k = 77n + BigInt(position);
      const members = accounts
        .slice(0, size)
        .map((each, i) => (i === position ? { ...each, commitment: identityCommitmentOf(k) } : each));
      const { LeanIMT } = await import("@zk-kit/lean-imt");
      const tree = new LeanIMT<bigint>(
        (left, right) => poseidon([left, right]),
        members.map(({ commitment, deposit }) => leafOf(commitment, deposit)),
      );
      const proof = tree.generateProof(position);
      const { deposit } = members[position] as (typeof members)[number];
      const { input } = enroll(model, firstState(poolHash, k, deposit), deposit, {
        siblings: proof.siblings,
        index: BigInt(proof.index),
      });
      expect(circuit.accept(input).publicSignals[0]).to.equal(tree.root);
    }
  });
});
