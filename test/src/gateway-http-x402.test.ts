// SPDX-License-Identifier: GPL-3.0-or-later
/** The service for those who pay by x402's headers, read with x402's own library. */
import {
  decodePaymentRequiredHeader,
  decodePaymentResponseHeader,
  encodePaymentSignatureHeader,
} from "@x402/core/http";
import { expect } from "chai";

import {
  bodyOf,
  decodeExchangeRequest,
  encodeExchangeHead,
  encodeExchangeRequest,
  encodeExchangeResponse,
} from "../../src/wire/index.ts";
import { decodeOffer, requestHashOf, responseHashOf } from "../../src/wire/index.ts";
import type { CallAnswerJson, PaymentOfferJson } from "../../src/wire/index.ts";
import type { Upstream } from "../../src/gateway/index.ts";
import { startHttpGateway } from "./support/http-gateway.ts";
import type { HttpGateway } from "./support/http-gateway.ts";
import { ask, codeIn } from "./support/http-requests.ts";
import type { Answer, Asking } from "./support/http-requests.ts";
import { C, P, PARAMETERS, POOL, PRICE } from "./support/session-world.ts";
import { callOn, proveTicket } from "./support/tickets.ts";
import type { ProvedTicket } from "./support/tickets.ts";

const CHAT = {
  path: "/v1/chat/completions?trace=1",
  contentType: "application/json",
  body: '{"stream":true,"say":"grüß"}',
};
const EVENTS = ["data: one\n\n", "data: two 😀\n\n", "data: [DONE]\n\n"];

/** Tells what it was asked, or streams events. */
const service: Upstream = {
  quote: () => PRICE,
  async serve(payload, { emit }) {
    const request = decodeExchangeRequest(payload);
    if (request.path.startsWith("/v1/chat")) {
      const head = encodeExchangeHead({ status: 200, contentType: "text/event-stream", encoding: "utf8" });
      for (const piece of [head.slice(0, 5), head.slice(5), ...EVENTS]) emit(piece);
      return { response: head + EVENTS.join(""), charge: PRICE };
    }
    const status = request.path === "/teapot" ? 418 : 200;
    const body = request.path === "/binary" ? Buffer.from([0, 255, 128]) : Buffer.from(JSON.stringify(request));
    const answer = {
      status,
      contentType: request.path === "/binary" ? "image/png" : "application/json",
      ...bodyOf(body),
    };
    return { response: encodeExchangeResponse(answer), charge: status === 200 ? PRICE : 0n };
  },
};

