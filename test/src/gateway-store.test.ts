// SPDX-License-Identifier: GPL-3.0-or-later
/** What a store records and decides: the same on every database. */
import { monitorEventLoopDelay } from "node:perf_hooks";

import { expect } from "chai";

import type { GatewayStore, Offence, Voucher } from "../../src/gateway/index.ts";
import { CALLS_PER_SESSION } from "../../src/gateway/store/index.ts";
import { codeOf } from "./support/session-world.ts";
import * as records from "./support/stores.ts";
import { NOW, SESSION, claimOf, describeStores, leaseOf, outcomeOf, serve, ticketKey } from "./support/stores.ts";

const { answerOf, disputeOf, enrolmentOf, foldOf, refundOf, violationOf, wholeFeed } = records;

describeStores("a store of tickets and calls", (home) => {
  let store: GatewayStore;
  beforeEach(async () => {
    store = await home().open();
  });
  const begin = (nullifier: bigint, change = {}, owner = "me", now = NOW): ReturnType<GatewayStore["beginCall"]> =>
    store.beginCall(claimOf(nullifier, change), ticketKey(nullifier), leaseOf(owner, now + 15), now);

  it("serves a ticket's first call once it was opened, and keeps what it was charged", async () => {
    expect(await store.ticket(1n)).to.equal(undefined);
    expect(await store.beginCall(claimOf(1n), undefined, leaseOf("me"), NOW)).to.deep.equal({ kind: "unseen" });
    expect(await store.ticket(1n)).to.equal(undefined);
    expect(await begin(1n)).to.deep.equal({ kind: "serve", charged: 0n, isViolated: false });
    expect(await store.completeCall(outcomeOf(1n, "me"))).to.equal("done");
    const { requestHash, signature } = claimOf(1n);
    expect(await store.ticket(1n)).to.deep.equal({
      ...ticketKey(1n),
      status: "open",
      charged: 30n,
      voucher: { sequence: 1, cap: 100n, requestHash, signature },
      refund: undefined,
      isDisputed: false,
      violation: undefined,
    });
    expect(await store.beginCall(claimOf(1n), undefined, leaseOf("me"), NOW)).to.deep.equal({
      kind: "answered",
      answer: answerOf(1n, 30n),
    });
  });

  it("keeps field elements, amounts and numbers of every size", async () => {
    const [nullifier, x, y] = [(1n << 256n) - 1n, 0n, 1n << 255n];
    const [sequence, now] = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 20];
    const cap = (1n << 96n) - 1n;
    const claim = claimOf(nullifier, { x, cap, sequence });
    const opening = { nullifier, share: { x, y }, sessionAddress: SESSION };
    expect((await store.beginCall(claim, opening, leaseOf("me", now + 15), now)).kind).to.equal("serve");
    const outcome = outcomeOf(nullifier, "me", { sequence, charged: cap, at: now, refund: refundOf(cap) });
    expect(await store.completeCall(outcome)).to.equal("done");
    expect(await store.ticket(nullifier)).to.deep.include({ nullifier, share: { x, y }, charged: cap });
    expect(await store.ticket(nullifier)).to.deep.include({ refund: refundOf(cap) });
    expect(((await store.ticket(nullifier)) as { voucher: Voucher }).voucher).to.include({ sequence, cap });
  });

  it("gives a call to one server at a time, until its lease is over or it is given up", async () => {
    expect((await begin(1n)).kind).to.equal("serve");
    expect((await begin(1n, {}, "other")).kind).to.equal("in-progress");
    expect((await begin(1n, {}, "other", NOW + 14)).kind).to.equal("in-progress");
    expect(await store.renewLease(1n, 1, leaseOf("other", NOW + 99))).to.equal(false);
    expect(await store.renewLease(1n, 1, leaseOf("me", NOW + 20))).to.equal(true);
    expect((await begin(1n, {}, "other", NOW + 19)).kind).to.equal("in-progress");
    expect((await begin(1n, {}, "other", NOW + 20)).kind).to.equal("serve");
    expect(await store.renewLease(1n, 1, leaseOf("me", NOW + 99))).to.equal(false);
    expect(await store.completeCall(outcomeOf(1n, "me"))).to.equal("lost");
    expect(await store.ticket(1n)).to.include({ charged: 0n, voucher: undefined });
    await store.abandonCall(1n, 1, "me");
    expect((await begin(1n, {}, "me", NOW + 20)).kind).to.equal("in-progress");
    await store.abandonCall(1n, 1, "other");
    expect((await begin(1n, {}, "me", NOW + 20)).kind).to.equal("serve");
    expect(await store.completeCall(outcomeOf(1n, "me"))).to.equal("done");
    expect(await store.completeCall(outcomeOf(1n, "me", { charged: 99n }))).to.equal("lost");
    expect(await store.ticket(1n)).to.include({ charged: 30n });
  });

  it("refuses another message, another request, a passed sequence and a voucher that is too low", async () => {
    await serve(store, 1n);
    const other = await begin(1n, { x: 5n });
    expect(other).to.deep.equal({ kind: "other-message", recorded: await store.ticket(1n) });
    expect(await begin(1n, { requestHash: "0x00" })).to.deep.equal({ kind: "conflict" });
    expect((await begin(1n, { sequence: 3 })).kind).to.equal("serve");
    await store.completeCall(outcomeOf(1n, "me", { sequence: 3, charged: 60n }));
    expect(await begin(1n, { sequence: 2 })).to.deep.equal({ kind: "passed" });
    expect(await begin(1n, { sequence: 4, cap: 69n })).to.deep.equal({ kind: "cap-too-low", charged: 60n });
    expect((await begin(1n, { sequence: 4, cap: 70n })).kind).to.equal("serve");
  });

  it("takes the voucher of a later attempt at the same call", async () => {
    await begin(1n);
    await store.abandonCall(1n, 1, "me");
    expect((await begin(1n, { cap: 200n, signature: "0x12" })).kind).to.equal("serve");
    await store.completeCall(outcomeOf(1n, "me"));
    const { requestHash } = claimOf(1n);
    expect(await store.voucher(1n, requestHash)).to.deep.equal({
      sequence: 1,
      cap: 200n,
      requestHash,
      signature: "0x12",
    });
    expect(await store.voucher(1n, "0x00")).to.equal(undefined);
    expect(await store.voucher(2n, requestHash)).to.equal(undefined);
  });

  it("ends a session with its last call, with the one refund that there ever is", async () => {
    await serve(store, 1n, { refund: refundOf(70n) });
    expect(await store.ticket(1n)).to.deep.include({ status: "ended", refund: refundOf(70n) });
    const offer = { charged: 30n, violation: undefined, refund: refundOf(1n) };
    const ended = { kind: "ended", refund: refundOf(70n) };
    expect(await store.endSession(ticketKey(1n), offer, true, NOW)).to.deep.equal(ended);
    expect((await begin(1n, { sequence: 2 })).kind).to.equal("ended");
    expect((await begin(1n)).kind).to.equal("answered");
  });

  it("ends a session on the basis that the refund was signed for, when nobody serves it", async () => {
    const end = (charged: bigint, mayRecord = false, now = NOW): ReturnType<GatewayStore["endSession"]> =>
      store.endSession(ticketKey(1n), { charged, violation: undefined, refund: refundOf(charged) }, mayRecord, now);
    expect(await end(0n)).to.deep.equal({ kind: "unseen" });
    await begin(1n);
    expect(await end(0n)).to.deep.equal({ kind: "in-progress" });
    await store.completeCall(outcomeOf(1n, "me"));
    expect(await end(0n)).to.deep.equal({ kind: "changed" });
    const strange = { ...ticketKey(1n), share: { x: 5n, y: 5n } };
    const offer = { charged: 30n, violation: undefined, refund: refundOf(70n) };
    expect(await store.endSession(strange, offer, true, NOW)).to.include({ kind: "other-message" });
    await begin(1n, { sequence: 2 }, "gone");
    expect((await end(30n, false, NOW + 15)).kind).to.equal("ended");
    expect(await store.completeCall(outcomeOf(1n, "gone", { sequence: 2 }))).to.equal("lost");
    expect(await store.ticket(1n)).to.include({ charged: 30n, status: "ended" });
  });

  it("records a ticket that was never served when its session ends", async () => {
    const offer = { charged: 0n, violation: undefined, refund: refundOf(100n) };
    expect((await store.endSession(ticketKey(1n), offer, true, NOW)).kind).to.equal("ended");
    expect((await begin(1n)).kind).to.equal("ended");
    expect((await wholeFeed(store)).map(({ kind }) => kind)).to.deep.equal(["ticket", "refund"]);
  });

  it("finds the sessions that nobody used since, and that nobody serves", async () => {
    for (const nullifier of [1n, 2n, 3n, 4n]) await serve(store, nullifier);
    await begin(2n, { sequence: 2 }, "me", NOW + 50);
    await store.endSession(ticketKey(3n), { charged: 30n, violation: undefined, refund: refundOf(70n) }, false, NOW);
    await store.recordViolation(violationOf(4n));
    const idle = async (since: number, now: number, limit = 10): Promise<bigint[]> =>
      (await store.idleSessions(since, now, limit)).map(({ nullifier }) => nullifier).sort();
    expect(await idle(NOW, NOW)).to.deep.equal([]);
    expect(await idle(NOW + 1, NOW)).to.deep.equal([1n]);
    await store.markViolationReported(4n);
    expect(await idle(NOW + 51, NOW + 64)).to.deep.equal([1n, 4n]);
    expect(await idle(NOW + 51, NOW + 65)).to.deep.equal([1n, 2n, 4n]);
    expect(await idle(NOW + 51, NOW + 65, 2)).to.have.length(2);
  });

  it("forgets answers after their time, and serves no call again for it", async () => {
    await serve(store, 1n, { refund: refundOf(70n) });
    await serve(store, 2n);
    await serve(store, 3n, { refund: refundOf(70n), at: NOW + 10 });
    expect(await store.forgetAnswers(NOW)).to.equal(0);
    expect(await store.forgetAnswers(NOW + 1)).to.equal(2);
    expect(await store.forgetAnswers(NOW + 1)).to.equal(0);
    expect((await begin(1n)).kind).to.equal("ended");
    expect((await begin(2n)).kind).to.equal("forgotten");
    expect((await begin(2n, { requestHash: "0x00" })).kind).to.equal("conflict");
    expect((await begin(3n)).kind).to.equal("answered");
    const { requestHash, signature } = claimOf(2n);
    expect(await store.voucher(2n, requestHash)).to.deep.equal({ sequence: 1, cap: 100n, requestHash, signature });
    expect((await begin(2n, { sequence: 2 })).kind).to.equal("serve");
  });

  it("takes 1,000 calls in a session at most, and repeats what it answered before", async () => {
    await serve(store, 1n);
    let now = NOW;
    // Every one takes over from the one before, which never came to its end.
    for (let sequence = 2; sequence <= CALLS_PER_SESSION; sequence++) {
      now += 15;
      expect((await begin(1n, { sequence }, "me", now)).kind).to.equal("serve");
    }
    now += 15;
    expect(await begin(1n, { sequence: CALLS_PER_SESSION + 1 }, "me", now)).to.deep.equal({ kind: "too-many" });
    expect((await begin(1n, {}, "me", now)).kind).to.equal("answered");
    expect((await begin(1n, { sequence: CALLS_PER_SESSION }, "me", now)).kind).to.equal("serve");
    const offer = { charged: 30n, violation: undefined, refund: refundOf(70n) };
    expect(await store.endSession(ticketKey(1n), offer, false, now + 15)).to.include({ kind: "ended" });
  });

  it("enters the tickets of a close, and tells which of them were spent", async () => {
    await serve(store, 1n);
    await serve(store, 2n, { refund: refundOf(70n) });
    const spent = (list: readonly { nullifier: bigint }[]): bigint[] => list.map(({ nullifier }) => nullifier);
    expect(spent(await store.closeTickets(9n, [1n, 3n], "unless-spent"))).to.deep.equal([1n]);
    expect(await store.ticket(3n)).to.equal(undefined);
    expect(spent(await store.closeTickets(9n, [3n, 4n], "unless-spent"))).to.deep.equal([]);
    expect(spent(await store.closeTickets(9n, [1n, 2n, 3n, 5n], "always"))).to.deep.equal([1n, 2n]);
    for (const nullifier of [3n, 4n, 5n]) {
      expect(await store.ticket(nullifier)).to.deep.equal({ status: "closed", nullifier });
      expect((await begin(nullifier)).kind).to.equal("closed");
    }
    expect(await store.ticket(1n)).to.include({ status: "open" });
    const kinds = (await wholeFeed(store)).map(({ kind }) => kind);
    expect(kinds).to.deep.equal(["ticket", "ticket", "refund"]);
  });

  it("enters the tickets of a large close within seconds, and lets other work have its turn", async () => {
    const count = 20_000;
    const many = Array.from({ length: count }, (_, n) => ((BigInt(n) * 0x9e3779b97f4a7c15n) % (1n << 64n)) << 180n);
    const [first, last] = [many[0] as bigint, many.at(-1) as bigint];
    for (const nullifier of [last, first]) await serve(store, nullifier);
    const spent = (list: readonly { nullifier: bigint }[]): bigint[] => list.map(({ nullifier }) => nullifier);
    const turns = monitorEventLoopDelay({ resolution: 10 });
    turns.enable();
    const startedAt = performance.now();
    expect(spent(await store.closeTickets(9n, many, "unless-spent"))).to.deep.equal([first, last]);
    expect(await store.ticket(many[1] as bigint)).to.equal(undefined);
    expect(spent(await store.closeTickets(9n, many.slice(1, -1), "unless-spent"))).to.deep.equal([]);
    expect(spent(await store.closeTickets(9n, many, "always"))).to.deep.equal([first, last]);
    expect(performance.now() - startedAt).to.be.lessThan(20_000);
    turns.disable();
    expect(turns.max / 1e6).to.be.lessThan(500);
    for (const n of [1, count / 2, count - 2]) {
      expect(await store.ticket(many[n] as bigint)).to.include({ status: "closed" });
    }
    expect(await store.ticket(last)).to.include({ status: "open" });
  });

  it("answers the same after a restart, and shows the same feed", async () => {
    await serve(store, 1n, { refund: refundOf(70n) });
    await begin(2n);
    await store.recordEnrolment(enrolmentOf(7n));
    await store.recordFold(foldOf(4n, [1n, 2n, 3n, 4n]));
    await store.advanceChainPosition(12);
    const before = [await store.ticket(1n), await store.ticket(2n), await wholeFeed(store), await begin(1n)];
    await store.close();
    store = await home().open();
    const after = [await store.ticket(1n), await store.ticket(2n), await wholeFeed(store), await begin(1n)];
    expect(after).to.deep.equal(before);
    expect((await begin(2n, {}, "other")).kind).to.equal("in-progress");
    expect(await store.chainPosition()).to.equal(12);
  });
});

