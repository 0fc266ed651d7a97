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
          .to.include({ max_completion_tokens: 7 })
          .and.not.have.property("max_tokens");
        const older = upstreamOf(tokenTerms, { kind: "openai", url, limitField: "max_tokens" });
        await serve(older, chat("hi"));
        expect(JSON.parse(requests.at(-1)?.body ?? ""))
          .to.include({ max_tokens: 500 })
          .and.not.have.property("max_completion_tokens");
        const both = { max_tokens: 700, max_completion_tokens: 9 };
        expect(await sent(chat("hi", both), 50n))
          .to.include({ max_completion_tokens: 9 })
          .and.not.have.property("max_tokens");
        for (const asked of [both, { max_completion_tokens: 9 }, { max_tokens: 9 }]) {
          await serve(older, chat("hi", asked));
          expect(JSON.parse(requests.at(-1)?.body ?? ""))
            .to.include({ max_tokens: 9 })
            .and.not.have.property("max_completion_tokens");
        }
        const completion = { model: TEXT_MODEL, prompt: ["a", "b"], n: 2, best_of: 5 };
        expect(await sent(post("/v1/completions", completion), 50n)).to.include({ max_tokens: 5 });
        expect(await sent(post("/v1/embeddings", { model: "jeton-embed", input: "a" }), 20n)).to.not.have.property(
          "max_tokens",
        );
      },
    );
  });

  it("passes on what is well known, and nothing else of the user", async () => {
    await withService(
      (response) => sendJson(response, 200, { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }),
      async ({ url, requests }) => {
        const headers = { authorization: "Bearer sk-provider" };
        const service = upstreamOf(tokenTerms, { kind: "openai", url: `${url}/deep/v1/`, headers });
        const known = { temperature: 0.5, top_p: 0.9, stop: ["."], seed: 1, user: "u", logit_bias: { "5": 1 } };
        await serve(service, chat("hi", { ...known, modalities: ["text"], store: null }));
        const [request] = requests;
        expect(request?.path).to.equal("/deep/v1/chat/completions");
        expect(JSON.parse(request?.body ?? ""))
          .to.deep.include({ ...known, modalities: ["text"] })
          .and.not.have.property("store");
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

  it("refuses every field that is not known to be harmless, by its name", async () => {
    const dear: Record<string, unknown> = {
      ...{
        chat_template: "{{ 'x' * 9 }}",
        chat_template_kwargs: { enable_thinking: true },
        prediction: {},
        best_of: 9,
      },
      ...{ models: ["dear"], route: "fallback", provider: {}, plugins: [{ id: "web" }], search_parameters: {} },
      ...{
        priority: -1,
        prompt_logprobs: 20,
        thinking: { budget_tokens: 9 },
        reasoning: { max_tokens: 9 },
        store: true,
      },
      ...{ metadata: { tags: ["dear"] }, min_tokens: 9, ignore_eos: true, n_predict: 9, max_new_tokens: 9, echo: true },
      ...{ use_beam_search: true, service_tier: "priority", audio: {}, web_search_options: {}, api_base: "http://x" },
      ...{ extra_body: {}, guided_json: {}, mm_processor_kwargs: {}, whatever: 1, constructor: 1, toString: 1 },
    };
    const known: Record<string, unknown> = {
      ...{ stream_options: { continuous_usage_stats: true }, logprobs: -1, top_logprobs: 21, modalities: ["audio"] },
      ...{ tools: [{ type: "web_search" }], max_tokens: 0, max_completion_tokens: 0 },
    };
    const refusal = (payload: string): unknown => {
      try {
        return upstream.quote(payload);
      } catch (error) {
        return error;
      }
    };
    const isRefused = (payload: string, name: string): void => {
      const error = refusal(payload);
      expect(error, name).to.be.instanceOf(GatewayError).and.have.property("code", "PAYLOAD_REFUSED");
      expect(String(error)).to.contain(name);
    };
    for (const [name, value] of Object.entries({ ...dear, ...known })) isRefused(chat("hi", { [name]: value }), name);
    const proto = `{"model":"${TEXT_MODEL}","messages":[{"content":"hi"}],"__proto__":{"n":9}}`;
    isRefused(post("/v1/chat/completions", proto), "__proto__");
    const prompt = { model: TEXT_MODEL, prompt: "hi" };
    for (const name of ["max_completion_tokens", "echo", "messages", "tools", "prompt_embeds"])
      isRefused(post("/v1/completions", { ...prompt, [name]: 1 }), name);
    for (const name of ["max_tokens", "messages", "n"])
      isRefused(post("/v1/embeddings", { model: "jeton-embed", input: "a", [name]: 1 }), name);
    const message = { role: "assistant", content: "hi", audio: { id: "x" } };
    isRefused(post("/v1/chat/completions", { model: TEXT_MODEL, messages: [message] }), "messages.audio");
  });

  it("passes on the fields that the operator allows, and keeps the limit of tokens all the same", async () => {
    await withService(
      (response) => sendJson(response, 200, { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }),
      async ({ url, requests }) => {
        const allowFields = ["top_k", "max_completion_tokens"];
        const service = upstreamOf(tokenTerms, { kind: "openai", url, allowFields });
        const fields = { top_k: 5, max_completion_tokens: 9_000 };
        await serve(service, post("/v1/completions", { model: TEXT_MODEL, prompt: "hi", ...fields }));
        expect(JSON.parse(requests[0]?.body ?? "")).to.deep.equal({
          ...{ model: TEXT_MODEL, prompt: "hi", top_k: 5, max_tokens: 500 },
        });
        expect(() => service.quote(chat("hi", { min_p: 0.1 }))).to.throw(GatewayError, "min_p");
      },
    );
  });

  it("takes parts of messages that are within the request, and none that the service would fetch", () => {
    const address = "http://169.254.169.254/latest";
    const data = "data:image/png;base64,AAAA";
    const file = { filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" };
    const taken = [
      { type: "text", text: "hi" },
      { type: "image_url", image_url: { url: data, detail: "low" } },
      { type: "image_url", image_url: data },
      { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
      { type: "file", file },
    ];
    for (const part of taken) expect(upstream.quote(chat([part])), JSON.stringify(part)).to.be.a("bigint");
    const refused = [
      { type: "video_url", video_url: { url: address } },
      { type: "video_url", video_url: { url: data } },
      { type: "audio_url", audio_url: { url: address } },
      { type: "image_embeds", image_embeds: "AAAA" },
      { type: "image_url", image_url: { url: address } },
      { type: "image_url", image_url: address },
      { type: "image_url", image_url: { url: "file:///etc/passwd" } },
      { type: "image_url", image_url: { url: ` ${data}` } },
      { type: "image_url" },
      { type: "input_audio", input_audio: { data: address, format: "wav" } },
      { type: "input_audio", input_audio: address },
      { type: "file", file: { file_data: address } },
      { type: "file", file: { ...file, file_url: address } },
      { type: "file", file: { file_id: "file-1" } },
      { type: "text", text: "hi", image_url: { url: address } },
      { type: "text", text: "hi", cache_control: { type: "ephemeral" } },
      { type: "text", text: { url: address } },
      { type: "tool_result", content: [] },
      { type: "constructor" },
      { text: "hi" },
    ];
    for (const part of refused) {
      expect(() => upstream.quote(chat([part])), JSON.stringify(part))
        .to.throw(GatewayError)
        .with.property("code", "PAYLOAD_REFUSED");
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
