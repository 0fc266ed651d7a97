// SPDX-License-Identifier: GPL-3.0-or-later
/** How a dispute goes, with real proofs: opened, answered or lost, and what everybody has in the end. */
import { expect } from "chai";

import { refundMessage, ticketMessage, verifySignature } from "../../src/protocol/index.ts";
import { withReferee } from "./support/dispute-referee.ts";
import type { Referee } from "./support/dispute-referee.ts";
import {
  ALIAS,
  ALICE,
  BOB,
  C,
  D,
  HOLD,
  P,
  PURSE,
  RECIPIENT,
  S,
  UNIT,
  WATCHER,
  WINDOW,
  alias,
  alice,
  answerArguments,
  answerOf,
  closeOf,
  ethers,
  firstState,
  networkHelpers,
  openingArguments,
  openingOf,
  signed,
  ticketOf,
  voucherOf,
} from "./support/dispute-world.ts";
import type { DisputeWorld, Ticket } from "./support/dispute-world.ts";

const EVIDENCE = ethers.id("evidence");
const BOND = 10n * HOLD;
const [OPEN, ANSWERED, LOST] = [1n, 2n, 3n];

const disputeOver = async (w: DisputeWorld, { nullifier }: Ticket) => {
  const [dispute] = await w.disputes.disputesOf([nullifier]);
  if (dispute === undefined) throw new Error("one was asked for");
  return dispute;
};

/** A state of an account to which the provider returned these sums in folds. */
const stateWith = (w: DisputeWorld, secret: bigint, refundedCharges: bigint, refundedHolds: bigint) => {
  const { state } = firstState(w, secret);
  const budget = D + refundedCharges + refundedHolds;
  return signed(w, w.description, { ...state, budget, returnedHolds: refundedHolds });
};

/** Everything that the provider can withdraw, after its notice. */
async function leave(w: DisputeWorld, referee: Referee): Promise<void> {
  await w.disputes.connect(w.provider).announceBondWithdrawal(referee.bond);
  await networkHelpers.time.increase(2n * WINDOW);
  await referee.withdrawBond(referee.bond);
  await referee.withdrawRevenue(referee.revenue);
}

