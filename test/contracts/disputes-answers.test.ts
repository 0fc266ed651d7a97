// SPDX-License-Identifier: GPL-3.0-or-later
/** What a provider might try in answering a dispute: to keep more than it may, or to show a refund ticket that it did not sign for this one. */
import { expect } from "chai";
import { Wallet } from "ethers";

import { FIELD_MODULUS, SUBGROUP_ORDER, providerKey, refundClaim } from "../../src/protocol/index.ts";
import { withReferee } from "./support/dispute-referee.ts";
import type { Referee } from "./support/dispute-referee.ts";
import {
  ALICE,
  BOB,
  C,
  HOLD,
  NO_VOUCHER,
  P,
  UNIT,
  answerArguments,
  answerOf,
  ethers,
  formsOf,
  openingOf,
  prove,
  refundTicketOf,
  sessionOf,
  ticketOf,
  voucherOf,
} from "./support/dispute-world.ts";
import type { Answer, DisputeWorld, Ticket } from "./support/dispute-world.ts";

const EVIDENCE = ethers.id("evidence");
const MALLORY = new Wallet(ethers.id("mallory"));

const refuseAnswer = (w: DisputeWorld, answer: Answer, error: string) =>
  expect(
    w.disputes.connect(w.provider).answerDispute.staticCall(...answerArguments(answer)),
  ).to.be.revertedWithCustomError(w.disputes, error);

