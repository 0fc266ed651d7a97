// SPDX-License-Identifier: GPL-3.0-or-later
/** The chain's side of disputes, violations, the bond and certified folds, on a local pool with the real verifiers and real proofs. */
import { expect } from "chai";
import { network } from "hardhat";

import { accountAt, DEPOSIT } from "../../scripts/bench/accounts.ts";
import { proveDisputes, proveFolds } from "../../scripts/bench/gas-dispute-proofs.ts";
import type { DisputeProofs, FoldProofs } from "../../scripts/bench/gas-dispute-proofs.ts";
import { createLocalPool, PLENTY } from "../../scripts/support/local-pool.ts";
import type { LocalPool } from "../../scripts/support/local-pool.ts";
import type { PoolEventName } from "../../src/chain/index.ts";
import { ChainError, FinalEvents, PoolHistory, PoolSender, PoolView } from "../../src/chain/index.ts";
import { holdOf, refundMessage, verifySignature } from "../../src/protocol/index.ts";
import { Prover } from "../../src/prover/index.ts";
import type { AccountSource, DisputeSource, FoldSource, PathSource, RootSource } from "../../src/wire/index.ts";

const connection = await network.create();
const { networkHelpers } = connection;
const finality = { kind: "confirmations", blocks: 1 } as const;
const EVIDENCE = `0x${"e1".repeat(32)}`;

interface DisputeStage extends LocalPool {
  readonly disputeProofs: DisputeProofs;
  readonly foldProofs: FoldProofs;
}

async function disputeStage(): Promise<DisputeStage> {
  const local = await createLocalPool(connection);
  await local.pool.deposit(accountAt(0).identityCommitment, DEPOSIT);
  const prover = await Prover.create();
  try {
    const { description, providerKey } = local;
    const disputeProofs = await proveDisputes(prover, description, providerKey);
    return { ...local, disputeProofs, foldProofs: await proveFolds(prover, description, providerKey) };
  } finally {
    await prover.close();
  }
}

