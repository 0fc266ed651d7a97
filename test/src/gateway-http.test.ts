// SPDX-License-Identifier: GPL-3.0-or-later
/** The provider's interface over HTTP: every path, frames of answers, problems, and clients that go away. */
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import type { Upstream } from "../../src/gateway/index.ts";
import { AnswerReader, PATHS, errorOfProblem, feedPage, responseHashOf } from "../../src/wire/index.ts";
import type { CallAnswerJson, FeedPageJson, SignedRefundJson, TermsAnswerJson } from "../../src/wire/index.ts";
import { startHttpGateway } from "./support/http-gateway.ts";
import type { HttpGateway } from "./support/http-gateway.ts";
import { ask, askJson, codeIn } from "./support/http-requests.ts";
import { C, POOL, PRICE, TERMS } from "./support/session-world.ts";
import { callOn, endOf, laterCallOn, proveTicket } from "./support/tickets.ts";
import type { ProvedTicket } from "./support/tickets.ts";

/** Reads the frames of a call's answer. */
function answerIn(text: string): { readonly answer: CallAnswerJson; readonly pieces: readonly string[] } {
  const pieces: string[] = [];
  const reader = new AnswerReader((piece) => pieces.push(piece));
  for (const line of text.trimEnd().split("\n")) {
    const answer = reader.take(line);
    if (answer !== undefined) return { answer, pieces };
  }
  throw new Error("the answer is not complete");
}

/** Hands out its pieces when it is told to. */
class Paced implements Upstream {
  served = 0;
  readonly #steps: (() => void)[] = [];
  readonly #pieces: readonly string[];

  constructor(...pieces: readonly string[]) {
    this.#pieces = pieces;
  }

  quote(): bigint {
    return PRICE;
  }

