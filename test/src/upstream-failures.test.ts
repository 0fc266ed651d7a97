// SPDX-License-Identifier: GPL-3.0-or-later
/** Services that fail, cut, hang and lie. What reaches the user, and what is charged. */
import type { ServerResponse } from "node:http";

import { expect } from "chai";
import fc from "fast-check";

import { UpstreamFault, upstreamOf } from "../../src/gateway/index.ts";
import type { Upstream, UpstreamConfig } from "../../src/gateway/index.ts";
import {
  DONE,
  FINISH,
  beginStream,
  chat,
  delta,
  eventsOf,
  jsonOf,
  post,
  sendJson,
  serve,
  tokenTerms,
  withService,
} from "./support/services.ts";
import type { Outcome } from "./support/services.ts";

const KEY = "sk-provider-0123456789";
const streamed = chat("hi", { stream: true });

const openai = (url: string, more: Partial<UpstreamConfig> = {}): Upstream =>
  upstreamOf(tokenTerms, {
    kind: "openai",
    url,
    headers: { authorization: `Bearer ${KEY}` },
    idleSeconds: 0.15,
    ...more,
  });

const faultOf = (outcome: Promise<unknown>): Promise<unknown> =>
  outcome.then(
    () => "no fault",
    (error: unknown) => error,
  );
const words = (outcome: Outcome): string =>
  eventsOf(outcome)
    .map((event) => (event["choices"] as { delta: { content?: string } }[] | undefined)?.[0]?.delta.content ?? "")
    .join("");
const errorOf = (outcome: Outcome): unknown =>
  (eventsOf(outcome).at(-1)?.["error"] as { code?: unknown } | undefined)?.code;

describe("a service that refuses", () => {
  it("has its answer handed on, without the provider's key and address, and is charged nothing", async () => {
    for (const status of [400, 404, 500, 503]) {
      await withService(
        (response, _, { headers }) => {
          const message = `no ${headers.authorization} at http://${headers.host}/v1 today: ${KEY}`;
          sendJson(response, status, { error: { message, code: "no", [KEY]: [KEY] } }, { "retry-after": "7" });
        },
        async ({ url }) => {
          for (const payload of [chat("hi"), streamed]) {
            const outcome = await serve(openai(url), payload);
            expect(outcome.answer.status).to.equal(status);
            expect(outcome.charge).to.equal(0n);
            expect(outcome.pieces).to.deep.equal([]);
            expect(jsonOf(outcome)).to.have.nested.property("error.code", "no");
            expect(outcome.response).to.contain("[hidden]").and.not.contain(KEY).and.not.contain(new URL(url).host);
          }
        },
      );
    }
  });

  it("is not quoted where it speaks of the provider's account", async () => {
    for (const status of [402, 403, 429]) {
      await withService(
        (response) =>
          sendJson(response, status, {
            error: { message: "Rate limit reached in organization org-Tr4ce: Limit 30000, Used 29000", code: "tpm" },
            organization: "org-Tr4ce",
          }),
        async ({ url }) => {
          for (const payload of [chat("hi"), streamed]) {
            const outcome = await serve(openai(url), payload);
            expect(outcome.answer.status).to.equal(status);
            expect(outcome.charge).to.equal(0n);
            const message = `the service answered with status ${status}`;
            const error = { message, type: "upstream_error", param: null, code: null };
            expect(jsonOf(outcome)).to.deep.equal({ error });
          }
        },
      );
    }
  });

  it("is not quoted where it does not speak JSON, or has a lot to say", async () => {
    for (const body of [`<h1>nginx at ${KEY}</h1>`, JSON.stringify({ error: "x".repeat(100_000) })]) {
      await withService(
        (response) => response.writeHead(502, { "content-type": "text/html" }).end(body),
        async ({ url }) => {
          const outcome = await serve(openai(url), chat("hi"));
          expect(jsonOf(outcome)).to.have.nested.property("error.message", "the service answered with status 502");
          expect(outcome.answer).to.include({ status: 502, contentType: "application/json" });
        },
      );
    }
  });

  it("is a fault where it is the provider's key that it refuses, or where it points elsewhere", async () => {
    for (const status of [401, 407, 301, 302, 307, 308, 304]) {
      await withService(
        (response) =>
          sendJson(
            response,
            status,
            { error: { message: "Incorrect API key sk-pr***89" } },
            { location: "/v1/elsewhere" },
          ),
        async ({ url, requests }) => {
          expect(await faultOf(serve(openai(url), chat("hi")))).to.be.instanceOf(UpstreamFault);
          expect(requests).to.have.length(1);
        },
      );
    }
  });

  it("is charged nothing for an error that it calls a success", async () => {
    await withService(
      (response) => sendJson(response, 200, { error: { message: KEY } }),
      async ({ url }) => {
        const outcome = await serve(openai(url), chat("hi"));
        expect(outcome.charge).to.equal(0n);
        expect(outcome.response).to.not.contain(KEY);
      },
    );
  });
});

