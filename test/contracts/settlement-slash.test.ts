// SPDX-License-Identifier: GPL-3.0-or-later
/** Slashes with real proofs: of double spends, and of closes that say less than was used. */
import { expect } from "chai";

import type { CloseRequest } from "../../src/chain/index.ts";
import { identityCommitmentOf, nullifierOf, recoverFromKey, ticketKeyFromCover } from "../../src/protocol/index.ts";
import { withReferee } from "./support/referee.ts";
import {
  BOUNTY,
  D,
  HOLD,
  LIFETIME,
  RECIPIENT,
  S,
  WATCHER,
  WINDOW,
  alice,
  bob,
  closeArgument,
  ethers,
  networkHelpers,
  slashArguments,
} from "./support/settlement-world.ts";
import type { SettlementWorld, SlashRequest, Transcript } from "./support/settlement-world.ts";

const refused = (w: SettlementWorld, request: SlashRequest, error: string, changes: Partial<SlashRequest> = {}) =>
  expect(w.settlement.slash(...slashArguments(request, changes))).to.be.revertedWithCustomError(w.settlement, error);

describe("A slash with a real proof", function () {
  this.timeout(120_000);
  const world = withReferee();

  it("gives an active account's deposit to the provider, the bounty to the slasher, the rest to the fire", async () => {
    const { w, referee } = world();
    await referee.slash(w.proofs.ticket20);
    expect(referee.received(WATCHER)).to.equal(BOUNTY);
    expect(referee.revenue).to.equal(D);
    expect(referee.fire).to.equal(S - BOUNTY);
    await referee.withdraw();
    await referee.burn();
  });

  it("ends a pending close, and its recipient and relayer get nothing", async () => {
    const { w, referee } = world();
    await referee.startClose(w.proofs.middle);
    await referee.slash(w.proofs.ticket20);
    const [pending] = await w.settlement.pendingClosesOf([alice]);
    expect(pending?.finalizableAt).to.equal(0n);
    expect(pending?.recipient).to.equal(`0x${"00".repeat(20)}`);
    await networkHelpers.time.increase(WINDOW);
    await expect(w.settlement.finalizeClose(alice)).to.be.revertedWithCustomError(w.settlement, "NoPendingClose");
    expect(referee.received(RECIPIENT)).to.equal(0n);
  });

  it("moves the stake alone when the account has expired", async () => {
    const { w, referee } = world();
    await networkHelpers.time.increase(LIFETIME);
    await referee.expire(alice);
    await referee.slash(w.proofs.ticket20);
    expect(referee.revenue).to.equal(D);
    expect(referee.received(WATCHER)).to.equal(BOUNTY);
  });

  it("ends the close of an expired account too", async () => {
    const { w, referee } = world();
    await networkHelpers.time.increase(LIFETIME);
    await referee.expire(alice);
    await referee.startClose(w.proofs.fresh);
    await referee.slash(w.proofs.ticket20);
    expect(referee.received(RECIPIENT)).to.equal(0n);
  });

  it("happens once, whichever ticket is shown the second time, and nothing follows it", async () => {
    const { w, referee } = world();
    await referee.slash(w.proofs.ticket20);
    for (const again of [w.proofs.ticket20, w.proofs.ticket30]) await refused(w, again, "AccountNotOpen");
    await expect(w.settlement.startClose(closeArgument(w.proofs.fresh)))
      .to.be.revertedWithCustomError(w.settlement, "AccountNotOpen")
      .withArgs(alice, 4n);
    await networkHelpers.time.increase(LIFETIME);
    await expect(w.settlement.expire(alice)).to.be.revertedWithCustomError(w.pool, "AccountNotActive");
    await expect(w.pool.deposit(alice, D)).to.be.revertedWithCustomError(w.pool, "IdentityCommitmentUsed");
  });

  it("comes too late after the payout", async () => {
    const { w, referee } = world();
    await referee.startClose(w.proofs.middle);
    await referee.finalizeAfterWindow(alice);
    await refused(w, w.proofs.ticket20, "AccountNotOpen");
  });

  it("is worth nothing to who copies it: it pays nobody but the recipient of the proof", async () => {
    const { w, referee } = world();
    for (const recipient of [w.stranger.address, RECIPIENT, w.provider.address]) {
      await refused(w, w.proofs.ticket20, "ProofRefused", { recipient });
    }
    // Sent by the copier as it is, it pays the watcher all the same.
    await referee.slash(w.proofs.ticket20);
    expect(referee.received(WATCHER)).to.equal(BOUNTY);
  });

  it("is refused for another account, another ticket and in another pool", async () => {
    const { w } = world();
    const { ticket20, ticket30, bobsTicket } = w.proofs;
    await refused(w, ticket20, "ProofRefused", { identityCommitment: bob });
    await refused(w, ticket20, "ProofRefused", { nullifier: ticket30.nullifier });
    await refused(w, ticket20, "ProofRefused", { nullifier: 0n });
    await refused(w, ticket20, "ProofRefused", { proof: bobsTicket.proof });
    await expect(w.second.settlement.slash(...slashArguments(ticket20))).to.be.revertedWithCustomError(
      w.second.settlement,
      "ProofRefused",
    );
  });

  it("of one's own account, from a second address, is a loss of D and half the stake", async () => {
    const { w, referee } = world();
    // The watcher's address is the owner's own here.
    await referee.slash(w.proofs.ticket20);
    const paidIn = D + S;
    const gotBack = referee.received(WATCHER);
    expect(gotBack).to.equal(505_500n);
    expect(paidIn - gotBack).to.equal(1_605_500n);
    // Even with D spent to the last ticket, closing would have given S.
    expect(gotBack < S).to.equal(true);
    expect(S - gotBack).to.equal(505_500n);
  });
});

