// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { SqliteStore } from "../../src/gateway/index.ts";
import type { Upstream, ViolationClaim, ViolationReport } from "../../src/gateway/index.ts";
import { describePool, verifySignature, refundMessage } from "../../src/protocol/index.ts";
import {
  GatewayError,
  callRequest,
  refundTicket,
  requestHashOf,
  violationFile,
  violationHashOf,
  violationProblem,
} from "../../src/wire/index.ts";
import type { SignedRefundJson, ViolationFile } from "../../src/wire/index.ts";
import { answerOnChain, disputeOver } from "./support/court.ts";
import { dyingAt } from "./support/dying-store.ts";
import {
  C,
  CHAIN_ID,
  P,
  PARAMETERS,
  POOL,
  POOL_ADDRESS,
  PRICE,
  codeOf,
  openUser,
  startProvider,
  verify,
  withFolder,
} from "./support/session-world.ts";
import type { Provider } from "./support/session-world.ts";
import { callOn, endOf, laterCallOn, proveTicket } from "./support/tickets.ts";
import type { ProvedTicket } from "./support/tickets.ts";

const FINDING = { rule: "anything goes", statement: "the payload went too far" };

/** Finds fault with every payload that says "bad". */
const strict: Upstream = {
  quote: () => PRICE,
  serve: async (payload) => ({
    response: `echo: ${payload}`,
    charge: PRICE,
    ...(payload.includes("bad") ? { violation: FINDING } : {}),
  }),
};