describe("a call paid by x402's headers", function () {
  this.timeout(60_000);
  let gateway: HttpGateway;
  let tickets: ProvedTicket[];

  before(async () => {
    tickets = await Promise.all([0, 1].map((index) => proveTicket(0, index)));
    gateway = await startHttpGateway();
  });
  beforeEach(() => void gateway.renew({ upstream: service }));
  after(() => gateway.close());

  /** Pays for a request: what a wallet does. */
  async function pay(ticket: ProvedTicket, path: string, asking: Asking = {}, sold = asking): Promise<Answer> {
    const { method = asking.body === undefined ? "GET" : "POST", body = "" } = sold;
    const contentType = body === "" ? "" : "application/json";
    const payload = encodeExchangeRequest({ method: method as "GET", path, contentType, ...bodyOf(Buffer.from(body)) });
    const { payload: _, ...call } = callOn(ticket, { payload });
    const { headers } = await ask(gateway.url + path, asking);
    const [accepted] = decodePaymentRequiredHeader(String(headers["payment-required"])).accepts;
    if (accepted === undefined) throw new Error("nothing is offered");
    const header = encodePaymentSignatureHeader({ x402Version: 2, accepted, payload: call });
    return ask(gateway.url + path, { ...asking, headers: { ...asking.headers, "payment-signature": header } });
  }
  const settledIn = (header: unknown): Omit<CallAnswerJson, "response"> =>
    (decodePaymentResponseHeader(String(header)).extensions as { jeton: Omit<CallAnswerJson, "response"> }).jeton;

  it("is offered with status 402, to x402's own decoder and to people", async () => {
    const asked = await ask(gateway.url + CHAT.path, { body: CHAT.body });
    expect([asked.status, codeIn(asked)]).to.deep.equal([402, "PAYMENT_REQUIRED"]);
    expect(asked.headers["content-type"]).to.match(/^application\/problem\+json/);
    const header = String(asked.headers["payment-required"]);
    const offer = decodePaymentRequiredHeader(header);
    expect(offer.x402Version).to.equal(2);
    expect(offer.resource.url).to.equal(gateway.url + CHAT.path);
    const [required] = offer.accepts;
    expect(required).to.deep.include({
      scheme: "jeton",
      network: "eip155:31337",
      amount: PRICE.toString(),
      asset: PARAMETERS.token,
      payTo: POOL.address,
    });
    expect(required?.extra).to.deep.include({
      pool: POOL.address,
      chainId: "31337",
      termsHash: PARAMETERS.termsHash,
      ticketPrice: C.toString(),
      policyHold: P.toString(),
    });
    const { type: _, title: __, ...body } = JSON.parse(asked.text) as PaymentOfferJson & Record<string, unknown>;
    expect(body).to.deep.include(JSON.parse(JSON.stringify(decodeOffer(header))) as object);
    for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
      expect((await ask(`${gateway.url}/any`, { method })).status, method).to.equal(402);
    }
  });

  it("gets the service's own answer, with the receipt in a header", async () => {
    const [ticket] = tickets as [ProvedTicket];
    const asking = { method: "PUT", body: '{"a":"grüß"}' };
    const answer = await pay(ticket, "/things?x=1", asking);
    expect([answer.status, answer.headers["content-type"]]).to.deep.equal([200, "application/json"]);
    const request = JSON.parse(answer.text) as ReturnType<typeof decodeExchangeRequest>;
    expect(request).to.deep.include({ method: "PUT", path: "/things?x=1", body: '{"a":"grüß"}', encoding: "utf8" });
    const settlement = decodePaymentResponseHeader(String(answer.headers["payment-response"]));
    expect(settlement).to.deep.include({ success: true, transaction: "", network: "eip155:31337" });
    const { receipt, refund, signature } = settledIn(answer.headers["payment-response"]);
    expect([receipt.charged, refund]).to.deep.equal([PRICE.toString(), null]);
    expect(signature).to.match(/^0x/);
    const head = encodeExchangeHead({ status: 200, contentType: "application/json", encoding: "utf8" });
    expect(receipt.responseHash).to.equal(responseHashOf(head + answer.text));
    const payload = encodeExchangeRequest(request);
    expect(receipt.requestHash).to.equal(requestHashOf({ salt: callOn(ticket).salt, isLast: false, payload }));
    // The same request again gets the stored answer.
    expect((await pay(ticket, "/things?x=1", asking)).text).to.equal(answer.text);
  });

  it("gets bytes as bytes, and the service's own refusals for nothing", async () => {
    const [ticket, other] = tickets as [ProvedTicket, ProvedTicket];
    const binary = await pay(ticket, "/binary");
    expect(binary.headers["content-type"]).to.equal("image/png");
    expect(binary.headers["content-length"]).to.equal("3");
    const teapot = await pay(other, "/teapot");
    expect(teapot.status).to.equal(418);
    expect(settledIn(teapot.headers["payment-response"]).receipt.charged).to.equal("0");
  });

  it("gets a stream of events as it is, and the receipt in a comment after it", async () => {
    const [ticket] = tickets as [ProvedTicket];
    const asking = { body: CHAT.body };
    for (const attempt of ["first", "again"]) {
      const { status, headers, text } = await pay(ticket, CHAT.path, asking);
      expect([status, headers["content-type"]], attempt).to.deep.equal([200, "text/event-stream"]);
      expect(text.startsWith(EVENTS.join(""))).to.equal(true);
      const [, base64] = /^: jeton (\S+)\n\n$/.exec(text.slice(EVENTS.join("").length)) ?? [];
      expect(settledIn(base64).receipt.charged).to.equal(PRICE.toString());
    }
  });

  it("is refused as any call, and x402 is told", async () => {
    const [ticket] = tickets as [ProvedTicket];
    // Signed for another body.
    const other = await pay(ticket, "/things", { body: '{"a":2}' }, { body: '{"a":1}' });
    expect([other.status, codeIn(other)]).to.deep.equal([403, "SIGNATURE_INVALID"]);
    expect(decodePaymentResponseHeader(String(other.headers["payment-response"]))).to.deep.include({
      success: false,
      errorReason: "signature_invalid",
    });
    const failing: Upstream = { quote: () => PRICE, serve: () => Promise.reject(new Error("no")) };
    gateway.renew({ upstream: failing });
    const failed = await pay(ticket, "/things");
    expect([failed.status, codeIn(failed), failed.headers["retry-after"]]).to.deep.equal([502, "UPSTREAM_FAILED", "1"]);
  });

  it("is refused with a payment that is none, or for another pool", async () => {
    const { headers } = await ask(`${gateway.url}/any`);
    const [accepted] = decodePaymentRequiredHeader(String(headers["payment-required"])).accepts;
    if (accepted === undefined) throw new Error("nothing is offered");
    const { payload: _, ...call } = callOn(tickets[0] as ProvedTicket);
    const bad = [
      "nothing",
      Buffer.from("{}").toString("base64"),
      encodePaymentSignatureHeader({ x402Version: 2, accepted, payload: {} }),
      encodePaymentSignatureHeader({ x402Version: 2, accepted: { ...accepted, scheme: "exact" }, payload: call }),
      encodePaymentSignatureHeader({ x402Version: 2, accepted: { ...accepted, network: "eip155:1" }, payload: call }),
      encodePaymentSignatureHeader({
        x402Version: 2,
        accepted: { ...accepted, payTo: PARAMETERS.token },
        payload: call,
      }),
    ];
    for (const header of bad) {
      const answer = await ask(`${gateway.url}/any`, { from: "127.0.0.7", headers: { "payment-signature": header } });
      expect([answer.status, codeIn(answer)], header).to.deep.equal([400, "REQUEST_MALFORMED"]);
    }
  });
});
