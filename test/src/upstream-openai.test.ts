// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { upstreamOf } from "../../src/gateway/index.ts";
import type { Upstream } from "../../src/gateway/index.ts";
import { startModel } from "../../src/model/index.ts";
import type { RunningModel } from "../../src/model/index.ts";
import { GatewayError } from "../../src/wire/index.ts";
import { chat, eventsOf, get, jsonOf, post, sendJson, serve, tokenTerms, withService } from "./support/services.ts";
import type { Outcome } from "./support/services.ts";

const TEXT_MODEL = "jeton-small";

describe("a gateway in front of an API with OpenAI's interface", () => {
  let model: RunningModel;
  let upstream: Upstream;

  before(async () => {
    model = await startModel();
    upstream = upstreamOf(tokenTerms, { kind: "openai", url: model.url });
  });
  after(() => model.close());

  const textOf = (outcome: Outcome): string =>
    eventsOf(outcome)
      .map((event) => (event["choices"] as { delta: { content?: string } }[])[0]?.delta.content ?? "")
      .join("");

  it("hands a chat on, and charges the classes of the tokens that were used", async () => {
    const outcome = await serve(upstream, chat("echo: hello"));
    expect(jsonOf(outcome)).to.have.nested.property("choices[0].message.content", "hello");
    expect(outcome.answer).to.include({ status: 200, contentType: "application/json" });
    expect(outcome).to.include({ charge: 20n, modelId: TEXT_MODEL });
    expect(outcome.pieces).to.deep.equal([]);
    // 19 tokens are written.
    expect((await serve(upstream, chat("count to 7"))).charge).to.equal(40n);
  });

  it("hands a stream on event by event, with its head first, and takes the usage out that nobody asked for", async () => {
    const outcome = await serve(upstream, chat("count to 7", { stream: true }));
    expect(outcome.pieces.join("")).to.equal(outcome.response);
    expect(outcome.pieces[0]).to.match(/^\{.*"status":200.*\}\n$/);
    expect(outcome.pieces.slice(1).every((piece) => /^data: .*\n\n$/.test(piece))).to.equal(true);
    expect(outcome.pieces.at(-1)).to.equal("data: [DONE]\n\n");
    expect(textOf(outcome)).to.equal("1, 2, 3, 4, 5, 6, 7");
    expect(outcome.answer.body).to.not.contain("usage");
    expect(outcome).to.include({ charge: 40n, modelId: TEXT_MODEL });
  });

  it("leaves the usage in for a client that asked for it", async () => {
    const outcome = await serve(upstream, chat("hi", { stream: true, stream_options: { include_usage: true } }));
    expect(eventsOf(outcome).at(-1)).to.have.nested.property("usage.prompt_tokens");
  });

  it("serves completions and embeddings", async () => {
    const completion = await serve(upstream, post("/v1/completions", { model: TEXT_MODEL, prompt: "echo: one two" }));
    expect(jsonOf(completion)).to.have.nested.property("choices[0].text", "one two");
    expect(completion.charge).to.equal(20n);
    const streamed = await serve(
      upstream,
      post("/v1/completions", { model: TEXT_MODEL, prompt: "say hi", stream: true }),
    );
    expect(eventsOf(streamed)[0]).to.have.nested.property("choices[0].text", "hi");
    expect(streamed.charge).to.equal(20n);
    const embedding = await serve(upstream, post("/v1/embeddings", { model: "jeton-embed", input: ["a", "b"] }));
    expect(jsonOf(embedding)["data"]).to.have.length(2);
    expect(embedding.charge).to.equal(10n);
  });

  it("answers what models there are from the terms, for nothing", async () => {
    const list = await serve(upstream, get("/v1/models"));
    expect((jsonOf(list)["data"] as { id: string }[]).map(({ id }) => id)).to.deep.equal([TEXT_MODEL, "jeton-embed"]);
    expect(list.charge).to.equal(0n);
    expect(upstream.quote(get("/v1/models"))).to.equal(0n);
    expect(jsonOf(await serve(upstream, get("/v1/models/jeton-embed")))).to.include({ id: "jeton-embed" });
    expect((await serve(upstream, get("/v1/models/other"))).answer.status).to.equal(404);
  });

  it("quotes the input by its bytes, and the smallest answer", () => {
    expect(upstream.quote(chat("hi"))).to.equal(30n);
    expect(upstream.quote(chat("x".repeat(1_000)))).to.equal(50n);
    expect(upstream.quote(chat("hi", { n: 11 }))).to.equal(50n);
    expect(upstream.quote(post("/v1/embeddings", { model: "jeton-embed", input: "hi" }))).to.equal(20n);
  });

  it("lets no answer become longer than the voucher pays for, and never raises what the user asked for", async () => {
    const answered = { choices: [], usage: { prompt_tokens: 5, completion_tokens: 1 } };
    await withService(
      (response) => sendJson(response, 200, answered),
      async ({ url, requests }) => {
        const bounded = upstreamOf(tokenTerms, { kind: "openai", url });
        const sent = async (payload: string, mostCharged: bigint): Promise<Record<string, unknown>> => {
          await serve(bounded, payload, { mostCharged });
          return JSON.parse(requests.at(-1)?.body ?? "") as Record<string, unknown>;
        };
        expect(await sent(chat("hi"), 30n)).to.include({ max_completion_tokens: 10 });
        expect(await sent(chat("hi"), 69n)).to.include({ max_completion_tokens: 50 });
        expect(await sent(chat("hi"), 100n)).to.include({ max_completion_tokens: 500 });
        expect(await sent(chat("hi", { n: 3 }), 50n)).to.include({ max_completion_tokens: 16 });
        expect(await sent(chat("hi", { max_tokens: 7 }), 100n))
          .to.include({ max_tokens: 7 })
          .and.not.have.property("max_completion_tokens");
        const older = upstreamOf(tokenTerms, { kind: "openai", url, limitField: "max_tokens" });
        await serve(older, chat("hi"));
        expect(JSON.parse(requests.at(-1)?.body ?? ""))
          .to.include({ max_tokens: 500 })
          .and.not.have.property("max_completion_tokens");
        const both = { max_tokens: 700, max_completion_tokens: 9 };
        expect(await sent(chat("hi", both), 50n)).to.include({ max_tokens: 50, max_completion_tokens: 9 });
        const completion = { model: TEXT_MODEL, prompt: ["a", "b"], n: 2, best_of: 5 };
        expect(await sent(post("/v1/completions", completion), 50n)).to.include({ max_tokens: 5 });
        expect(await sent(post("/v1/embeddings", { model: "jeton-embed", input: "a" }), 20n)).to.not.have.property(
          "max_tokens",
        );
      },
    );
  });

  it("passes on what it does not know, and nothing else of the user", async () => {
    await withService(
      (response) => sendJson(response, 200, { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }),
      async ({ url, requests }) => {
        const headers = { authorization: "Bearer sk-provider" };
        const service = upstreamOf(tokenTerms, { kind: "openai", url: `${url}/deep/v1/`, headers });
        await serve(service, chat("hi", { temperature: 0.5, whatever: { deep: [1] } }));
        const [request] = requests;
        expect(request?.path).to.equal("/deep/v1/chat/completions");
        expect(JSON.parse(request?.body ?? "")).to.deep.include({ temperature: 0.5, whatever: { deep: [1] } });
        expect(request?.headers).to.include({
          authorization: "Bearer sk-provider",
          "content-type": "application/json",
        });
        const ofFetch = [
          "accept-encoding",
          "accept-language",
          "connection",
          "content-length",
          "host",
          "sec-fetch-mode",
          "user-agent",
        ];
        const names = Object.keys(request?.headers ?? {}).filter((name) => !ofFetch.includes(name));
        expect(names.sort()).to.deep.equal(["accept", "authorization", "content-type"]);
      },
    );
  });

  it("passes calls of tools through untouched", async () => {
    const tools = [{ type: "function", function: { name: "weather", parameters: {} } }];
    for (const stream of [false, true]) {
      const outcome = await serve(upstream, chat('call weather {"city":"Bern"}', { tools, stream }));
      expect(outcome.answer.body).to.contain('{"name":"weather","arguments":"{\\"city\\":\\"Bern\\"}"}');
    }
  });

  it("refuses what the terms do not offer, before anything is sent", () => {
    const image = (url: string): unknown => [{ type: "image_url", image_url: { url } }];
    const refused = [
      chat("hi", { model: "other" }),
      chat("hi", { model: "constructor" }),
      chat("hi", { model: "jeton-embed" }),
      chat("x".repeat(8_000)),
      chat("hi", { n: 129 }),
      chat("hi", { n: "2" }),
      chat("hi", { max_tokens: -1 }),
      chat("hi", { max_tokens: "9" }),
      chat("hi", { max_completion_tokens: 1.5 }),
      chat("hi", { n_predict: 100_000 }),
      chat("hi", { service_tier: "priority" }),
      chat("hi", { stream: "yes" }),
      chat(image("https://example.org/cat.png")),
      chat(image(`data:image/png;base64,${"A".repeat(6_000)}`)),
      post("/v1/chat/completions", { model: TEXT_MODEL }),
      post("/v1/chat/completions", "[]"),
      post("/v1/chat/completions", "{"),
      post("/v1/completions", { model: TEXT_MODEL, prompt: Array.from({ length: 501 }, () => 1).map(() => "a") }),
      post("/v1/embeddings", { model: "jeton-embed", input: [] }),
      post("/v1/chat/completions?x=1", { model: TEXT_MODEL, messages: [{ role: "user", content: "hi" }] }),
      post("/v1/files", {}),
      post("/v1/models", {}),
      get("/v1/chat/completions"),
      "hello",
    ];
    for (const payload of refused) {
      expect(() => upstream.quote(payload), payload.slice(0, 200))
        .to.throw(GatewayError)
        .with.property("code", "PAYLOAD_REFUSED");
    }
    expect(upstream.quote(chat(image("data:image/png;base64,AAAA")))).to.equal(50n);
  });

  it("takes no terms and no configuration that do not fit", () => {
    const fixed = { ...tokenTerms, pricing: { kind: "fixed", price: 10n } } as const;
    expect(() => upstreamOf(fixed, { kind: "openai", url: model.url })).to.throw(GatewayError, "prices by tokens");
    for (const url of ["nonsense", "ftp://x.example", "http://me:secret@x.example", "http://x.example/?key=1"]) {
      expect(() => upstreamOf(tokenTerms, { kind: "openai", url }))
        .to.throw(GatewayError, "malformed")
        .that.does.not.match(/secret/);
    }
  });
});
