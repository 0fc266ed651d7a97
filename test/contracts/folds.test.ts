// SPDX-License-Identifier: GPL-3.0-or-later
/** How an owner folds without the provider, with real proofs: certified on chain, made final, closed with. */
import { expect } from "chai";

import { signCloseConsent } from "../../src/chain/index.ts";
import type { CloseRequest } from "../../src/chain/index.ts";
import { closeClaim } from "../../src/protocol/index.ts";
import { withReferee } from "./support/dispute-referee.ts";
import type { Referee } from "./support/dispute-referee.ts";
import {
  ALICE,
  BOB,
  D,
  DEADLINE,
  HOLD,
  P,
  RECIPIENT,
  S,
  WINDOW,
  alice,
  closeArgument,
  closeOf,
  ethers,
  networkHelpers,
  prove,
  signed,
} from "./support/dispute-world.ts";
import type { DisputeWorld } from "./support/dispute-world.ts";
import {
  FINAL,
  NONE,
  PENDING,
  foldArgument,
  judge,
  named,
  planOf,
  provedFold,
  refundsOf,
  statusOf,
  unsigned,
  windowEndOf,
} from "./support/fold-world.ts";
import type { Fold } from "./support/fold-world.ts";

/** Alice used tickets 0 to 4. */
const USED = 5;