describe("the gateway and violations of the policy", function () {
  this.timeout(90_000);
  let ticket: ProvedTicket;
  before(async () => {
    ticket = await proveTicket(0, 0);
  });

  const claimOf = (): ViolationClaim => {
    const { salt, isLast, payload } = callRequest.parse(callOn(ticket));
    const request = { salt, isLast, payload };
    return { ...FINDING, request, requestHash: requestHashOf(request), opening: ticket.opening };
  };
  /** What `onViolation` brings to the chain. */
  const file = ({ chain }: Provider, { nullifier, evidenceHash }: ViolationReport): void =>
    void chain.violations.set(nullifier, evidenceHash);
  const expectRefund = (refund: SignedRefundJson, refundedCharge: bigint, refundedHold: bigint): void => {
    const signed = refundTicket.parse(refund);
    expect(signed).to.include({ refundedCharge, refundedHold });
    const message = refundMessage(POOL.poolHash, signed);
    expect(verifySignature(message, signed.signature, PARAMETERS.providerKey)).to.equal(true);
  };

  it("answers the call, reports it, and signs the refund without its hold only when the report is on chain", async () => {
    const provider = startProvider({ upstream: strict });
    const { gateway, reports } = provider;
    const request = callOn(ticket, { payload: "a bad thing", isLast: true });
    const answer = await gateway.call(request);
    expect(answer.response).to.equal("echo: a bad thing");
    expect(answer.refund).to.equal(null);
    await gateway.idle();
    expect(reports).to.have.length(1);
    const refused = await gateway.endSession(endOf(ticket)).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(GatewayError).and.include({ code: "VIOLATION_PENDING", isRetryable: true });
    expect(await codeOf(gateway.refund({ nullifier: ticket.nullifier.toString() }))).to.equal("SESSION_OPEN");
    file(provider, reports[0] as ViolationReport);
    const refund = await gateway.endSession(endOf(ticket));
    expectRefund(refund, C - PRICE, 0n);
    expect(await gateway.refund({ nullifier: ticket.nullifier.toString() })).to.deep.equal(refund);
    expect(await gateway.call(request)).to.deep.equal(answer);
  });

  it("keeps evidence that anybody can check against the ticket, and that names nobody", async () => {
    const { gateway, reports, store } = startProvider({ upstream: strict });
    await gateway.call(callOn(ticket, { payload: "a bad thing" }));
    await gateway.idle();
    const [report] = reports as [ViolationReport];
    const evidence = violationFile.fromJson(report.evidence);
    expect(violationHashOf(evidence)).to.equal(report.evidenceHash);
    expect(await violationProblem(POOL, evidence, verify)).to.equal(undefined);
    expect(evidence).to.deep.include({ ...FINDING, nullifier: ticket.nullifier });
    expect(evidence.request?.payload).to.equal("a bad thing");
    expect((await store.violation(ticket.nullifier))?.evidence).to.equal(report.evidence);

    const forged: [string, Partial<ViolationFile>][] = [
      ["another pool", { chainId: 1n }],
      ["other terms", { termsHash: `0x${"11".repeat(32)}` }],
      ["another request", { requestHash: `0x${"11".repeat(32)}` }],
      ["did not sign the voucher", { nullifier: 5n }],
      ["did not sign the voucher", { voucher: { ...evidence.voucher, cap: 10n } }],
      ["not the one that was hashed", { request: { salt: `0x${"5a".repeat(32)}`, isLast: false, payload: "worse" } }],
      ["does not bind", { opening: { ...ticket.opening, y: 5n } }],
    ];
    for (const [problem, change] of forged) {
      expect(await violationProblem(POOL, { ...evidence, ...change }, verify)).to.contain(problem);
    }
    expect(await violationProblem(POOL, { ...evidence, opening: null, request: null }, verify)).to.equal(undefined);
  });

  it("takes the provider's word after the call too, once, for a call that it served", async () => {
    const provider = startProvider();
    const { gateway, reports } = provider;
    const report = (claim: Partial<ViolationClaim> = {}): Promise<string> =>
      gateway.reportViolation(ticket.nullifier, { ...claimOf(), ...claim });
    expect(await codeOf(report())).to.equal("TICKET_UNKNOWN");
    await gateway.call(callOn(ticket));
    expect(await codeOf(report({ requestHash: `0x${"11".repeat(32)}` }))).to.equal("VIOLATION_REFUSED");
    const { salt, isLast } = callRequest.parse(callOn(ticket));
    expect(await codeOf(report({ request: { salt, isLast, payload: "other" } }))).to.equal("VIOLATION_REFUSED");
    expect(await codeOf(report({ rule: "" }))).to.equal("FILE_FORMAT");
    const hash = await report();
    expect(await report()).to.equal(hash);
    expect(await codeOf(report({ statement: "something else" }))).to.equal("VIOLATION_REFUSED");
    await gateway.idle();
    expect(reports.map(({ evidenceHash }) => evidenceHash)).to.deep.equal([hash]);
    file(provider, reports[0] as ViolationReport);
    expectRefund(await gateway.endSession(endOf(ticket)), C - PRICE, 0n);
  });

  it("holds nothing against a session that has its refund, was closed, or is disputed", async () => {
    const ended = startProvider();
    await ended.gateway.call(callOn(ticket, { isLast: true }));
    const { salt, payload } = callRequest.parse(callOn(ticket));
    const request = { salt, isLast: true, payload };
    const claim = { ...FINDING, request, requestHash: requestHashOf(request) };
    expect(await codeOf(ended.gateway.reportViolation(ticket.nullifier, claim))).to.equal("SESSION_ENDED");

    const closed = startProvider();
    await closed.store.closeTickets(1n, [ticket.nullifier], "always");
    expect(await codeOf(closed.gateway.reportViolation(ticket.nullifier, claimOf()))).to.equal("TICKET_CLOSED");

    const disputed = startProvider();
    await disputed.gateway.call(callOn(ticket));
    await disputed.store.recordDispute({ ...disputeOver(ticket), share: ticket.share, resolvableAt: 1n }, 0);
    expect(await codeOf(disputed.gateway.reportViolation(ticket.nullifier, claimOf()))).to.equal("VIOLATION_REFUSED");
    for (const { gateway, reports } of [ended, closed, disputed]) {
      await gateway.reportViolations();
      expect(reports).to.deep.equal([]);
    }
  });

  it("returns the hold when the dispute came first, and reports nothing any more", async () => {
    const provider = startProvider({
      upstream: strict,
      onViolation: () => Promise.reject(new Error("DisputeIsKnown")),
    });
    const { gateway, chain, replies, store } = provider;
    await gateway.call(callOn(ticket, { payload: "bad" }));
    await gateway.observeDispute(chain.openDispute(disputeOver(ticket)));
    await gateway.idle();
    expect(replies[0]?.refund).to.include({ refundedCharge: C - PRICE, refundedHold: P });
    expect(await store.unreportedViolations()).to.deep.equal([]);
    await answerOnChain(provider, replies[0] as (typeof replies)[0]);
  });

  it("returns the hold when the chain has the dispute before the gateway was told of it, or another evidence", async () => {
    const early = startProvider({ upstream: strict });
    await early.gateway.call(callOn(ticket, { payload: "bad" }));
    early.chain.openDispute(disputeOver(ticket));
    expectRefund(await early.gateway.endSession(endOf(ticket)), C - PRICE, P);
    const other = startProvider({ upstream: strict });
    await other.gateway.call(callOn(ticket, { payload: "bad" }));
    other.chain.violations.set(ticket.nullifier, `0x${"11".repeat(32)}`);
    expectRefund(await other.gateway.endSession(endOf(ticket)), C - PRICE, P);
  });

  it("answers a dispute without the hold when the report came first", async () => {
    const provider = startProvider({ upstream: strict });
    const { gateway, chain, replies, reports } = provider;
    await gateway.call(callOn(ticket, { payload: "bad" }));
    await gateway.idle();
    file(provider, reports[0] as ViolationReport);
    await gateway.observeDispute(chain.openDispute(disputeOver(ticket)));
    await gateway.idle();
    expect(replies[0]?.refund).to.include({ refundedHold: 0n });
    await answerOnChain(provider, replies[0] as (typeof replies)[0]);
  });

  it("gives no refund with a later call of a session that broke the policy before", async () => {
    const { gateway } = startProvider({ upstream: strict });
    await gateway.call(callOn(ticket, { payload: "bad" }));
    const last = await gateway.call(laterCallOn(ticket, { payload: "good", isLast: true }));
    expect(last.refund).to.equal(null);
    expect(last.receipt.charged).to.equal((2n * PRICE).toString());
  });

  it("gives no refund when another process reports while the last call is being served", () =>
    withFolder(async (path) => {
      let finish: () => void = () => undefined;
      const slow: Upstream = {
        quote: () => PRICE,
        serve: (payload) => new Promise((resolve) => (finish = () => resolve({ response: payload, charge: PRICE }))),
      };
      const first = startProvider({ path: path("gateway"), upstream: slow });
      const second = startProvider({ path: path("gateway"), clock: first.clock, chain: first.chain });
      await second.gateway.call(callOn(ticket));
      const last = first.gateway.call(laterCallOn(ticket, { isLast: true }));
      await new Promise((resolve) => setTimeout(resolve, 100));
      await second.gateway.reportViolation(ticket.nullifier, claimOf());
      finish();
      const { refund, receipt } = await last;
      expect(refund).to.equal(null);
      expect(receipt.charged).to.equal((2n * PRICE).toString());
      expect(await codeOf(first.gateway.endSession(endOf(ticket)))).to.equal("VIOLATION_PENDING");
    }));

  it("reports again after a crash, and signs no refund before", () =>
    withFolder(async (path) => {
      const store = new SqliteStore({ path: path("gateway"), poolHash: POOL.poolHash });
      const death = { method: "markViolationReported", when: "before" } as const;
      const first = startProvider({ store: dyingAt(store, death), upstream: strict });
      await first.gateway.call(callOn(ticket, { payload: "bad", isLast: true }));
      await new Promise((resolve) => setTimeout(resolve, 50));
      await store.close();

      const second = startProvider({ path: path("gateway"), clock: first.clock });
      expect(await codeOf(second.gateway.endSession(endOf(ticket)))).to.equal("VIOLATION_PENDING");
      // An idle session waits too, and holds up no other.
      second.clock.now += 601;
      expect(await second.gateway.sweep()).to.include({ sessionsEnded: 0 });
      await second.gateway.reportViolations();
      expect(second.reports).to.deep.equal(first.reports);
      await second.gateway.reportViolations();
      expect(second.reports).to.have.length(1);
      file(second, second.reports[0] as ViolationReport);
      expect(await second.gateway.sweep()).to.include({ sessionsEnded: 1 });
      expectRefund(await second.gateway.refund({ nullifier: ticket.nullifier.toString() }), C - PRICE, 0n);
    }));

  it("serves a pool without holds, where a violation is a public record and nothing else", async () => {
    const pool = describePool(CHAIN_ID, POOL_ADDRESS, { ...PARAMETERS, policyHold: 0n });
    const store = new SqliteStore({ path: ":memory:", poolHash: pool.poolHash });
    const provider = startProvider({ pool, store, upstream: strict });
    const { account } = openUser(provider, { pool });
    await account.enroll();
    const { refund } = await account.call("bad");
    expect(refund).to.include({ refundedCharge: C - PRICE, refundedHold: 0n });
    await provider.gateway.idle();
    expect(provider.reports).to.have.length(1);
    const lost = await account.openSession();
    const { nullifier } = await lost.end();
    expect(nullifier).not.to.equal(refund?.nullifier);
    expect((await account.fold())?.added).to.equal(C - PRICE + C);
  });
});