describeStores("a store of states and folds", (home) => {
  let store: GatewayStore;
  beforeEach(async () => {
    store = await home().open();
  });

  it("keeps the first enrolment of a nullifier", async () => {
    expect(await store.enrolment(1n)).to.equal(undefined);
    expect(await store.recordEnrolment(enrolmentOf(1n))).to.deep.equal(enrolmentOf(1n));
    expect(await store.recordEnrolment(enrolmentOf(1n, 10n))).to.deep.equal(enrolmentOf(1n));
    expect(await store.enrolment(1n)).to.deep.equal(enrolmentOf(1n));
    expect(await wholeFeed(store)).to.have.length(1);
  });

  it("signs a fold once, and no other that shares a refund with it", async () => {
    const fold = foldOf(5n, [1n, 2n, 3n, 4n], 6n);
    expect(await store.decideFold(5n, fold.nullifiers)).to.deep.equal({ kind: "new" });
    expect(await store.recordFold(fold)).to.deep.equal({ kind: "new" });
    expect(await store.recordFold(fold)).to.deep.equal({ kind: "signed", fold });
    expect(await store.decideFold(5n, fold.nullifiers)).to.deep.equal({ kind: "signed", fold });
    for (const other of [foldOf(7n, [1n, 2n, 3n, 4n]), foldOf(7n, [9n, 10n, 11n, 1n]), foldOf(5n, [2n, 1n, 3n, 4n])]) {
      expect(await store.recordFold(other)).to.deep.equal({ kind: "conflict" });
    }
    expect(await store.recordFold(foldOf(8n, [5n, 6n, 7n, 8n]))).to.deep.equal({ kind: "new" });
    expect(await store.recordFold(foldOf(9n, [1n, 5n, 12n, 13n]))).to.deep.equal({ kind: "conflict" });
    const { signature } = fold;
    expect(await wholeFeed(store)).to.deep.equal([
      { kind: "fold", position: 1, nullifiers: [1n, 2n, 3n, 4n], state: 5n, signature },
      { kind: "fold", position: 2, nullifiers: [5n, 6n, 7n, 8n], state: 8n, signature },
    ]);
  });

  it("keeps a conflict with a certified fold until it is reported", async () => {
    const signed = foldOf(5n, [1n, 2n, 3n, 4n]);
    await store.recordFold(signed);
    const same = { state: 5n, nullifiers: [1n, 2n, 3n, 4n], certified: 0n };
    expect(await store.recordCertifiedFold(same)).to.equal(undefined);
    const pending = { state: 6n, nullifiers: [9n, 10n, 11n, 4n], certified: 0n };
    expect(await store.recordCertifiedFold(pending)).to.deep.equal({ pending, signed });
    expect(await store.recordCertifiedFold(pending)).to.deep.equal({ pending, signed });
    expect(await store.unreportedConflicts()).to.deep.equal([{ pending, signed }]);
    await store.markConflictReported(6n);
    expect(await store.unreportedConflicts()).to.deep.equal([]);
    expect(await store.recordCertifiedFold(pending)).to.equal(undefined);
    expect(await store.recordFold(foldOf(7n, [9n, 12n, 13n, 14n]))).to.deep.equal({ kind: "conflict" });
    const next = { state: 8n, nullifiers: [21n, 22n, 23n, 24n], certified: 0n };
    expect(await store.recordCertifiedFold(next)).to.equal(undefined);
    expect(await store.recordFold(foldOf(8n, next.nullifiers))).to.deep.equal({ kind: "new" });
  });
});

