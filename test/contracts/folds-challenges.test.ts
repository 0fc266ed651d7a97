// SPDX-License-Identifier: GPL-3.0-or-later
/** What a challenge can bring down, and what it cannot: no honest fold, with whatever the provider has. */
import { expect } from "chai";

import { FIELD_MODULUS } from "../../src/protocol/index.ts";
import { withReferee } from "./support/dispute-referee.ts";
import { WINDOW, networkHelpers } from "./support/dispute-world.ts";
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
  statusOf,
} from "./support/fold-world.ts";
import type { Fold } from "./support/fold-world.ts";

const refused = (w: DisputeWorld, call: Promise<unknown>, error: string) =>
  expect(call).to.be.revertedWithCustomError(w.settlement, error);
const holdersOf = (w: DisputeWorld, { foldNullifiers }: Fold) => w.settlement.foldHoldersOf(foldNullifiers);
const passWindow = () => networkHelpers.time.increase(WINDOW);

describe("A challenge to a certified fold", function () {
  this.timeout(240_000);
  const world = withReferee();

  it("brings down no honest fold with anything that the provider has of it, of other folds, or of other pools", async () => {
    const { w } = world();
    const { honest, seventh, uponSeventh, elsewhere, others } = await proved(
      w,
      "honest",
      "seventh",
      "uponSeventh",
      "elsewhere",
      "others",
    );
    // Alice certifies one fold, and another one onto it: the provider has seen all her proofs, of this pool and of another.
    for (const fold of [seventh, uponSeventh]) await certify(w, fold);
    await refused(w, challenge(w, seventh, seventh), "FoldsDoNotConflict");
    await refused(w, challenge(w, uponSeventh, uponSeventh), "FoldsDoNotConflict");
    await refused(w, challenge(w, uponSeventh, seventh), "FoldsDoNotConflict");
    await refused(w, challenge(w, seventh, honest), "FoldsDoNotConflict");
    await refused(w, challenge(w, seventh, others), "FoldsDoNotConflict");
    await refused(w, challenge(w, seventh, elsewhere), "FoldsDoNotConflict");
    const { foldNullifiers } = seventh;
    for (const shown of [elsewhere, others, honest]) {
      await refused(w, challenge(w, seventh, shown, { foldNullifiers }), "ProofRefused");
    }
    await refused(w, challenge(w, seventh, seventh, { newState: 1n }), "ProofRefused");
    await refused(w, challenge(w, seventh, seventh, { newState: seventh.newState + FIELD_MODULUS }), "ProofRefused");
    const [a, , c, d] = foldNullifiers;
    await refused(w, challenge(w, seventh, others, { foldNullifiers: [a, a, c, d] }), "FoldNullifiersRepeat");
    await refused(w, challenge(w, seventh, others, { foldNullifiers, certified: 1n }), "StateNotCertified");
    await passWindow();
    for (const fold of [seventh, uponSeventh]) await finalize(w, fold);
    await judge(w, [seventh, uponSeventh]);
  });

  it("cannot take another's tickets: a fold holds what its own secret gives", async () => {
    const { w } = world();
    const { honest, others } = await proved(w, "honest", "others");
    const shared = new Set([...honest.foldNullifiers, ...others.foldNullifiers]);
    expect(shared.size).to.equal(8);
    const [a] = honest.foldNullifiers;
    const [, b, c, d] = others.foldNullifiers;
    await refused(w, certify(w, others, { foldNullifiers: [a, b, c, d] }), "ProofRefused");
    for (const fold of [others, honest]) await certify(w, fold);
    await passWindow();
    for (const fold of [others, honest]) await finalize(w, fold);
    await judge(w, [honest, others]);
  });

  it("is refused to everybody else, the owner included", async () => {
    const { w } = world();
    const { honest, double } = await proved(w, "honest", "double");
    await certify(w, double);
    for (const signer of [w.user, w.stranger]) {
      await expect(w.settlement.connect(signer).challengeFold(...named(double), foldArgument(honest)))
        .to.be.revertedWithCustomError(w.settlement, "NotProvider")
        .withArgs(signer);
    }
  });

  it("needs a base that is signed or final, a fold that stands, and the right name of the fold that it brings down", async () => {
    const { w } = world();
    const { honest, double, seventh, uponSeventh, both } = await proved(
      w,
      "honest",
      "double",
      "seventh",
      "uponSeventh",
      "both",
    );
    await refused(w, challenge(w, double, honest), "FoldIsNotPending");
    await certify(w, double);
    await certify(w, seventh);
    await expect(challenge(w, double, uponSeventh))
      .to.be.revertedWithCustomError(w.settlement, "StateNotCertified")
      .withArgs(seventh.newState);
    const renamed = { ...double, foldNullifiers: honest.foldNullifiers };
    await refused(w, challenge(w, renamed, honest), "FoldContentsMismatch");
    await refused(w, challenge(w, { ...double, certified: 1n }, honest), "FoldContentsMismatch");
    await passWindow();
    await finalize(w, seventh);
    await challenge(w, double, uponSeventh);
    expect([await statusOf(w, double), await statusOf(w, uponSeventh)]).to.deep.equal([FALLEN, PENDING]);

    // Shown in turn, another fold of ticket 0 takes it over, and the one that fell is shown no more.
    await challenge(w, uponSeventh, honest);
    expect(await statusOf(w, uponSeventh)).to.equal(FALLEN);
    await refused(w, challenge(w, honest, uponSeventh), "FoldHasFallen");
    await refused(w, challenge(w, honest, double), "FoldHasFallen");
    await refused(w, certify(w, both), "FoldNullifierHeld");
    await passWindow();
    await finalize(w, honest);
    await judge(w, [honest, double, seventh, uponSeventh]);
  });

  it("holds where a nullifier of the fold shown is final already: the pending one falls, and nothing takes its place", async () => {
    const { w } = world();
    const folds = await proved(w, "seventh", "sibling", "both", "regrouped");
    const { seventh, sibling, both, regrouped } = folds;
    await certify(w, seventh);
    await passWindow();
    await finalize(w, seventh);
    await certify(w, sibling);
    const sent = await challenge(w, sibling, both);
    await expect(sent).to.emit(w.settlement, "FoldChallenged").withArgs(sibling.newState, both.newState);
    await expect(sent).to.not.emit(w.settlement, "FoldCertified");
    expect(await Promise.all([sibling, both, seventh].map((fold) => statusOf(w, fold)))).to.deep.equal([
      FALLEN,
      NONE,
      FINAL,
    ]);
    const { newState } = both;
    expect(await holdersOf(w, both)).to.deep.equal([newState, seventh.newState, newState, newState]);
    for (const fold of [both, regrouped]) await refused(w, certify(w, fold), "FoldNullifierHeld");
    await refused(w, finalize(w, both), "FoldIsNotPending");
    await judge(w, Object.values(folds));
  });
});