  async serve(_: string, { emit }: Parameters<Upstream["serve"]>[1]): ReturnType<Upstream["serve"]> {
    this.served += 1;
    for (const piece of this.#pieces) {
      await new Promise<void>((resolve) => this.#steps.push(resolve));
      emit(piece);
    }
    await new Promise<void>((resolve) => this.#steps.push(resolve));
    return { response: this.#pieces.join(""), charge: PRICE };
  }

  /** Lets it go one piece further. */
  async step(): Promise<void> {
    while (this.#steps.length === 0) await sleep(5);
    this.#steps.shift()?.();
  }
}

describe("the gateway over HTTP", function () {
  this.timeout(60_000);
  let tickets: ProvedTicket[];
  let gateway: HttpGateway;
  const post = (path: string, value: unknown) => askJson(gateway.url + path, value);

  before(async () => {
    tickets = await Promise.all([0, 1, 2].map((index) => proveTicket(0, index)));
  });
  beforeEach(async () => {
    gateway = await startHttpGateway({ limits: { graceSeconds: 1 } });
  });
  afterEach(() => gateway.close());

  it("answers each path as the gateway does", async () => {
    const [ticket] = tickets as [ProvedTicket];
    const terms = JSON.parse((await ask(gateway.url + PATHS.terms)).text) as TermsAnswerJson;
    expect(terms).to.deep.equal({ chainId: POOL.chainId.toString(), pool: POOL.address, terms: TERMS });

    const called = await post(PATHS.call, callOn(ticket));
    expect(called.status).to.equal(200);
    expect(called.headers["content-type"]).to.equal("application/x-ndjson");
    const { answer } = answerIn(called.text);
    expect(answer.response).to.equal("echo: hello");
    expect(answer.receipt.responseHash).to.equal(responseHashOf("echo: hello"));
    expect(Buffer.byteLength(called.text) % 1_024).to.equal(0);

    expect(codeIn(await post(PATHS.refund, { nullifier: ticket.nullifier.toString() }))).to.equal("SESSION_OPEN");
    const ended = await post(PATHS.endSession, endOf(ticket));
    expect(ended.status).to.equal(200);
    const refund = JSON.parse(ended.text) as SignedRefundJson;
    expect(refund.refundedCharge).to.equal((C - PRICE).toString());
    const asked = await post(PATHS.refund, { nullifier: ticket.nullifier.toString() });
    expect(JSON.parse(asked.text)).to.deep.equal(refund);

    for (const path of [PATHS.enroll, PATHS.fold, PATHS.close]) {
      const refused = await post(path, {});
      expect(refused.status).to.equal(400);
      expect(codeIn(refused)).to.equal("REQUEST_MALFORMED");
    }
    expect(JSON.parse((await ask(gateway.url + PATHS.health)).text)).to.deep.equal({
      status: "ok",
      checks: { store: true },
    });
  });

  it("pages the feed whole and resumable, and lets full pages be kept for ever", async () => {
    for (const ticket of tickets) await post(PATHS.call, callOn(ticket));
    const page = async (after: number, limit: number): Promise<[FeedPageJson, string | undefined]> => {
      const { text, headers } = await ask(`${gateway.url}${PATHS.feed}?after=${after}&limit=${limit}`);
      return [feedPage.parse(JSON.parse(text)) && (JSON.parse(text) as FeedPageJson), headers["cache-control"]];
    };
    const [first, kept] = await page(0, 2);
    expect([first.entries.length, first.isEnd, kept]).to.deep.equal([2, false, "public, max-age=31536000, immutable"]);
    const [second, asked] = await page(first.next, 2);
    expect([second.entries.length, second.isEnd, asked]).to.deep.equal([1, true, "no-cache"]);
    const [whole] = await page(0, 1_000);
    expect(whole.entries).to.deep.equal([...first.entries, ...second.entries]);
    expect((await page(whole.next, 10))[0]).to.deep.equal({ entries: [], next: whole.next, isEnd: true });
    for (const query of ["?after=-1", "?after=x", "?limit=0", "?limit=1001", "?after=1&after=2", "?more=1"]) {
      expect(codeIn(await ask(gateway.url + PATHS.feed + query)), query).to.equal("REQUEST_MALFORMED");
    }
  });

  it("refuses with problems: other paths, methods, types, and bodies that are no JSON", async () => {
    const { url } = gateway;
    const call = url + PATHS.call;
    const cases: [Promise<Awaited<ReturnType<typeof ask>>>, number, string][] = [
      [ask(`${url}/jeton`), 404, "NOT_FOUND"],
      [ask(`${url}/jeton/v1/none`), 404, "NOT_FOUND"],
      [ask(`${url}/jeton/v2/terms`, { body: "{}" }), 404, "NOT_FOUND"],
      [ask(call), 405, "NOT_FOUND"],
      [ask(url + PATHS.terms, { body: "{}" }), 405, "NOT_FOUND"],
      [ask(url + PATHS.feed, { method: "DELETE" }), 405, "NOT_FOUND"],
      [ask(call, { body: "{" }), 400, "REQUEST_MALFORMED"],
      [ask(call, { body: '{"__proto__":1}' }), 400, "REQUEST_MALFORMED"],
      [ask(call, { body: "" }), 400, "REQUEST_MALFORMED"],
      [ask(call, { body: "null" }), 400, "REQUEST_MALFORMED"],
      [ask(call, { body: "{}", headers: { "content-type": "text/plain" } }), 415, "REQUEST_MALFORMED"],
      [
        ask(call, { body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } }),
        415,
        "REQUEST_MALFORMED",
      ],
      [ask(call, { body: "{}", headers: { "content-type": "" } }), 415, "REQUEST_MALFORMED"],
    ];
    for (const [asked, status, code] of cases) {
      const answer = await asked;
      const body = JSON.parse(answer.text) as { type: string; status: number };
      expect([answer.status, codeIn(answer)], answer.text).to.deep.equal([status, code]);
      expect(answer.headers["content-type"]).to.match(/^application\/problem\+json/);
      expect(body.status).to.equal(status);
      expect(body.type).to.equal(`urn:jeton:problem:${code.toLowerCase().replaceAll("_", "-")}`);
      expect(errorOfProblem(body)?.code).to.equal(code);
    }
    expect((await ask(call)).headers["allow"]).to.equal("POST");
  });

  it("says that a fault is one, and nothing of it", async () => {
    const failing: Partial<Upstream> = {
      quote: () => {
        throw new Error("password hunter2");
      },
    };
    const [ticket] = tickets as [ProvedTicket];
    gateway.renew({ upstream: failing as Upstream });
    const answer = await post(PATHS.call, callOn(ticket));
    expect([answer.status, codeIn(answer), answer.headers["retry-after"]]).to.deep.equal([500, "INTERNAL", "1"]);
    expect(answer.text).to.not.include("hunter2");
    expect(gateway.faults).to.have.length(1);
  });

  it("says when to come again where the same request may succeed later", async () => {
    const upstream = new Paced();
    gateway.renew({ upstream });
    const [ticket] = tickets as [ProvedTicket];
    const first = post(PATHS.call, callOn(ticket));
    while (upstream.served === 0) await sleep(5);
    // Another gateway of the provider would say so; this one lets the second call wait for the first.
    const { gateway: other } = gateway.provider;
    const waiting = other.endSession(endOf(ticket)).catch((error: { code: string }) => error.code);
    await upstream.step();
    expect((await first).status).to.equal(200);
    expect(await waiting).to.have.property("refundedCharge");
    const late = await post(PATHS.call, laterCallOn(ticket));
    expect([late.status, codeIn(late), late.headers["retry-after"]]).to.deep.equal([410, "SESSION_ENDED", undefined]);
  });

  it("hands a response on as it comes, and puts what is left beside the receipt", async () => {
    const upstream = new Paced("one ", "two ", "thr\ud83d", "\ude00ee");
    gateway.renew({ upstream });
    const [ticket] = tickets as [ProvedTicket];
    const reader = new AnswerReader();
    let lines = 0;
    let answer: CallAnswerJson | undefined;
    const done = new Promise<void>((resolve, reject) => {
      const sent = httpRequest(
        gateway.url + PATHS.call,
        { method: "POST", headers: { "content-type": "application/json" } },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => {
            text += chunk;
            for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n")) {
              answer = reader.take(text.slice(0, end));
              text = text.slice(end + 1);
              lines += 1;
            }
          });
          response.on("end", () => resolve());
          response.on("error", reject);
        },
      );
      sent.on("error", reject);
      sent.end(JSON.stringify(callOn(ticket)));
    });
    for (let expected = 1; expected <= 4; expected++) {
      await upstream.step();
      while (lines < expected) await sleep(2);
      expect(answer).to.equal(undefined);
    }
    await upstream.step();
    await done;
    expect(lines).to.equal(5);
    expect(answer?.response).to.equal("one two thr😀ee");
    expect(answer?.receipt.responseHash).to.equal(responseHashOf("one two thr😀ee"));
    // The stored answer comes whole.
    const again = answerIn((await post(PATHS.call, callOn(ticket))).text);
    expect(again.pieces).to.deep.equal(["one two thr😀ee"]);
    expect(again.answer).to.deep.equal(answer);
    expect(upstream.served).to.equal(1);
  });

  it("tells in a frame of a failure that comes after the first piece", async () => {
    const upstream: Upstream = {
      quote: () => PRICE,
      serve: async (_, { emit }) => {
        emit("so far ");
        await sleep(10);
        throw new Error("cut");
      },
    };
    gateway.renew({ upstream });
    const [ticket] = tickets as [ProvedTicket];
    const { status, text } = await post(PATHS.call, callOn(ticket));
    expect(status).to.equal(200);
    const [piece, problem] = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { problem?: { code: string } });
    expect(piece).to.deep.equal({ piece: "so far " });
    expect(problem?.problem?.code).to.equal("UPSTREAM_FAILED");
    const whole = await post(PATHS.call, laterCallOn(ticket));
    expect(codeIn({ ...whole, text: whole.text.trimEnd().split("\n").at(-1) ?? "" })).to.be.oneOf([
      undefined,
      "UPSTREAM_FAILED",
    ]);
  });

