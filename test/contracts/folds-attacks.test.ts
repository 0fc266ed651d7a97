// SPDX-License-Identifier: GPL-3.0-or-later
/** What somebody might try with certified folds: an owner to count a ticket twice, anyone to certify what was not proved. */
import { expect } from "chai";

import { FIELD_MODULUS } from "../../src/protocol/index.ts";
import { withReferee } from "./support/dispute-referee.ts";
import {
  ALICE,
  D,
  HOLD,
  RECIPIENT,
  S,
  WINDOW,
  closeArgument,
  closeOf,
  networkHelpers,
} from "./support/dispute-world.ts";
import type { DisputeWorld } from "./support/dispute-world.ts";
import {
  FALLEN,
  FINAL,
  NONE,
  PENDING,
  certify,
  challenge,
  finalize,
  foldArgument,
  judge,
  named,
  proved,
  refundsOf,
  statusOf,
  unsigned,
  windowEndOf,
} from "./support/fold-world.ts";
import type { Fold } from "./support/fold-world.ts";

type Quadruple = [bigint, bigint, bigint, bigint];

const refused = (w: DisputeWorld, call: Promise<unknown>, error: string) =>
  expect(call).to.be.revertedWithCustomError(w.settlement, error);
const holdersOf = (w: DisputeWorld, { foldNullifiers }: Fold) => w.settlement.foldHoldersOf(foldNullifiers);
const passWindow = () => networkHelpers.time.increase(WINDOW);

