// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { SqliteStore } from "../../src/gateway/index.ts";
import type { DisputeReply, Upstream } from "../../src/gateway/index.ts";
import { coverKeysOf, identityCommitmentOf, ticketRootOf } from "../../src/protocol/index.ts";
import { disputeAnswerProblem, requestHashOf } from "../../src/wire/index.ts";
import type { DisputeAnswerFile } from "../../src/wire/index.ts";
import { answerOnChain, disputeOver, revertOf } from "./support/court.ts";
import { dyingAt } from "./support/dying-store.ts";
import { C, P, POOL, PRICE, codeOf, secretOf, startProvider, withFolder } from "./support/session-world.ts";
import type { Provider } from "./support/session-world.ts";
import { callOn, endOf, laterCallOn, proveTicket, signedRefund, strangeKey } from "./support/tickets.ts";
import type { ProvedTicket } from "./support/tickets.ts";

const observedClose = (firstUnused: number): Parameters<Provider["gateway"]["observeClose"]>[0] => ({
  identityCommitment: identityCommitmentOf(secretOf(0)),
  firstUnused: BigInt(firstUnused),
  coverKeys: coverKeysOf(ticketRootOf(secretOf(0), POOL.poolHash), firstUnused),
});

/** Opens a dispute on the provider's chain and tells its gateway. */
async function dispute(provider: Provider, ticket: ProvedTicket): Promise<boolean> {
  const view = provider.chain.openDispute(disputeOver(ticket));
  const isDecided = await provider.gateway.observeDispute(view);
  await provider.gateway.idle();
  return isDecided;
}

/** An upstream that answers when it is told to. */
function slowUpstream(): { upstream: Upstream; finish: (isGood: boolean) => void; started: Promise<void> } {
  let finish: (isGood: boolean) => void = () => undefined;
  let start: () => void = () => undefined;
  const started = new Promise<void>((resolve) => (start = resolve));
  const serve: Upstream["serve"] = () =>
    new Promise((resolve, reject) => {
      finish = (isGood) => (isGood ? resolve({ response: "late", charge: PRICE }) : reject(new Error("down")));
      start();
    });
  return { upstream: { quote: () => PRICE, serve }, finish: (isGood) => finish(isGood), started };
}

