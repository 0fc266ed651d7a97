// SPDX-License-Identifier: GPL-3.0-or-later
/** Real proofs with any amount of gas: a call does all or nothing, and no shortage makes the chain believe what is not proved. */
import { expect } from "chai";

import { withReferee } from "./support/referee.ts";
import {
  RELAYER,
  WATCHER,
  WINDOW,
  alice,
  closeArgument,
  ethers,
  networkHelpers,
  slashArguments,
} from "./support/settlement-world.ts";
import type { SettlementWorld } from "./support/settlement-world.ts";

describe("A shortage of gas", function () {
  this.timeout(240_000);
  const world = withReferee();

  interface Sweep {
    readonly data: string;
    /** Whether everything that the call does has been done. */
    readonly isDone: () => Promise<boolean>;
    /** A number of its own for every state that the call could leave behind. */
    readonly fingerprint: () => Promise<string>;
  }

  /**
   * Sends the call with ever more gas: in steps of 16,000, and unit by unit in steps of 150 around the least that suffices. Each
   * time all is done, or nothing. Returns whether any amount sufficed.
   */
  async function sweep(w: SettlementWorld, { data, isDone, fingerprint }: Sweep): Promise<boolean> {
    const to = await w.settlement.getAddress();
    const before = await fingerprint();
    const done = new Set<string>();
    const snapshot = await networkHelpers.takeSnapshot();
    const attempt = async (gasLimit: bigint): Promise<boolean> => {
      const isMined = await w.stranger
        .sendTransaction({ to, data, gasLimit })
        .then(() => true)
        .catch(() => false);
      if (!isMined) {
        expect(await fingerprint(), `after a failure with ${gasLimit} gas`).to.equal(before);
        return false;
      }
      expect(await isDone(), `with ${gasLimit} gas`).to.equal(true);
      done.add(await fingerprint());
      await snapshot.restore();
      return true;
    };
    let [most, least] = [0n, 0n];
    const needed = await w.stranger.estimateGas({ to, data }).catch(() => 400_000n);
    for (let gas = 22_000n; gas <= (needed * 5n) / 4n; gas += 16_000n) {
      if (await attempt(gas)) least = least === 0n ? gas : least;
      else if (least === 0n) most = gas;
    }
    if (least === 0n) return false;
    while (least - most > 100n) {
      const middle = (least + most) / 2n;
      if (await attempt(middle)) least = middle;
      else most = middle;
    }
    for (let gas = least - 3_000n; gas <= least + 3_000n; gas += 150n) await attempt(gas);
    expect(done.size, "ways in which it was done").to.equal(1);
    return true;
  }

  const stateOf = async (w: SettlementWorld): Promise<string> => {
    const [pending] = await w.settlement.pendingClosesOf([alice]);
    const { recipient = ethers.ZeroAddress } = pending ?? {};
    const held = await Promise.all([w.proofs.middle.recipient, RELAYER, WATCHER].map((who) => w.token.balanceOf(who)));
    const amounts = [pending?.toRecipient, pending?.toProvider, pending?.fee, (await w.pool.accountOf(alice)).status];
    return [recipient, pending?.relayer, ...amounts, ...(await w.pool.ledger()), ...held].join();
  };

  it("starts a close with a proof that holds whole or not at all", async () => {
    const { w } = world();
    const isDone = async (): Promise<boolean> =>
      ((await w.settlement.pendingClosesOf([alice]))[0]?.finalizableAt ?? 0n) !== 0n;
    const data = w.settlement.interface.encodeFunctionData("startClose", [closeArgument(w.proofs.middle)]);
    expect(await sweep(w, { data, isDone, fingerprint: () => stateOf(w) })).to.equal(true);
  });

  it("slashes with a proof that holds whole or not at all, and pays the bounty rather than crediting it", async () => {
    const { w, referee } = world();
    await referee.startClose(w.proofs.middle);
    const isDone = async (): Promise<boolean> =>
      (await w.pool.accountOf(alice)).status === 4n && (await w.token.balanceOf(WATCHER)) > 0n;
    const data = w.settlement.interface.encodeFunctionData("slash", slashArguments(w.proofs.ticket20));
    expect(await sweep(w, { data, isDone, fingerprint: () => stateOf(w) })).to.equal(true);
  });

  it("makes a close final whole or not at all, and pays both payees rather than crediting them", async () => {
    const { w, referee } = world();
    await referee.startClose(w.proofs.middle);
    await networkHelpers.time.increase(WINDOW);
    const isDone = async (): Promise<boolean> => (await w.pool.ledger()).undelivered === 0n;
    const data = w.settlement.interface.encodeFunctionData("finalizeClose", [alice]);
    expect(await sweep(w, { data, isDone, fingerprint: () => stateOf(w) })).to.equal(true);
  });

  it("lets no proof pass that does not hold", async () => {
    const { w } = world();
    const fingerprint = (): Promise<string> => stateOf(w);
    const isDone = async (): Promise<boolean> => false;
    const stolen = closeArgument(w.proofs.middle, { recipient: WATCHER });
    const closing = w.settlement.interface.encodeFunctionData("startClose", [stolen]);
    expect(await sweep(w, { data: closing, isDone, fingerprint })).to.equal(false);
    const copied = slashArguments(w.proofs.ticket20, { recipient: RELAYER });
    const slashing = w.settlement.interface.encodeFunctionData("slash", copied);
    expect(await sweep(w, { data: slashing, isDone, fingerprint })).to.equal(false);
  });
});