  it("serves on when the client is gone, and keeps the answer for its retry, charged once", async () => {
    const upstream = new Paced("half ", "whole");
    gateway.renew({ upstream });
    const [ticket] = tickets as [ProvedTicket];
    const sent = httpRequest(gateway.url + PATHS.call, {
      method: "POST",
      headers: { "content-type": "application/json" },
    });
    sent.on("error", () => undefined);
    sent.end(JSON.stringify(callOn(ticket)));
    await upstream.step();
    const [response] = (await once(sent, "response")) as [NodeJS.ReadableStream];
    await once(response, "data");
    sent.destroy();
    await sleep(20);
    const retry = post(PATHS.call, callOn(ticket));
    await upstream.step();
    await upstream.step();
    const { answer } = answerIn((await retry).text);
    expect(answer.response).to.equal("half whole");
    expect(answer.receipt.charged).to.equal(PRICE.toString());
    expect(upstream.served).to.equal(1);
    const { entries } = await gateway.provider.gateway.publicFeed({ after: 0 });
    expect(entries).to.have.length(1);
  });

  it("gives a client that reads late all of it, in fewer pieces", async () => {
    await gateway.close();
    const piece = "x".repeat(256 * 1024);
    const pieces = new Array<string>(48).fill(piece);
    const served = Promise.withResolvers<void>();
    gateway = await startHttpGateway({ limits: { graceSeconds: 1 } });
    const upstream: Upstream = {
      quote: () => PRICE,
      serve: async (_, { emit }) => {
        for (const each of pieces) {
          emit(each);
          await sleep(1);
        }
        served.resolve();
        return { response: pieces.join(""), charge: PRICE };
      },
    };
    gateway.renew({ upstream });
    const [slow] = tickets as [ProvedTicket];
    const open = async (ticket: ProvedTicket): Promise<IncomingMessage> => {
      const sent = httpRequest(gateway.url + PATHS.call, {
        method: "POST",
        headers: { "content-type": "application/json" },
      });
      sent.on("error", () => undefined);
      sent.end(JSON.stringify(callOn(ticket)));
      const [response] = (await once(sent, "response")) as [IncomingMessage];
      return response;
    };
    const late = await open(slow);
    await served.promise;
    let text = "";
    late.setEncoding("utf8");
    late.on("data", (chunk: string) => (text += chunk));
    await once(late, "end");
    const { answer, pieces: got } = answerIn(text);
    expect(answer.response.length).to.equal(48 * piece.length);
    expect(got.length).to.be.lessThan(48);
  });

