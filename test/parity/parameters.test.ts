// SPDX-License-Identifier: GPL-3.0-or-later
import { readFile } from "node:fs/promises";

import { expect } from "chai";

import { compileCircuit, JETON, readHeader, readPublicSignals } from "../../src/circuits/index.ts";
import * as protocol from "../../src/protocol/index.ts";
import { CONTENT, toJson } from "../vectors/content.ts";
import { readVectors, textOf } from "../vectors/index.ts";
import { chain } from "./chain.ts";

/** The public signals of each circuit, in order, written out here a second time on purpose. */
const SIGNALS: Readonly<Record<string, readonly string[]>> = {
  enroll: ["root", "newState", "enrollNullifier", "poolHash"],
  request: ["nullifier", "y", "x", "poolHash"],
  fold: [
    "newState",
    "foldNullifiers[0]",
    "foldNullifiers[1]",
    "foldNullifiers[2]",
    "foldNullifiers[3]",
    "certified",
    "poolHash",
  ],
  close: [
    "identityCommitment",
    "deposit",
    "firstUnused",
    "refundedCharges",
    "refundedHolds",
    "certified",
    "z",
    "e",
    "poolHash",
  ],
  slash: ["identityCommitment", "nullifier", "context", "poolHash"],
  refund: ["nullifier", "refundedCharge", "refundedHold", "signatureR8[0]", "signatureR8[1]", "signatureS", "poolHash"],
};

describe("parity/vectors", function () {
  this.timeout(60_000);

  for (const [name, content] of Object.entries(CONTENT)) {
    it(`${name}.json is what the model computes`, () => {
      expect(textOf(name) === toJson(content())).to.equal(true);
    });
  }
});

describe("parity/parameters", function () {
  this.timeout(120_000);
  const { tags, fieldModulus, subgroupOrder } = readVectors("parameters");

  it("the tags are the first 31 bytes of their labels' hashes, and far apart", () => {
    expect(protocol.TAG).to.deep.equal(tags);
    expect(protocol.FIELD_MODULUS).to.equal(fieldModulus);
    expect(protocol.SUBGROUP_ORDER).to.equal(subgroupOrder);
    const sorted = Object.values(tags).toSorted((a, b) => (a < b ? -1 : 1));
    for (const [at, tag] of sorted.entries())
      if (at > 0) expect(tag - (sorted[at - 1] as bigint) > 2n ** 80n).to.equal(true);
  });

  it("circom, Solidity and TypeScript have the same constants", async () => {
    const names = [
      "TREE_MAX_DEPTH",
      "TICKET_ARITY",
      "TICKET_DEPTH",
      "TICKET_COUNT",
      "INDEX_BITS",
      "AMOUNT_BITS",
      "BUDGET_BITS",
      "FOLD_SLOTS",
      "COVER_SLOTS",
    ] as const;
    const values = [32, 16, 4, 65_536, 16, 96, 120, 4, 64];
    expect(names.map((name) => protocol[name])).to.deep.equal(values);

    const source = await readFile(`${JETON.circuits}/lib/parameters.circom`, "utf8");
    const inCircom = new Map(
      [...source.matchAll(/function (\w+)\(\) \{ return (\d+); \}/g)].map(([, n, v]) => [n, BigInt(v as string)]),
    );
    expect(names.map((name) => inCircom.get(name))).to.deep.equal(values.map(BigInt));
    for (const [name, tag] of Object.entries(tags)) expect(inCircom.get(`TAG_${name}`)).to.equal(tag);
    expect(inCircom.size).to.equal(names.length + Object.keys(tags).length);

    const { harness } = await chain();
    const inSolidity: unknown = await harness.getFunction("constants")();
    expect([...(inSolidity as bigint[])]).to.deep.equal([...values.map(BigInt), tags["LEAF"]]);
  });

  it("Solidity and TypeScript have the same labels", async () => {
    const { harness } = await chain();
    const labels: unknown = await harness.getFunction("labels")();
    const { scope, ticket, authorization } = protocol.LABEL;
    const { name, version } = protocol.EIP712;
    expect([...(labels as string[])]).to.deep.equal([scope, ticket, authorization, name, version]);
    expect([scope, ticket, authorization, name, version]).to.deep.equal([
      "jeton.scope.v1",
      "jeton.ticket.v1",
      "jeton.authorization.v1",
      "Jeton",
      "1",
    ]);
  });

  it("public signals stand in the same order in the circuits, in TypeScript and in Solidity", async () => {
    const { harness } = await chain();
    expect(Object.keys(JETON.statements)).to.deep.equal(Object.keys(SIGNALS));
    for (const [statement, names] of Object.entries(SIGNALS)) {
      const { r1cs, sym } = await compileCircuit(JETON, statement);
      expect((await readHeader(r1cs)).publicSignals).to.equal(names.length);
      expect(await readPublicSignals(sym, names.length)).to.deep.equal(names);
      expect(JETON.statements[statement]).to.deep.equal(names);

      // Each field of the Solidity struct gets the number of its place.
      const fields: Record<string, bigint | bigint[]> = {};
      for (const [place, name] of names.entries()) {
        const field = name.replace(/\[\d\]$/, "");
        const number = BigInt(place + 1);
        if (field === name) fields[field] = number;
        else (((fields[field] ??= []) as bigint[]).push(number), undefined);
      }
      const order: unknown = await harness.getFunction(
        `signalsOf${statement.charAt(0).toUpperCase()}${statement.slice(1)}`,
      )(fields);
      expect([...(order as bigint[])]).to.deep.equal(names.map((_, place) => BigInt(place + 1)));
    }
  });
});
