// SPDX-License-Identifier: GPL-3.0-or-later
/** The tree of accounts against another implementation of the same tree, which is told the leaves anew at every step. */
import { LeanIMT } from "@zk-kit/lean-imt";
import { expect } from "chai";
import fc from "fast-check";

import { AccountTree, ChainError } from "../../src/chain/index.ts";
import type { PoolEvent } from "../../src/chain/index.ts";
import { FIELD_MODULUS, TAG, poseidon } from "../../src/protocol/index.ts";
import type { Opening } from "../support/tree-events.ts";
import { openingEvents } from "../support/tree-events.ts";

/** The model says the same hash often: it is computed once. */
const hashes = new Map<string, bigint>();
function H(left: bigint, right: bigint): bigint {
  const key = `${left} ${right}`;
  const known = hashes.get(key) ?? poseidon([left, right]);
  hashes.set(key, known);
  return known;
}

interface Transaction {
  readonly accounts: readonly Opening[];
  readonly blockNumber: number;
}

const leafOf = ({ identityCommitment, deposit }: Opening): bigint =>
  (H(identityCommitment, deposit) + TAG.LEAF) % FIELD_MODULUS;

/** A chain of transactions that open accounts; whoever comes to a place after a reorganization is somebody else. */
class Model {
  readonly #transactions: Transaction[] = [];
  #reorganizations = 0;

  get accounts(): readonly Opening[] {
    return this.#transactions.flatMap(({ accounts }) => accounts);
  }

  get blockNumber(): number {
    return this.#transactions.at(-1)?.blockNumber ?? 0;
  }

  get tree(): LeanIMT<bigint> {
    return new LeanIMT<bigint>(H, this.accounts.map(leafOf));
  }

  get root(): bigint {
    return this.accounts.length === 0 ? 0n : this.tree.root;
  }

  open(size: number): PoolEvent[] {
    const first = this.accounts.length;
    const accounts = Array.from({ length: size }, (_, position) => ({
      identityCommitment: BigInt(1_000 * (first + position) + 1 + (this.#reorganizations % 2)),
      deposit: BigInt(7 + position),
    }));
    const blockNumber = this.blockNumber + 1 + (size % 2);
    this.#transactions.push({ accounts, blockNumber });
    return openingEvents(accounts, first, this.root, blockNumber);
  }

  /** The accounts that are no more. */
  rollBack(toBlock: number): readonly Opening[] {
    const kept = this.#transactions.findLastIndex(({ blockNumber }) => blockNumber <= toBlock) + 1;
    this.#reorganizations += 1;
    return this.#transactions.splice(kept).flatMap(({ accounts }) => accounts);
  }

  blockOf(leafIndex: number): number {
    let end = 0;
    return this.#transactions.find(({ accounts }) => leafIndex < (end += accounts.length))?.blockNumber ?? -1;
  }
}

function expectSame(tree: AccountTree, model: Model, positions: Iterable<number> = model.accounts.keys()): void {
  const { accounts, tree: peer, root } = model;
  expect(tree.leafCount).to.equal(accounts.length);
  expect(tree.root).to.equal(root);
  expect(tree.blockOfRoot(root)).to.equal(accounts.length === 0 ? undefined : model.blockNumber);
  for (const leafIndex of positions) {
    const { identityCommitment, deposit } = accounts[leafIndex] as Opening;
    const { index, siblings } = peer.generateProof(leafIndex);
    const membership = { path: { root, index, siblings }, deposit, leafIndex, blockNumber: model.blockOf(leafIndex) };
    expect(tree.has(identityCommitment)).to.equal(true);
    expect(tree.pathOf(identityCommitment)).to.deep.equal(membership);
  }
}

function expectForgotten(tree: AccountTree, accounts: readonly Opening[]): void {
  for (const { identityCommitment } of accounts) {
    expect(tree.has(identityCommitment)).to.equal(false);
    expect(() => tree.pathOf(identityCommitment))
      .to.throw(ChainError)
      .with.property("code", "UNKNOWN_ACCOUNT");
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("open" as const), sizes }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("rollBack" as const), blocks: fc.integer({ min: 0, max: 9 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("lie" as const), size: fc.integer({ min: 1, max: 20 }) }) },
  ),
  { maxLength: 14 },
);

describe("the tree of accounts", () => {
  it("is zk-kit's LeanIMT after any batches, singles and reorganizations, and after a root that was a lie", () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const [tree, model] = [new AccountTree(), new Model()];
        expectSame(tree, model);
        for (const step of sequence) {
          if (step.kind === "open") {
            tree.apply(step.sizes.flatMap((size) => model.open(size)));
          } else if (step.kind === "rollBack") {
            const toBlock = Math.max(0, model.blockNumber - step.blocks);
            const { root } = model;
            const gone = model.rollBack(toBlock);
            tree.rollBack(toBlock);
            expectForgotten(tree, gone);
            if (gone.length > 0) expect(tree.blockOfRoot(root)).to.equal(undefined);
          } else {
            const before = model.blockNumber;
            const events = model.open(step.size);
            const lie = model.root + 1n;
            const told = events.map((event) =>
              event.name === "RootUpdated" ? { ...event, args: { ...event.args, root: lie } } : event,
            );
            expect(() => tree.apply(told))
              .to.throw(ChainError)
              .with.property("code", "INCONSISTENT");
            expectForgotten(tree, model.rollBack(before));
            expect(tree.blockOfRoot(lie)).to.equal(undefined);
          }
          expectSame(tree, model);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("grows one by one, and shrinks by any number, through the powers of two down to nothing", () => {
    const [tree, model] = [new AccountTree(), new Model()];
    const blocks = [0];
    for (let count = 1; count <= 70; count++) {
      tree.apply(model.open(1));
      blocks.push(model.blockNumber);
      expectSame(tree, model, [0, count >> 1, count - 1]);
    }
    for (const count of [69, 65, 64, 63, 33, 32, 31, 17, 16, 15, 9, 8, 7, 5, 4, 3, 2, 1, 0]) {
      const toBlock = blocks[count] as number;
      const gone = model.rollBack(toBlock);
      tree.rollBack(toBlock);
      expectForgotten(tree, gone);
      expectSame(tree, model);
    }
    tree.apply(model.open(5));
    expectSame(tree, model);
  });

  it("keeps its nodes right where one page of memory ends and the next begins", () => {
    const [tree, model] = [new AccountTree(), new Model()];
    for (const size of [1_023, 1, 1, 1_022, 1, 1]) {
      tree.apply(model.open(size));
      const last = model.accounts.length - 1;
      expectSame(tree, model, new Set([0, 1_021, 1_022, 1_023, 1_024, last].filter((index) => index <= last)));
    }
    for (let blocks = model.blockNumber; blocks > 0; blocks = model.blockNumber) {
      model.rollBack(blocks - 1);
      tree.rollBack(blocks - 1);
      const last = model.accounts.length - 1;
      expectSame(tree, model, last < 0 ? [] : [0, last]);
    }
  });

  it("still knows the blocks of the roots that a reorganization left, and of no other", () => {
    const [tree, model] = [new AccountTree(), new Model()];
    const roots = [1, 3, 1, 4].map((size) => {
      tree.apply(model.open(size));
      return { root: model.root, blockNumber: model.blockNumber };
    });
    const [, second] = roots as [object, { blockNumber: number }];
    tree.rollBack(second.blockNumber);
    for (const { root, blockNumber } of roots) {
      expect(tree.blockOfRoot(root)).to.equal(blockNumber <= second.blockNumber ? blockNumber : undefined);
    }
    expect(tree.blockOfRoot(0n)).to.equal(undefined);
  });
});