describe("chain: disputes, the bond and certified folds", function () {
  this.timeout(300_000);
  let w: DisputeStage;
  let user: PoolSender;
  let provider: PoolSender;
  let stranger: PoolSender;
  let history: PoolHistory;
  let view: AccountSource & DisputeSource & FoldSource & PathSource & RootSource;
  let hold: bigint;

  beforeEach(async () => {
    w = await networkHelpers.loadFixture(disputeStage);
    user = new PoolSender(w.client, w.user);
    provider = new PoolSender(w.client, w.provider);
    const [other] = w.others;
    if (other === undefined) throw new Error("the network has too few accounts");
    stranger = new PoolSender(w.client, other);
    history = new PoolHistory(w.client, { fromBlock: 0, finality });
    view = new PoolView(history, finality);
    hold = holdOf(w.client.parameters);
  });

  async function refuses(sent: Promise<unknown>, reason: string): Promise<string> {
    const error: unknown = await sent.then(
      () => undefined,
      (problem: unknown) => problem,
    );
    if (!(error instanceof ChainError)) throw error instanceof Error ? error : new Error("nothing was refused");
    expect(error.revert?.name ?? error.code, error.message).to.equal(reason);
    return error.message;
  }

  const passDisputeWindow = (): Promise<unknown> => networkHelpers.time.increase(w.client.parameters.disputeWindow);
  const passChallengeWindow = (): Promise<unknown> => networkHelpers.time.increase(w.client.parameters.challengeWindow);
  const balanceOf = (address: string): Promise<bigint> => w.client.token.balanceOf(address);
  const eventNames = async (): Promise<PoolEventName[]> => {
    await history.sync();
    return history.events.map(({ name }) => name);
  };

  describe("the bond", () => {
    it("is posted with exactly the allowance that it needs", async () => {
      await w.token.approve(w.client.pool.address, 0n);
      await user.postBond(5n * hold);
      expect(await w.client.token.allowance(w.user.address, w.client.pool.address)).to.equal(0n);
      expect((await w.client.ledger()).bond).to.equal(5n * hold);
      await refuses(stranger.postBond(1n), "INSUFFICIENT_FUNDS");
      const { surplus, isSolvent } = await w.client.solvency();
      expect({ surplus, isSolvent }).to.deep.equal({ surplus: 0n, isSolvent: true });
    });

    it("is withdrawn after its notice, up to what was announced, by the provider alone", async () => {
      await user.postBond(5n * hold);
      await refuses(stranger.announceBondWithdrawal(hold), "NotProvider");
      await provider.announceBondWithdrawal(2n * hold);
      const { announcedWithdrawal, withdrawableAt, free } = await w.client.obligations();
      expect({ announcedWithdrawal, free }).to.deep.equal({ announcedWithdrawal: 2n * hold, free: 5n * hold });
      const early = await refuses(provider.withdrawBond(w.provider.address, hold), "WithdrawalTooEarly");
      expect(early).to.contain(new Date(Number(withdrawableAt) * 1_000).toISOString());
      await networkHelpers.time.increaseTo(withdrawableAt);
      const more = await refuses(provider.withdrawBond(w.provider.address, 2n * hold + 1n), "WithdrawalNotAnnounced");
      expect(more).to.contain("announce the withdrawal first");
      await provider.withdrawBond(w.provider.address, 2n * hold);
      expect(await balanceOf(w.provider.address)).to.equal(2n * hold);
      expect((await w.client.ledger()).bond).to.equal(3n * hold);
    });

    it("stays where open disputes could take it, and so does revenue", async () => {
      await user.postBond(3n * hold);
      await provider.announceBondWithdrawal(3n * hold);
      await networkHelpers.time.increase(2n * w.client.parameters.disputeWindow);
      await user.openDispute(w.disputeProofs.openings[0]);
      expect(await w.client.obligations()).to.include({ openDisputes: 1, encumbered: 2n * hold, free: hold });
      const kept = await refuses(provider.withdrawBond(w.provider.address, hold + 1n), "FundsEncumbered");
      expect(kept).to.contain("answers for disputes");
      await refuses(provider.withdrawRevenue(w.provider.address, hold + 1n), "FundsEncumbered");
      await provider.withdrawBond(w.provider.address, hold);
    });
  });

  describe("a dispute", () => {
    it("is opened by anyone who holds the session's signature, once, and read from events and contract alike", async () => {
      const [opening] = w.disputeProofs.openings;
      expect(await view.dispute(opening.nullifier)).to.equal(undefined);
      await stranger.openDispute(opening);
      const [dispute] = await w.client.disputesOf([opening.nullifier]);
      const { nullifier, y, sessionAddress, recipient } = opening;
      expect(dispute).to.include({ nullifier, status: "open", sessionAddress, recipient, unpaid: 0n });
      expect(await view.dispute(nullifier)).to.deep.equal({
        status: "open",
        ...{ nullifier, y, sessionAddress, recipient },
        resolvableAt: dispute?.resolvableAt,
        refund: undefined,
      });
      expect(await refuses(stranger.openDispute(opening), "DisputeIsKnown")).to.contain("never a second one");
      expect(await w.client.disputesOf([1n])).to.deep.equal([undefined]);
    });

    it("is not opened for another recipient or session than the key signed and the proof binds", async () => {
      const [opening, other] = w.disputeProofs.openings;
      const redirected = { ...opening, recipient: w.others[1]?.address ?? "" };
      await refuses(stranger.openDispute(redirected), "SessionSignatureRefused");
      const foreign = { ...opening, proof: other.proof };
      await refuses(stranger.openDispute(foreign), "ProofRefused");
    });

    it("is answered with the refund ticket, which its owner reads from the event", async () => {
      const { openings, charged } = w.disputeProofs;
      const [{ nullifier }] = openings;
      await user.openDispute(openings[0]);
      await refuses(provider.answerDispute({ ...charged, voucher: undefined }), "ChargeNotCovered");
      await refuses(provider.answerDispute(w.disputeProofs.violated), "HoldWithheld");
      await provider.answerDispute(charged);
      const answered = await view.dispute(nullifier);
      expect(answered?.status).to.equal("answered");
      const { refundedCharge, refundedHold, signature } = charged.refund;
      expect(answered?.refund).to.deep.equal({ refundedCharge, refundedHold, signature });
      if (answered?.refund === undefined) throw new Error("the answer has a refund");
      const message = refundMessage(w.client.pool.poolHash, { nullifier, refundedCharge, refundedHold });
      expect(verifySignature(message, answered.refund.signature, w.client.parameters.providerKey)).to.equal(true);
      await passDisputeWindow();
      await refuses(stranger.resolveDispute(nullifier), "DisputeIsNotOpen");
    });

    it("is answered without a voucher where nothing was charged", async () => {
      await user.openDispute(w.disputeProofs.openings[0]);
      await stranger.answerDispute(w.disputeProofs.free);
      expect((await view.dispute(w.disputeProofs.free.refund.nullifier))?.status).to.equal("answered");
    });

    it("is lost when nobody answers: the award is paid, and paid later where the provider has too little", async () => {
      const { openings, charged } = w.disputeProofs;
      const [{ nullifier, recipient }] = openings;
      await user.postBond(hold - 1n);
      await user.openDispute(openings[0]);
      await refuses(stranger.resolveDispute(nullifier), "AnswerWindowOpen");
      await passDisputeWindow();
      await refuses(provider.answerDispute(charged), "AnswerWindowPassed");
      await stranger.resolveDispute(nullifier);
      expect(await balanceOf(recipient)).to.equal(hold - 1n);
      expect((await view.dispute(nullifier))?.status).to.equal("lost");
      expect((await w.client.disputesOf([nullifier]))[0]).to.include({ status: "lost", unpaid: 1n });
      const owed = await w.client.obligations();
      expect(owed).to.include({ openDisputes: 0, unpaidAwards: 1n, unpaidPenalties: hold });
      await refuses(stranger.payAward(nullifier), "NothingUnpaid");
      await refuses(stranger.collectPenalties(), "NothingToCollect");

      await user.postBond(2n);
      await stranger.payAward(nullifier);
      expect(await balanceOf(recipient)).to.equal(hold);
      await user.postBond(2n * hold);
      await stranger.collectPenalties();
      expect(await w.client.obligations()).to.include({ unpaidAwards: 0n, unpaidPenalties: 0n, free: hold + 1n });
      expect((await w.client.ledger()).awaitingBurn).to.equal(hold);
      await stranger.burn();
      const { surplus } = await w.client.solvency();
      expect(surplus).to.equal(0n);
    });
  });

  describe("a violation", () => {
    it("is reported once, before any dispute, by the provider alone, and allows a refund without the hold", async () => {
      const { openings, violated } = w.disputeProofs;
      const [first, second] = openings;
      await refuses(stranger.reportViolation(first.nullifier, EVIDENCE), "NotProvider");
      await refuses(provider.reportViolation(first.nullifier, `0x${"00".repeat(32)}`), "EvidenceHashIsZero");
      expect(await view.violation(first.nullifier)).to.equal(undefined);
      await provider.reportViolation(first.nullifier, EVIDENCE);
      expect(await view.violation(first.nullifier)).to.equal(EVIDENCE);
      expect(await w.client.violationsOf([first.nullifier, second.nullifier])).to.deep.equal([EVIDENCE, undefined]);
      await refuses(provider.reportViolation(first.nullifier, EVIDENCE), "ViolationIsKnown");
      await user.openDispute(second);
      await refuses(provider.reportViolation(second.nullifier, EVIDENCE), "DisputeIsKnown");
      await user.openDispute(first);
      await provider.answerDispute(violated);
      expect((await view.dispute(first.nullifier))?.refund?.refundedHold).to.equal(0n);
    });
  });

  describe("a certified fold", () => {
    it("is final after its window, and so is what builds on it", async () => {
      const { onSigned, onPending } = w.foldProofs;
      await stranger.certifyFold(onSigned);
      await stranger.certifyFold(onPending);
      await refuses(stranger.certifyFold(onSigned), "FoldIsKnown");
      await refuses(stranger.finalizeFold(onSigned), "FoldWindowOpen");
      expect((await view.fold(onPending.newState))?.certified).to.equal(onSigned.newState);
      await passChallengeWindow();
      await refuses(stranger.finalizeFold(onPending), "StateNotCertified");
      await refuses(stranger.finalizeFold({ ...onSigned, certified: 1n }), "FoldContentsMismatch");
      await stranger.finalizeFold(onSigned);
      await stranger.finalizeFold(onPending);
      await networkHelpers.mine(1);
      for (const { newState } of [onSigned, onPending]) {
        expect((await view.fold(newState))?.status).to.equal("final");
        expect(await view.finalFold(newState)).to.equal(true);
      }
      expect(await w.client.foldHoldersOf([...onSigned.foldNullifiers, 1n])).to.deep.equal([
        ...onSigned.foldNullifiers.map(() => onSigned.newState),
        0n,
      ]);
      expect((await w.client.foldsOf([onSigned.newState, 1n])).map((fold) => fold?.status)).to.deep.equal([
        "final",
        undefined,
      ]);
    });

    it("falls to the provider's proof of another fold of one of its tickets, with what builds on it", async () => {
      const { onSigned, onPending, conflicting } = w.foldProofs;
      await stranger.certifyFold(onSigned);
      await stranger.certifyFold(onPending);
      await refuses(stranger.challengeFold(onSigned, conflicting), "NotProvider");
      await refuses(provider.challengeFold(onSigned, onSigned), "FoldsDoNotConflict");
      await refuses(provider.challengeFold(onSigned, { ...conflicting, proof: onSigned.proof }), "ProofRefused");
      await provider.challengeFold(onSigned, conflicting);
      const statuses = await Promise.all(
        [onSigned, onPending, conflicting].map(async ({ newState }) => (await view.fold(newState))?.status),
      );
      expect(statuses).to.deep.equal(["fallen", "fallen", "pending"]);
      await passChallengeWindow();
      await refuses(stranger.finalizeFold(onSigned), "FoldIsNotPending");
      await stranger.finalizeFold(conflicting);
      expect(await view.finalFold(conflicting.newState)).to.equal(false);
    });

    it("has four nullifiers, or is not sent", async () => {
      const { onSigned } = w.foldProofs;
      for (const foldNullifiers of [onSigned.foldNullifiers.slice(1), [...onSigned.foldNullifiers, 5n]]) {
        await refuses(stranger.certifyFold({ ...onSigned, foldNullifiers }), "ARGUMENT_INVALID");
      }
    });
  });

  it("decodes every event of disputes, bond, violations and folds, each argument by name", async () => {
    const { openings, charged } = w.disputeProofs;
    const [first, second] = openings;
    const { onSigned, conflicting } = w.foldProofs;
    const treasury = w.provider.address;
    await user.postBond(10n * hold);
    await user.openDispute(first);
    await provider.answerDispute(charged);
    await user.openDispute(second);
    await passDisputeWindow();
    await user.resolveDispute(second.nullifier);
    await provider.reportViolation(7n, EVIDENCE);
    await stranger.certifyFold(onSigned);
    await provider.challengeFold(onSigned, conflicting);
    await passChallengeWindow();
    await stranger.finalizeFold(conflicting);
    await provider.announceBondWithdrawal(hold);
    const { withdrawableAt } = await w.client.obligations();
    await networkHelpers.time.increaseTo(withdrawableAt);
    await provider.withdrawBond(treasury, hold);
    await networkHelpers.time.increase(w.client.parameters.accountLifetime);
    await stranger.expire(accountAt(0).identityCommitment);
    await provider.withdrawRevenue(treasury, 5n);

    const present = new Set(await eventNames());
    const { r8, s } = charged.refund.signature;
    const only = <Name extends PoolEventName>(name: Name) => history.eventsOf(name).map(({ args }) => args);
    expect(only("BondPosted")).to.deep.equal([{ from: w.user.address, amount: 10n * hold }]);
    expect(only("BondPaid")).to.deep.equal([{ to: treasury, amount: hold }]);
    expect(only("BondWithdrawalAnnounced")).to.deep.equal([{ amount: hold, availableAt: withdrawableAt }]);
    expect(only("ProviderCharged")).to.deep.equal([{ to: second.recipient, award: hold, penalty: hold }]);
    expect(only("DisputeOpened").map(({ y }) => y)).to.deep.equal([first.y, second.y]);
    expect(only("DisputeAnswered")).to.deep.equal([
      {
        nullifier: first.nullifier,
        refundedCharge: charged.refund.refundedCharge,
        refundedHold: charged.refund.refundedHold,
        signatureR8: [...r8],
        signatureS: s,
      },
    ]);
    const { nullifier, recipient } = second;
    expect(only("DisputeLost")).to.deep.equal([{ nullifier, recipient, award: hold }]);
    expect(only("AwardPaid")).to.deep.equal([{ nullifier, recipient, amount: hold }]);
    expect(only("ViolationReported")).to.deep.equal([{ nullifier: 7n, evidenceHash: EVIDENCE }]);
    expect(only("FoldCertified").map(({ foldNullifiers }) => foldNullifiers)).to.deep.equal([
      onSigned.foldNullifiers,
      conflicting.foldNullifiers,
    ]);
    expect(only("FoldChallenged")).to.deep.equal([{ fallen: onSigned.newState, by: conflicting.newState }]);
    expect(only("FoldFinalized")).to.deep.equal([{ newState: conflicting.newState }]);
    expect(only("RevenuePaid")).to.deep.equal([{ to: treasury, amount: 5n }]);
    expect(only("RevenueWithdrawn")).to.deep.equal([{ to: treasury, amount: 5n }]);
    // 14 of these, and what the account brought.
    expect(present.size).to.equal(18);
    expect((await w.client.solvency()).surplus).to.equal(0n);
  });

  it("hands a gateway what it must act on, once each, out of final blocks", async () => {
    const { openings } = w.disputeProofs;
    const feed = new FinalEvents(history, {
      finality,
      names: ["DisputeOpened", "FoldCertified", "CloseStarted", "ViolationReported"],
    });
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const { events } of feed.advance()) seen.push(...events.map(({ name }) => name));
    };
    await provider.reportViolation(7n, EVIDENCE);
    await user.openDispute(openings[0]);
    await stranger.certifyFold(w.foldProofs.onSigned);
    await read();
    expect(seen).to.deep.equal(["ViolationReported", "DisputeOpened"]);
    await user.postBond(PLENTY / 1_000n);
    await read();
    await read();
    expect(seen).to.deep.equal(["ViolationReported", "DisputeOpened", "FoldCertified"]);
  });
});
