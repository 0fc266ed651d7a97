// SPDX-License-Identifier: GPL-3.0-or-later
/** What stands behind a dispute: the bond, the revenue, who comes first, and what a provider might try to get away with it. */
import { expect } from "chai";

import { withReferee } from "./support/dispute-referee.ts";
import type { Referee } from "./support/dispute-referee.ts";
import {
  ALIAS,
  ALICE,
  BOB,
  C,
  DEAD,
  HOLD,
  P,
  PURSE,
  RECIPIENT,
  WATCHER,
  WINDOW,
  answerOf,
  closeOf,
  ethers,
  networkHelpers,
  ticketOf,
} from "./support/dispute-world.ts";
import type { DisputeWorld } from "./support/dispute-world.ts";

/** Where Bob's closes go, which bring the provider revenue. */
const FRIEND = ethers.getAddress(`0x${"d4".repeat(20)}`);

/** What the provider asks of its funds, as a call that must fail. */
const refuse = (w: DisputeWorld, what: "withdrawBond" | "withdrawRevenue", amount: bigint, error: string) =>
  expect(w.disputes.connect(w.provider)[what].staticCall(w.provider, amount)).to.be.revertedWithCustomError(
    w.disputes,
    error,
  );

async function announce(w: DisputeWorld, amount: bigint): Promise<void> {
  await w.disputes.connect(w.provider).announceBondWithdrawal(amount);
}

/** Notice of the whole bond, long ago. */
async function noticed(w: DisputeWorld, referee: Referee): Promise<void> {
  await announce(w, referee.bond);
  await networkHelpers.time.increase(2n * WINDOW);
}

const free = async (w: DisputeWorld): Promise<bigint> => (await w.disputes.obligations()).free;