describe("a service that fails before its answer begins", () => {
  it("is a fault: unreachable, hung up, silent, nonsense", async () => {
    expect(await faultOf(serve(openai("http://127.0.0.1:9"), chat("hi")))).to.be.instanceOf(UpstreamFault);
    const behaviours: Parameters<typeof withService>[0][] = [
      (response) => response.destroy(),
      () => undefined,
      (response) => response.end(),
      (response) => response.end("garbage"),
      (response) => sendJson(response, 200, [1]),
      (response) =>
        response.writeHead(200, { "content-type": "application/json", "content-length": 100 }).end('{"choices":[]'),
      (response) => response.writeHead(200, { "content-type": "application/json" }).write("{"),
      (response) => beginStream(response).end(),
      (response) => beginStream(response).end(": only a comment\n\n"),
      (response) => beginStream(response).end("<html>\n\ngarbage\n\n"),
      (response) => beginStream(response).end("data: {no json\n\n"),
      (response) => beginStream(response).write(": a comment, and then nothing\n\n"),
    ];
    for (const [position, behave] of behaviours.entries()) {
      await withService(behave, async ({ url }) => {
        const upstream = openai(url, { answerSeconds: 0.15 });
        expect(await faultOf(serve(upstream, streamed)), `behaviour ${position}`).to.be.instanceOf(UpstreamFault);
      });
    }
  });

  it("is a fault when it sends more than a gateway takes", async () => {
    const behaviours: Parameters<typeof withService>[0][] = [
      (response) => sendJson(response, 200, { choices: [{ text: "x".repeat(10_000) }] }),
      (response) => beginStream(response).end(`data: ${"x".repeat(10_000)}`),
    ];
    for (const behave of behaviours) {
      await withService(behave, async ({ url }) => {
        expect(await faultOf(serve(openai(url, { maxBytes: 5_000 }), chat("hi")))).to.be.instanceOf(UpstreamFault);
      });
    }
  });
});

describe("a stream that does not end as it should", () => {
  const cut = async (
    behave: Parameters<typeof withService>[0],
    code: string,
    charge: bigint,
    text: string,
  ): Promise<void> => {
    await withService(behave, async ({ url }) => {
      const outcome = await serve(openai(url, { maxBytes: 20_000 }), streamed);
      expect(errorOf(outcome)).to.equal(code);
      expect(words(outcome)).to.equal(text);
      expect(outcome.pieces.join("")).to.equal(outcome.response);
      expect(outcome.charge).to.equal(charge);
    });
  };

  it("is handed on as far as it came, says so, and is charged by what came", async () => {
    // 4 characters are a token: 41 are 11 tokens, which is the second class. The request's bytes are 24 tokens.
    const long = "x".repeat(41);
    await cut(
      (response) => beginStream(response).write(delta("abc"), () => response.destroy()),
      "stream_cut",
      20n,
      "abc",
    );
    await cut((response) => beginStream(response).end(delta(long)), "stream_cut", 40n, long);
    await cut((response) => beginStream(response).write(delta(long)), "stream_cut", 40n, long);
    await cut(
      (response) => beginStream(response).end(`${delta(long)}data: {garbage\n\n${DONE}`),
      "stream_cut",
      40n,
      long,
    );
    await cut(
      (response) => beginStream(response).end(`${delta("abc")}data: {"choices":[{"ind`),
      "stream_cut",
      20n,
      "abc",
    );
    await cut(
      (response) => beginStream(response).end(delta("abc") + `data: ${"y".repeat(30_000)}`),
      "stream_cut",
      20n,
      "abc",
    );
  });

  it("is charged nothing when no text came", async () => {
    await cut((response) => beginStream(response).end(delta("")), "stream_cut", 0n, "");
    const refused = `data: {"error":{"message":"at ${KEY}","code":"busy"}}\n\n`;
    await cut((response) => beginStream(response).end(refused + delta("never shown")), "busy", 0n, "");
  });

  it("never costs more than its voucher leaves, however much came", async () => {
    await withService(
      (response) => beginStream(response).end(delta("x".repeat(10_000))),
      async ({ url }) => {
        for (const mostCharged of [30n, 55n, 60n, 100n]) {
          const { charge } = await serve(openai(url), streamed, { mostCharged });
          expect(charge <= mostCharged && charge % 10n === 0n, `${charge} of ${mostCharged}`).to.equal(true);
        }
      },
    );
  });

  it("shows no key in an error that comes late", async () => {
    await withService(
      (response) => beginStream(response).end(`${delta("abc")}data: {"error":{"message":"at ${KEY}"}}\n\n`),
      async ({ url }) => {
        const outcome = await serve(openai(url), streamed);
        expect(outcome.response).to.contain("[hidden]").and.not.contain(KEY);
        expect(outcome.charge).to.equal(20n);
      },
    );
  });

  it("resolves with what came when the gateway gives the call up, and rejects when nothing came", async () => {
    for (const first of [delta("abc"), undefined]) {
      await withService(
        (response) => void (first !== undefined && beginStream(response).write(first)),
        async ({ url }) => {
          const signal = AbortSignal.timeout(100);
          const outcome = serve(openai(url, { idleSeconds: 10 }), streamed, { signal });
          if (first === undefined) expect(await faultOf(outcome)).to.be.instanceOf(UpstreamFault);
          else expect(errorOf(await outcome)).to.equal("stream_timeout");
        },
      );
    }
  });
});