  it("lets a call that runs come to its end when it closes, and takes no more", async () => {
    await gateway.close();
    gateway = await startHttpGateway();
    const upstream = new Paced("a ", "b");
    gateway.renew({ upstream });
    const [ticket, other] = tickets as [ProvedTicket, ProvedTicket];
    const running = post(PATHS.call, callOn(ticket));
    await upstream.step();
    const closing = gateway.close();
    await sleep(50);
    const refused = await post(PATHS.call, callOn(other)).catch((error: NodeJS.ErrnoException) => error.code);
    expect(refused).to.equal("ECONNREFUSED");
    await upstream.step();
    await upstream.step();
    expect(answerIn((await running).text).answer.response).to.equal("a b");
    await closing;
  });

  it("ends when the grace is over, whatever runs", async () => {
    await gateway.close();
    gateway = await startHttpGateway({ limits: { graceSeconds: 0.3 } });
    const upstream = new Paced("a ");
    gateway.renew({ upstream });
    const [ticket] = tickets as [ProvedTicket];
    const running = post(PATHS.call, callOn(ticket)).catch((error: Error) => error);
    await upstream.step();
    await sleep(30);
    const startedAt = performance.now();
    await gateway.close();
    expect(performance.now() - startedAt).to.be.within(250, 1_500);
    expect(await running).to.be.instanceOf(Error);
    await upstream.step();
  });
});
