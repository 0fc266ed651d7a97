// SPDX-License-Identifier: GPL-3.0-or-later
/** What somebody might try with a dispute: to take another's, to win one that is not deserved, to answer without the right to. */
import { expect } from "chai";
import { Wallet } from "ethers";

import {
  FIELD_MODULUS,
  recoverFromKey,
  recoverFromShares,
  shareOf,
  slashClaim,
  ticketKeyFromCover,
  ticketMessage,
} from "../../src/protocol/index.ts";
import type { Share } from "../../src/protocol/index.ts";
import { withReferee } from "./support/dispute-referee.ts";
import type { Referee } from "./support/dispute-referee.ts";
import {
  ALICE,
  BOB,
  C,
  D,
  HOLD,
  P,
  RECIPIENT,
  S,
  WATCHER,
  alice,
  answerArguments,
  answerOf,
  bob,
  closeArgument,
  closeOf,
  ethers,
  formsOf,
  networkHelpers,
  openingArguments,
  openingOf,
  proofArgument,
  prove,
  ticketOf,
  voucherOf,
} from "./support/dispute-world.ts";
import type { Answer, DisputeWorld, Opening, Ticket } from "./support/dispute-world.ts";

const MALLORY = new Wallet(ethers.id("mallory"));
const refuseOpening = (w: DisputeWorld, opening: Opening, error: string) =>
  expect(w.disputes.openDispute.staticCall(...openingArguments(opening))).to.be.revertedWithCustomError(
    w.disputes,
    error,
  );

const refuseAnswer = (w: DisputeWorld, answer: Answer, error: string) =>
  expect(
    w.disputes.connect(w.provider).answerDispute.staticCall(...answerArguments(answer)),
  ).to.be.revertedWithCustomError(w.disputes, error);

/** Two shares of one ticket, proved against its owner; the bounty goes to WATCHER. */
async function slash(w: DisputeWorld, referee: Referee, id: bigint, index: number, shares: [Share, Share]) {
  const { identitySecret } = recoverFromShares(...shares);
  const claim = slashClaim(w.description, { index, shares, identitySecret }, WATCHER);
  const proof = proofArgument(await prove("slash", claim));
  await w.settlement.slash(id, claim.publicSignals[1] ?? 0n, WATCHER, proof);
  referee.noteSlash(id, WATCHER);
}

const shareShown = (w: DisputeWorld, { session, y }: Ticket): Share => ({
  x: ticketMessage(w.description.scope, session.address),
  y,
});

