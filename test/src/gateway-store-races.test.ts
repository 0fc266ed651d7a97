// SPDX-License-Identifier: GPL-3.0-or-later
/** Several stores on one database, at the same time. */
import { expect } from "chai";

import type { GatewayStore } from "../../src/gateway/index.ts";
import {
  NOW,
  claimOf,
  describeStores,
  enrolmentOf,
  foldOf,
  leaseOf,
  outcomeOf,
  refundOf,
  serve,
  ticketKey,
  wholeFeed,
} from "./support/stores.ts";

const range = (count: number, from = 1): bigint[] => Array.from({ length: count }, (_, n) => BigInt(from + n));
/** Spread over the whole range, as nullifiers are. */
const spread = (n: bigint): bigint =>
  (n * 0x9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95n) % (1n << 253n);

describeStores("two stores on one database", (home) => {
  let stores: [GatewayStore, GatewayStore];
  beforeEach(async () => {
    stores = [await home().open(), await home().open()];
  });
  /** The same of both, at once. */
  const both = <T>(task: (store: GatewayStore, owner: string) => Promise<T>): Promise<[T, T]> =>
    Promise.all([task(stores[0], "one"), task(stores[1], "two")]);

  it("give each of 50 tickets to exactly one of both, which both want at once", async () => {
    const decisions = await both((store, owner) =>
      Promise.all(
        range(50).map(async (nullifier) => {
          const claim = claimOf(nullifier);
          const { kind } = await store.beginCall(claim, ticketKey(nullifier), leaseOf(owner), NOW);
          if (kind === "serve") expect(await store.completeCall(outcomeOf(nullifier, owner))).to.equal("done");
          return kind;
        }),
      ),
    );
    for (const n of range(50).keys()) {
      const kinds = decisions.map((list) => list[n]);
      expect(kinds.filter((kind) => kind === "serve")).to.have.length(1);
      expect(kinds.some((kind) => kind === "in-progress" || kind === "answered")).to.equal(true);
    }
    const entries = await wholeFeed(stores[0]);
    expect(entries.map(({ position }) => position)).to.deep.equal(range(50).map(Number));
    expect(new Set(entries.map((entry) => "nullifier" in entry && entry.nullifier))).to.deep.equal(new Set(range(50)));
  });

  it("charge no call whose lease was over when the next one of its session began", async () => {
    const [slow, quick] = stores;
    const at = NOW + 15;
    expect((await slow.beginCall(claimOf(1n), ticketKey(1n), leaseOf("slow"), NOW)).kind).to.equal("serve");
    const second = claimOf(1n, { sequence: 2 });
    expect((await quick.beginCall(second, undefined, leaseOf("quick", at + 15), at)).kind).to.equal("serve");
    expect(await slow.renewLease(1n, 1, leaseOf("slow", at + 99))).to.equal(false);
    expect(await quick.completeCall(outcomeOf(1n, "quick", { sequence: 2, charged: 60n, at }))).to.equal("done");
    expect(await slow.completeCall(outcomeOf(1n, "slow", { charged: 30n, at }))).to.equal("lost");
    const ticket = await slow.ticket(1n);
    expect(ticket).to.include({ charged: 60n });
    expect(ticket).to.have.nested.property("voucher.sequence", 2);
  });

  it("record one of two messages on the same ticket, and show it to the other", async () => {
    const message = (x: bigint) => (store: GatewayStore, owner: string) => {
      const opening = { ...ticketKey(1n), share: { x, y: 5n } };
      return store.beginCall(claimOf(1n, { x }), opening, leaseOf(owner), NOW);
    };
    const results = await Promise.all([message(1n)(stores[0], "one"), message(2n)(stores[1], "two")]);
    expect(results.map(({ kind }) => kind).sort()).to.deep.equal(["other-message", "serve"]);
    expect(await wholeFeed(stores[0])).to.have.length(1);
  });

  it("give one refund for each session that both end at once", async () => {
    for (const nullifier of range(10)) await serve(stores[0], nullifier);
    const ends = await both((store, owner) =>
      Promise.all(
        range(10).map((nullifier) => {
          const refund = refundOf(owner === "one" ? 70n : 69n);
          return store.endSession(ticketKey(nullifier), { charged: 30n, violation: undefined, refund }, false, NOW);
        }),
      ),
    );
    expect(ends[0]).to.deep.equal(ends[1]);
    expect((await wholeFeed(stores[0])).filter(({ kind }) => kind === "refund")).to.have.length(10);
  });

  it("let a ticket be closed or served, and never both unnoticed", async () => {
    const [closes, calls] = await Promise.all([
      Promise.all(range(20).map((nullifier) => stores[0].closeTickets(9n, [nullifier], "unless-spent"))),
      Promise.all(
        range(20).map((nullifier) =>
          stores[1].beginCall(claimOf(nullifier), ticketKey(nullifier), leaseOf("two"), NOW),
        ),
      ),
    ]);
    for (const [n, call] of calls.entries()) {
      expect(call.kind).to.equal(closes[n]?.length === 1 ? "serve" : "closed");
    }
  });

  it("sign one of two folds that share a refund, and one enrolment of an account", async () => {
    const folds = await Promise.all(
      range(20, 100).map((state, n) => {
        const rest = range(3, 1_000 + 3 * n);
        return (stores[n % 2] as GatewayStore).recordFold(foldOf(state, [1n, ...rest]));
      }),
    );
    expect(folds.filter(({ kind }) => kind === "new")).to.have.length(1);
    expect(folds.filter(({ kind }) => kind === "conflict")).to.have.length(19);
    const enrolments = await Promise.all(
      range(10).map((state) => (stores[Number(state) % 2] as GatewayStore).recordEnrolment(enrolmentOf(7n, state))),
    );
    expect(new Set(enrolments.map(({ state }) => state)).size).to.equal(1);
  });

  it("show every entry once to a reader who pages while others record", async function () {
    const total = 240;
    let isRecording = true;
    const recording = both(async (store, owner) => {
      const mine = range(total / 2, owner === "one" ? 1 : 1 + total / 2).map(spread);
      // Eight at a time, some with their session's end: one transaction with two entries.
      await Promise.all(
        range(8).map(async (lane) => {
          for (let n = Number(lane) - 1; n < mine.length; n += 8) {
            await serve(store, mine[n] as bigint, n % 3 === 0 ? { refund: refundOf(70n) } : {});
          }
        }),
      );
    }).finally(() => (isRecording = false));

    /** Never looks back: what it misses, it misses for good. */
    const read = async (store: GatewayStore, limit: number): Promise<Awaited<ReturnType<typeof wholeFeed>>> => {
      const seen = [];
      for (let isLast = false; ;) {
        const page = await store.feed(seen.at(-1)?.position ?? 0, limit);
        seen.push(...page);
        if (isLast && page.length < limit) return seen;
        if (!isRecording && page.length < limit) isLast = true;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const [one, two] = await Promise.all([read(stores[0], 7), read(stores[1], 100), recording]);
    expect(one).to.deep.equal(two);
    expect(one).to.deep.equal(await wholeFeed(stores[1]));
    expect(one.map(({ position }) => position)).to.deep.equal(range(one.length).map(Number));
    const named = (kind: string): bigint[] =>
      one.flatMap((entry) => (entry.kind === kind && "nullifier" in entry ? [entry.nullifier] : []));
    expect(new Set(named("ticket"))).to.deep.equal(new Set(range(total).map(spread)));
    expect(named("ticket")).to.have.length(total);
    expect(named("refund")).to.have.length(total / 3);
    for (const nullifier of named("refund")) {
      const at = (kind: string): number =>
        one.findIndex((entry) => entry.kind === kind && "nullifier" in entry && entry.nullifier === nullifier);
      expect(at("ticket")).to.be.below(at("refund"));
    }
  });

  it("show what was recorded to whoever asks after it was acknowledged", async () => {
    for (const nullifier of range(30)) {
      const [writer, reader] = nullifier % 2n === 0n ? stores : [stores[1], stores[0]];
      await serve(writer, nullifier);
      const ticket = await reader.ticket(nullifier);
      expect(ticket).to.include({ charged: 30n });
      const page = await reader.feed(Number(nullifier) - 1, 5);
      expect(page).to.have.length(1);
    }
  });
});