describe("the gateway and disputes", function () {
  this.timeout(90_000);
  let ticket: ProvedTicket;
  let other: ProvedTicket;
  let twice: ProvedTicket;

  before(async () => {
    [ticket, other, twice] = await Promise.all([
      proveTicket(0, 0),
      proveTicket(0, 1),
      proveTicket(0, 0, strangeKey(9)),
    ]);
  });

  const isFull = ({ refund, voucher }: DisputeReply): void => {
    expect(refund).to.include({ refundedCharge: C, refundedHold: P });
    expect(voucher).to.equal(undefined);
  };

  it("records a ticket that it never saw as spent, and answers with a full refund", async () => {
    const provider = startProvider();
    const { gateway, replies, upstream } = provider;
    expect(await dispute(provider, ticket)).to.equal(true);
    expect(replies).to.have.length(1);
    isFull(replies[0] as DisputeReply);
    await answerOnChain(provider, replies[0] as DisputeReply);
    expect(await codeOf(gateway.call(callOn(ticket)))).to.equal("SESSION_ENDED");
    expect(await gateway.endSession(endOf(ticket))).to.include({ refundedCharge: C.toString() });
    expect(upstream.served).to.deep.equal([]);
    const kinds = (await gateway.publicFeed({ after: 0 })).entries.map(({ kind }) => kind);
    expect(kinds).to.deep.equal(["ticket", "refund"]);
  });

  it("ends a served session with its one refund, and shows the voucher that covers the charge", async () => {
    const provider = startProvider();
    const { gateway, replies } = provider;
    await gateway.call(callOn(ticket, { cap: 40n }));
    await gateway.call(laterCallOn(ticket, { cap: 70n }));
    await dispute(provider, ticket);
    const [reply] = replies as [DisputeReply];
    expect(reply.refund).to.include({ refundedCharge: C - 2n * PRICE, refundedHold: P });
    expect(reply.voucher).to.include({ sequence: 2n, cap: 70n });
    expect(disputeAnswerProblem(POOL, ticket.key.address, fileOf(reply))).to.equal(undefined);
    await answerOnChain(provider, reply);
    expect(await codeOf(gateway.call(laterCallOn(ticket, { sequence: 3, cap: C })))).to.equal("SESSION_ENDED");
    expect((await gateway.endSession(endOf(ticket))).signature.s).to.equal(reply.refund.signature.s.toString());
    // What was served before is still answered as it was.
    expect((await gateway.call(laterCallOn(ticket, { cap: 70n }))).receipt.charged).to.equal("60");
  });

  it("answers over a ticket that has its refund with the same refund", async () => {
    const provider = startProvider();
    const { refund } = await provider.gateway.call(callOn(ticket, { isLast: true }));
    await dispute(provider, ticket);
    const [reply] = provider.replies as [DisputeReply];
    expect(reply.refund.refundedCharge).to.equal(C - PRICE);
    expect(reply.refund.signature.s.toString()).to.equal(refund?.signature.s);
    await answerOnChain(provider, reply);
  });

  for (const isGood of [true, false]) {
    it(`waits for a running call that ${isGood ? "is charged" : "fails"}, and lets no other begin`, async () => {
      const { upstream, finish, started } = slowUpstream();
      const provider = startProvider({ upstream });
      const { gateway, replies } = provider;
      const running = codeOf(gateway.call(callOn(ticket)));
      await started;
      const decided = dispute(provider, ticket);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(replies).to.deep.equal([]);
      const late = codeOf(gateway.call(laterCallOn(ticket)));
      finish(isGood);
      expect(await running).to.equal(isGood ? "no error" : "UPSTREAM_FAILED");
      expect(await decided).to.equal(true);
      expect(await late).to.equal("SESSION_ENDED");
      const [reply] = replies as [DisputeReply];
      if (!isGood) return isFull(reply);
      expect(reply.refund.refundedCharge).to.equal(C - PRICE);
      await answerOnChain(provider, reply);
    });
  }

  it("waits for a call in another process, and decides when it is charged", () =>
    withFolder(async (path) => {
      const { upstream, finish, started } = slowUpstream();
      const first = startProvider({ path: path("gateway"), upstream });
      const second = startProvider({ path: path("gateway"), clock: first.clock, chain: first.chain });
      const running = first.gateway.call(callOn(ticket));
      await started;
      expect(await dispute(second, ticket)).to.equal(false);
      await second.gateway.reportDisputes();
      expect(second.replies).to.deep.equal([]);
      expect(await codeOf(second.gateway.call(laterCallOn(ticket)))).to.equal("SESSION_ENDED");
      finish(true);
      await running;
      await second.gateway.reportDisputes();
      expect(second.replies[0]?.refund.refundedCharge).to.equal(C - PRICE);
    }));

  it("charges nothing for a call whose process died, once its lease is over", () =>
    withFolder(async (path) => {
      const { upstream, started } = slowUpstream();
      const store = new SqliteStore({ path: path("gateway"), poolHash: POOL.poolHash });
      const first = startProvider({ store, upstream });
      void first.gateway.call(callOn(ticket)).catch(() => undefined);
      await started;
      await store.close();
      const second = startProvider({ path: path("gateway"), clock: first.clock });
      expect(await dispute(second, ticket)).to.equal(false);
      first.clock.now += 16;
      await second.gateway.reportDisputes();
      isFull(second.replies[0] as DisputeReply);
    }));

  it("takes a dispute with another message as the second share: accuses, and answers with a full refund all the same", async () => {
    const provider = startProvider();
    const { gateway, replies, offences } = provider;
    await gateway.call(callOn(ticket));
    await dispute(provider, twice);
    expect(offences).to.have.length(1);
    expect(offences[0]).to.deep.include({
      kind: "double-spend",
      identitySecret: secretOf(0),
      shares: [ticket.share, twice.share],
    });
    isFull(replies[0] as DisputeReply);
    await answerOnChain(provider, replies[0] as DisputeReply);
    // The session that was served keeps its own refund, and is no dispute's.
    expect((await gateway.endSession(endOf(ticket))).refundedCharge).to.equal((C - PRICE).toString());
    expect(await codeOf(gateway.call(callOn(other)))).to.equal("ACCOUNT_SLASHED");
  });

  it("answers over a ticket that a close revealed, accuses nobody and keeps no share of it", async () => {
    const provider = startProvider();
    const { gateway, replies, offences, store } = provider;
    await gateway.observeClose(observedClose(1));
    await dispute(provider, other);
    isFull(replies[0] as DisputeReply);
    expect(offences).to.deep.equal([]);
    expect(await store.ticket(other.nullifier)).to.deep.equal({ status: "closed", nullifier: other.nullifier });
    expect((await gateway.publicFeed({ after: 0 })).entries).to.deep.equal([]);
    expect(await codeOf(gateway.refund({ nullifier: other.nullifier.toString() }))).to.equal("TICKET_CLOSED");
  });

  it("convicts an account that disputes a ticket, and then closes as if it had not used it", async () => {
    const provider = startProvider();
    await dispute(provider, other);
    expect(await provider.gateway.observeClose(observedClose(1))).to.equal(false);
    await provider.gateway.idle();
    expect(provider.offences[0]).to.include({ kind: "understated-close", identitySecret: secretOf(0), index: 1 });
  });

  it("is told of a dispute as often as one likes, and answers once", async () => {
    const provider = startProvider();
    const view = provider.chain.openDispute(disputeOver(ticket));
    await Promise.all([1, 2, 3].map(() => provider.gateway.observeDispute(view)));
    await provider.gateway.idle();
    await provider.gateway.observeDispute(view);
    await provider.gateway.reportDisputes();
    expect(provider.replies).to.have.length(1);
  });

  it("hands its answer in again until it is done, and the same each time", async () => {
    const faults: unknown[] = [];
    const sent: DisputeReply[] = [];
    const provider = startProvider({
      onFault: (error) => faults.push(error),
      answerDispute: async (reply) => {
        sent.push(reply);
        if (sent.length < 3) throw new Error("no gas");
      },
    });
    await provider.gateway.call(callOn(ticket));
    await dispute(provider, ticket);
    for (let n = 0; n < 3; n++) await provider.gateway.reportDisputes();
    expect(faults).to.have.length(2);
    expect(sent).to.have.length(3);
    expect(sent[2]).to.deep.equal(sent[0]);
  });

  const deaths = [
    { name: "before it records the dispute", method: "recordDispute", when: "before" },
    { name: "between the record of the dispute and the end of the session", method: "recordDispute", when: "after" },
    { name: "between the end of the session and the record of the answer", method: "recordAnswer", when: "before" },
    { name: "between the record of the answer and the answer", method: "recordAnswer", when: "after" },
    { name: "after the answer, before it is marked", method: "markDisputeDone", when: "before" },
  ] as const;
  for (const { name, ...death } of deaths) {
    it(`gives one answer, that of the session's one refund, when it dies ${name}`, () =>
      withFolder(async (path) => {
        const store = new SqliteStore({ path: path("gateway"), poolHash: POOL.poolHash });
        const first = startProvider({ store: dyingAt(store, death) });
        await first.gateway.call(callOn(ticket));
        const view = first.chain.openDispute(disputeOver(ticket));
        void first.gateway.observeDispute(view).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 300));
        await store.close();

        const second = startProvider({ path: path("gateway"), clock: first.clock, chain: first.chain });
        await second.gateway.reportDisputes();
        if (death.method === "recordDispute" && death.when === "before") {
          expect(second.replies).to.deep.equal([]);
          // Who follows the chain tells it again.
          await second.gateway.observeDispute(view);
          await second.gateway.idle();
        }
        const [reply] = second.replies as [DisputeReply];
        expect(second.replies).to.have.length(1);
        expect(reply.refund.refundedCharge).to.equal(C - PRICE);
        for (const earlier of first.replies) expect(earlier).to.deep.equal(reply);
        await answerOnChain(second, reply);
        const kinds = (await second.gateway.publicFeed({ after: 0 })).entries.map(({ kind }) => kind);
        expect(kinds).to.deep.equal(["ticket", "refund"]);
      }));
  }

  it("accuses after a crash, when the dispute was the second share", () =>
    withFolder(async (path) => {
      const store = new SqliteStore({ path: path("gateway"), poolHash: POOL.poolHash });
      const first = startProvider({ store: dyingAt(store, { method: "recordDispute", when: "after" }) });
      await first.gateway.call(callOn(ticket));
      void first.gateway.observeDispute(first.chain.openDispute(disputeOver(twice))).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await store.close();
      const second = startProvider({ path: path("gateway"), chain: first.chain });
      await second.gateway.reportDisputes();
      await second.gateway.idle();
      expect(second.offences[0]).to.include({ identitySecret: secretOf(0) });
      isFull(second.replies[0] as DisputeReply);
    }));

  describe("answers that the chain refuses", () => {
    const refused: Record<string, [string, (reply: DisputeReply) => DisputeReply]> = {
      "another amount, signed for nothing": [
        "ProofRefused",
        ({ refund, ...rest }) => ({ ...rest, refund: { ...refund, refundedCharge: refund.refundedCharge - 10n } }),
      ],
      "an amount that no voucher covers": [
        "ChargeNotCovered",
        (reply) => ({ ...reply, refund: signedRefund(ticket.nullifier, 20n) }),
      ],
      "an amount that is no multiple of the unit": [
        "ChargeIsNoMultiple",
        (reply) => ({ ...reply, refund: signedRefund(ticket.nullifier, 65n) }),
      ],
      "more than the ticket's price": [
        "RefundedChargeOutOfRange",
        (reply) => ({ ...reply, refund: signedRefund(ticket.nullifier, C + 10n) }),
      ],
      "a stale voucher, of an earlier call": [
        "ChargeNotCovered",
        ({ refund }) => ({ refund, voucher: voucherOf(40n, 1), resolvableAt: 0n }),
      ],
      "no voucher": ["ChargeNotCovered", (reply) => ({ ...reply, voucher: undefined })],
      "a voucher of another session": [
        "VoucherRefused",
        ({ refund }) => ({ refund, voucher: voucherOf(C, 2, twice), resolvableAt: 0n }),
      ],
      "a voucher with a higher cap than was signed": [
        "VoucherRefused",
        ({ voucher, ...rest }) => ({ ...rest, voucher: voucher && { ...voucher, cap: C } }),
      ],
      "the hold withheld, without a violation": [
        "HoldWithheld",
        (reply) => ({ ...reply, refund: signedRefund(ticket.nullifier, C - 2n * PRICE, 0n) }),
      ],
    };
    const voucherOf = (cap: bigint, sequence: number, from = ticket): NonNullable<DisputeReply["voucher"]> => {
      const { signature, requestHash } = signedVoucher(from, cap, sequence);
      return { sequence: BigInt(sequence), cap, requestHash, signature };
    };

    for (const [name, [revert, change]] of Object.entries(refused)) {
      it(`refuses ${name}, and takes the right answer then`, async () => {
        const replies: DisputeReply[] = [];
        const provider = startProvider({ answerDispute: async (reply) => void replies.push(reply) });
        await provider.gateway.call(callOn(ticket, { cap: 40n }));
        await provider.gateway.call(laterCallOn(ticket, { cap: 70n }));
        await dispute(provider, ticket);
        const [reply] = replies as [DisputeReply];
        const wrong = change(reply);
        expect(await revertOf(answerOnChain(provider, wrong))).to.equal(revert);
        const problem = disputeAnswerProblem(POOL, ticket.key.address, fileOf(wrong));
        // Whether a violation is recorded is for the chain to say.
        expect(problem === undefined).to.equal(revert === "HoldWithheld");
        await answerOnChain(provider, reply);
      });
    }
  });

  /** A file whose proof nobody looks at. */
  function fileOf({ refund, voucher }: DisputeReply): DisputeAnswerFile {
    const { proof } = ticket.opening;
    return { chainId: POOL.chainId, pool: POOL.address, refund, proof, voucher: voucher ?? null };
  }

  const signedVoucher = (
    from: ProvedTicket,
    cap: bigint,
    sequence: number,
  ): { requestHash: string; signature: string } => {
    const call = callOn({ ...from, nullifier: ticket.nullifier }, { cap, sequence });
    return { requestHash: requestHashOf(call), signature: call.signature };
  };
});