describe("An attack on a dispute", function () {
  this.timeout(120_000);
  const world = withReferee();

  describe("by somebody who saw a ticket", () => {
    it("fails without the session key, and with a session of the attacker's own", async () => {
      const { w } = world();
      const seen = await ticketOf(w, ALICE, 0);
      const forged = await openingOf(w, { ...seen, session: MALLORY }, WATCHER);
      await refuseOpening(w, { ...forged, sessionAddress: seen.session.address }, "SessionSignatureRefused");
      await refuseOpening(w, forged, "ProofRefused");
      await refuseOpening(w, { ...forged, sessionAddress: ethers.ZeroAddress }, "SessionSignatureRefused");
    });

    it("fails with another recipient than the session key named, or one that cannot be paid", async () => {
      const { w } = world();
      const seen = await ticketOf(w, ALICE, 0);
      await refuseOpening(w, { ...(await openingOf(w, seen)), recipient: WATCHER }, "SessionSignatureRefused");
      for (const recipient of [ethers.ZeroAddress, w.description.address]) {
        await refuseOpening(w, await openingOf(w, seen, recipient), "RecipientRefused");
      }
    });

    it("fails with the signature in another form", async () => {
      const { w } = world();
      const opening = await openingOf(w, await ticketOf(w, ALICE, 0));
      for (const signature of formsOf(opening.signature)) {
        await refuseOpening(w, { ...opening, signature }, "SessionSignatureRefused");
      }
    });

    it("fails with another share, another ticket, and numbers that are not below the field's order", async () => {
      const { w } = world();
      const seen = await ticketOf(w, ALICE, 0);
      const other = await ticketOf(w, ALICE, 1);
      for (const y of [seen.y + 1n, other.y, 0n, seen.y + FIELD_MODULUS, ethers.MaxUint256]) {
        await refuseOpening(w, await openingOf(w, { ...seen, y }), "ProofRefused");
      }
      for (const nullifier of [other.nullifier, seen.nullifier + 1n, seen.nullifier + FIELD_MODULUS]) {
        await refuseOpening(w, await openingOf(w, { ...seen, nullifier }), "ProofRefused");
      }
      await refuseOpening(w, await openingOf(w, { ...seen, proof: other.proof }), "ProofRefused");
      const opening = await openingOf(w, seen);
      await refuseOpening(w, { ...opening, nullifier: other.nullifier }, "SessionSignatureRefused");
    });

    it("fails with a ticket of another pool, and with a signature that was made there", async () => {
      const { w } = world();
      const { description } = w.second;
      const elsewhere = await ticketOf(w, ALICE, 0, { pool: description });
      await refuseOpening(w, await openingOf(w, elsewhere), "ProofRefused");
      const here = await ticketOf(w, ALICE, 0);
      await refuseOpening(w, await openingOf(w, here, RECIPIENT, description), "SessionSignatureRefused");
      const chainId = description.chainId + 1n;
      const abroad = await openingOf(w, here, RECIPIENT, { ...w.description, chainId });
      await refuseOpening(w, abroad, "SessionSignatureRefused");
      await w.second.disputes.openDispute(...openingArguments(await openingOf(w, elsewhere, RECIPIENT, description)));
    });
  });

  describe("by the ticket's owner", () => {
    it("gets no second dispute, whatever became of the first and whatever the session", async () => {
      const { w, referee } = world();
      const [first, second] = [await ticketOf(w, ALICE, 0), await ticketOf(w, ALICE, 1)];
      for (const ticket of [first, second]) await referee.open(ticket);
      const again = await ticketOf(w, ALICE, 0, { session: MALLORY });
      for (const ticket of [first, again]) await refuseOpening(w, await openingOf(w, ticket), "DisputeIsKnown");
      await referee.answer(await answerOf(w, first, C, P));
      await referee.resolveAfterWindow(second);
      for (const ticket of [first, again, second]) await refuseOpening(w, await openingOf(w, ticket), "DisputeIsKnown");
    });

    it("gets no more for a ticket that was served than the refund that it has already", async () => {
      const { w, referee } = world();
      await referee.postBond(2n * HOLD);
      const served = await ticketOf(w, ALICE, 0);
      await referee.open(served);
      const voucher = await voucherOf(w, served.nullifier, served.session, 400n);
      await referee.answer(await answerOf(w, served, C - 400n, P, voucher));
      await networkHelpers.time.increase(10_000n);
      await expect(w.disputes.resolveDispute(served.nullifier)).to.be.revertedWithCustomError(
        w.disputes,
        "DisputeIsNotOpen",
      );
      expect([referee.received(RECIPIENT), referee.bond]).to.deep.equal([0n, 2n * HOLD]);
    });

    it("gets nothing more while the close is pending, nor after it: a full refund of a ticket that is paid for comes too late", async () => {
      const { w, referee } = world();
      const [first, second] = [await ticketOf(w, BOB, 0), await ticketOf(w, BOB, 1)];
      const close = await closeOf(w, BOB, { firstUnused: 2 });
      await referee.startClose(close);
      await referee.open(first);
      await referee.answer(await answerOf(w, first, C, P));
      await referee.finalizeAfterWindow(bob);
      await referee.open(second);
      await referee.answer(await answerOf(w, second, C, P));
      expect(referee.received(RECIPIENT)).to.equal(D + S - 2n * HOLD);
      await expect(w.settlement.startClose(closeArgument(close)))
        .to.be.revertedWithCustomError(w.settlement, "AccountNotOpen")
        .withArgs(bob, 3n);
    });

    it("loses the account when it disputes a ticket that its pending close says was never used", async () => {
      const { w, referee } = world();
      const close = await closeOf(w, ALICE, { firstUnused: 0 });
      await referee.startClose(close);
      const used = await ticketOf(w, ALICE, 0);
      await referee.open(used);
      const [event] = await w.disputes.queryFilter(w.disputes.filters.DisputeOpened(used.nullifier));
      if (event === undefined) throw new Error("there is no dispute");
      const x = await w.disputes.ticketMessageOf(event.args.sessionAddress);
      const seen = { x, y: event.args.y };
      const ticketKey = ticketKeyFromCover(close.coverKeys, 0, 0);
      const secret = recoverFromKey(seen, ticketKey);
      expect(secret).to.equal(ALICE);
      await slash(w, referee, alice, 0, [seen, shareOf(secret, ticketKey, 1n)]);
      await referee.answer(await answerOf(w, used, C, P));
      await networkHelpers.time.increase(10_000n);
      await expect(w.settlement.finalizeClose(alice)).to.be.revertedWithCustomError(w.settlement, "NoPendingClose");
    });

    it("loses the account when it disputes a served ticket with a second session, which no voucher of the first answers", async () => {
      const { w, referee } = world();
      const served = await ticketOf(w, ALICE, 0);
      const second = await ticketOf(w, ALICE, 0, { session: MALLORY });
      await referee.open(second);
      const voucher = await voucherOf(w, served.nullifier, served.session, C);
      await refuseAnswer(w, await answerOf(w, second, C - 400n, P, voucher), "VoucherRefused");
      await slash(w, referee, alice, 0, [shareShown(w, served), shareShown(w, second)]);
      await referee.answer(await answerOf(w, second, C, P));
      expect(referee.received(RECIPIENT)).to.equal(0n);
    });

    it("gets nothing from a dispute after a slash", async () => {
      const { w, referee } = world();
      await referee.postBond(2n * HOLD);
      const tickets = [await ticketOf(w, ALICE, 0), await ticketOf(w, ALICE, 0, { session: MALLORY })] as const;
      await slash(w, referee, alice, 0, [shareShown(w, tickets[0]), shareShown(w, tickets[1])]);
      const unused = await ticketOf(w, ALICE, 1);
      await referee.open(unused);
      await referee.answer(await answerOf(w, unused, C, P));
      const close = closeArgument(await closeOf(w, ALICE, { firstUnused: 0 }));
      await expect(w.settlement.startClose(close)).to.be.revertedWithCustomError(w.settlement, "AccountNotOpen");
      expect([referee.received(RECIPIENT), referee.bond]).to.deep.equal([0n, 2n * HOLD]);
    });
  });

  it("fails with whatever gas: a ticket that was not proved opens nothing when the verifier runs short", async () => {
    const { w, referee } = world();
    const ticket = await ticketOf(w, ALICE, 0);
    const right = await openingOf(w, ticket);
    const wrong = { ...right, y: right.y + 1n };
    const isOpened = (opening: Opening, gasLimit: bigint): Promise<boolean> =>
      w.disputes.openDispute.staticCall(...openingArguments(opening), { gasLimit }).then(
        () => true,
        () => false,
      );
    for (let gasLimit = 40_000n; gasLimit < 600_000n; gasLimit += 20_000n) {
      expect(await isOpened(wrong, gasLimit), `with ${gasLimit} gas`).to.equal(false);
    }
    expect([await isOpened(right, 100_000n), await isOpened(right, 600_000n)]).to.deep.equal([false, true]);
    await referee.open(ticket);
  });
});
