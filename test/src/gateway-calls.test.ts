// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";
import { ZeroHash, keccak256, toUtf8Bytes, verifyTypedData } from "ethers";

import type { Upstream } from "../../src/gateway/index.ts";
import {
  FIELD_MODULUS,
  RECEIPT_TYPES,
  domainOf,
  proofToJson,
  refundMessage,
  verifySignature,
} from "../../src/protocol/index.ts";
import { GatewayError, parseTerms } from "../../src/wire/index.ts";
import { C, Echo, P, PARAMETERS, POOL, PRICE, SIGNER, TERMS, codeOf, startProvider } from "./support/session-world.ts";
import { callOn, endOf, laterCallOn, proveTicket, resign, strangeKey } from "./support/tickets.ts";
import type { ProvedTicket } from "./support/tickets.ts";

describe("the gateway's calls", function () {
  this.timeout(60_000);
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

  const feedOf = async ({ gateway }: ReturnType<typeof startProvider>): Promise<string[]> =>
    (await gateway.publicFeed({ after: 0 })).entries.map(({ kind }) => kind);

  it("serves a call, charges the price, and signs a receipt of exactly this call", async () => {
    const { gateway, clock } = startProvider();
    const answer = await gateway.call(callOn(ticket));
    expect(answer.response).to.equal("echo: hello");
    expect(answer.refund).to.equal(null);
    const { receipt } = answer;
    expect(receipt).to.include({ nullifier: ticket.nullifier.toString(), sequence: "1", charged: PRICE.toString() });
    expect(receipt.responseHash).to.equal(keccak256(toUtf8Bytes("echo: hello")));
    expect(receipt.issuedAt).to.equal(clock.now.toString());
    expect(verifyTypedData(domainOf(POOL), RECEIPT_TYPES, receipt, answer.signature)).to.equal(SIGNER.address);
  });

  it("returns the stored answer for the same sequence and request, and serves it once", async () => {
    const { gateway, upstream } = startProvider();
    const first = await gateway.call(callOn(ticket));
    expect(await gateway.call(callOn(ticket))).to.deep.equal(first);
    expect(await gateway.call(laterCallOn(ticket, { sequence: 1 }))).to.deep.equal(first);
    expect(upstream.served).to.have.length(1);
  });

  it("refuses another request under a sequence that was used, and charges nothing", async () => {
    const { gateway, upstream } = startProvider();
    await gateway.call(callOn(ticket));
    const differing = [{ payload: "another" }, { salt: ZeroHash }, { isLast: true }];
    for (const draft of differing)
      expect(await codeOf(gateway.call(callOn(ticket, draft)))).to.equal("SEQUENCE_CONFLICT");
    expect(upstream.served).to.have.length(1);
    const refund = await gateway.endSession(endOf(ticket));
    expect(refund.refundedCharge).to.equal((C - PRICE).toString());
  });

  it("holds a session's charges under the voucher's cap, in total", async () => {
    const { gateway, upstream } = startProvider();
    expect((await gateway.call(callOn(ticket, { cap: 30n }))).receipt.charged).to.equal("30");
    expect(await codeOf(gateway.call(laterCallOn(ticket, { cap: 59n })))).to.equal("CAP_TOO_LOW");
    expect((await gateway.call(laterCallOn(ticket, { cap: 60n }))).receipt.charged).to.equal("60");
    expect((await gateway.call(laterCallOn(ticket, { sequence: 7, cap: C }))).receipt.charged).to.equal("90");
    expect(await codeOf(gateway.call(laterCallOn(ticket, { sequence: 8, cap: C })))).to.equal("CAP_TOO_LOW");
    expect(await codeOf(gateway.call(laterCallOn(ticket, { sequence: 5, cap: C })))).to.equal("SEQUENCE_PASSED");
    expect(upstream.served).to.have.length(3);
  });

  it("refuses a cap below the price or above the ticket price before it records anything", async () => {
    const provider = startProvider();
    expect(await codeOf(provider.gateway.call(callOn(ticket, { cap: PRICE - 1n })))).to.equal("CAP_TOO_LOW");
    expect(await codeOf(provider.gateway.call(callOn(ticket, { cap: C + 1n })))).to.equal("REQUEST_MALFORMED");
    expect(await feedOf(provider)).to.deep.equal([]);
  });

  it("charges nothing when the service asks for more than the voucher allows, or for no multiple of the unit", async () => {
    for (const charge of [PRICE + 5n, C + 10n, -10n]) {
      const upstream: Upstream = { quote: () => 0n, serve: async () => ({ response: "x", charge }) };
      const { gateway } = startProvider({ upstream });
      expect(await codeOf(gateway.call(callOn(ticket)))).to.equal("CHARGE_REFUSED");
      expect((await gateway.endSession(endOf(ticket))).refundedCharge).to.equal(C.toString());
    }
  });

  it("charges nothing for a call that failed, and serves the same call when it comes again", async () => {
    const echo = new Echo();
    let isDown = true;
    const upstream: Upstream = {
      quote: () => PRICE,
      serve: (payload, context) => (isDown ? Promise.reject(new Error("secret detail")) : echo.serve(payload, context)),
    };
    const { gateway } = startProvider({ upstream });
    const failure = await gateway.call(callOn(ticket)).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(GatewayError);
    expect(failure).to.include({ code: "UPSTREAM_FAILED", status: 502, isRetryable: true });
    expect((failure as Error).message).not.to.contain("secret");
    expect(await codeOf(gateway.call(callOn(ticket, { payload: "another" })))).to.equal("SEQUENCE_CONFLICT");
    isDown = false;
    expect((await gateway.call(callOn(ticket))).receipt.charged).to.equal(PRICE.toString());
    expect(echo.served).to.have.length(1);
  });

  it("gives up a service that hangs, and charges nothing", async () => {
    const upstream: Upstream = { quote: () => PRICE, serve: () => new Promise(() => undefined) };
    const { gateway } = startProvider({ upstream, settings: { serviceSeconds: 0.05 } });
    expect(await codeOf(gateway.call(callOn(ticket)))).to.equal("UPSTREAM_FAILED");
    expect((await gateway.endSession(endOf(ticket))).refundedCharge).to.equal(C.toString());
  });

  it("settles the calls that are being served with what was delivered, when it is told to stop", async () => {
    const upstream: Upstream = {
      quote: () => PRICE,
      serve: (_, { signal, emit }) => {
        emit("half of ");
        return new Promise((resolve) =>
          signal.addEventListener("abort", () => resolve({ response: "half of ", charge: PRICE })),
        );
      },
    };
    const { gateway } = startProvider({ upstream });
    const begun = new Promise<void>((resolve) => {
      void gateway.call(callOn(ticket), () => resolve()).then((answer) => settled.push(answer.response));
    });
    const settled: string[] = [];
    await begun;
    gateway.stopCalls();
    const again = await gateway.call(callOn(ticket));
    expect([again.response, again.receipt.charged]).to.deep.equal(["half of ", PRICE.toString()]);
    expect(settled).to.deep.equal(["half of "]);
    expect(await codeOf(gateway.call(callOn(other)))).to.equal("UPSTREAM_FAILED");
  });

  it("lets two requests of a session wait, and tells all others to ask again", async () => {
    let finish = (): void => undefined;
    const held = new Promise<void>((resolve) => (finish = resolve));
    const upstream: Upstream = {
      quote: () => PRICE,
      serve: async () => {
        await held;
        return { response: "done", charge: PRICE };
      },
    };
    const { gateway } = startProvider({ upstream });
    const waiting = [1, 2, 3].map(() => gateway.call(callOn(ticket)));
    await new Promise((resolve) => setImmediate(resolve));
    for (let n = 0; n < 5; n++) expect(await codeOf(gateway.call(callOn(ticket)))).to.equal("CALL_IN_PROGRESS");
    finish();
    for (const { response } of await Promise.all(waiting)) expect(response).to.equal("done");
  });

  it("refuses a large request that cannot be served before it is hashed", async () => {
    const { gateway } = startProvider();
    const { ticket: _, ...large } = { ...callOn(ticket), payload: "x".repeat(100_000) };
    // Its signature is wrong, which nobody looked at.
    expect(await codeOf(gateway.call(large))).to.equal("PROOF_REQUIRED");
    await gateway.call(callOn(ticket));
    expect(await codeOf(gateway.call({ ...large, sessionAddress: SIGNER.address }))).to.equal("TICKET_SPENT");
    expect(await codeOf(gateway.call(large))).to.equal("SIGNATURE_INVALID");
  });

  it("refuses a voucher that the session's key did not sign", async () => {
    const provider = startProvider();
    const request = callOn(ticket);
    const changed = [
      { ...request, cap: "90" },
      { ...request, payload: "other" },
      { ...request, isLast: true },
      { ...request, sequence: 2 },
      { ...request, nullifier: other.nullifier.toString() },
      { ...request, sessionAddress: strangeKey(3).address },
      { ...request, signature: `0x${"00".repeat(64)}1b` },
      resign(request, ZeroHash, ticket.key),
      resign(request, ZeroHash, strangeKey(3)),
    ];
    for (const forged of changed) expect(await codeOf(provider.gateway.call(forged))).to.equal("SIGNATURE_INVALID");
    // A form that no contract takes could not be shown in a dispute, and the call not be charged.
    const signature = `${request.signature.slice(0, -2)}${request.signature.endsWith("1b") ? "00" : "01"}`;
    expect(await codeOf(provider.gateway.call({ ...request, signature }))).to.equal("REQUEST_MALFORMED");
    expect(await feedOf(provider)).to.deep.equal([]);
  });

  it("asks for the proof with the first call of a ticket, and refuses one that proves something else", async () => {
    const provider = startProvider();
    const { gateway } = provider;
    expect(await codeOf(gateway.call(laterCallOn(ticket, { sequence: 1 })))).to.equal("PROOF_REQUIRED");
    const { y, proof } = ticket.opening;
    for (const opening of [
      { y: y + 1n, proof },
      { y, proof: other.opening.proof },
      { y, proof: twice.opening.proof },
    ]) {
      expect(await codeOf(gateway.call(callOn(ticket, { ticket: opening })))).to.equal("PROOF_INVALID");
    }
    expect(await feedOf(provider)).to.deep.equal([]);
  });

  it("takes x from the session's address, so a proof for one session opens no other", async () => {
    const { gateway } = startProvider();
    const stolen = { ...ticket, key: strangeKey(4) };
    expect(await codeOf(gateway.call(callOn(stolen)))).to.equal("PROOF_INVALID");
  });

  it("ends the session with its last call, signs one refund ticket, and serves nothing more", async () => {
    const provider = startProvider();
    const { gateway, upstream } = provider;
    const answer = await gateway.call(callOn(ticket, { isLast: true }));
    const { refund } = answer;
    expect(refund).to.include({
      nullifier: ticket.nullifier.toString(),
      refundedCharge: "70",
      refundedHold: P.toString(),
    });
    const message = refundMessage(POOL.poolHash, { nullifier: ticket.nullifier, refundedCharge: 70n, refundedHold: P });
    const { r8, s } = refund?.signature ?? { r8: ["0", "0"], s: "0" };
    const signature = { r8: [BigInt(r8[0]), BigInt(r8[1])] as const, s: BigInt(s) };
    expect(verifySignature(message, signature, PARAMETERS.providerKey)).to.equal(true);

    expect(await gateway.endSession(endOf(ticket))).to.deep.equal(refund);
    expect(await gateway.endSession(endOf(ticket, true))).to.deep.equal(refund);
    expect(await gateway.refund({ nullifier: ticket.nullifier.toString() })).to.deep.equal(refund);
    expect(await codeOf(gateway.call(laterCallOn(ticket)))).to.equal("SESSION_ENDED");
    expect(await gateway.call(callOn(ticket, { isLast: true }))).to.deep.equal(answer);
    expect(upstream.served).to.have.length(1);
    expect(await feedOf(provider)).to.deep.equal(["ticket", "refund"]);
  });

  it("turns a ticket that was never served into a full refund", async () => {
    const { gateway } = startProvider();
    expect(await codeOf(gateway.endSession(endOf(ticket)))).to.equal("TICKET_UNKNOWN");
    const refund = await gateway.endSession(endOf(ticket, true));
    expect(refund).to.include({ refundedCharge: C.toString(), refundedHold: P.toString() });
    expect(await codeOf(gateway.call(callOn(ticket)))).to.equal("SESSION_ENDED");
  });

  it("lets nobody but the session's key end a session", async () => {
    const { gateway } = startProvider();
    await gateway.call(callOn(ticket));
    const stranger = { ...ticket, key: strangeKey(5) };
    expect(await codeOf(gateway.endSession(endOf(stranger)))).to.equal("TICKET_SPENT");
    expect(await codeOf(gateway.endSession(endOf(stranger, true)))).to.equal("PROOF_INVALID");
    const forged = { ...endOf(stranger), sessionAddress: ticket.key.address };
    expect(await codeOf(gateway.endSession(forged))).to.equal("SIGNATURE_INVALID");
    expect(await codeOf(gateway.refund({ nullifier: ticket.nullifier.toString() }))).to.equal("SESSION_OPEN");
    expect(await codeOf(gateway.refund({ nullifier: "1" }))).to.equal("TICKET_UNKNOWN");
  });

  it("ends idle sessions with the refund of what was not charged, and forgets answers after their time", async () => {
    const { gateway, clock } = startProvider();
    await gateway.call(callOn(ticket));
    await gateway.call(callOn(other, { isLast: true }));
    clock.now += 600;
    expect(await gateway.sweep()).to.deep.equal({ sessionsEnded: 0, answersForgotten: 0 });
    clock.now += 1;
    expect(await gateway.sweep()).to.deep.equal({ sessionsEnded: 1, answersForgotten: 0 });
    expect((await gateway.refund({ nullifier: ticket.nullifier.toString() })).refundedCharge).to.equal("70");
    expect(await codeOf(gateway.call(laterCallOn(ticket)))).to.equal("SESSION_ENDED");
    clock.now += 3_600;
    expect(await gateway.sweep()).to.deep.equal({ sessionsEnded: 0, answersForgotten: 2 });
    expect(await codeOf(gateway.call(callOn(ticket)))).to.equal("SESSION_ENDED");
  });

  it("shows in the feed what was recorded, in order and by pages, and nothing of refused requests", async () => {
    const { gateway } = startProvider();
    await gateway.call(callOn(ticket, { isLast: true }));
    await codeOf(gateway.call(callOn(other, { cap: 1n })));
    await codeOf(gateway.call(callOn(other, { ticket: { ...other.opening, y: 1n } })));
    await gateway.call(callOn(other));
    const whole = await gateway.publicFeed({ after: 0 });
    expect(whole.entries.map(({ kind }) => kind)).to.deep.equal(["ticket", "refund", "ticket"]);
    expect(whole.isEnd).to.equal(true);
    expect(whole.entries[0]).to.deep.equal({
      kind: "ticket",
      position: 1,
      nullifier: ticket.nullifier.toString(),
      x: ticket.share.x.toString(),
      y: ticket.share.y.toString(),
    });
    const paged = [];
    for (let after = 0; ;) {
      const page = await gateway.publicFeed({ after, limit: 2 });
      paged.push(...page.entries);
      if (page.isEnd) break;
      after = page.next;
    }
    expect(paged).to.deep.equal(whole.entries);
  });

  it("refuses malformed bodies of every kind, and says where without repeating them", async () => {
    const provider = startProvider();
    const { gateway } = provider;
    const good = callOn(ticket);
    const p = FIELD_MODULUS.toString();
    const bad: Record<
      "call" | "enroll" | "endSession" | "refund" | "fold" | "consentToClose" | "publicFeed",
      unknown[]
    > = {
      call: [
        ...[null, undefined, 1, "text", [], {}],
        ...[p, "-1", "01", "0x1", "1e3", " 1", "", 5, null, "9".repeat(400)].map((nullifier) => ({
          ...good,
          nullifier,
        })),
        ...[0, -1, 1.5, "1", 2 ** 60, null].map((sequence) => ({ ...good, sequence })),
        ...[(1n << 96n).toString(), "1.0", 7].map((cap) => ({ ...good, cap })),
        ...["0x12", "", `0x${"zz".repeat(32)}`, 3].map((salt) => ({ ...good, salt })),
        ...["nobody", "0x12", null, `${ticket.key.address}00`].map((sessionAddress) => ({ ...good, sessionAddress })),
        ...["0x", "0x1234", 7].map((signature) => ({ ...good, signature })),
        ...[7, null, {}, "x".repeat(4 * 1024 * 1024 + 1)].map((payload) => ({ ...good, payload })),
        { ...good, isLast: "yes" },
        { ...good, extra: 1 },
        ...[
          null,
          [],
          {},
          { y: "1" },
          { y: p, proof: good.ticket?.proof },
          { y: "1", proof: {} },
          { y: "1", proof: [1] },
        ].map((opening) => ({ ...good, ticket: opening })),
        { ...good, ticket: { y: "1", proof: { ...proofToJson(ticket.opening.proof), a: ["1", "x"] } } },
      ],
      enroll: [null, {}, { root: "1", newState: "1", enrollNullifier: p, proof: good.ticket?.proof }],
      endSession: [null, {}, { ...endOf(ticket), signature: "0x" }, { ...endOf(ticket), extra: 1 }],
      refund: [null, {}, { nullifier: p }, { nullifier: 1 }],
      fold: [
        null,
        {},
        { newState: "1", foldNullifiers: ["1", "2", "3"], certified: "0", proof: good.ticket?.proof },
        { newState: "1", foldNullifiers: ["1", "2", "3", "3"], certified: "0", proof: good.ticket?.proof },
        { newState: "1", foldNullifiers: ["1", "2", "3", "4"], certified: "-7", proof: good.ticket?.proof },
      ],
      consentToClose: [null, {}, { identityCommitment: "1" }],
      publicFeed: [null, {}, { after: -1 }, { after: 0, limit: 0 }, { after: 0, limit: 1_001 }, { after: "0" }],
    };
    for (const [name, bodies] of Object.entries(bad)) {
      for (const [position, body] of bodies.entries()) {
        const refused = await gateway[name as keyof typeof bad](body).catch((error: unknown) => error);
        expect(refused, `${name} ${position}`).to.include({ code: "REQUEST_MALFORMED" });
        expect((refused as Error).message.length, `${name} ${position}`).to.be.lessThan(200);
      }
    }
    expect(await feedOf(provider)).to.deep.equal([]);
  });

  it("tells a caller nothing of a fault, and the operator everything", async () => {
    const faults: unknown[] = [];
    const provider = startProvider({ onFault: (error) => faults.push(error) });
    await provider.store.close();
    const refused = await provider.gateway.call(callOn(ticket)).catch((error: unknown) => error);
    expect(refused).to.include({ code: "INTERNAL" });
    expect(faults).to.have.length(1);
  });

  it("refuses to start with terms or a key that are not the pool's", () => {
    const cheaper = { ...TERMS, pricing: { kind: "fixed" as const, price: "10" } };
    expect(() => startProvider({ terms: parseTerms(cheaper) })).to.throw(GatewayError, "termsHash");
    const pool = { ...POOL, parameters: { ...PARAMETERS, providerKey: [1n, 2n] as const } };
    expect(() => startProvider({ pool })).to.throw(GatewayError, "provider key");
    const dear = { ...POOL, parameters: { ...PARAMETERS, ticketPrice: 20n } };
    expect(() => startProvider({ pool: dear })).to.throw(GatewayError, "above the ticket price");
  });
});
