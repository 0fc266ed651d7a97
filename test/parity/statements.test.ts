// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import {
  closeClaim,
  describePool,
  enrollClaim,
  foldClaim,
  initialState,
  refundClaim,
  requestClaim,
  shareOf,
  slashClaim,
  ticketKeyOf,
  ticketMessage,
  ticketRootOf,
} from "../../src/protocol/index.ts";
import type { Claim, PoolParameters, SignedState } from "../../src/protocol/index.ts";
import { Circuit } from "../circuits/support/circuit.ts";
import { DEPOSIT, RECIPIENT, alice, pool, provider, secret } from "../circuits/world.ts";
import {
  commitmentOf,
  firstState,
  foldedState,
  hashOf,
  leafOf,
  nullifierOf,
  pathOf,
  refundOf,
  rootOf,
} from "../vectors/model/protocol.ts";
import type { Refund, State } from "../vectors/model/protocol.ts";
import { UNSIGNED, close, enroll, fold, refund, request, slash } from "../vectors/model/statements.ts";
import type { Statement } from "../vectors/model/statements.ts";
import { readVectors } from "../vectors/index.ts";

/** The model's pool as the library describes it: C = 1,000, P = 100. */
const PARAMETERS: PoolParameters = {
  token: RECIPIENT,
  provider: RECIPIENT,
  providerKey: pool.key,
  ticketPrice: 1_000n,
  policyHold: 100n,
  unit: 10n,
  stakeMinimum: 500n,
  stakeBps: 100n,
  bountyBps: 5_000n,
  challengeWindow: 3_600n,
  disputeWindow: 3_600n,
  accountLifetime: 86_400n,
  termsHash: `0x${"00".repeat(32)}`,
};
const library = describePool(pool.chainId, pool.address, PARAMETERS);
const SESSION = "0x3333333333333333333333333333333333333333";

describe("parity/statements", function () {
  this.timeout(60_000);
  const first = firstState(pool.poolHash, alice, DEPOSIT);
  const sign = (state: State): { r8: readonly [bigint, bigint]; s: bigint } =>
    provider.sign(hashOf(pool.poolHash, state));
  const named = ({ k, budget, returnedHolds, rho }: State): SignedState["state"] => ({
    identitySecret: k,
    budget,
    returnedHolds,
    rho,
  });
  const signed = (state: State): SignedState => ({ state: named(state), signature: sign(state) });
  const refunds = [5, 0, 65_535, 7].map((index) => refundOf(provider, pool.poolHash, alice, index, 10n, 100n));
  const tickets = refunds.map(({ index, charge, hold, signature }: Refund) => ({
    index,
    refundedCharge: charge,
    refundedHold: hold,
    signature,
  }));
  const terms = { recipient: RECIPIENT, relayer: SESSION, fee: 3n, deadline: 99n };

  const agrees = (claim: Claim, statement: Statement): void => {
    expect(claim.publicSignals).to.deep.equal(statement.answer);
    expect(claim.input).to.deep.equal(statement.input);
  };

  it("describes the pool as the model does", () => {
    const { scope, poolTerms, poolHash } = pool;
    expect([library.scope, library.poolTerms, library.poolHash]).to.deep.equal([scope, poolTerms, poolHash]);
  });

  it("asks for an enrolment as the model does", () => {
    const leaves = [secret("a"), secret("b"), leafOf(commitmentOf(alice), DEPOSIT), secret("c"), secret("d")];
    const path = pathOf(leaves, 2);
    const claim = enrollClaim(library, alice, DEPOSIT, { ...path, index: Number(path.index), root: rootOf(leaves) });
    agrees(claim, enroll(pool, first, DEPOSIT, path));
    expect(initialState(pool.poolHash, alice, DEPOSIT)).to.deep.equal(named(first));
  });

  it("asks for a ticket as the model does", () => {
    for (const index of [0, 17, 99]) {
      const statement = request(pool, first, sign(first), index, ticketMessage(pool.scope, SESSION));
      agrees(requestClaim(library, signed(first), index, SESSION), statement);
    }
  });

  it("asks for a fold as the model does, with one to four tickets, signed or certified", () => {
    for (let count = 1; count <= 4; count++) {
      const statement = fold(pool, first, sign(first), refunds.slice(0, count));
      agrees(foldClaim(library, signed(first), tickets.slice(0, count)), statement);
    }
    const certified = hashOf(pool.poolHash, first);
    const base = { state: named(first), signature: UNSIGNED };
    agrees(foldClaim(library, base, tickets, true), fold(pool, first, UNSIGNED, refunds, certified));
  });

  it("asks for a close as the model does, with a state, a certified one, or none", () => {
    const state = foldedState(pool.poolHash, first, refunds);
    const claims = { deposit: DEPOSIT, refundedCharges: 40n, refundedHolds: 399n };
    for (const firstUnused of [0, 8, 0x1a5e, 65_536]) {
      const claim = closeClaim(library, alice, signed(state), { ...claims, firstUnused, terms });
      const statement = close(pool, state, sign(state), { ...claims, ...terms, firstUnused });
      agrees(claim, statement);
      expect(claim.coverKeys).to.deep.equal(statement.slots);
    }
    const certified = hashOf(pool.poolHash, state);
    const base = { state: named(state), signature: UNSIGNED };
    agrees(
      closeClaim(library, alice, base, { ...claims, firstUnused: 8, terms }, true),
      close(pool, state, UNSIGNED, { ...claims, ...terms, firstUnused: 8, certified }),
    );
    const nothing = { deposit: DEPOSIT, refundedCharges: 0n, refundedHolds: 0n };
    agrees(
      closeClaim(library, alice, undefined, { ...nothing, firstUnused: 3, terms }),
      close(pool, first, UNSIGNED, { ...nothing, ...terms, firstUnused: 3 }),
    );
  });

  it("asks for a slash as the model does", () => {
    const key = ticketKeyOf(ticketRootOf(alice, pool.poolHash), 77);
    const shares = [shareOf(alice, key, 4n), shareOf(alice, key, 5n)] as const;
    const claim = slashClaim(library, { index: 77, shares, identitySecret: alice }, RECIPIENT);
    agrees(claim, slash(pool, alice, 77, [4n, 5n], RECIPIENT));
  });

  it("asks for the answer to a dispute as the model does", () => {
    for (const { index, charge, hold, signature } of refunds) {
      const nullifier = nullifierOf(ticketKeyOf(ticketRootOf(alice, pool.poolHash), index));
      const claim = refundClaim(library, { nullifier, refundedCharge: charge, refundedHold: hold, signature });
      agrees(claim, refund(pool, nullifier, charge, hold, signature));
    }
  });

  it("the committed statements are accepted by the circuits, with the committed answers", async () => {
    for (const [name, { input, answer }] of Object.entries(readVectors("statements"))) {
      const circuit = await Circuit.load(name);
      expect(circuit.accept(input).publicSignals).to.deep.equal(answer);
    }
  });
});
