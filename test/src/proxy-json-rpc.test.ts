// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { GatewayError, parseTerms } from "../../src/wire/index.ts";
import type { ExchangeRequest } from "../../src/wire/index.ts";
import { JSON_TYPE, meeting, openProxied, rawRequest, text } from "./support/proxied.ts";
import type { ProxiedSetup, ProxiedWorld, Service } from "./support/proxied.ts";
import { TERMS } from "./support/session-world.ts";

const TERMS_OF_METHODS = parseTerms({
  ...TERMS,
  pricing: { kind: "methods", prices: { echo: "10", slow: "10", wrong: "10", broken: "10" } },
});

const callOf = ({ body }: ExchangeRequest): { id: unknown; method: string } =>
  JSON.parse(body) as { id: unknown; method: string };

/** Slow calls are answered when three of them are there. */
const allThree = meeting(3);

/** Answers what it was asked, to the letter. */
const service: Service = async (exchange) => {
  const { id, method } = callOf(exchange);
  if (method === "slow") await allThree();
  if (method === "broken") throw new GatewayError("UPSTREAM_FAILED", "the node does not answer");
  if (method === "wrong") return text("<html>", 503);
  const [, params] = /"params":(\[.*\])\}$/.exec(exchange.body) ?? [];
  return text(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${params}}`);
};

describe("the wallet's proxy for JSON-RPC", function () {
  this.timeout(120_000);
  let world: ProxiedWorld | undefined;

  async function open(setup: ProxiedSetup = {}): Promise<ProxiedWorld> {
    world = await openProxied({ terms: TERMS_OF_METHODS, service, ...setup });
    return world;
  }

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  const send = async ({ url }: ProxiedWorld, body: string): Promise<{ status: number; text: string }> => {
    const answer = await rawRequest(url, { method: "POST", headers: JSON_TYPE, body });
    return { status: answer.status, text: answer.body.toString() };
  };
  const ask = async (opened: ProxiedWorld, value: unknown): Promise<unknown> =>
    JSON.parse((await send(opened, JSON.stringify(value))).text) as unknown;
  const call = (id: unknown, method: string, ...params: unknown[]): object => ({ jsonrpc: "2.0", id, method, params });
  const result = (id: unknown, ...params: unknown[]): object => ({ jsonrpc: "2.0", id, result: params });

  it("answers a call with the id of the client, which stays on this machine", async () => {
    const opened = await open();
    expect(await ask(opened, call("an id that tells", "echo", 1))).to.deep.equal(result("an id that tells", 1));
    expect(opened.payloads.join()).not.to.contain("an id that tells");
    expect(opened.served.map((exchange) => [exchange.method, exchange.path, callOf(exchange).id])).to.deep.equal([
      ["POST", "/", 1],
    ]);
  });

  it("takes a batch apart: each call at once, on a ticket of its own, answered in order", async () => {
    const opened = await open({ stock: 3 });
    const answers = await ask(opened, [call(7, "slow", "a"), call(null, "slow", "b"), call("z", "slow", "c")]);
    expect(answers).to.deep.equal([result(7, "a"), result(null, "b"), result("z", "c")]);
    expect(opened.purse.status().accounts[0]?.used).to.equal(3);
    // Nothing in the payloads tells that they came together.
    const alike = opened.served.map(({ body, ...exchange }) => ({ ...exchange, body: body.replace(/"[abc]"/, "") }));
    expect(alike[1]).to.deep.equal(alike[0]);
    expect(alike[2]).to.deep.equal(alike[0]);
  });

  it("makes notifications, and answers them with nothing", async () => {
    const opened = await open({ stock: 2 });
    const alone = await send(opened, JSON.stringify({ jsonrpc: "2.0", method: "echo", params: [1] }));
    expect([alone.status, alone.text]).to.deep.equal([204, ""]);
    const answers = await ask(opened, [{ jsonrpc: "2.0", method: "echo", params: [2] }, call(1, "echo", 3)]);
    expect(answers).to.deep.equal([result(1, 3)]);
    expect(opened.served).to.have.lengthOf(3);
  });

  it("keeps the digits of numbers that a double cannot hold", async () => {
    const opened = await open();
    const big = "18446744073709551615";
    const { text: answer } = await send(opened, `{"jsonrpc":"2.0","id":${big},"method":"echo","params":[${big},1.0]}`);
    expect(answer).to.contain(`"result":[${big},1.0]`).and.to.contain(`"id":${big}`);
  });

  it("answers what is no call, and what is not sold, without a ticket", async () => {
    const opened = await open();
    const code = async (body: string): Promise<unknown> =>
      (JSON.parse((await send(opened, body)).text) as { error: { code: number } }).error.code;
    expect(await code("{")).to.equal(-32_700);
    expect(await code("[]")).to.equal(-32_600);
    expect(await code("{}")).to.equal(-32_600);
    expect(await code('{"jsonrpc":"1.0","id":1,"method":"echo"}')).to.equal(-32_600);
    expect(await code('{"jsonrpc":"2.0","id":1,"method":"echo","params":5}')).to.equal(-32_600);
    expect(await code(JSON.stringify(call(1, "eth_sendTransaction")))).to.equal(-32_601);
    expect((await rawRequest(`${opened.url}/x`)).status).to.equal(405);
    expect(opened.purse.status().accounts[0]?.used).to.equal(0);
  });

  it("tells of failures in the body, so that no client sends the same call again by itself", async () => {
    const opened = await open({ stock: 2 });
    const failed = await send(opened, JSON.stringify(call(5, "broken")));
    expect(failed.status).to.equal(200);
    expect(JSON.parse(failed.text)).to.deep.include({ id: 5 });
    expect(JSON.parse(failed.text)).to.have.nested.property("error.data.code", "upstream_failed");
    const wrong = (await ask(opened, call(6, "wrong"))) as { error: { message: string } };
    expect(wrong.error.message).to.equal("the service answered with status 503 and no JSON-RPC");
    expect(opened.purse.status().unsettled).to.equal(0);
  });
});