describe("The provider's bond", function () {
  this.timeout(120_000);
  const world = withReferee();

  describe("and its notice", () => {
    it("is withdrawn after twice the dispute window, no more than was announced, and in parts", async () => {
      const { w, referee } = world();
      await referee.postBond(10n * HOLD);
      await refuse(w, "withdrawBond", 1n, "WithdrawalNotAnnounced");
      const sent = await w.disputes.connect(w.provider).announceBondWithdrawal(4n * HOLD);
      const availableAt = BigInt((await sent.getBlock())?.timestamp ?? 0) + 2n * WINDOW;
      await expect(sent)
        .to.emit(w.disputes, "BondWithdrawalAnnounced")
        .withArgs(4n * HOLD, availableAt);
      const { announcedWithdrawal, withdrawableAt } = await w.disputes.obligations();
      expect([announcedWithdrawal, withdrawableAt]).to.deep.equal([4n * HOLD, availableAt]);

      await networkHelpers.time.setNextBlockTimestamp(availableAt - 1n);
      await expect(w.disputes.connect(w.provider).withdrawBond(w.provider, 1n))
        .to.be.revertedWithCustomError(w.disputes, "WithdrawalTooEarly")
        .withArgs(availableAt);
      await networkHelpers.time.setNextBlockTimestamp(availableAt);
      await referee.withdrawBond(HOLD);
      await refuse(w, "withdrawBond", 3n * HOLD + 1n, "WithdrawalNotAnnounced");
      await referee.withdrawBond(3n * HOLD);
      await refuse(w, "withdrawBond", 1n, "WithdrawalNotAnnounced");
      expect(referee.bond).to.equal(6n * HOLD);
    });

    it("starts again with every announcement, also a smaller one, and ends with one of nothing", async () => {
      const { w, referee } = world();
      await referee.postBond(10n * HOLD);
      await noticed(w, referee);
      await announce(w, HOLD);
      await refuse(w, "withdrawBond", HOLD, "WithdrawalTooEarly");
      await networkHelpers.time.increase(2n * WINDOW);
      await announce(w, 0n);
      await refuse(w, "withdrawBond", 1n, "WithdrawalNotAnnounced");
    });

    it("does not help against a dispute that was opened before the withdrawal, however old the notice is", async () => {
      const { w, referee } = world();
      await referee.postBond(2n * HOLD);
      await noticed(w, referee);
      const ticket = await ticketOf(w, ALICE, 0);
      await referee.open(ticket);
      await refuse(w, "withdrawBond", 1n, "FundsEncumbered");
      await referee.resolveAfterWindow(ticket);
      await refuse(w, "withdrawBond", 1n, "FundsEncumbered");
      expect([referee.received(RECIPIENT), referee.bond, referee.fire]).to.deep.equal([HOLD, 0n, HOLD]);
    });

    it("belongs to the provider alone, who cannot send it to nobody or to the pool", async () => {
      const { w, referee } = world();
      await referee.postBond(10n * HOLD);
      await noticed(w, referee);
      const stranger = w.disputes.connect(w.stranger);
      for (const call of [
        stranger.announceBondWithdrawal(HOLD),
        stranger.withdrawBond(w.stranger, HOLD),
        stranger.withdrawRevenue(w.stranger, 0n),
      ]) {
        await expect(call).to.be.revertedWithCustomError(w.disputes, "NotProvider").withArgs(w.stranger);
      }
      for (const to of [ethers.ZeroAddress, w.description.address]) {
        for (const what of ["withdrawBond", "withdrawRevenue"] as const) {
          await expect(w.disputes.connect(w.provider)[what](to, 0n)).to.be.revertedWithCustomError(
            w.pool,
            "RecipientRefused",
          );
        }
      }
    });
  });

  it("can leave at once where a notice matured before it was posted: a wallet counts the bond less what is announced", async () => {
    const { w, referee } = world();
    await announce(w, 4n * HOLD);
    await networkHelpers.time.increase(100n * WINDOW);
    await referee.postBond(10n * HOLD);
    const { announcedWithdrawal } = await w.disputes.obligations();
    await referee.withdrawBond(4n * HOLD);
    await refuse(w, "withdrawBond", 1n, "WithdrawalNotAnnounced");
    expect(referee.bond).to.equal(10n * HOLD - announcedWithdrawal);
  });

  it("is the provider's from whoever posts it, and grows by what arrives", async () => {
    const { w } = world();
    await expect(w.pool.postBond(5n)).to.emit(w.pool, "BondPosted").withArgs(w.user, 5n);
    await expect(w.disputes.withdrawBond(w.user, 5n)).to.be.revertedWithCustomError(w.disputes, "NotProvider");
    await announce(w, 5n);
    await networkHelpers.time.increase(2n * WINDOW);
    await w.disputes.connect(w.provider).withdrawBond(w.user, 5n);
  });

  describe("and open disputes", () => {
    it("is kept, and the revenue with it, for twice the hold of each; all above that is free", async () => {
      const { w, referee } = world();
      await referee.postBond(4n * HOLD);
      await referee.earn(await closeOf(w, BOB, { firstUnused: 1, recipient: FRIEND }));
      await noticed(w, referee);
      const tickets = [await ticketOf(w, ALICE, 0), await ticketOf(w, ALICE, 1)] as const;
      for (const ticket of tickets) await referee.open(ticket);
      expect(await free(w)).to.equal(C);
      for (const what of ["withdrawBond", "withdrawRevenue"] as const) await refuse(w, what, C + 1n, "FundsEncumbered");
      await referee.withdrawBond(4_000n);
      await refuse(w, "withdrawRevenue", C - 4_000n + 1n, "FundsEncumbered");
      await referee.withdrawRevenue(C - 4_000n);
      for (const what of ["withdrawBond", "withdrawRevenue"] as const) await refuse(w, what, 1n, "FundsEncumbered");
      for (const ticket of tickets) await referee.resolveAfterWindow(ticket);
      expect([referee.received(RECIPIENT), referee.bond + referee.revenue]).to.deep.equal([2n * HOLD, 0n]);
    });

    it("is free again once they are answered, to the unit of what each pocket holds", async () => {
      const { w, referee } = world();
      await referee.postBond(2n * HOLD);
      await referee.earn(await closeOf(w, BOB, { firstUnused: 1, recipient: FRIEND }));
      await announce(w, 3n * HOLD);
      await networkHelpers.time.increase(2n * WINDOW);
      const ticket = await ticketOf(w, ALICE, 0);
      await referee.open(ticket);
      expect(await free(w)).to.equal(C);
      await referee.answer(await answerOf(w, ticket, C, P));
      const over = (call: Promise<unknown>, error: string) => expect(call).to.be.revertedWithCustomError(w.pool, error);
      const disputes = w.disputes.connect(w.provider);
      await over(disputes.withdrawBond(w.provider, 2n * HOLD + 1n), "BondExceeded");
      await over(disputes.withdrawRevenue(w.provider, C + 1n), "RevenueExceeded");
      await referee.withdrawBond(2n * HOLD);
      await referee.withdrawRevenue(C);
    });

    it("burns nothing that another dispute could still take, and burns it later", async () => {
      const { w, referee } = world();
      await referee.postBond(3n * HOLD + 1n);
      const [lost, open] = [await ticketOf(w, ALICE, 0), await ticketOf(w, BOB, 0)];
      await referee.open(lost);
      await networkHelpers.time.increase(WINDOW / 2n);
      await referee.open(open, WATCHER);
      await referee.resolveAfterWindow(lost);
      expect([referee.received(RECIPIENT), referee.fire, referee.bond]).to.deep.equal([HOLD, 1n, 2n * HOLD]);
      await expect(w.disputes.collectPenalties()).to.be.revertedWithCustomError(w.disputes, "NothingToCollect");
      await referee.answer(await answerOf(w, open, C, P));
      expect(await free(w)).to.equal(2n * HOLD - (HOLD - 1n));
      await referee.collectPenalties();
      expect([referee.fire, referee.bond]).to.deep.equal([HOLD, HOLD + 1n]);
      await referee.burn();
      expect(referee.received(DEAD)).to.equal(HOLD);
    });
  });

  describe("that is empty", () => {
    it("leaves an award unpaid, which future revenue pays before the provider, and the fire after it", async () => {
      const { w, referee } = world();
      const ticket = await ticketOf(w, ALICE, 0);
      await referee.open(ticket);
      const sent = await referee.resolveAfterWindow(ticket);
      await expect(sent).to.emit(w.disputes, "DisputeLost").withArgs(ticket.nullifier, RECIPIENT, HOLD);
      await expect(sent).to.not.emit(w.disputes, "AwardPaid");
      const payAward = () => w.disputes.payAward.staticCall(ticket.nullifier);
      await expect(payAward()).to.be.revertedWithCustomError(w.disputes, "NothingUnpaid");

      await referee.earn(await closeOf(w, BOB, { firstUnused: 1, recipient: FRIEND }));
      await refuse(w, "withdrawRevenue", 1n, "FundsEncumbered");
      await referee.payAward(ticket);
      expect([referee.received(RECIPIENT), referee.unpaid(ticket)]).to.deep.equal([C, P]);
      await expect(payAward()).to.be.revertedWithCustomError(w.disputes, "NothingUnpaid");

      await referee.postBond(P + 5n);
      await noticed(w, referee);
      for (const what of ["withdrawBond", "withdrawRevenue"] as const) await refuse(w, what, 1n, "FundsEncumbered");
      await referee.payAward(ticket);
      expect([referee.unpaid(ticket), referee.fire, referee.bond]).to.deep.equal([0n, P + 5n, 0n]);
      await expect(payAward()).to.be.revertedWithCustomError(w.disputes, "NothingUnpaid");

      await referee.postBond(2n * HOLD);
      expect(await free(w)).to.equal(HOLD + 5n);
      await referee.collectPenalties();
      expect([referee.fire, referee.bond]).to.deep.equal([P + HOLD, HOLD + 5n]);
      await expect(w.disputes.collectPenalties()).to.be.revertedWithCustomError(w.disputes, "NothingToCollect");
    });

    it("pays awards one by one as they are asked for, and burns nothing before the last", async () => {
      const { w, referee } = world();
      await referee.postBond(HOLD + 4n);
      const [first, second] = [await ticketOf(w, ALICE, 0), await ticketOf(w, BOB, 0)];
      await referee.open(first);
      await referee.open(second, WATCHER);
      await referee.resolveAfterWindow(second);
      await referee.resolve(first);
      expect([referee.received(WATCHER), referee.received(RECIPIENT), referee.fire]).to.deep.equal([HOLD, 4n, 0n]);
      await referee.postBond(HOLD - 4n);
      await expect(w.disputes.collectPenalties()).to.be.revertedWithCustomError(w.disputes, "NothingToCollect");
      await expect(w.disputes.payAward(second.nullifier)).to.be.revertedWithCustomError(w.disputes, "NothingUnpaid");
      await referee.payAward(first);
      expect([referee.received(RECIPIENT), referee.fire]).to.deep.equal([HOLD, 0n]);
    });

    it("was emptied by the provider's losses to itself, and stays in debt: what it earns goes to the user, then into the fire", async () => {
      const { w, referee } = world();
      await referee.postBond(2n * HOLD);
      const own = [await ticketOf(w, ALIAS, 0), await ticketOf(w, ALIAS, 1)] as const;
      for (const ticket of own) await referee.open(ticket, WATCHER);
      const user = await ticketOf(w, ALICE, 0);
      await referee.open(user);
      for (const ticket of own) await referee.resolveAfterWindow(ticket);
      await referee.resolveAfterWindow(user);
      // The whole bond is with the alias, and the user waits: what nothing but the order of disputes decides.
      expect([referee.received(WATCHER), referee.fire, referee.unpaid(user)]).to.deep.equal([2n * HOLD, 0n, HOLD]);
      const earned = 5n * C;
      await referee.earn(await closeOf(w, BOB, { firstUnused: 5, recipient: FRIEND }));
      await refuse(w, "withdrawRevenue", earned - 4n * HOLD + 1n, "FundsEncumbered");
      await referee.payAward(user);
      expect([referee.received(RECIPIENT), referee.fire - 5n * P]).to.deep.equal([HOLD, 3n * HOLD]);
      await referee.withdrawRevenue(earned - 4n * HOLD);
      // Without any loss it had its bond and its earnings. The user's loss cost two holds, and each to itself one.
      const together = referee.received(w.provider.address) + referee.received(WATCHER);
      expect(together).to.equal(PURSE + earned - 2n * HOLD - 2n * HOLD);
    });
  });

  describe("and a recipient that the token blocks", () => {
    it("credits the award, whole or in parts, and holds up nobody", async () => {
      const { w, referee } = world();
      await referee.postBond(HOLD - 1n);
      const [blocked, other] = [await ticketOf(w, ALICE, 0), await ticketOf(w, BOB, 0)];
      await referee.open(blocked);
      await referee.open(other, WATCHER);
      await referee.block(RECIPIENT);
      await expect(await referee.resolveAfterWindow(blocked))
        .to.emit(w.pool, "PayoutCredited")
        .withArgs(RECIPIENT, HOLD - 1n);
      await referee.postBond(4n * HOLD);
      await referee.resolveAfterWindow(other);
      await referee.payAward(blocked);
      expect(await w.pool.creditOf(RECIPIENT)).to.equal(HOLD);
      expect([referee.received(WATCHER), referee.received(RECIPIENT)]).to.deep.equal([HOLD, 0n]);
      await expect(w.disputes.payAward(blocked.nullifier)).to.be.revertedWithCustomError(w.disputes, "NothingUnpaid");
      await referee.block(RECIPIENT, false);
      await referee.claim(RECIPIENT);
      expect(referee.received(RECIPIENT)).to.equal(HOLD);
    });
  });

  it("is taken before the revenue, and both pay the last unit", async () => {
    const { w, referee } = world();
    await referee.postBond(HOLD + P);
    await referee.earn(await closeOf(w, BOB, { firstUnused: 1, recipient: FRIEND }));
    const ticket = await ticketOf(w, ALICE, 0);
    await referee.open(ticket, WATCHER);
    await referee.resolveAfterWindow(ticket);
    expect([referee.bond, referee.revenue, referee.received(WATCHER)]).to.deep.equal([0n, 0n, HOLD]);
    expect(referee.fire).to.equal(HOLD + P);
  });

  it("cannot be moved in the pool by anyone but the disputes", async () => {
    const { w, referee } = world();
    await referee.postBond(HOLD);
    for (const signer of [w.provider, w.stranger]) {
      const pool = w.pool.connect(signer);
      for (const call of [pool.payBond(signer, 1n), pool.payRevenue(signer, 1n), pool.payAward(signer, 1n, 0n)]) {
        await expect(call).to.be.revertedWithCustomError(pool, "NotDisputes").withArgs(signer);
      }
    }
  });
});
