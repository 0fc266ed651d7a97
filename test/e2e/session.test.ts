// SPDX-License-Identifier: GPL-3.0-or-later
/** Wallet and gateway together, from the enrolment to the close, with real proofs. */
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { closeChallenge, closePayout, compressSlots, identityCommitmentOf, stakeOf } from "../../src/protocol/index.ts";
import type { FeedEntryJson } from "../../src/wire/index.ts";
import {
  C,
  DEPOSIT,
  HOLD,
  P,
  PARAMETERS,
  POOL,
  PRICE,
  beginUser,
  openUser,
  secretOf,
  startProvider,
  verify,
} from "../src/support/session-world.ts";

const RECIPIENT = "0x00000000000000000000000000000000000000cc";

describe("a session from the first to the last step", function () {
  this.timeout(120_000);

  it("enrols, calls in parallel, gets refunds, folds them, spends them, and closes with them", async () => {
    const provider = startProvider();
    const { account } = openUser(provider);
    await beginUser(provider, { account });
    await account.enroll();
    const progress: number[] = [];
    expect(await account.proveTickets(4, (proved) => progress.push(proved))).to.equal(4);
    expect(progress).to.deep.equal([1, 2, 3, 4]);

    const results = await Promise.all(["a", "b", "c", "d"].map((payload) => account.call(payload)));
    expect(results.map(({ response }) => response)).to.deep.equal(["echo: a", "echo: b", "echo: c", "echo: d"]);
    expect(results.map(({ index }) => index)).to.have.members([0, 1, 2, 3]);
    for (const { charged, refund } of results) {
      expect(charged).to.equal(PRICE);
      expect(refund?.refundedCharge).to.equal(C - PRICE);
      expect(refund?.refundedHold).to.equal(P);
    }
    expect(account.summary()).to.include({ used: 4, inStock: 0, unsettled: 0, unfolded: 4n * (C - PRICE + P) });

    const folded = await account.fold();
    expect(folded).to.deep.equal({
      indices: [0, 1, 2, 3],
      added: 4n * (C - PRICE + P),
      budget: DEPOSIT + 4n * (C - PRICE + P),
    });
    expect(await account.fold()).to.equal(undefined);
    // 1200 + 360 = 13 tickets of 120, three more than the deposit alone covers.
    expect(account.summary()).to.include({ covered: 13, unfolded: 0n });
    expect((await account.call("after the fold")).response).to.equal("echo: after the fold");

    const { request, payout } = await account.buildClose({ recipient: RECIPIENT, deadline: 2_000_000_000n });
    const stake = stakeOf(PARAMETERS, DEPOSIT);
    expect(request).to.include({
      firstUnused: 5n,
      refundedCharges: 4n * (C - PRICE),
      refundedHolds: 4n * P,
      relayer: ZeroAddress,
    });
    expect(payout.toRecipient).to.equal(DEPOSIT + stake - 5n * HOLD + 4n * (C - PRICE) + 4n * P);
    const z = closeChallenge(POOL.poolHash, request.identityCommitment, request.coverKeys, request);
    const publicSignals = [
      ...[identityCommitmentOf(secretOf(0)), DEPOSIT, 5n, 4n * (C - PRICE), 4n * P, 0n],
      ...[z, compressSlots(request.coverKeys, z), POOL.poolHash],
    ];
    expect(await verify("close", publicSignals, request.proof)).to.equal(true);
    expect(payout).to.deep.equal(
      closePayout(PARAMETERS, {
        deposit: DEPOSIT,
        stake,
        firstUnused: 5n,
        refundedCharges: 280n,
        refundedHolds: 80n,
        fee: 0n,
        isExpired: false,
      }),
    );

    expect(await provider.gateway.observeClose(request)).to.equal(true);
    expect(provider.offences).to.deep.equal([]);
    expect(account.grievances()).to.deep.equal([]);

    const { entries } = await provider.gateway.publicFeed({ after: 0 });
    const kinds = entries.map(({ kind }: FeedEntryJson) => kind);
    expect(kinds[0]).to.equal("enrolment");
    expect(kinds.filter((kind) => kind === "ticket")).to.have.length(5);
    expect(kinds.filter((kind) => kind === "refund")).to.have.length(5);
    expect(kinds.filter((kind) => kind === "fold")).to.have.length(1);
  });
});