describe("a stream in an unusual form", () => {
  const whole = [delta("a"), delta("ü€😀"), FINISH].join("");

  it("is read however its bytes are cut, with any line ends, comments and fields", async () => {
    const forms = [
      whole + DONE,
      `\ufeff${whole}${DONE}`,
      (whole + DONE).replaceAll("\n", "\r\n"),
      (whole + DONE).replaceAll("\n", "\r"),
      `: ping\n\n${whole.replaceAll("data: ", "event: message\nid: 1\n: note\ndata:")}retry: 5\n\n${DONE}`,
      whole.replaceAll(',"model"', ',\ndata: "model"') + DONE,
      whole + DONE.trimEnd(),
      whole.trimEnd(),
      whole,
    ];
    for (const [position, form] of forms.entries()) {
      for (const step of [1, 3, 7, 10_000]) {
        await withService(
          (response) => {
            const bytes = Buffer.from(form);
            beginStream(response);
            for (let start = 0; start < bytes.length; start += step)
              response.write(bytes.subarray(start, start + step));
            response.end();
          },
          async ({ url }) => {
            const { answer, charge } = await serve(openai(url), streamed);
            const data = answer.body.split("\n\n").flatMap((event) => {
              const lines = event.split("\n").flatMap((line) => (line.startsWith("data:") ? [line.slice(5)] : []));
              return lines.length === 0 ? [] : [lines.join("\n").trim()];
            });
            const texts = data
              .filter((text) => text !== "[DONE]")
              .map((text) => JSON.parse(text) as { choices: { delta: { content?: string } }[] });
            expect(texts.map(({ choices }) => choices[0]?.delta.content ?? "").join(""), `form ${position}`).to.equal(
              "aü€😀",
            );
            expect(answer.body).to.not.contain("ping").and.not.contain("error").and.not.contain("\r");
            expect(charge).to.equal(20n);
          },
        );
      }
    }
  });

  it("takes a whole answer from a service that does not stream", async () => {
    const answer = {
      model: "m-2",
      choices: [{ message: { content: "hi" } }],
      usage: { prompt_tokens: 3, completion_tokens: 1 },
    };
    await withService(
      (response) => sendJson(response, 200, answer),
      async ({ url }) => expect(await serve(openai(url), streamed)).to.include({ charge: 20n, modelId: "m-2" }),
    );
  });
});

