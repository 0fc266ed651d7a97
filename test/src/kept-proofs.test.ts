// SPDX-License-Identifier: GPL-3.0-or-later
/** The proofs that tests take from an earlier run. */
import { expect } from "chai";

import { Prover } from "../../src/prover/index.ts";
import { keptProofs } from "../support/proofs.ts";

describe("the proofs that tests take from an earlier run", function () {
  this.timeout(120_000);
  let prover: Prover;

  before(async () => {
    prover = await Prover.create({ verifiers: 2 });
  });
  after(() => prover.close());

  it("are proofs of what they are kept for, by the verification keys of today", async () => {
    const kept = keptProofs();
    expect(kept.length).to.be.greaterThan(50);
    expect(new Set(kept.map(({ key }) => key)).size).to.equal(kept.length);
    const areValid = await Promise.all(
      kept.map(({ statement, publicSignals, proof }) => prover.verify(statement, publicSignals, proof)),
    );
    const invalid = kept.filter((_, position) => areValid[position] !== true).map(({ key }) => key);
    expect(invalid, 'run "npm test -- --record-proofs"').to.deep.equal([]);
  });
});