describeStores("a store of disputes, violations and offences", (home) => {
  let store: GatewayStore;
  beforeEach(async () => {
    store = await home().open();
  });

  it("serves nothing more once a session is disputed, and keeps the first dispute and the first answer", async () => {
    await serve(store, 1n);
    const { nullifier, share, sessionAddress, resolvableAt } = disputeOf(1n);
    const record = { nullifier, ...share, sessionAddress, resolvableAt, answer: undefined, isDone: false };
    expect(await store.recordDispute(disputeOf(1n), NOW)).to.deep.equal(record);
    expect(await store.recordDispute({ ...disputeOf(1n), resolvableAt: 1n }, NOW)).to.deep.equal(record);
    expect(await store.ticket(1n)).to.include({ isDisputed: true });
    const next = await store.beginCall(claimOf(1n, { sequence: 2 }), undefined, leaseOf("me"), NOW);
    expect(next).to.deep.equal({ kind: "ended" });
    await store.markDisputeDone(1n);
    expect(await store.pendingDisputes()).to.deep.equal([record]);
    const { voucher } = (await store.ticket(1n)) as { voucher: Voucher };
    const answer = { nullifier: 1n, ...refundOf(70n), voucher };
    expect(await store.recordAnswer(answer)).to.deep.equal({ ...record, answer });
    const other = { nullifier: 1n, ...refundOf(1n), voucher: undefined };
    expect(await store.recordAnswer(other)).to.deep.equal({ ...record, answer });
    await store.markDisputeDone(1n);
    expect(await store.pendingDisputes()).to.deep.equal([]);
  });

  it("counts a disputed ticket that was never seen as spent, and keeps no share of a closed one", async () => {
    await store.recordDispute(disputeOf(1n), NOW);
    expect(await store.ticket(1n)).to.deep.include({ status: "open", share: ticketKey(1n).share, isDisputed: true });
    await store.closeTickets(9n, [2n], "always");
    expect(await store.recordDispute(disputeOf(2n), NOW)).to.include({ y: undefined });
    expect(await store.ticket(2n)).to.include({ status: "closed" });
    const answer = { nullifier: 2n, ...refundOf(100n), voucher: undefined };
    expect((await store.recordAnswer(answer)).answer).to.deep.equal(answer);
    expect(await codeOf(store.recordAnswer({ ...answer, nullifier: 3n }).catch(() => undefined))).to.equal("no error");
  });

  it("takes a violation of an open session, the first one, and lets the session end only with it", async () => {
    expect(await store.recordViolation(violationOf(1n))).to.deep.equal({ kind: "unseen" });
    await serve(store, 1n);
    await serve(store, 2n, { refund: refundOf(70n) });
    await store.closeTickets(9n, [3n], "always");
    await store.recordDispute(disputeOf(4n), NOW);
    expect(await store.recordViolation(violationOf(2n))).to.deep.equal({ kind: "ended" });
    expect(await store.recordViolation(violationOf(3n))).to.deep.equal({ kind: "closed" });
    expect(await store.recordViolation(violationOf(4n))).to.deep.equal({ kind: "disputed" });
    const violation = violationOf(1n);
    expect(await store.recordViolation(violation)).to.deep.equal({ kind: "recorded" });
    const { evidenceHash } = violation;
    const second = { ...violation, evidenceHash: "0x99" };
    expect(await store.recordViolation(second)).to.deep.equal({ kind: "known", evidenceHash });
    expect(await store.violation(1n)).to.deep.equal(violation);
    expect(await store.violation(9n)).to.equal(undefined);
    expect(await store.ticket(1n)).to.include({ violation: evidenceHash });

    const begun = await store.beginCall(claimOf(1n, { sequence: 2 }), undefined, leaseOf("me"), NOW);
    expect(begun).to.deep.equal({ kind: "serve", charged: 30n, isViolated: true });
    const last = outcomeOf(1n, "me", { sequence: 2, charged: 60n, refund: refundOf(40n) });
    expect(await store.completeCall(last)).to.equal("violated");
    expect(await store.completeCall({ ...last, refund: undefined })).to.equal("done");
    const end = (hash?: string): ReturnType<GatewayStore["endSession"]> =>
      store.endSession(ticketKey(1n), { charged: 60n, violation: hash, refund: refundOf(40n, 0n) }, false, NOW);
    expect(await end()).to.deep.equal({ kind: "changed" });
    expect((await end(evidenceHash)).kind).to.equal("ended");
  });

  it("keeps violations until they are reported, except those of disputed tickets", async () => {
    await serve(store, 1n, { violation: violationOf(1n) });
    await serve(store, 2n, { violation: violationOf(2n) });
    await store.recordDispute(disputeOf(2n), NOW);
    expect(await store.unreportedViolations()).to.deep.equal([violationOf(1n)]);
    await store.markViolationReported(1n);
    expect(await store.unreportedViolations()).to.deep.equal([]);
  });

  it("keeps the first offence of an account until it is reported, and for good", async () => {
    const offence: Offence = {
      kind: "double-spend",
      identitySecret: 5n,
      identityCommitment: 6n,
      nullifier: 7n,
      index: 8,
      shares: [
        { x: 1n, y: 2n },
        { x: 3n, y: 4n },
      ],
    };
    await store.recordOffence(offence);
    await store.recordOffence({ ...offence, kind: "understated-close" });
    expect(await store.offences()).to.deep.equal([offence]);
    expect(await store.unreportedOffences()).to.deep.equal([offence]);
    await store.markReported(6n);
    expect(await store.unreportedOffences()).to.deep.equal([]);
    expect(await store.offences()).to.deep.equal([offence]);
  });
});