describe("An attack on certified folds", function () {
  this.timeout(240_000);
  const world = withReferee();

  describe("by an owner who wants a ticket counted twice", () => {
    it("falls to the fold that the provider signed, which stands in its place and closes for what is true", async () => {
      const { w, referee } = world();
      const folds = await proved(w, "honest", "double");
      const { honest, double } = folds;
      await certify(w, double);
      const sent = await challenge(w, double, honest);
      const at = BigInt((await sent.getBlock())?.timestamp ?? 0);
      await expect(sent).to.emit(w.settlement, "FoldChallenged").withArgs(double.newState, honest.newState);
      await expect(sent)
        .to.emit(w.settlement, "FoldCertified")
        .withArgs(honest.newState, honest.foldNullifiers, 0n, at + WINDOW);
      expect([await statusOf(w, double), await statusOf(w, honest)]).to.deep.equal([FALLEN, PENDING]);
      expect(await holdersOf(w, honest)).to.deep.equal(honest.foldNullifiers.map(() => honest.newState));

      await refused(w, finalize(w, double), "FoldIsNotPending");
      await refused(w, finalize(w, honest), "FoldWindowOpen");
      await passWindow();
      await refused(w, finalize(w, double), "FoldIsNotPending");
      await finalize(w, honest);
      const greed = { firstUnused: 3, base: unsigned(double), ...refundsOf(double.tickets), isCertified: true };
      const refusedClose = closeArgument(await closeOf(w, ALICE, greed));
      await refused(w, w.settlement.startClose.staticCall(refusedClose), "StateNotCertified");
      const truth = { firstUnused: 2, base: unsigned(honest), ...refundsOf(honest.tickets), isCertified: true };
      await referee.earn(await closeOf(w, ALICE, truth));
      const { refundedCharges, refundedHolds } = refundsOf([0, 1]);
      expect(referee.received(RECIPIENT)).to.equal(D + S - 2n * HOLD + refundedCharges + refundedHolds);
      await judge(w, Object.values(folds));
    });

    it("finds the tickets held in the block after, whatever the grouping and the slot", async () => {
      const { w } = world();
      const folds = await proved(w, "honest", "double", "regrouped", "sibling", "both");
      const { honest, double, regrouped, sibling, both } = folds;
      await certify(w, double);
      await challenge(w, double, honest);
      await refused(w, certify(w, double), "FoldIsKnown");
      await refused(w, certify(w, honest), "FoldIsKnown");
      for (const again of [regrouped, sibling, both]) {
        const ticket = honest.foldNullifiers[0];
        await expect(certify(w, again))
          .to.be.revertedWithCustomError(w.settlement, "FoldNullifierHeld")
          .withArgs(ticket, honest.newState);
      }
      await passWindow();
      await finalize(w, honest);
      for (const again of [regrouped, sibling, both]) await refused(w, certify(w, again), "FoldNullifierHeld");
      await judge(w, Object.values(folds));
    });

    it("loses every fold that was prepared beside, or built upon the fallen one, with the one challenge", async () => {
      const { w } = world();
      const folds = await proved(w, "honest", "double", "regrouped", "upon", "sibling");
      const { honest, double, regrouped, upon, sibling } = folds;
      for (const fold of [double, regrouped, upon, sibling]) await certify(w, fold);
      await challenge(w, double, honest);
      await passWindow();
      for (const fold of [regrouped, sibling]) await refused(w, finalize(w, fold), "FoldHasFallen");
      await expect(finalize(w, upon))
        .to.be.revertedWithCustomError(w.settlement, "StateNotCertified")
        .withArgs(double.newState);
      await finalize(w, honest);
      for (const fold of [regrouped, sibling]) await refused(w, finalize(w, fold), "FoldHasFallen");
      await refused(w, finalize(w, upon), "StateNotCertified");
      expect(await Promise.all([honest, double].map((fold) => statusOf(w, fold)))).to.deep.equal([FINAL, FALLEN]);
      await judge(w, Object.values(folds));
    });

    it("cannot build upon a fallen fold, nor use one that is unknown", async () => {
      const { w } = world();
      const { honest, double, upon } = await proved(w, "honest", "double", "upon");
      await refused(w, certify(w, upon), "StateNotCertified");
      await certify(w, double);
      await challenge(w, double, honest);
      await expect(certify(w, upon))
        .to.be.revertedWithCustomError(w.settlement, "StateNotCertified")
        .withArgs(double.newState);
    });

    it("does not get by with the first of two pending folds final: the second has nothing left", async () => {
      const { w } = world();
      const folds = await proved(w, "honest", "sibling", "regrouped");
      const { honest, sibling, regrouped } = folds;
      for (const fold of [honest, sibling, regrouped]) await certify(w, fold);
      await passWindow();
      await finalize(w, honest);
      for (const fold of [sibling, regrouped]) await refused(w, finalize(w, fold), "FoldHasFallen");
      const sent = await challenge(w, sibling, honest);
      await expect(sent).to.not.emit(w.settlement, "FoldCertified");
      expect([await statusOf(w, honest), await statusOf(w, sibling)]).to.deep.equal([FINAL, FALLEN]);
      await judge(w, Object.values(folds));
    });

    it("does not hurry a fold that was shown: its window starts again, also when it was pending before", async () => {
      const { w } = world();
      const folds = await proved(w, "honest", "double");
      const { honest, double } = folds;
      await certify(w, honest);
      await networkHelpers.time.increase(WINDOW / 2n);
      await certify(w, double);
      const before = await windowEndOf(w, honest);
      await challenge(w, double, honest);
      expect((await windowEndOf(w, honest)) > before).to.equal(true);
      await networkHelpers.time.setNextBlockTimestamp(before + 1n);
      await refused(w, finalize(w, honest), "FoldWindowOpen");
      await passWindow();
      await finalize(w, honest);
      await judge(w, Object.values(folds));
    });

    it("is challenged in time as long as nobody has made it final, and too late after that", async () => {
      const { w } = world();
      const { honest, sibling } = await proved(w, "honest", "sibling");
      await certify(w, sibling);
      await passWindow();
      await networkHelpers.time.increase(10n * WINDOW);
      await w.settlement.connect(w.provider).challengeFold.staticCall(...named(sibling), foldArgument(honest));
      await finalize(w, sibling);
      await refused(w, challenge(w, sibling, honest), "FoldIsNotPending");
      await judge(w, [honest, sibling]);
    });
  });

  describe("in what is certified", () => {
    it("fails with another state, other nullifiers or another base than was proved, and with numbers at or above the field's order", async () => {
      const { w } = world();
      const { honest, double, sibling } = await proved(w, "honest", "double", "sibling");
      await certify(w, double);
      const [a, b, c, d] = honest.foldNullifiers;
      const replaced: Quadruple[] = [
        [b, a, c, d],
        [a, b, d, c],
        [a, b, c, d + 1n],
        [a, sibling.foldNullifiers[1], c, d],
        [a + FIELD_MODULUS, b, c, d],
        [a, b, c, d + FIELD_MODULUS],
        [0n, 1n, 2n, 3n],
      ];
      for (const foldNullifiers of replaced) await refused(w, certify(w, honest, { foldNullifiers }), "ProofRefused");
      for (const newState of [0n, honest.newState + 1n, honest.newState + FIELD_MODULUS, sibling.newState]) {
        await refused(w, certify(w, honest, { newState }), "ProofRefused");
      }
      await refused(w, certify(w, honest, { certified: double.newState }), "ProofRefused");
      await refused(w, certify(w, honest, { proof: sibling.proof }), "ProofRefused");
      for (const foldNullifiers of [
        [a, a, c, d],
        [a, b, c, a],
        [d, b, c, d],
        [0n, 0n, 0n, 0n],
      ] as Quadruple[]) {
        await refused(w, certify(w, honest, { foldNullifiers }), "FoldNullifiersRepeat");
      }
      expect(await statusOf(w, honest)).to.equal(NONE);
    });

    it("fails with a fold of another pool, and with a base that nobody certified", async () => {
      const { w } = world();
      const { elsewhere, uponSeventh } = await proved(w, "elsewhere", "uponSeventh");
      await refused(w, certify(w, elsewhere), "ProofRefused");
      await w.second.settlement.certifyFold(foldArgument(elsewhere));
      await expect(certify(w, uponSeventh))
        .to.be.revertedWithCustomError(w.settlement, "StateNotCertified")
        .withArgs(uponSeventh.certified);
    });

    it("fails the second time, in every status", async () => {
      const { w } = world();
      const { seventh, both } = await proved(w, "seventh", "both");
      const known = (status: bigint) =>
        expect(certify(w, seventh))
          .to.be.revertedWithCustomError(w.settlement, "FoldIsKnown")
          .withArgs(seventh.newState, status);
      await certify(w, seventh);
      await known(PENDING);
      await certify(w, both);
      await passWindow();
      await finalize(w, seventh);
      await known(FINAL);
      await refused(w, finalize(w, seventh), "FoldIsNotPending");
      await refused(w, finalize(w, both), "FoldHasFallen");
    });

    it("is made final with its own nullifiers and base, and with no others", async () => {
      const { w } = world();
      const { honest, seventh } = await proved(w, "honest", "seventh");
      await certify(w, honest);
      await passWindow();
      const [a, b, c, d] = honest.foldNullifiers;
      const stranger = w.settlement.connect(w.stranger);
      for (const nullifiers of [[b, a, c, d], [a, b, c, 0n], [...seventh.foldNullifiers]] as Quadruple[]) {
        await refused(w, stranger.finalizeFold(honest.newState, nullifiers, 0n), "FoldContentsMismatch");
      }
      await refused(w, stranger.finalizeFold(honest.newState, [a, b, c, d], 1n), "FoldContentsMismatch");
      await refused(w, finalize(w, seventh), "FoldIsNotPending");
      await finalize(w, honest);
      await judge(w, [honest]);
    });
  });

  it("fails with whatever gas: a fold that was not proved is not certified when the verifier runs short", async () => {
    const { w } = world();
    const { honest } = await proved(w, "honest");
    const wrong = foldArgument(honest, { newState: honest.newState + 1n });
    const isTaken = (argument: typeof wrong, gasLimit: bigint): Promise<boolean> =>
      w.settlement.certifyFold.staticCall(argument, { gasLimit }).then(
        () => true,
        () => false,
      );
    for (let gasLimit = 40_000n; gasLimit < 600_000n; gasLimit += 20_000n) {
      expect(await isTaken(wrong, gasLimit), `with ${gasLimit} gas`).to.equal(false);
    }
    expect([
      await isTaken(foldArgument(honest), 100_000n),
      await isTaken(foldArgument(honest), 600_000n),
    ]).to.deep.equal([false, true]);
  });
});
