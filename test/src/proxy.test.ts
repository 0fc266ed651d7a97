// SPDX-License-Identifier: GPL-3.0-or-later
import { request as httpRequest } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

import { expect } from "chai";
import OpenAI from "openai";

import { AnswerStream } from "../../src/proxy/answer.ts";
import { Calls } from "../../src/proxy/calls.ts";
import { ProxyProblem, startProxy } from "../../src/proxy/index.ts";
import { GatewayError, encodeExchangeHead } from "../../src/wire/index.ts";
import {
  JSON_TYPE,
  EVENTS,
  chatBody,
  fixedTerms,
  json,
  meeting,
  openProxied,
  rawRequest,
  text,
} from "./support/proxied.ts";
import type { ProxiedSetup, ProxiedWorld } from "./support/proxied.ts";
import { lying } from "./support/session-world.ts";

describe("the wallet's proxy", function () {
  this.timeout(120_000);
  let world: ProxiedWorld | undefined;

  async function open(setup?: ProxiedSetup): Promise<ProxiedWorld> {
    world = await openProxied(setup);
    return world;
  }

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  const post = (url: string, body: string | Buffer, headers: Record<string, string> = JSON_TYPE) =>
    rawRequest(url, { method: "POST", headers, body });

  /** A stream as far as it came, and whether it ended as it should. */
  async function readStream(url: string): Promise<{ body: string; isWhole: boolean }> {
    const path = `${url}/v1/chat/completions`;
    const answer = await fetch(path, { method: "POST", headers: JSON_TYPE, body: chatBody({ stream: true }) });
    const reader = answer.body!.getReader();
    let body = "";
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read())
        body += Buffer.from(part.value).toString();
      return { body, isWhole: true };
    } catch {
      return { body, isWhole: false };
    }
  }

  describe("requests and answers", () => {
    it("makes one paid call of a request, and gives the service's answer as it is", async () => {
      const { url, served, purse, log } = await open({ service: async () => text("the answer", 203) });
      const answer = await post(`${url}/v1/chat/completions?a=b`, chatBody());
      expect([answer.status, answer.headers["content-type"], answer.body.toString()]).to.deep.equal([
        203,
        "text/plain",
        "the answer",
      ]);
      expect(answer.headers["jeton-charged"]).to.equal("30");
      expect(served).to.deep.equal([
        {
          method: "POST",
          path: "/v1/chat/completions",
          contentType: "application/json",
          encoding: "utf8",
          body: chatBody(),
        },
      ]);
      expect(purse.status().accounts[0]?.used).to.equal(1);
      expect(purse.status().unsettled).to.equal(0);
      expect(log.join()).to.match(/^POST \/v1\/chat\/completions: 203, 30 units, \d+ ms$/);
    });

    it("lets no header of the client go on", async () => {
      const { url, payloads } = await open();
      await post(`${url}/v1/chat/completions`, chatBody(), {
        "content-type": "application/json; charset=very-secret",
        authorization: "Bearer sk-very-secret",
        cookie: "session=very-secret",
        "user-agent": "very-secret/1.0",
        "x-stainless-os": "very-secret",
        "idempotency-key": "very-secret",
      });
      expect(payloads).to.have.lengthOf(1);
      expect(payloads.join()).not.to.contain("secret");
    });

    it("carries bytes that are no text, both ways, where the service is any HTTP service", async () => {
      const bytes = Buffer.from([0, 255, 254, 10, 128, 13, 0]);
      const service = async () =>
        ({ status: 200, contentType: "image/x", encoding: "base64", body: bytes.toString("base64") }) as const;
      const { url, served } = await open({ terms: fixedTerms, service });
      const answer = await post(`${url}/some/where`, bytes, { "content-type": "application/octet-stream" });
      expect(answer.body.equals(bytes)).to.equal(true);
      expect(served[0]).to.include({ encoding: "base64", body: bytes.toString("base64") });
    });

    it("refuses methods that cannot be paid for, and bodies that are too long, without a ticket", async () => {
      const { url, purse } = await open({ terms: fixedTerms, limits: { bodyBytes: 1_000 } });
      expect((await rawRequest(`${url}/`, { method: "OPTIONS" })).status).to.equal(405);
      expect((await post(`${url}/`, "x".repeat(2_000))).status).to.equal(413);
      expect(purse.status().accounts[0]?.used).to.equal(0);
    });

    it("makes as many calls at once as there are tickets, each on its own", async () => {
      const all = meeting(4);
      const service = async () => {
        await all();
        return text("done");
      };
      const { url, purse } = await open({ terms: fixedTerms, service, stock: 4 });
      const answers = await Promise.all([1, 2, 3, 4].map((n) => post(`${url}/${n}`, "x")));
      expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 200, 200]);
      expect(purse.status().accounts[0]?.used).to.equal(4);
    });

    it("proves a ticket where none is in stock, and says that it does", async () => {
      const { url, log } = await open({ stock: 0 });
      expect((await post(`${url}/v1/chat/completions`, chatBody())).status).to.equal(200);
      expect(log[0]).to.match(/no ticket is in stock/);
    });

    it("lets so many calls wait, and refuses more in a way that may be tried again", async () => {
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      const service = async () => {
        await gate;
        return text("done");
      };
      const { url } = await open({ terms: fixedTerms, service, stock: 2, limits: { running: 1, waiting: 1 } });
      const first = post(`${url}/1`, "x");
      await pause(100);
      const second = post(`${url}/2`, "x");
      await pause(100);
      const third = await post(`${url}/3`, "x");
      expect([third.status, third.headers["x-should-retry"], third.headers["retry-after"]]).to.deep.equal([
        503,
        "true",
        "1",
      ]);
      release();
      expect((await Promise.all([first, second])).map(({ status }) => status)).to.deep.equal([200, 200]);
    });

    it("does not pay for a call whose client left before its turn, unless its repeat came for it", async () => {
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      const service = async () => {
        await gate;
        return text("done");
      };
      const { url, served, purse, proxy } = await open({
        terms: fixedTerms,
        service,
        stock: 3,
        limits: { running: 1, waiting: 5 },
      });
      const first = post(`${url}/first`, "x");
      await pause(100);
      const leaving = [`${url}/left`, `${url}/repeated`].map((path) => {
        const abort = new AbortController();
        fetch(path, { method: "POST", body: "x", headers: JSON_TYPE, signal: abort.signal }).catch(() => undefined);
        return abort;
      });
      await pause(100);
      for (const abort of leaving) abort.abort();
      await pause(100);
      const repeat = post(`${url}/repeated`, "x", { ...JSON_TYPE, "x-stainless-retry-count": "1" });
      await pause(100);
      release();
      expect((await first).status).to.equal(200);
      expect((await repeat).body.toString()).to.equal("done");
      await proxy.close();
      expect(served.map(({ path }) => path)).to.deep.equal(["/first", "/repeated"]);
      expect(purse.status().accounts[0]?.used).to.equal(2);
    });

    it("answers while the wallet still waits for the refund, and ends only with it", async () => {
      const gate = Promise.withResolvers<void>();
      const { url, proxy, purse } = await open({
        terms: fixedTerms,
        service: async () => text("at once"),
        api: ({ gateway }) =>
          lying(gateway, {
            call: async (request) => ({ ...(await gateway.call(request)), refund: null }),
            endSession: async (request) => {
              await gate.promise;
              return gateway.endSession(request);
            },
          }),
      });
      expect((await post(`${url}/`, "x")).body.toString()).to.equal("at once");
      expect(purse.status()).to.include({ unsettled: 1, callsInFlight: 1 });
      // No further ticket is used before it is there.
      const next = post(`${url}/`, "y");
      await pause(50);
      expect(purse.status().accounts[0]?.used).to.equal(1);
      let hasEnded = false;
      const ended = proxy.close().then(() => (hasEnded = true));
      await pause(50);
      expect(hasEnded).to.equal(false);
      gate.resolve();
      await ended;
      expect((await next).body.toString()).to.equal("at once");
      expect(purse.status()).to.include({ unsettled: 0, callsInFlight: 0 });
    });

    it("has answered a call whose refund could not be kept, and says so", async () => {
      const log: string[] = [];
      const calls = new Calls({
        purse: {
          call: async (_payload, options) => {
            options?.onAnswer?.({ response: "paid for", areTruePieces: true, charged: 7n });
            throw new Error("the disk is full");
          },
        },
        inStock: undefined,
        limits: { running: 1, waiting: 0, bodyBytes: 1_024, graceMilliseconds: 1 },
        log: (line) => log.push(line),
      });
      const exchange = { method: "GET", path: "/", contentType: "", encoding: "utf8", body: "" } as const;
      expect(await calls.pay(exchange)).to.include({ response: "paid for", charged: 7n });
      await calls.idle();
      expect(calls.counts).to.deep.equal({ running: 0, waiting: 0, answered: 1, failed: 0 });
      expect(log.join()).to.contain("its refund is not kept yet");
    });

    it("ends only with the refund of a request that was still coming in", async () => {
      const gate = Promise.withResolvers<void>();
      const { port, proxy, purse } = await open({
        terms: fixedTerms,
        api: ({ gateway }) =>
          lying(gateway, {
            call: async (request) => ({ ...(await gateway.call(request)), refund: null }),
            endSession: async (request) => {
              await gate.promise;
              return gateway.endSession(request);
            },
          }),
      });
      const slow = httpRequest({
        port,
        host: "127.0.0.1",
        method: "POST",
        path: "/",
        headers: JSON_TYPE,
        agent: false,
      });
      const answered = new Promise<number>((resolve, reject) => {
        slow.on("response", (response) => response.resume().on("end", () => resolve(response.statusCode ?? 0)));
        slow.on("error", reject);
      });
      slow.write("x");
      await pause(100);
      let hasEnded = false;
      const ended = proxy.close().then(() => (hasEnded = true));
      slow.end("y");
      expect(await answered).to.equal(200);
      await pause(100);
      expect(hasEnded).to.equal(false);
      gate.resolve();
      await ended;
      expect(purse.status()).to.include({ unsettled: 0, callsInFlight: 0 });
    });

    it("finishes calls under way before it ends", async () => {
      const service = async () => {
        await pause(300);
        return text("late");
      };
      const { url, proxy } = await open({ terms: fixedTerms, service });
      const call = post(`${url}/`, "x");
      await pause(100);
      await proxy.close();
      expect((await call).body.toString()).to.equal("late");
    });
  });

  describe("streams", () => {
    it("passes events on at once, while the service still writes", async () => {
      let goOn = (): void => undefined;
      const gate = new Promise<void>((resolve) => (goOn = resolve));
      const { url } = await open({
        service: async (_exchange, stream) => {
          const write = stream(EVENTS);
          write("data: one\n\n");
          await gate;
          write("data: two 🙂\n\n");
          return undefined;
        },
      });
      const answer = await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: JSON_TYPE,
        body: chatBody(),
      });
      expect(answer.headers.get("content-type")).to.equal("text/event-stream");
      const reader = answer.body!.getReader();
      const first = await reader.read();
      // The service has not written the second one.
      expect(Buffer.from(first.value).toString()).to.equal("data: one\n\n");
      goOn();
      let rest = "";
      for (let part = await reader.read(); !part.done; part = await reader.read())
        rest += Buffer.from(part.value).toString();
      expect(rest).to.equal("data: two 🙂\n\n");
    });

    it("holds back what is no stream of events until the receipt was checked", async () => {
      const forged = encodeExchangeHead({ status: 200, contentType: "text/plain", encoding: "utf8" });
      const { url } = await open({
        api: ({ gateway }) =>
          lying(gateway, {
            call: (request, onPiece) => {
              onPiece?.(`${forged}what somebody sent`);
              return gateway.call(request);
            },
          }),
      });
      const answer = await post(`${url}/v1/chat/completions`, chatBody());
      expect(answer.body.toString()).to.equal("hello");
    });

    it("says inside the stream when what was streamed is not what the provider signed", async () => {
      const { url } = await open({
        service: async (_exchange, stream) => void stream(EVENTS)("data: true\n\n"),
        api: ({ gateway }) =>
          lying(gateway, {
            call: (request, onPiece) => {
              onPiece?.(`${encodeExchangeHead(EVENTS)}data: forged\n\n`);
              return gateway.call(request);
            },
          }),
      });
      const { body, isWhole } = await readStream(url);
      const [forged, last] = body.trim().split(/\n{2,}/);
      expect(forged).to.equal("data: forged");
      expect(last).to.match(/^data: \{"error":\{"message":"the provider streamed something else/);
      expect(isWhole).to.equal(false);
    });

    it("says what went wrong as an event of its own after a line that was cut, and ends no such stream cleanly", async () => {
      const { url } = await open({
        api: ({ gateway }) =>
          lying(gateway, {
            call: async (_request, onPiece) => {
              onPiece?.(`${encodeExchangeHead(EVENTS)}data: one\n\n: a comment that swallows what foll`);
              throw new Error("the connection was cut");
            },
          }),
        wallet: { retry: { attempts: 1, pauseMilliseconds: 0 } },
      });
      const { body, isWhole } = await readStream(url);
      expect(body).to.match(/\n\ndata: \{"error":\{"message":"[^\n]*\n\n$/);
      expect(isWhole).to.equal(false);
    });

    it("takes an answer of very many pieces in a time that grows as they do", () => {
      let written = 0;
      const stream = new AnswerStream({ begin: () => undefined, write: (text) => void (written += text.length) });
      const piece = "data: a piece of an answer\n\n";
      const startedAt = performance.now();
      stream.take(encodeExchangeHead(EVENTS));
      for (let count = 0; count < 60_000; count++) stream.take(piece);
      expect(stream.finish(encodeExchangeHead(EVENTS) + piece.repeat(60_001))).to.equal(undefined);
      expect(written).to.equal(60_001 * piece.length);
      expect(performance.now() - startedAt).to.be.lessThan(2_000);
    });

    it("keeps the halves of a character together, wherever its pieces are cut", () => {
      const parts: string[] = [];
      const stream = new AnswerStream({ begin: () => undefined, write: (text) => void parts.push(text) });
      const response = `${encodeExchangeHead(EVENTS)}data: 🙂🙂\n\n`;
      for (const unit of response.split("")) stream.take(unit);
      stream.finish(response);
      expect(parts.join("")).to.equal("data: 🙂🙂\n\n");
      for (const part of parts) expect(part.isWellFormed(), JSON.stringify(part)).to.equal(true);
    });

    it("finishes a call whose client went away, and keeps its refund", async () => {
      let isDone = false;
      const { port, purse } = await open({
        service: async (_exchange, stream) => {
          const write = stream(EVENTS);
          write("data: one\n\n");
          await pause(300);
          write("data: two\n\n");
          isDone = true;
          return undefined;
        },
      });
      await new Promise<void>((resolve) => {
        const options = { port, method: "POST", path: "/v1/chat/completions", headers: JSON_TYPE };
        const request = httpRequest(options, (response) => {
          response.once("data", () => {
            response.destroy();
            resolve();
          });
          response.on("error", () => undefined);
        });
        request.end(chatBody({ stream: true }));
      });
      while (purse.status().callsInFlight > 0) await pause(20);
      expect(isDone).to.equal(true);
      expect(purse.status()).to.include({ unsettled: 0 });
      expect(purse.status().unfolded > 0n).to.equal(true);
    });
  });

  describe("OpenAI's client", () => {
    const clientOf = ({ url }: ProxiedWorld): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey: "anything" });
    const ask = (client: OpenAI): Promise<unknown> =>
      client.chat.completions.create({ model: "jeton-small", messages: [{ role: "user", content: "hi" }] });
    const failureOf = (promise: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> =>
      promise.then(
        () => expect.fail("nothing was refused"),
        (error: unknown) => error as InstanceType<typeof OpenAI.APIError>,
      );

    it("lists the models of the terms without a ticket", async () => {
      const opened = await open();
      const models = await clientOf(opened).models.list();
      expect(models.data.map(({ id }) => id)).to.deep.equal(["jeton-small", "jeton-embed"]);
      expect((await clientOf(opened).models.retrieve("jeton-embed")).id).to.equal("jeton-embed");
      expect(opened.purse.status().accounts[0]?.used).to.equal(0);
    });

    it("learns of models and paths that are not sold without a ticket", async () => {
      const opened = await open();
      const client = clientOf(opened);
      const model = await failureOf(client.chat.completions.create({ model: "gpt-9", messages: [] }));
      expect(model).to.be.instanceOf(OpenAI.NotFoundError);
      expect([model.code, model.message]).to.deep.equal([
        "model_not_found",
        '404 the provider does not sell the model "gpt-9": it has jeton-small, jeton-embed',
      ]);
      const path = await failureOf(client.images.generate({ prompt: "a token" }));
      expect(path.code).to.equal("unknown_path");
      const base = await failureOf(ask(new OpenAI({ baseURL: opened.url, apiKey: "anything" })));
      expect(base.message).to.match(/base URL must end with \/v1/);
      expect(opened.purse.status().accounts[0]?.used).to.equal(0);
    });

    it("sends nothing again by itself after a call that used a ticket, whatever went wrong", async () => {
      const failing = await open({ service: async () => json({ error: { message: "too many" } }, 429), stock: 2 });
      const limited = await failureOf(ask(clientOf(failing)));
      expect(limited).to.be.instanceOf(OpenAI.RateLimitError);
      expect(failing.served).to.have.lengthOf(1);
      await failing.close();

      const broken = await open({
        service: async () => {
          throw new GatewayError("UPSTREAM_FAILED", "the service does not answer");
        },
        stock: 2,
      });
      const error = await failureOf(ask(clientOf(broken)));
      expect([error.status, error.code]).to.deep.equal([502, "upstream_failed"]);
      expect(error.message).to.match(/comes back in full/);
      expect(broken.purse.status().accounts[0]?.used).to.equal(1);
    });

    it("gets the answer that was paid for when it repeats what its patience gave up", async () => {
      const opened = await open({
        service: async () => {
          await pause(1_500);
          return json({ choices: [], attempt: opened.served.length });
        },
        stock: 2,
      });
      const client = new OpenAI({ baseURL: `${opened.url}/v1`, apiKey: "anything", timeout: 1_000 });
      const chat = await client.chat.completions.create({ model: "jeton-small", messages: [] });
      expect(chat).to.have.property("attempt", 1);
      expect(opened.served).to.have.lengthOf(1);
      expect(opened.purse.status().accounts[0]?.used).to.equal(1);
      // It was given once: asking the same anew is a call of its own.
      await client.chat.completions.create({ model: "jeton-small", messages: [] }, { timeout: 10_000 });
      expect(opened.served).to.have.lengthOf(2);
    });

    it("gets a stream whole when it repeats it", async () => {
      const { url, served, purse } = await open({
        service: async (_exchange, stream) => {
          const write = stream(EVENTS);
          write("data: one\n\n");
          await pause(200);
          write("data: two\n\n");
          return undefined;
        },
      });
      const path = `${url}/v1/chat/completions`;
      const abort = new AbortController();
      const first = await fetch(path, { method: "POST", headers: JSON_TYPE, body: chatBody(), signal: abort.signal });
      await first.body?.getReader().read();
      abort.abort();
      await pause(50);
      const again = await post(path, chatBody(), { ...JSON_TYPE, "x-stainless-retry-count": "1" });
      expect(again.body.toString()).to.equal("data: one\n\ndata: two\n\n");
      expect([served.length, purse.status().accounts[0]?.used]).to.deep.equal([1, 1]);
    });

    it("is told when no answer came, and the wallet still gets the refund", async () => {
      const opened = await open({
        api: ({ gateway }) =>
          lying(gateway, {
            call: async () => {
              throw new Error("the connection was cut");
            },
          }),
      });
      const error = await failureOf(ask(clientOf(opened)));
      expect([error.status, error.code]).to.deep.equal([504, "unanswered"]);
      const { used, unsettled } = opened.purse.status().accounts[0]!;
      expect([used, unsettled]).to.deep.equal([1, 1]);
      await opened.purse.accounts.get(0)?.resume({ resend: false });
      expect(opened.purse.status().unsettled).to.equal(0);
    });

    it("is told what to do when the budget is spent, or the account not enrolled", async () => {
      const spent = await open({ account: 2, stock: 2 });
      await ask(clientOf(spent));
      await ask(clientOf(spent));
      const error = await failureOf(ask(clientOf(spent)));
      expect([error.status, error.type, error.code]).to.deep.equal([402, "insufficient_quota", "budget_spent"]);
      await spent.close();
      const fresh = await open({ isEnrolled: false });
      const early = await failureOf(ask(clientOf(fresh)));
      expect([early.status, early.code]).to.deep.equal([503, "not_enrolled"]);
      expect(early.message).to.match(/jeton wallet status/);
    });

    it("raises what comes inside a stream", async () => {
      const opened = await open({
        service: async (_exchange, stream) => void stream(EVENTS)("data: {}\n\n"),
        api: ({ gateway }) =>
          lying(gateway, {
            call: async (_request, onPiece) => {
              onPiece?.(`${encodeExchangeHead(EVENTS)}data: {"choices":[]}\n\n`);
              throw new Error("the connection was cut");
            },
          }),
        stock: 1,
        wallet: { retry: { attempts: 1, pauseMilliseconds: 0 } },
      });
      const read = async (): Promise<void> => {
        const stream = await clientOf(opened).chat.completions.create({
          model: "jeton-small",
          messages: [],
          stream: true,
        });
        for await (const chunk of stream) expect(chunk.choices).to.deep.equal([]);
      };
      const error = await failureOf(read());
      expect(error).to.be.instanceOf(OpenAI.APIError);
      expect(error.code).to.equal("unanswered");
    });
  });

  describe("who may use it", () => {
    it("refuses names that are not its own, as DNS rebinding brings them", async () => {
      const { url, port, purse } = await open({ terms: fixedTerms });
      for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1", `127.0.0.1:${port + 1}`]) {
        const answer = await post(url, "x", { ...JSON_TYPE, host });
        expect(answer.status, host).to.be.oneOf([400, 403]);
      }
      for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
        expect((await rawRequest(`${url}/jeton/status`, { headers: { host } })).status).to.equal(200);
      }
      expect(purse.status().accounts[0]?.used).to.equal(0);
    });

    it("refuses web pages: those that say where they come from, and those whose browser says it", async () => {
      const { url, purse } = await open({ terms: fixedTerms });
      for (const headers of [
        { origin: "https://evil.example" },
        { origin: "null" },
        { origin: "http://127.0.0.1" },
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site" },
        { referer: "https://evil.example/page" },
        { referer: "http://127.0.0.1:1/" },
        { referer: "no URL" },
      ] as Record<string, string>[]) {
        const answer = await rawRequest(`${url}/jeton/status`, { headers });
        expect(answer.status, JSON.stringify(headers)).to.equal(403);
        expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).to.deep.equal([]);
      }
      const own = { origin: url, referer: `${url}/jeton`, "sec-fetch-site": "same-origin" };
      expect((await rawRequest(`${url}/jeton/status`, { headers: own })).status).to.equal(200);
      expect(purse.status().accounts[0]?.used).to.equal(0);
    });

    it("pays for nothing that a browser opens by itself, and for no browser that does not say what it asks", async () => {
      const { url, served } = await open({ terms: fixedTerms, stock: 2 });
      const browser = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64)" };
      const navigation = { ...browser, "sec-fetch-site": "none" };
      for (const headers of [
        browser,
        ...["document", "image", "script", "style", "iframe", "empty, document"].map((destination) => ({
          ...navigation,
          "sec-fetch-dest": destination,
        })),
        { "sec-fetch-dest": "image" },
      ] as Record<string, string>[]) {
        for (const path of ["/", "/some/path"]) {
          const answer = await rawRequest(url + path, { headers });
          expect(answer.status, JSON.stringify(headers)).to.equal(403);
        }
      }
      expect((await rawRequest(`${url}/favicon.ico`)).status).to.equal(204);
      expect(served).to.have.lengthOf(0);
      const script = { ...browser, "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" };
      expect((await rawRequest(`${url}/some/path`, { headers: script })).status).to.equal(200);
      expect(
        (await rawRequest(`${url}/jeton`, { headers: { ...navigation, "sec-fetch-dest": "document" } })).status,
      ).to.equal(200);
    });

    it("gives a page of the provider no rights in a browser: it would have the proxy's own origin", async () => {
      const page = { ...text("<script>fetch('/jeton/status')</script>"), contentType: "text/html" };
      const whole = await open({ terms: fixedTerms, service: async () => page });
      const streamed = await open({ service: async (_exchange, stream) => void stream(EVENTS)("data: 1\n\n") });
      const answers = [
        await rawRequest(`${whole.url}/page`),
        await rawRequest(`${streamed.url}/v1/models`),
        await post(`${streamed.url}/v1/chat/completions`, chatBody({ stream: true })),
      ];
      await whole.close();
      for (const { status, headers } of answers) {
        expect(status).to.equal(200);
        expect(headers).to.include({
          "content-security-policy": "sandbox; default-src 'none'",
          "x-content-type-options": "nosniff",
          "cross-origin-resource-policy": "same-origin",
        });
      }
    });

    it("asks for its token where it has one, which never leaves the machine", async () => {
      const { url, payloads } = await open({ token: "local-secret" });
      const path = `${url}/v1/chat/completions`;
      for (const authorization of ["", "Bearer wrong", "local-secret"]) {
        const answer = await post(path, chatBody(), { ...JSON_TYPE, authorization });
        expect([answer.status, answer.headers["www-authenticate"]]).to.deep.equal([401, "Bearer"]);
        expect(JSON.parse(answer.body.toString())).to.have.nested.property("error.code", "token_required");
      }
      expect((await rawRequest(`${url}/jeton/status`)).status).to.equal(401);
      expect((await post(path, chatBody(), { ...JSON_TYPE, authorization: "Bearer local-secret" })).status).to.equal(
        200,
      );
      expect(payloads.join()).not.to.contain("local-secret");
    });

    it("listens where others reach it only with a token", async () => {
      const { purse } = await open();
      const outcome = await startProxy({ purse, terms: fixedTerms, status: async () => ({}), host: "0.0.0.0" }).catch(
        (error: unknown) => error,
      );
      expect(outcome).to.be.instanceOf(ProxyProblem);
      expect(outcome).to.have.property("code", "token_missing");
    });
  });

  describe("its own pages", () => {
    it("tells where the wallet stands, and what is under way", async () => {
      const { url } = await open();
      await post(`${url}/v1/chat/completions`, chatBody());
      const { body } = await rawRequest(`${url}/jeton/status`);
      expect(JSON.parse(body.toString())).to.deep.equal({
        inStock: 0,
        api: "openai",
        calls: { running: 0, waiting: 0, answered: 1, failed: 0 },
      });
    });

    it("shows a page that loads nothing from elsewhere and may run nothing but its own script", async () => {
      const { url, purse } = await open();
      expect((await rawRequest(`${url}/`)).headers["location"]).to.equal("/jeton");
      const { body, headers } = await rawRequest(`${url}/jeton`);
      expect(headers["content-security-policy"]).to.match(
        /^default-src 'none'; style-src 'sha256-[^ ]+'; script-src 'sha256-/,
      );
      expect(body.toString()).not.to.match(/https?:\/\//);
      // A browser would ask for an icon otherwise, and pay for it.
      expect(body.toString()).to.contain('<link rel="icon" href="data:,">');
      expect(purse.status().accounts[0]?.used).to.equal(0);
    });
  });
});