describe("A dispute", function () {
  this.timeout(120_000);
  const world = withReferee();

  describe("that is opened", () => {
    it("is over one ticket, in public, with what a watcher needs to convict a double spend", async () => {
      const { w, referee } = world();
      const ticket = await ticketOf(w, ALICE, 0);
      const sent = await referee.open(ticket);
      const { resolvableAt } = await disputeOver(w, ticket);
      expect(resolvableAt).to.equal(BigInt((await sent.getBlock())?.timestamp ?? 0) + WINDOW);
      await expect(sent)
        .to.emit(w.disputes, "DisputeOpened")
        .withArgs(ticket.nullifier, ticket.y, ticket.session.address, RECIPIENT, resolvableAt);
      expect(await w.disputes.disputesOf([ticket.nullifier, 1n])).to.deep.equal([
        [ticket.session.address, resolvableAt, OPEN, RECIPIENT, 0n],
        [ethers.ZeroAddress, 0n, 0n, ethers.ZeroAddress, 0n],
      ]);
      const x = await w.disputes.ticketMessageOf(ticket.session.address);
      expect(x).to.equal(ticketMessage(w.description.scope, ticket.session.address));
    });

    it("needs no bond, and puts aside twice the hold each of whatever comes", async () => {
      const { w, referee } = world();
      for (const [secret, index] of [
        [ALICE, 0],
        [ALICE, 1],
        [BOB, 0],
      ] as const) {
        await referee.open(await ticketOf(w, secret, index));
      }
      await referee.postBond(7n * HOLD);
      expect([...(await w.disputes.obligations())].slice(0, 5)).to.deep.equal([3n, 0n, 0n, 6n * HOLD, HOLD]);
    });

    it("asks the session key, also where a contract stands at its address", async () => {
      const { w, referee } = world();
      const ticket = await ticketOf(w, ALICE, 0);
      const model = await ethers.deployContract("ContractProvider");
      await networkHelpers.setCode(ticket.session.address, await ethers.provider.getCode(model));
      const contract = await ethers.getContractAt("ContractProvider", ticket.session.address);
      await contract.getFunction("consent")(await w.disputes.disputeDigestOf(ticket.nullifier, WATCHER));
      const opening = await openingOf(w, ticket);
      for (const signature of ["0x", opening.signature]) {
        await expect(
          w.disputes.openDispute.staticCall(...openingArguments({ ...opening, recipient: WATCHER, signature })),
        ).to.be.revertedWithCustomError(w.disputes, "SessionSignatureRefused");
      }
      await referee.open(ticket);
    });
  });

  describe("that is answered", () => {
    it("gives the user the refund ticket on chain, as the provider signed it", async () => {
      const { w, referee } = world();
      const ticket = await ticketOf(w, ALICE, 0);
      await referee.open(ticket);
      const answer = await answerOf(w, ticket, C, P);
      await expect(referee.answer(answer))
        .to.emit(w.disputes, "DisputeAnswered")
        .withArgs(ticket.nullifier, C, P, answer.refund.signatureR8, answer.refund.signatureS);
      const [event] = await w.disputes.queryFilter(w.disputes.filters.DisputeAnswered(ticket.nullifier));
      if (event === undefined) throw new Error("there is no answer");
      const { nullifier, refundedCharge, refundedHold, signatureR8, signatureS } = event.args;
      const message = refundMessage(w.description.poolHash, { nullifier, refundedCharge, refundedHold });
      const signature = { r8: [...signatureR8] as [bigint, bigint], s: signatureS };
      expect(verifySignature(message, signature, w.providerKey.publicKey)).to.equal(true);
      expect((await disputeOver(w, ticket)).status).to.equal(ANSWERED);
    });

    it("may keep what a voucher of the session covers, to the unit", async () => {
      const { w, referee } = world();
      for (const [index, charge, cap] of [
        [0, UNIT, UNIT],
        [1, C, C],
        [2, 300n, C + 5n],
      ] as const) {
        const ticket = await ticketOf(w, ALICE, index);
        const { nullifier, session } = ticket;
        await referee.open(ticket);
        await referee.answer(await answerOf(w, ticket, C - charge, P, await voucherOf(w, nullifier, session, cap)));
      }
    });

    it("may be answered by anyone who has the provider's refund ticket", async () => {
      const { w, referee } = world();
      const ticket = await ticketOf(w, ALICE, 0);
      await referee.open(ticket);
      await referee.answer(await answerOf(w, ticket, C, P), w.stranger);
    });

    it("is answered in time in the last second of the window, and too late in the next", async () => {
      const { w, referee } = world();
      const [first, second] = [await ticketOf(w, ALICE, 0), await ticketOf(w, ALICE, 1)];
      const [inTime, tooLate] = [await answerOf(w, first, C, P), await answerOf(w, second, C, P)];
      await referee.open(first);
      const { resolvableAt } = await disputeOver(w, first);
      await networkHelpers.time.setNextBlockTimestamp(resolvableAt - 1n);
      await referee.answer(inTime);

      await referee.open(second);
      const end = (await disputeOver(w, second)).resolvableAt;
      await networkHelpers.time.setNextBlockTimestamp(end - 1n);
      await expect(w.disputes.resolveDispute(second.nullifier))
        .to.be.revertedWithCustomError(w.disputes, "AnswerWindowOpen")
        .withArgs(second.nullifier, end);
      await networkHelpers.time.setNextBlockTimestamp(end);
      await expect(w.disputes.connect(w.provider).answerDispute(...answerArguments(tooLate)))
        .to.be.revertedWithCustomError(w.disputes, "AnswerWindowPassed")
        .withArgs(second.nullifier, end);
      await referee.resolve(second);
    });

    it("may keep the hold of a ticket that was reported before: the close burns it, and the provider gains nothing", async () => {
      const { w, referee } = world();
      const ticket = await ticketOf(w, ALICE, 0);
      await expect(w.disputes.connect(w.provider).reportViolation(ticket.nullifier, EVIDENCE))
        .to.emit(w.disputes, "ViolationReported")
        .withArgs(ticket.nullifier, EVIDENCE);
      expect(await w.disputes.violationsOf([1n, ticket.nullifier])).to.deep.equal([ethers.ZeroHash, EVIDENCE]);
      await referee.open(ticket);
      await referee.answer(await answerOf(w, ticket, C, 0n));
      const base = stateWith(w, ALICE, C, 0n);
      await referee.earn(await closeOf(w, ALICE, { firstUnused: 1, base, refundedCharges: C }));
      expect([referee.received(RECIPIENT), referee.revenue, referee.fire]).to.deep.equal([D + S - P, 0n, P]);
    });

    it("may give the hold of a reported ticket back all the same", async () => {
      const { w, referee } = world();
      const ticket = await ticketOf(w, ALICE, 0);
      await w.disputes.connect(w.provider).reportViolation(ticket.nullifier, EVIDENCE);
      await referee.open(ticket);
      await referee.answer(await answerOf(w, ticket, C, P));
    });
  });

  describe("that is lost", () => {
    it("makes the user whole: award and close together are all that was paid in", async () => {
      const { w, referee } = world();
      await referee.postBond(BOND);
      const ticket = await ticketOf(w, ALICE, 0);
      await referee.open(ticket);
      const sent = await referee.resolveAfterWindow(ticket);
      await expect(sent).to.emit(w.disputes, "DisputeLost").withArgs(ticket.nullifier, RECIPIENT, HOLD);
      await expect(sent).to.emit(w.disputes, "AwardPaid").withArgs(ticket.nullifier, RECIPIENT, HOLD);
      await expect(sent).to.emit(w.pool, "ProviderCharged").withArgs(RECIPIENT, HOLD, HOLD);
      const { status, unpaid } = await disputeOver(w, ticket);
      expect([status, unpaid]).to.deep.equal([LOST, 0n]);

      await referee.earn(await closeOf(w, ALICE, { firstUnused: 1 }));
      expect(referee.received(RECIPIENT)).to.equal(HOLD + (D + S - HOLD));
      await leave(w, referee);
      // C comes back to it with the close; an honest refund of everything would have cost it nothing.
      expect(referee.received(w.provider.address)).to.equal(PURSE + C - 2n * HOLD);
      expect(referee.fire).to.equal(HOLD + P);
    });

    it("is worse for the provider than the refund, whatever it could have charged", async () => {
      const { w, referee } = world();
      await referee.postBond(BOND);
      const [served, withheld] = [await ticketOf(w, ALICE, 0), await ticketOf(w, BOB, 0)];
      const full = await voucherOf(w, served.nullifier, served.session, C);
      await referee.open(served, WATCHER);
      await referee.answer(await answerOf(w, served, 0n, P, full));
      const afterAnswer = referee.bond;
      await referee.open(withheld, RECIPIENT);
      await referee.resolveAfterWindow(withheld);
      expect(afterAnswer).to.equal(BOND);
      expect(referee.bond).to.equal(BOND - 2n * HOLD);
    });

    it("leaves a provider that loses to itself with less, also when it refunds itself and closes", async () => {
      const { w, referee } = world();
      await referee.postBond(BOND);
      const ticket = await ticketOf(w, ALIAS, 0);
      await referee.open(ticket, WATCHER);
      await referee.resolveAfterWindow(ticket);
      const base = stateWith(w, ALIAS, C, P);
      const refunds = { refundedCharges: C, refundedHolds: P };
      await referee.earn(await closeOf(w, ALIAS, { firstUnused: 1, base, ...refunds, recipient: WATCHER }));
      await leave(w, referee);
      const together = referee.received(w.provider.address) + referee.received(WATCHER);
      expect(together).to.equal(PURSE + D + S - HOLD);
      expect(referee.fire).to.equal(HOLD);
      expect((await w.pool.accountOf(alias)).status).to.equal(3n);
    });

    it("stays lost: no answer, no second decision, no second dispute", async () => {
      const { w, referee } = world();
      await referee.postBond(BOND);
      const ticket = await ticketOf(w, ALICE, 0);
      await referee.open(ticket);
      await referee.resolveAfterWindow(ticket);
      const { disputes } = w;
      const closed = [ticket.nullifier, LOST];
      const answer = answerArguments(await answerOf(w, ticket, C, P));
      for (const again of [disputes.resolveDispute(ticket.nullifier), disputes.answerDispute(...answer)]) {
        await expect(again)
          .to.be.revertedWithCustomError(disputes, "DisputeIsNotOpen")
          .withArgs(...closed);
      }
      await expect(disputes.openDispute(...openingArguments(await openingOf(w, ticket))))
        .to.be.revertedWithCustomError(disputes, "DisputeIsKnown")
        .withArgs(...closed);
      await expect(disputes.payAward(ticket.nullifier)).to.be.revertedWithCustomError(disputes, "NothingUnpaid");
      expect((await w.pool.accountOf(alice)).status).to.equal(1n);
    });
  });
});