describe("a service that reports an absurd usage", () => {
  it("is counted by what was delivered instead, and never charges above the bound", async () => {
    const absurd: unknown[] = [undefined, null, "10", -1, {}, [1], true];
    for (const count of absurd) {
      const usage = { prompt_tokens: count, completion_tokens: count };
      for (const given of [usage, count]) {
        const whole = { choices: [{ message: { role: "assistant", content: "x".repeat(41) } }], usage: given };
        const stream =
          delta("x".repeat(41)) + FINISH + `data: ${JSON.stringify({ choices: [], usage: given })}\n\n` + DONE;
        await withService(
          (response, body) =>
            body.includes('"stream":true') ? beginStream(response).end(stream) : sendJson(response, 200, whole),
          async ({ url }) => {
            for (const payload of [chat("hi"), streamed]) {
              expect((await serve(openai(url), payload)).charge, JSON.stringify(given)).to.equal(40n);
            }
          },
        );
      }
    }
  });

  it("is believed where it can be", async () => {
    const usages: [number, number, bigint][] = [
      [0, 0, 20n],
      [40, 10, 20n],
      [41, 11, 50n],
      [41, 500, 70n],
      [0.5, 10.5, 40n],
    ];
    for (const [prompt_tokens, completion_tokens, charge] of usages) {
      await withService(
        (response) => sendJson(response, 200, { choices: [], usage: { prompt_tokens, completion_tokens } }),
        async ({ url }) => expect((await serve(openai(url), chat("hi"))).charge).to.equal(charge),
      );
    }
  });

  it("costs the bound where it reports more than there can be, and not the cheapest class", async () => {
    const counts: [string, string, bigint][] = [
      ["1000000", "1", 30n],
      ["1", "501", 60n],
      ["1e300", "1e300", 70n],
      ["1e999", "1e999", 70n],
    ];
    for (const [read, written, charge] of counts) {
      await withService(
        (response) =>
          response
            .writeHead(200, { "content-type": "application/json" })
            .end(`{"choices":[],"usage":{"prompt_tokens":${read},"completion_tokens":${written}}}`),
        async ({ url }) => expect((await serve(openai(url), chat("hi"))).charge, read).to.equal(charge),
      );
    }
  });

  it("is charged for a long answer also where the user asked for a short one, which the service ignored", async () => {
    const usage = { prompt_tokens: 5, completion_tokens: 400 };
    await withService(
      (response) => sendJson(response, 200, { choices: [], usage }),
      async ({ url }) => {
        for (const asked of [{ max_completion_tokens: 1 }, { max_tokens: 1 }])
          expect((await serve(openai(url), chat("hi", asked))).charge).to.equal(60n);
      },
    );
  });

  it("cannot charge a class that the voucher does not pay for", async () => {
    await withService(
      (response) => sendJson(response, 200, { choices: [], usage: { prompt_tokens: 1, completion_tokens: 400 } }),
      async ({ url }) => {
        expect((await serve(openai(url), chat("hi"), { mostCharged: 30n })).charge).to.equal(20n);
        expect((await serve(openai(url), chat("hi"), { mostCharged: 69n })).charge).to.equal(40n);
      },
    );
    await withService(
      (response) => sendJson(response, 200, { data: [], usage: { prompt_tokens: 1e9 } }),
      async ({ url }) => {
        const payload = post("/v1/embeddings", { model: "jeton-embed", input: "hi" });
        expect((await serve(openai(url), payload, { mostCharged: 20n })).charge).to.equal(20n);
      },
    );
  });
});

describe("the charge of any answer", () => {
  it("is within the voucher, a sum of published prices, and nothing without an answer", async () => {
    const count = fc.oneof(fc.integer({ min: -5, max: 600 }), fc.constantFrom(undefined, null, "7", 1e15, 0.5));
    const world = fc.record({
      mostCharged: fc.bigInt({ min: 0n, max: 120n }),
      n: fc.integer({ min: 1, max: 60 }),
      max_tokens: fc.option(fc.integer({ min: 1, max: 1_000 }), { nil: undefined }),
      stream: fc.boolean(),
      isCut: fc.boolean(),
      length: fc.integer({ min: 0, max: 4_000 }),
      usage: fc.record({ prompt_tokens: count, completion_tokens: count }),
      words: fc.integer({ min: 0, max: 900 }),
    });
    let next: (response: ServerResponse) => void = () => undefined;
    await withService(
      (response) => next(response),
      async ({ url }) => {
        const upstream = openai(url);
        const property = fc.asyncProperty(
          world,
          async ({ mostCharged, n, max_tokens, stream, isCut, length, usage, words }) => {
            const text = "x".repeat(length);
            next = (response) => {
              if (!stream) return sendJson(response, 200, { choices: [{ message: { content: text } }], usage });
              const end = `${FINISH}data: ${JSON.stringify({ choices: [], usage })}\n\n${DONE}`;
              return void beginStream(response).end(delta(text) + (isCut ? "" : end));
            };
            const payload = chat("y ".repeat(words), { n, max_tokens, stream });
            const quote = upstream.quote(payload);
            const outcome = await serve(upstream, payload, { mostCharged }).catch(
              (error: { code?: unknown }) => error.code,
            );
            if (quote > mostCharged) return outcome === "CAP_TOO_LOW";
            if (typeof outcome !== "object") return false;
            const { charge } = outcome as Outcome;
            const isFree = stream && isCut && length === 0;
            return (
              charge <= mostCharged && charge % 10n === 0n && (isFree ? charge === 0n : charge >= 20n && charge <= 90n)
            );
          },
        );
        await fc.assert(property, { numRuns: 300, seed: 7 });
      },
    );
  });
});