describe("A certified fold", function () {
  this.timeout(120_000);
  const world = withReferee();

  /** Three tickets onto the first state, one onto that before it is final, and a last one onto the second, signed by then. */
  interface Chain {
    readonly first: Fold;
    readonly second: Fold;
    readonly third: Fold;
  }

  async function chain(w: DisputeWorld): Promise<Chain> {
    const first = planOf(w, ALICE, undefined, [0, 1, 2]);
    const second = planOf(w, ALICE, first, [3], "certified");
    const third = planOf(w, ALICE, second, [4], "signed");
    const [one, two, three] = await Promise.all([provedFold(first), provedFold(second), provedFold(third)]);
    return { first: one, second: two, third: three };
  }

  const certify = (w: DisputeWorld, fold: Fold) => w.settlement.connect(w.stranger).certifyFold(foldArgument(fold));
  const finalize = (w: DisputeWorld, fold: Fold) => w.settlement.connect(w.stranger).finalizeFold(...named(fold));

  async function certifyAndFinalize(w: DisputeWorld, folds: readonly Fold[]): Promise<void> {
    for (const fold of folds) await certify(w, fold);
    await networkHelpers.time.increase(WINDOW);
    for (const fold of folds) await finalize(w, fold);
  }

  const closeWith = (w: DisputeWorld, fold: Fold, isCertified = true): Promise<CloseRequest> => {
    const base = isCertified ? unsigned(fold) : signed(w, w.description, fold.state);
    return closeOf(w, ALICE, { firstUnused: USED, base, ...refundsOf(fold.tickets), isCertified });
  };

  /** D + S, less every ticket that was used, more what each folded ticket was refunded; the hold of ticket 2 is lost. */
  function worth(fold: Fold): bigint {
    let sum = D + S;
    for (let ticket = 0; ticket < USED; ticket++) sum -= HOLD;
    const { refundedCharges, refundedHolds } = refundsOf(fold.tickets);
    return sum + refundedCharges + refundedHolds;
  }

  it("is pending for the challenge window, and takes its nullifiers when it is final, not before", async () => {
    const { w } = world();
    const { first } = await chain(w);
    const sent = await certify(w, first);
    const at = BigInt((await sent.getBlock())?.timestamp ?? 0);
    await expect(sent)
      .to.emit(w.settlement, "FoldCertified")
      .withArgs(first.newState, first.foldNullifiers, 0n, at + WINDOW);
    expect([await statusOf(w, first), await windowEndOf(w, first)]).to.deep.equal([PENDING, at + WINDOW]);
    expect(await w.settlement.foldHoldersOf(first.foldNullifiers)).to.deep.equal([0n, 0n, 0n, 0n]);

    await networkHelpers.time.setNextBlockTimestamp(at + WINDOW - 1n);
    await expect(finalize(w, first))
      .to.be.revertedWithCustomError(w.settlement, "FoldWindowOpen")
      .withArgs(first.newState, at + WINDOW);
    await networkHelpers.time.setNextBlockTimestamp(at + WINDOW);
    await expect(finalize(w, first)).to.emit(w.settlement, "FoldFinalized").withArgs(first.newState);
    expect(await w.settlement.foldsOf([first.newState, 1n])).to.have.lengthOf(2);
    expect([await statusOf(w, first), await statusOf(w, { ...first, newState: 1n })]).to.deep.equal([FINAL, NONE]);
    await judge(w, [first]);
  });

  it("carries the next one before it is final, and is made final before it", async () => {
    const { w } = world();
    const { first, second } = await chain(w);
    await certify(w, first);
    await certify(w, second);
    await networkHelpers.time.increase(WINDOW);
    await expect(finalize(w, second))
      .to.be.revertedWithCustomError(w.settlement, "StateNotCertified")
      .withArgs(first.newState);
    await finalize(w, first);
    await finalize(w, second);
    await judge(w, [first, second]);
  });

  it("is worth at the close what signed ones are: D + S less the tickets, more every refund", async () => {
    const { w, referee } = world();
    const { first, second } = await chain(w);
    await certifyAndFinalize(w, [first, second]);
    const close = await closeWith(w, second);
    expect(close.certified).to.equal(second.newState);
    await referee.earn(close);
    expect(referee.received(RECIPIENT)).to.equal(worth(second));
    expect(referee.fire).to.equal(2n * P);
    await judge(w, [first, second]);
  });

  it("can be signed later and folded further either way", async () => {
    const { w, referee } = world();
    const folds = await chain(w);
    await certifyAndFinalize(w, [folds.first, folds.second]);
    await certifyAndFinalize(w, [folds.third]);
    await referee.earn(await closeWith(w, folds.third));
    expect(referee.received(RECIPIENT)).to.equal(worth(folds.third));
    await judge(w, Object.values(folds));
  });

  it("need not be certified again to close with, once the provider has signed its state", async () => {
    const { w, referee } = world();
    const { first } = await chain(w);
    await certify(w, first);
    await referee.earn(await closeWith(w, first, false));
    expect(referee.received(RECIPIENT)).to.equal(worth(first));
  });

  it("closes at once with the provider's consent, which names the state", async () => {
    const { w, referee } = world();
    const { first, second } = await chain(w);
    const close = await closeWith(w, second);
    const consent = await signCloseConsent(w.provider, w.description, close, DEADLINE);
    const argument = [closeArgument(close), DEADLINE, consent] as const;
    await expect(w.settlement.closeWithConsent(...argument)).to.be.revertedWithCustomError(
      w.settlement,
      "StateNotCertified",
    );
    await certifyAndFinalize(w, [first, second]);
    const other = await signCloseConsent(w.provider, w.description, { ...close, certified: first.newState }, DEADLINE);
    await expect(w.settlement.closeWithConsent(closeArgument(close), DEADLINE, other)).to.be.revertedWithCustomError(
      w.settlement,
      "ConsentRefused",
    );
    await w.settlement.closeWithConsent(...argument);
    referee.noteClose(close);
    referee.notePayout(alice);
    expect(referee.received(RECIPIENT)).to.equal(worth(second));
  });

  describe("closes nothing", () => {
    const refuse = (w: DisputeWorld, close: CloseRequest, error: string) =>
      expect(w.settlement.startClose.staticCall(closeArgument(close))).to.be.revertedWithCustomError(
        w.settlement,
        error,
      );

    async function pending(): Promise<Chain & { w: DisputeWorld; referee: Referee; close: CloseRequest }> {
      const { w, referee } = world();
      const folds = await chain(w);
      const close = await closeWith(w, folds.second);
      await refuse(w, close, "StateNotCertified");
      for (const fold of [folds.first, folds.second]) await certify(w, fold);
      return { w, referee, close, ...folds };
    }

    it("before it is final: unknown, pending, or past its window and not made final", async () => {
      const { w, close, first } = await pending();
      await refuse(w, close, "StateNotCertified");
      await networkHelpers.time.increase(WINDOW);
      await refuse(w, close, "StateNotCertified");
      await finalize(w, first);
      await refuse(w, close, "StateNotCertified");
    });

    it("in another's name, under another state's, or as if the provider had signed it", async () => {
      const { w, close, first, second } = await pending();
      await networkHelpers.time.increase(WINDOW);
      for (const fold of [first, second]) await finalize(w, fold);
      for (const certified of [0n, first.newState]) await refuse(w, { ...close, certified }, "ProofRefused");
      await refuse(w, { ...close, certified: ethers.MaxUint256 }, "StateNotCertified");
      await w.settlement.startClose.staticCall(closeArgument(close));

      const terms = { recipient: RECIPIENT, relayer: ethers.ZeroAddress, fee: 0n, deadline: DEADLINE };
      const input = { deposit: D, firstUnused: USED, ...refundsOf(second.tickets), terms };
      const stolen = closeClaim(w.description, BOB, unsigned(second), input, true);
      let failure: unknown;
      await prove("close", { ...stolen, input: { ...stolen.input, identitySecret: BOB } }).catch(
        (error: unknown) => (failure = error),
      );
      expect(failure).to.have.property("code", "INPUT_REJECTED");
      const bobs = await closeOf(w, BOB, { firstUnused: USED });
      await refuse(w, { ...bobs, certified: second.newState }, "ProofRefused");
    });

    it("with more refunds than its state holds, also where every limit of the contract allows them", async () => {
      const { w, close, first, second } = await pending();
      await networkHelpers.time.increase(WINDOW);
      for (const fold of [first, second]) await finalize(w, fold);
      await refuse(w, { ...close, refundedCharges: close.refundedCharges + 1n }, "ProofRefused");
      await refuse(w, { ...close, refundedHolds: close.refundedHolds + 1n }, "ProofRefused");
    });
  });
});
