// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Unlinkability (P-07), attacked. Many honest users, with the real wallet, gateway, proofs and contracts, leave their traces; an
 * observer gets all that the provider could keep and all that the chain shows (unlinkability/observer.ts), tries every matcher that we
 * could think of (unlinkability/matchers), and must do no better than chance. The same matchers must find every leak that is planted
 * into the same data (unlinkability/leaks): without that, failing to link would show nothing.
 *
 * What counts as chance: no matcher, on no relation, with neither statistic (unlinkability/statistics.ts), may reach a probability of
 * 10^-6 divided by the number of all these tests. So an honest run fails once in a million runs, whatever its random secrets.
 *
 * Linked by design, and put together before the matchers begin, or kept out of the run:
 * - the calls of one session, its share, vouchers and refund: one nullifier. Longer sessions are the user's choice;
 * - a close with its deposit, its payout and the unused tickets that it gives up: one identity commitment. A close also says how many
 *   tickets were used, and sums of refunds. Exact sums narrow down the tickets of who had unusual charges (see the last test), so
 *   wallets can round them down, and in this run they do, to a step as wide as the spread of the sums;
 * - an enrolment with the accounts that its root holds: here all, as wallets wait for a set that is large enough;
 * - what was charged, from a list of few prices: users of this run draw their sessions alike. Who alone uses a price, or writes the
 *   same prompt again, is known by it;
 * - network addresses and times: outside of the protocol. Here everybody acts at random times, and within a stretch in random order.
 *
 * JETON_VERBOSE=1 prints the tables; JETON_DEEP=1 takes 40 accounts and some 200 tickets.
 */
import { expect } from "chai";

import { recordFigures } from "../../scripts/support/figures.ts";
import { withFolder } from "../src/support/session-world.ts";
import { FAMILY_ALPHA, TESTS, attack, bestOfEach, leaksIn, tableOf } from "./unlinkability/attack.ts";
import type { Finding } from "./unlinkability/attack.ts";
import { LEAKS, exactSums } from "./unlinkability/leaks/index.ts";
import { MATCHERS } from "./unlinkability/matchers/index.ts";
import { run } from "./unlinkability/run.ts";
import type { Size, World } from "./unlinkability/run.ts";

const QUICK: Size = { equal: 13, others: 3, folding: 11, closing: 3, before: [2, 3], after: [0, 1] };
const DEEP: Size = { equal: 32, others: 8, folding: 36, closing: 12, before: [3, 4], after: [0, 3] };
const SEED = 20_251;

const print = (title: string, findings: readonly Finding[]): void => {
  if (process.env["JETON_VERBOSE"] === "1") console.log(`\n${title}\n\n${tableOf(findings)}\n`);
};
const countOf = (world: World, source: string): number =>
  world.records.filter((record) => record.source === source).length;

describe("unlinkability", function () {
  this.timeout(1_800_000);
  const size = process.env["JETON_DEEP"] === "1" ? DEEP : QUICK;
  let world: World;

  before("many users make their traces", async () => {
    world = await withFolder((path) => run(size, path("store.db"), SEED));
  });

  it("gives the observer everything: tables, feed, messages with proofs, transactions and events", () => {
    const accounts = size.equal + size.others;
    const { owners, records } = world;
    expect(owners.account.size).to.equal(accounts);
    expect(owners.fold.size).to.equal(size.folding);
    for (const source of ["tickets", "feed.ticket"]) {
      expect(countOf(world, source), source).to.be.at.least(owners.ticket.size);
    }
    for (const source of ["enrolments", "feed.enrolment", "message.enroll", "event.AccountOpened"]) {
      expect(countOf(world, source), source).to.equal(accounts);
    }
    for (const source of ["folds", "feed.fold", "message.fold"]) {
      expect(countOf(world, source), source).to.equal(size.folding);
    }
    const withProof = records.filter(({ values }) => values.some(({ name }) => name.endsWith("ticket.proof.a[0]")));
    expect(new Set(withProof.map(({ subject }) => subject?.key))).to.deep.equal(new Set(owners.ticket.keys()));
    const commitments = [...owners.account.keys()];
    const inCalldata = records.filter(
      ({ source, subject }) =>
        source.startsWith("transaction.") && subject !== undefined && owners.account.has(subject.key),
    );
    expect(new Set(inCalldata.map(({ subject }) => subject?.key))).to.deep.equal(new Set(commitments));
  });

  it("lets no matcher link tickets, folds, enrolments, accounts or amounts better than chance", () => {
    const findings = attack(world);
    expect(findings).to.have.length(TESTS / 2);
    const title = `No leak: ${TESTS} tests, together at ${FAMILY_ALPHA}; of each matcher what it did best`;
    print(title, bestOfEach(findings));
    recordFigures("matching", {
      accounts: world.owners.account.size,
      tickets: world.owners.ticket.size,
      folds: world.owners.fold.size,
      matchers: MATCHERS.length,
      "tests of chance": TESTS,
      "links found": leaksIn(findings).length,
      "planted leaks, all found": LEAKS.length,
    });
    expect(tableOf(leaksIn(findings))).to.equal(tableOf([]));
  });

  for (const leak of LEAKS) {
    it(`finds a planted leak: ${leak.name}`, () => {
      const found = leaksIn(attack(leak.plant(world), leak.relation));
      const byFinders = found.filter(({ matcher }) => leak.finders.includes(matcher));
      print(`Planted: ${leak.name}`, byFinders);
      expect(byFinders.map(({ matcher }) => matcher)).to.have.members(leak.finders);
    });
  }

  it("has a planted leak for every matcher, so that none of them is blind", () => {
    const finders = new Set(LEAKS.flatMap((leak) => leak.finders));
    expect([...finders]).to.have.members(MATCHERS.map(({ name }) => name));
  });

  it("shows what closes with exact sums tell, which is by design: of a few prices, little", () => {
    const [finding] = attack(exactSums(world), "ticket – account").filter(
      ({ matcher }) => matcher === "sums of refunds",
    );
    print("By design: exact sums of closes", finding === undefined ? [] : [finding]);
    expect(finding?.auc).to.be.within(0.3, 0.9);
  });
});
