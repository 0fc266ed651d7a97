// SPDX-License-Identifier: GPL-3.0-or-later
/** The generated verifiers against real proofs of all statements: what the prover proves the chain accepts, and nothing near it. */
import { expect } from "chai";
import { Contract } from "ethers";

import { makeClaims } from "../../scripts/bench/claims.ts";
import { STATEMENTS } from "../../src/protocol/index.ts";
import type { Proof, Statement } from "../../src/protocol/index.ts";
import { Prover } from "../../src/prover/index.ts";
import { FIELD } from "./support/requests.ts";
import { addressOf, ethers } from "./support/world.ts";

const NAMES: Readonly<Record<Statement, string>> = {
  enroll: "EnrollVerifier",
  request: "RequestVerifier",
  fold: "FoldVerifier",
  close: "CloseVerifier",
  slash: "SlashVerifier",
  refund: "RefundVerifier",
};

describe("The generated verifiers", function () {
  this.timeout(180_000);
  let prover: Prover;
  before(async () => {
    prover = await Prover.create();
  });
  after(() => prover.close());
  const claims = makeClaims();

  for (const statement of Object.keys(STATEMENTS) as Statement[]) {
    it(`accept a proof of ${statement}, and refuse it with any public signal changed or with p added`, async () => {
      const deployed = await ethers.deployContract(NAMES[statement]);
      const verifier = new Contract(await addressOf(deployed), deployed.interface, ethers.provider);
      const verify = async ({ a, b, c }: Proof, signals: readonly bigint[]): Promise<unknown> =>
        (await verifier.getFunction("verifyProof")(a, b, c, signals)) as unknown;

      const claim = claims[statement];
      const { proof, publicSignals } = await prover.prove(statement, claim.input);
      expect(publicSignals).to.deep.equal(claim.publicSignals);
      expect(await verify(proof, publicSignals)).to.equal(true);
      for (const [position, signal] of publicSignals.entries()) {
        for (const changed of [(signal + 1n) % FIELD, signal + FIELD]) {
          const signals = publicSignals.with(position, changed);
          expect(await verify(proof, signals), `signal ${position}`).to.equal(false);
          expect(await prover.verify(statement, signals, proof), `signal ${position}, off chain`).to.equal(false);
        }
      }
    });
  }
});
