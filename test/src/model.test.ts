// SPDX-License-Identifier: GPL-3.0-or-later
/** The bundled model, asked by the client that everybody uses. */
import { expect } from "chai";
import OpenAI, { APIError } from "openai";

import { CHAT_MODEL, EMBEDDING_MODEL, startModel } from "../../src/model/index.ts";
import type { RunningModel } from "../../src/model/index.ts";

describe("the bundled model", () => {
  let model: RunningModel;
  let client: OpenAI;
  const user = (content: string): { role: "user"; content: string } => ({ role: "user", content });

  before(async () => {
    model = await startModel();
    client = new OpenAI({ baseURL: `${model.url}/v1`, apiKey: "none", maxRetries: 0 });
  });
  after(() => model.close());

  it("talks by rules, the same way every time", async () => {
    const said = async (content: string): Promise<string | null | undefined> =>
      (await client.chat.completions.create({ model: CHAT_MODEL, messages: [user(content)] })).choices[0]?.message
        .content;
    expect(await said("count to 5")).to.equal("1, 2, 3, 4, 5");
    expect(await said("echo: one\ntwo")).to.equal("one\ntwo");
    expect(await said("What is Jeton?")).to.contain("zero-knowledge proof");
    expect(await said("Hello there")).to.match(/^Hello!/);
    expect(await said("What is the weather?")).to.equal(await said("What is the weather?"));
  });

  it("streams the same words, with the usage at the end", async () => {
    const ask = { model: CHAT_MODEL, messages: [user("count to 30")] };
    const whole = await client.chat.completions.create(ask);
    const stream = await client.chat.completions.create({
      ...ask,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).to.equal(
      whole.choices[0]?.message.content,
    );
    expect(chunks.at(-1)?.usage).to.deep.equal(whole.usage);
    expect(whole.usage?.total_tokens).to.equal(
      (whole.usage?.prompt_tokens ?? 0) + (whole.usage?.completion_tokens ?? 0),
    );
  });

  it("keeps to limits, stops and copies", async () => {
    const ask = { model: CHAT_MODEL, messages: [user("count to 30")] };
    const short = await client.chat.completions.create({ ...ask, max_completion_tokens: 4, n: 2 });
    expect(short.choices.map(({ message, finish_reason }) => [message.content, finish_reason])).to.deep.equal([
      ["1, 2", "length"],
      ["1, 2", "length"],
    ]);
    expect(short.usage?.completion_tokens).to.equal(8);
    const stopped = await client.chat.completions.create({ ...ask, stop: ", 4" });
    expect(stopped.choices[0]?.message.content).to.equal("1, 2, 3");
  });

  it("completes, and calls the tools that it is told to", async () => {
    const { choices } = await client.completions.create({ model: CHAT_MODEL, prompt: ["say a", "say b"] });
    expect(choices.map(({ text }) => text)).to.deep.equal(["a", "b"]);
    const tools = [{ type: "function" as const, function: { name: "weather", parameters: {} } }];
    const called = await client.chat.completions.create({
      model: CHAT_MODEL,
      messages: [user('call weather {"at":"Bern"}')],
      tools,
    });
    expect(called.choices[0]?.message.tool_calls?.[0]).to.deep.include({
      function: { name: "weather", arguments: '{"at":"Bern"}' },
    });
  });

  it("embeds texts as vectors of unit length, near where words are shared", async () => {
    const input = ["the quick brown fox", "the quick red fox", "prepaid credit"];
    const embed = async (format: "float" | "base64"): Promise<number[][]> =>
      (await client.embeddings.create({ model: EMBEDDING_MODEL, input, encoding_format: format })).data.map(
        ({ embedding }) =>
          typeof embedding === "string"
            ? [...new Float32Array(Uint8Array.from(Buffer.from(embedding, "base64")).buffer)]
            : embedding,
      );
    const [fox = [], other = [], credit = []] = await embed("float");
    const dot = (a: number[], b: number[]): number => a.reduce((sum, value, axis) => sum + value * (b[axis] ?? 0), 0);
    expect(fox).to.have.length(256);
    expect(Math.abs(dot(fox, fox) - 1)).to.be.lessThan(1e-6);
    expect(dot(fox, other)).to.be.greaterThan(dot(fox, credit) + 0.3);
    expect((await embed("base64"))[0]).to.deep.equal(fox);
  });

  it("lists its models, and says what it does not understand", async () => {
    const listed = [];
    for await (const { id } of client.models.list()) listed.push(id);
    expect(listed).to.deep.equal([CHAT_MODEL, EMBEDDING_MODEL]);
    const status = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => 200,
        (error: unknown) => (error instanceof APIError ? (error.status as unknown) : error),
      );
    expect(await status(client.chat.completions.create({ model: "other", messages: [user("hi")] }))).to.equal(404);
    expect(await status(client.chat.completions.create({ model: CHAT_MODEL, messages: [] }))).to.equal(400);
    expect(await status(client.embeddings.create({ model: EMBEDDING_MODEL, input: [] }))).to.equal(400);
    for (const [path, body] of [
      ["/v1/none", "{}"],
      ["/v1/chat/completions", "{"],
    ] as const) {
      expect((await fetch(model.url + path, { method: "POST", body })).status).to.be.oneOf([400, 404]);
    }
  });

  it("asks for a key where it was given one, and pauses between tokens", async () => {
    const guarded = await startModel({ apiKey: "secret", pauseMilliseconds: 10 });
    try {
      const request = { model: CHAT_MODEL, messages: [user("count to 10")], stream: true as const };
      const ask = (apiKey: string): Promise<AsyncIterable<unknown>> =>
        new OpenAI({ baseURL: `${guarded.url}/v1`, apiKey, maxRetries: 0 }).chat.completions.create(request);
      const refused = await ask("wrong").then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(refused).to.be.instanceOf(APIError).with.property("status", 401);
      const start = Date.now();
      let chunks = 0;
      for await (const _ of await ask("secret")) chunks++;
      expect(chunks).to.be.greaterThan(20);
      expect(Date.now() - start).to.be.greaterThan(150);
    } finally {
      await guarded.close();
    }
  });
});
