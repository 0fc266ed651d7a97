// SPDX-License-Identifier: GPL-3.0-or-later
/** Closes with real proofs. After every test the books of `Referee` must agree with the chain to the unit. */
import { expect } from "chai";

import { withReferee } from "./support/referee.ts";
import {
  C,
  D,
  DEADLINE,
  FEE,
  HOLD,
  LIFETIME,
  P,
  RECIPIENT,
  RELAYER,
  S,
  WATCHER,
  WINDOW,
  alice,
  bob,
  closeArgument,
  networkHelpers,
} from "./support/settlement-world.ts";

describe("A close with a real proof", function () {
  this.timeout(120_000);
  const world = withReferee();

  it("pays D + S back where no ticket was used", async () => {
    const { w, referee } = world();
    await referee.startClose(w.proofs.fresh);
    await referee.finalizeAfterWindow(alice);
    expect(referee.received(RECIPIENT)).to.equal(D + S);
  });

  it("pays tickets, refunds and the relayer in the middle, on a state that the provider signed", async () => {
    const { w, referee } = world();
    await referee.startClose(w.proofs.middle);
    await referee.finalizeAfterWindow(alice);
    expect(referee.received(RELAYER)).to.equal(FEE);
    expect(referee.received(RECIPIENT)).to.equal(D + S - 20n * HOLD + 150_000n + 18_000n - FEE);
    expect(referee.revenue).to.equal(20n * C - 150_000n);
    expect(referee.fire).to.equal(20n * P - 18_000n);
    await referee.withdraw();
    await referee.burn();
    expect(referee.received(w.provider.address)).to.equal(50_000n);
  });

  it("pays what is claimed of an older state, both sums rounded down by the wallet", async () => {
    const { w, referee } = world();
    await referee.startClose(w.proofs.older);
    await referee.finalizeAfterWindow(alice);
    expect(referee.received(RECIPIENT)).to.equal(D + S - 20n * HOLD + 40_000n + 6_000n);
  });

  it("pays the stake where every ticket was used, with no cover key at all", async () => {
    const { w, referee } = world();
    expect(w.proofs.exhausted.firstUnused).to.equal(65_536n);
    expect(w.proofs.exhausted.coverKeys.every((key) => key === 0n)).to.equal(true);
    await referee.startClose(w.proofs.exhausted);
    await referee.finalizeAfterWindow(alice);
    expect(referee.received(RECIPIENT)).to.equal(S);
    expect(referee.revenue).to.equal(D);
  });

  it("pays the stake, the provider in full and the fire the rest, where more is owed than D", async () => {
    const { w, referee } = world();
    await referee.startClose(w.proofs.owing);
    await referee.finalizeAfterWindow(alice);
    expect(105n * HOLD > D).to.equal(true);
    expect(referee.received(RECIPIENT)).to.equal(S);
    expect(referee.revenue).to.equal(105n * C);
    expect(referee.fire).to.equal(D - 105n * C);
  });

  for (const name of ["fresh", "middle", "exhausted"] as const) {
    it(`pays the stake alone after the account has expired (${name})`, async () => {
      const { w, referee } = world();
      await networkHelpers.time.increase(LIFETIME);
      await referee.expire(alice);
      await referee.startClose(w.proofs[name]);
      await referee.finalizeAfterWindow(alice);
      expect(referee.received(RECIPIENT) + referee.received(RELAYER)).to.equal(S);
      expect(referee.revenue).to.equal(D);
    });
  }

  it("goes on in full when the account's lifetime ends while it is pending", async () => {
    const { w, referee } = world();
    await networkHelpers.time.increase(LIFETIME - WINDOW);
    await referee.startClose(w.proofs.fresh);
    await networkHelpers.time.increase(LIFETIME);
    await expect(w.settlement.expire(alice))
      .to.be.revertedWithCustomError(w.settlement, "CloseIsPending")
      .withArgs(alice);
    await referee.finalizeClose(alice);
    expect(referee.received(RECIPIENT)).to.equal(D + S);
  });

  it("publishes its cover keys, and moves nothing before the last second of the window", async () => {
    const { w, referee } = world();
    const { fresh } = w.proofs;
    const receipt = await (await w.settlement.startClose(closeArgument(fresh))).wait();
    referee.noteClose(fresh);
    const [event] = await w.settlement.queryFilter(w.settlement.filters.CloseStarted(alice), receipt?.blockNumber);
    expect(event?.args.coverKeys).to.deep.equal([...fresh.coverKeys]);
    const finalizableAt = event?.args.finalizableAt ?? 0n;
    const block = await w.client.provider.getBlock(receipt?.blockNumber ?? 0);
    expect(finalizableAt).to.equal(BigInt(block?.timestamp ?? 0) + WINDOW);
    await referee.expectBooks();
    for (const early of [finalizableAt - WINDOW + 1n, finalizableAt - 1n]) {
      await networkHelpers.time.setNextBlockTimestamp(early);
      await expect(w.settlement.finalizeClose(alice))
        .to.be.revertedWithCustomError(w.settlement, "ChallengeWindowOpen")
        .withArgs(alice, finalizableAt);
    }
    await networkHelpers.time.setNextBlockTimestamp(finalizableAt);
    await referee.finalizeClose(alice);
  });

  it("happens once: neither the payout nor any close of the account can follow", async () => {
    const { w, referee } = world();
    await referee.startClose(w.proofs.older);
    await referee.finalizeAfterWindow(alice);
    await expect(w.settlement.finalizeClose(alice)).to.be.revertedWithCustomError(w.settlement, "NoPendingClose");
    for (const again of [w.proofs.older, w.proofs.fresh]) {
      await expect(w.settlement.startClose(closeArgument(again)))
        .to.be.revertedWithCustomError(w.settlement, "AccountNotOpen")
        .withArgs(alice, 3n);
    }
    await expect(w.pool.deposit(alice, D)).to.be.revertedWithCustomError(w.pool, "IdentityCommitmentUsed");
  });

  it("cannot be replaced by another one of the same owner while it is pending", async () => {
    const { w, referee } = world();
    await referee.startClose(w.proofs.middle);
    for (const other of [w.proofs.fresh, w.proofs.middle]) {
      await expect(w.settlement.startClose(closeArgument(other))).to.be.revertedWithCustomError(
        w.settlement,
        "CloseIsPending",
      );
    }
    await referee.finalizeAfterWindow(alice);
  });

  it("is taken until the last second of its deadline, and not after", async () => {
    const { w, referee } = world();
    const snapshot = await networkHelpers.takeSnapshot();
    await networkHelpers.time.setNextBlockTimestamp(DEADLINE + 1n);
    await expect(w.settlement.startClose(closeArgument(w.proofs.fresh)))
      .to.be.revertedWithCustomError(w.settlement, "DeadlinePassed")
      .withArgs(DEADLINE);
    await snapshot.restore();
    await networkHelpers.time.setNextBlockTimestamp(DEADLINE);
    await referee.startClose(w.proofs.fresh);
  });

  it("credits a recipient that cannot be paid, and holds up nobody", async () => {
    const { w, referee } = world();
    await referee.startClose(w.proofs.middle);
    await referee.block(RECIPIENT);
    await referee.finalizeAfterWindow(alice);
    expect(referee.received(RECIPIENT)).to.equal(0n);
    expect(referee.received(RELAYER)).to.equal(FEE);
    await referee.expectBooks();

    await referee.slash(w.proofs.bobsTicket);
    expect(referee.received(WATCHER)).to.equal(S / 2n);
    await referee.withdraw();
    await referee.burn();
    await referee.expectBooks();

    await referee.block(RECIPIENT, false);
    await referee.claim(RECIPIENT);
    expect(referee.received(RECIPIENT)).to.equal(D + S - 20n * HOLD + 168_000n - FEE);
  });

  it("leaves every other account as it was", async () => {
    const { w, referee } = world();
    const before = await w.pool.accountOf(bob);
    await referee.startClose(w.proofs.exhausted);
    await referee.finalizeAfterWindow(alice);
    expect(await w.pool.accountOf(bob)).to.deep.equal(before);
  });
});