describe("An answer that keeps too much", function () {
  this.timeout(120_000);
  const world = withReferee();

  /** Ticket 0 of Alice, in dispute. */
  async function disputed(): Promise<{ w: DisputeWorld; referee: Referee; ticket: Ticket }> {
    const { w, referee } = world();
    const ticket = await ticketOf(w, ALICE, 0);
    await referee.open(ticket);
    return { w, referee, ticket };
  }

  it("fails with another amount than it signed, of whichever part of the refund ticket", async () => {
    const { w, ticket } = await disputed();
    const { nullifier, session } = ticket;
    const answer = await answerOf(w, ticket, C - 300n, P, await voucherOf(w, nullifier, session, C));
    const change = (changes: Partial<Answer["refund"]>): Answer => ({
      ...answer,
      refund: { ...answer.refund, ...changes },
    });
    const [x, y] = answer.refund.signatureR8.map(BigInt) as [bigint, bigint];
    const s = BigInt(answer.refund.signatureS);
    for (const changes of [
      { refundedCharge: C - 310n },
      { refundedCharge: C },
      { signatureS: s + 1n },
      { signatureS: s + SUBGROUP_ORDER },
      { signatureS: s + FIELD_MODULUS },
      { signatureR8: [y, x] as [bigint, bigint] },
      { signatureR8: [FIELD_MODULUS - x, y] as [bigint, bigint] },
      { signatureR8: [x + FIELD_MODULUS, y] as [bigint, bigint] },
      { signatureR8: [x, y + FIELD_MODULUS] as [bigint, bigint] },
    ]) {
      await refuseAnswer(w, change(changes), "ProofRefused");
    }
    await refuseAnswer(w, { ...answer, proof: ticket.proof }, "ProofRefused");
  });

  it("fails without a voucher, with one whose cap is below the charge, or one that is not this session's over this ticket", async () => {
    const { w, ticket } = await disputed();
    const { nullifier, session } = ticket;
    const answer = await answerOf(w, ticket, C - 300n, P);
    await refuseAnswer(w, answer, "ChargeNotCovered");
    const stale = await voucherOf(w, nullifier, session, 299n);
    await refuseAnswer(w, { ...answer, voucher: stale }, "ChargeNotCovered");
    const good = await voucherOf(w, nullifier, session, 300n);
    const { description } = w.second;
    const abroad = { ...w.description, chainId: w.description.chainId + 1n };
    const wrong = [
      { ...NO_VOUCHER, cap: C },
      { ...stale, cap: 300n },
      { ...good, cap: 301n },
      { ...good, sequence: 4n },
      { ...good, requestHash: ethers.id("another request") },
      await voucherOf(w, nullifier, sessionOf(ALICE, 1), C),
      await voucherOf(w, nullifier, MALLORY, C),
      await voucherOf(w, nullifier + 1n, session, C),
      await voucherOf(w, nullifier, session, C, description),
      await voucherOf(w, nullifier, session, C, abroad),
      { ...good, signature: (await openingOf(w, ticket)).signature },
      ...formsOf(String(good.signature)).map((signature) => ({ ...good, signature })),
    ];
    for (const voucher of wrong) await refuseAnswer(w, { ...answer, voucher }, "VoucherRefused");
  });

  it("fails with more than the price refunded, and with a charge that is no multiple of the unit", async () => {
    const { w, ticket } = await disputed();
    const voucher = await voucherOf(w, ticket.nullifier, ticket.session, 2n * C);
    const answer = await answerOf(w, ticket, C, P, voucher);
    const charge = (refundedCharge: bigint): Answer => ({ ...answer, refund: { ...answer.refund, refundedCharge } });
    for (const refunded of [C + 1n, C + UNIT, HOLD, FIELD_MODULUS, ethers.MaxUint256]) {
      await refuseAnswer(w, charge(refunded), "RefundedChargeOutOfRange");
    }
    for (const refunded of [C - 1n, C - UNIT - 1n, 1n, UNIT - 1n]) {
      await refuseAnswer(w, charge(refunded), "ChargeIsNoMultiple");
    }
  });

  it("fails when it keeps the hold, or a part of it, of a ticket that it did not report before the dispute", async () => {
    const { w, ticket } = await disputed();
    for (const hold of [0n, 1n, P - 1n, P + 1n, 2n * P]) {
      const answer = await answerOf(w, ticket, C, hold);
      await refuseAnswer(w, answer, "HoldWithheld");
    }
    await expect(w.disputes.connect(w.provider).reportViolation(ticket.nullifier, EVIDENCE))
      .to.be.revertedWithCustomError(w.disputes, "DisputeIsKnown")
      .withArgs(ticket.nullifier, 1n);
  });

  it("fails when it keeps a part of the hold of a ticket that it reported, and when it reported another one", async () => {
    const { w, referee } = world();
    const [reported, other] = [await ticketOf(w, ALICE, 0), await ticketOf(w, ALICE, 1)];
    await w.disputes.connect(w.provider).reportViolation(reported.nullifier, EVIDENCE);
    for (const ticket of [reported, other]) await referee.open(ticket);
    for (const hold of [1n, P - 1n, P + 1n]) {
      await refuseAnswer(w, await answerOf(w, reported, C, hold), "HoldWithheld");
    }
    await refuseAnswer(w, await answerOf(w, other, C, 0n), "HoldWithheld");
  });

  it("fails with a refund ticket that its key did not sign: there is no proof of it", async () => {
    const { w, ticket } = await disputed();
    const another = providerKey(new Uint8Array(32).fill(7));
    const forged = refundTicketOf({ ...w, providerKey: another }, w.description, ticket.nullifier, C, P);
    const claim = refundClaim(w.description, forged);
    let failure: unknown;
    await prove("refund", claim).catch((error: unknown) => (failure = error));
    expect(failure).to.have.property("code", "INPUT_REJECTED");
    const { proof } = await answerOf(w, ticket, C, P);
    const { r8, s } = forged.signature;
    const refund = { ...forged, signatureR8: [...r8] as [bigint, bigint], signatureS: s };
    await refuseAnswer(w, { refund, proof, voucher: NO_VOUCHER }, "ProofRefused");
  });

  it("fails with a refund ticket of another ticket or another pool", async () => {
    const { w, referee, ticket } = await disputed();
    const other = await ticketOf(w, ALICE, 1);
    const answer = await answerOf(w, other, C, P);
    await refuseAnswer(w, answer, "DisputeIsNotOpen");
    const { nullifier } = ticket;
    await refuseAnswer(w, { ...answer, refund: { ...answer.refund, nullifier } }, "ProofRefused");
    await refuseAnswer(w, await answerOf(w, ticket, C, P, NO_VOUCHER, w.second.description), "ProofRefused");
    const beyond = { ...answer.refund, nullifier: nullifier + FIELD_MODULUS };
    await refuseAnswer(w, { ...answer, refund: beyond }, "DisputeIsNotOpen");
    await referee.answer(await answerOf(w, ticket, C, P));
  });

  it("fails when it copies its answer to another dispute, or gives it twice", async () => {
    const { w, referee, ticket } = await disputed();
    const twin = await ticketOf(w, BOB, 0);
    await referee.open(twin);
    const answer = await answerOf(w, ticket, C, P);
    await referee.answer(answer, w.stranger);
    await refuseAnswer(w, answer, "DisputeIsNotOpen");
    await refuseAnswer(w, { ...answer, refund: { ...answer.refund, nullifier: twin.nullifier } }, "ProofRefused");
  });

  it("cannot be helped by a violation that a stranger reports, that is no hash, or that it reports twice", async () => {
    const { w } = world();
    const { disputes, provider, stranger } = w;
    const { nullifier } = await ticketOf(w, ALICE, 0);
    const refuse = (from: typeof provider, of: bigint, hash: string, error: string) =>
      expect(disputes.connect(from).reportViolation(of, hash)).to.be.revertedWithCustomError(disputes, error);
    await refuse(stranger, nullifier, EVIDENCE, "NotProvider");
    await refuse(provider, nullifier, ethers.ZeroHash, "EvidenceHashIsZero");
    await refuse(provider, nullifier + FIELD_MODULUS, EVIDENCE, "NullifierOutOfField");
    await disputes.connect(provider).reportViolation(nullifier, EVIDENCE);
    await refuse(provider, nullifier, ethers.id("better evidence"), "ViolationIsKnown");
    expect(await disputes.violationsOf([nullifier])).to.deep.equal([EVIDENCE]);
  });
});
