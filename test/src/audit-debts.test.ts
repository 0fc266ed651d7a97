// SPDX-License-Identifier: GPL-3.0-or-later
/** An audit of what is rare: folds that are challenged, awards that the bond covers in part, penalties that are collected later. */
import { expect } from "chai";

import { PoolSender } from "../../src/chain/index.ts";
import { Prover } from "../../src/prover/index.ts";
import {
  ALICE,
  HOLD,
  WATCHER,
  WINDOW,
  disputeWorld,
  ethers,
  networkHelpers,
  openingArguments,
  openingOf,
  stopProving,
  ticketOf,
} from "../contracts/support/dispute-world.ts";
import type { DisputeWorld, Ticket } from "../contracts/support/dispute-world.ts";
import { certify, challenge, finalize, proved } from "../contracts/support/fold-world.ts";
import type { Fold } from "../contracts/support/fold-world.ts";
import { callsChanged, eventsChanged } from "./support/audit-lies.ts";
import type { Lie } from "./support/audit-scene.ts";
import { Auditing } from "./support/auditing.ts";

const passWindow = () => networkHelpers.time.increase(WINDOW);

describe("An audit of debts and challenges", function () {
  this.timeout(240_000);
  let prover: Prover;
  let w: DisputeWorld;
  let auditing: Auditing;
  let folds: Record<"seventh" | "double" | "sibling" | "regrouped" | "both" | "uponSeventh" | "honest", Fold>;
  let tickets: readonly [Ticket, Ticket];
  /** The block in which one award is paid in part, and one in which both are, and no penalty. */
  let [partly, whole] = [0, 0];

  const codesOf = (lie: Lie): Promise<string[]> => auditing.codesOf(lie);

  before(async () => {
    prover = await Prover.create();
    w = await networkHelpers.loadFixture(disputeWorld);
    auditing = new Auditing(prover, { world: w, fromBlock: w.creation.blockNumber });
    folds = await proved(w, "seventh", "double", "sibling", "regrouped", "both", "uponSeventh", "honest");
    await losses();
    await challenges();
  });

  after(async () => {
    await prover.close();
    await stopProving();
  });

  /** The bond is one award and 4 units. */
  async function losses(): Promise<void> {
    const provider = new PoolSender(w.client, w.provider);
    await provider.postBond(HOLD + 4n);
    tickets = [await ticketOf(w, ALICE, 0), await ticketOf(w, ALICE, 1)];
    const [first, second] = tickets;
    await w.disputes.openDispute(...openingArguments(await openingOf(w, first)));
    await w.disputes.openDispute(...openingArguments(await openingOf(w, second, WATCHER)));
    await passWindow();
    await w.disputes.resolveDispute(second.nullifier);
    await w.disputes.resolveDispute(first.nullifier);
    partly = await ethers.provider.getBlockNumber();
    await provider.postBond(HOLD - 4n);
    await w.disputes.payAward(first.nullifier);
    whole = await ethers.provider.getBlockNumber();
    await provider.postBond(3n * HOLD);
    await w.disputes.collectPenalties();
  }

  /** One that lets nothing stand, one that takes a ticket over, and one that lets a second fold fall. */
  async function challenges(): Promise<void> {
    const { seventh, double, sibling, regrouped, both, uponSeventh, honest } = folds;
    await certify(w, seventh);
    await passWindow();
    await finalize(w, seventh);
    for (const fold of [double, sibling, regrouped]) await certify(w, fold);
    await challenge(w, double, both);
    await challenge(w, sibling, uponSeventh);
    await challenge(w, regrouped, honest);
    await passWindow();
    await finalize(w, honest);
  }

  it("follows challenges to certified folds, and holds every fold and every refund against the contract", async () => {
    const report = await auditing.at(ethers.provider);
    expect(report.counts).to.deep.equal({});
    expect(report.folds).to.deep.equal({ certified: 6, pending: 0, final: 2, fallen: 4 });
    // Four were certified; three were shown in challenges, two of which stand and were certified by that.
    expect(report.checked.proofs).to.deep.equal({ request: 2, fold: 9 });
  });

  it("follows an award that is paid in parts, and penalties that are collected after it", async () => {
    const at = async (toBlock: number) => {
      const { result, disputes, money } = await auditing.at(ethers.provider, { toBlock });
      expect(result).to.deep.equal({ isClean: true, violations: 0, warnings: 0, notes: 0 });
      const { awards, toBurn } = money.totals;
      return [disputes.unpaidAwards, disputes.unpaidPenalties, awards, toBurn, money.ledger["bond"]];
    };
    expect(await at(partly)).to.deep.equal([HOLD - 4n, 2n * HOLD, HOLD + 4n, 0n, 0n]);
    expect(await at(whole)).to.deep.equal([0n, 2n * HOLD, 2n * HOLD, 0n, 0n]);
    expect(await at(await ethers.provider.getBlockNumber())).to.deep.equal([0n, 0n, 2n * HOLD, 2n * HOLD, HOLD]);
  });

  it("finds a fold that fell with another one and was kept silent, and one that stands and should not", async () => {
    const { uponSeventh, honest, regrouped } = folds;
    const silent = eventsChanged("FoldChallenged", (args) => (args[0] === uponSeventh.newState ? undefined : args));
    expect(await codesOf(silent)).to.deep.equal(["FOLD_CHALLENGE_MISMATCH", "STATE_FOLD"]);
    const unheard = eventsChanged("FoldCertified", (args) => (args[0] === honest.newState ? undefined : args));
    expect(await codesOf(unheard)).to.deep.equal(["FOLD_CHALLENGE_MISMATCH", "FOLD_NOT_PENDING"]);
    const fallen = eventsChanged("FoldFinalized", ([state]) => [
      state === honest.newState ? regrouped.newState : state,
    ]);
    expect(await codesOf(fallen)).to.deep.equal(["FOLD_NOT_PENDING", "STATE_FOLD"]);
    const other = eventsChanged("FoldChallenged", ([state, by], _, at) => [at === 0 ? honest.newState : state, by]);
    expect(await codesOf(other)).to.include.members(["FOLD_NOT_PENDING", "STATE_FOLD"]);
  });

  it("finds a challenge with another proof, and one that not the provider sent", async () => {
    const proof = callsChanged("challengeFold", ([state, nullifiers, certified, shown]) => {
      const [newState, shownNullifiers, base, [a, b]] = shown as [unknown, unknown, unknown, [unknown, unknown]];
      return [state, nullifiers, certified, [newState, shownNullifiers, base, [a, b, a]]];
    });
    expect(await codesOf(proof)).to.deep.equal(["PROOF_INVALID"]);
    const selector = w.settlement.interface.getFunction("challengeFold").selector;
    const sender: Lie = (method, _, answer) => {
      const transaction = answer as { input?: string } | null;
      if (method !== "eth_getTransactionByHash" || transaction?.input?.startsWith(selector) !== true) return undefined;
      return { ...transaction, from: WATCHER };
    };
    expect(await codesOf(sender)).to.deep.equal(["NOT_PROVIDER"]);
  });

  it("finds an award that was paid short or in silence, and a penalty that differs by one unit", async () => {
    const [first] = tickets;
    const short = eventsChanged("AwardPaid", ([nullifier, to, amount]) => [
      nullifier,
      to,
      nullifier === first.nullifier && amount === 4n ? 3n : amount,
    ]);
    expect(await codesOf(short)).to.deep.equal(["AWARD_MISMATCH"]);
    const silent = eventsChanged("AwardPaid", (args) => (args[2] === HOLD - 4n ? undefined : args));
    expect(await codesOf(silent)).to.include.members(["AWARD_MISMATCH", "STATE_DISPUTE", "STATE_OBLIGATIONS"]);
    const penalty = eventsChanged("ProviderCharged", ([to, award, burned]) => [
      to,
      award,
      burned === 2n * HOLD ? 2n * HOLD - 1n : burned,
    ]);
    expect(await codesOf(penalty)).to.deep.equal(["AWARD_MISMATCH", "STATE_LEDGER", "STATE_OBLIGATIONS"]);
    const uncollected = eventsChanged("ProviderCharged", (args) => (args[1] === 0n ? undefined : args));
    expect(await codesOf(uncollected)).to.deep.equal(["STATE_LEDGER", "STATE_OBLIGATIONS"]);
  });
});