describeStores("a store of duties", (home) => {
  it("keeps the last block that was handled, and never goes back", async () => {
    const [store, other] = [await home().open(), await home().open()];
    expect(await store.chainPosition()).to.equal(-1);
    await store.advanceChainPosition(0);
    expect(await other.chainPosition()).to.equal(0);
    await Promise.all([other.advanceChainPosition(20), store.advanceChainPosition(15), other.advanceChainPosition(3)]);
    expect(await store.chainPosition()).to.equal(20);
  });

  it("gives a role to one owner at a time, until the lease is over or it is let go", async () => {
    const [store, other] = [await home().open(), await home().open()];
    expect(await store.holdRole("desk", leaseOf("one", NOW + 10), NOW)).to.equal(true);
    expect(await other.holdRole("desk", leaseOf("two", NOW + 99), NOW + 9)).to.equal(false);
    expect(await other.holdRole("sweep", leaseOf("two", NOW + 10), NOW)).to.equal(true);
    expect(await store.holdRole("desk", leaseOf("one", NOW + 20), NOW + 5)).to.equal(true);
    expect(await other.holdRole("desk", leaseOf("two", NOW + 99), NOW + 19)).to.equal(false);
    expect(await other.holdRole("desk", leaseOf("two", NOW + 30), NOW + 20)).to.equal(true);
    expect(await store.holdRole("desk", leaseOf("one", NOW + 40), NOW + 21)).to.equal(false);
    await store.releaseRole("desk", "one");
    expect(await store.holdRole("desk", leaseOf("one", NOW + 40), NOW + 21)).to.equal(false);
    await other.releaseRole("desk", "two");
    expect(await store.holdRole("desk", leaseOf("one", NOW + 40), NOW + 21)).to.equal(true);
  });

  it("gives a role that many want at once to one of them", async () => {
    const stores = [await home().open(), await home().open()];
    const wishes = Array.from({ length: 20 }, (_, n) =>
      (stores[n % 2] as GatewayStore).holdRole("desk", leaseOf(`owner ${n}`), NOW),
    );
    expect((await Promise.all(wishes)).filter((isHeld) => isHeld)).to.have.length(1);
  });
});