describe("A close below a ticket that was used", function () {
  this.timeout(120_000);
  const world = withReferee();

  /** What a gateway does: looks its transcripts up among the tickets that the event reveals. */
  async function convict(
    w: SettlementWorld,
    seen: Transcript,
  ): Promise<{ account: bigint; index: number } | undefined> {
    const [event] = await w.settlement.queryFilter(w.settlement.filters.CloseStarted(alice));
    if (event === undefined) throw new Error("there is no close");
    return convictFrom([...event.args.coverKeys], Number(event.args.firstUnused), seen);
  }

  function convictFrom(coverKeys: readonly bigint[], firstUnused: number, seen: Transcript) {
    for (let index = firstUnused; index < firstUnused + Number(D / HOLD); index++) {
      const ticketKey = ticketKeyFromCover(coverKeys, firstUnused, index);
      if (nullifierOf(ticketKey) !== seen.nullifier) continue;
      return { account: identityCommitmentOf(recoverFromKey(seen, ticketKey)), index };
    }
    return undefined;
  }

  interface Case {
    readonly what: string;
    readonly close: "fresh" | "middle" | "older";
    readonly used: 20 | 30;
  }
  const cases: Case[] = [
    { what: "with j one too low", close: "middle", used: 20 },
    { what: "with j far too low, and no state", close: "fresh", used: 20 },
    { what: "after skipping tickets", close: "middle", used: 30 },
    { what: "after skipping tickets, with j = 0", close: "fresh", used: 30 },
    { what: "with an older state", close: "older", used: 20 },
  ];
  for (const { what, close, used } of cases) {
    it(`is slashed in the window by one share and the published keys, ${what}`, async () => {
      const { w, referee } = world();
      const [seen, claim] =
        used === 20 ? [w.proofs.transcript20, w.proofs.ticket20] : [w.proofs.transcript30, w.proofs.ticket30];
      await referee.startClose(w.proofs[close]);
      expect(await convict(w, seen)).to.deep.equal({ account: alice, index: used });
      expect(claim.nullifier).to.equal(seen.nullifier);
      await referee.slash(claim);
      expect(referee.received(RECIPIENT)).to.equal(0n);
      expect(referee.revenue).to.equal(D);
    });
  }

  it("gives nothing away where no ticket from j on was used", async () => {
    const { w, referee } = world();
    await referee.startClose(w.proofs.owing);
    expect(await convict(w, w.proofs.transcript20)).to.equal(undefined);
    expect(await convict(w, w.proofs.transcript30)).to.equal(undefined);
  });

  it("is slashed as long as nobody has made it final, however late", async () => {
    const { w, referee } = world();
    await referee.startClose(w.proofs.middle);
    await networkHelpers.time.increase(100n * WINDOW);
    await referee.slash(w.proofs.ticket20);
  });

  it("is slashed in the same block, whichever of the two comes first", async () => {
    for (const order of ["close first", "slash first"] as const) {
      const { w } = world();
      const snapshot = await networkHelpers.takeSnapshot();
      const { provider } = w.connection.ethers;
      await provider.send("evm_setAutomine", [false]);
      const gas = { gasLimit: 1_000_000n };
      const sendClose = () => w.settlement.connect(w.user).startClose(closeArgument(w.proofs.middle), gas);
      const [id, nullifier, recipient, proof] = slashArguments(w.proofs.ticket20);
      const sendSlash = () => w.settlement.connect(w.user).slash(id, nullifier, recipient, proof, gas);
      const nonce = await w.user.getNonce();
      const send = order === "close first" ? [sendClose, sendSlash] : [sendSlash, sendClose];
      for (const one of send) await one();
      await provider.send("evm_mine", []);
      await provider.send("evm_setAutomine", [true]);
      expect(await w.user.getNonce()).to.equal(nonce + 2);
      expect((await w.pool.accountOf(alice)).status, order).to.equal(4n);
      expect((await w.settlement.pendingClosesOf([alice]))[0]?.finalizableAt, order).to.equal(0n);
      expect(await w.token.balanceOf(WATCHER), order).to.equal(BOUNTY);
      await snapshot.restore();
    }
  });

  it("wins what it hides when nobody watches for a whole window", async () => {
    const { w, referee } = world();
    await referee.startClose(w.proofs.fresh);
    await referee.finalizeAfterWindow(alice);
    await refused(w, w.proofs.ticket20, "AccountNotOpen");
    expect(referee.received(RECIPIENT)).to.equal(D + S);
    expect(referee.revenue).to.equal(0n);
  });

  it("costs D and S even when it reverted: its calldata gave the keys away, and the ticket was used afterwards", async () => {
    const { w, referee } = world();
    const call = w.settlement.interface.encodeFunctionData("startClose", [closeArgument(w.proofs.middle)]);
    const to = await w.settlement.getAddress();
    const sent = w.user.sendTransaction({ to, data: call, gasLimit: 250_000n });
    await expect(sent).to.be.revert(ethers);
    const block = await w.client.provider.getBlock("latest", true);
    const [transaction] = block?.prefetchedTransactions ?? [];
    const decoded: unknown = w.settlement.interface.decodeFunctionData("startClose", transaction?.data ?? "0x")[0];
    const published = decoded as CloseRequest;
    // The owner thinks that nothing happened, and uses ticket 20 once.
    const found = convictFrom([...published.coverKeys], Number(published.firstUnused), w.proofs.transcript20);
    expect(found).to.deep.equal({ account: alice, index: 20 });
    await referee.slash(w.proofs.ticket20);
    expect(await w.token.balanceOf(RECIPIENT)).to.equal(0n);
    // Had the owner closed again with the same j instead:
    const honest = D + S - 20n * HOLD + 168_000n;
    expect(honest).to.equal(2_059_000n);
  });
});
