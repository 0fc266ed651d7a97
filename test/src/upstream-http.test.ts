// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { UpstreamFault, upstreamOf } from "../../src/gateway/index.ts";
import type { Upstream, UpstreamConfig } from "../../src/gateway/index.ts";
import { GatewayError, bodyBytes, bodyOf, encodeExchangeRequest } from "../../src/wire/index.ts";
import type { Terms } from "../../src/wire/index.ts";
import { get, jsonOf, post, sendJson, serve, tokenTerms, withService } from "./support/services.ts";

const KEY = "key-of-the-provider";
const SECRET = { "x-api-key": KEY };
const faultOf = (outcome: Promise<unknown>): Promise<unknown> =>
  outcome.then(
    () => "no fault",
    (error: unknown) => error,
  );
const refused = (upstream: Upstream, payload: string): void => {
  expect(() => upstream.quote(payload), payload.slice(0, 120))
    .to.throw(GatewayError)
    .with.property("code", "PAYLOAD_REFUSED");
};

describe("a gateway in front of any HTTP service", () => {
  const terms: Terms = { ...tokenTerms, pricing: { kind: "fixed", price: 30n } };
  const http = (url: string, more: Partial<UpstreamConfig> = {}): Upstream =>
    upstreamOf(terms, { kind: "http", url, headers: SECRET, ...more });

  it("hands methods, paths and bodies on, text or binary, both ways, at one price", async () => {
    const bytes = Buffer.from([0, 255, 128, 10, 13, 0]);
    await withService(
      (response, _, { method }) =>
        method === "GET"
          ? response.writeHead(200, { "content-type": "image/png" }).end(bytes)
          : response.writeHead(201, { "content-type": "text/plain" }).end("made ü"),
      async ({ url, requests }) => {
        const upstream = http(`${url}/base/`);
        expect(upstream.quote(get("/a?b=c%20d"))).to.equal(30n);
        const image = await serve(upstream, get("/a?b=c%20d"));
        expect(bodyBytes(image.answer)).to.deep.equal(bytes);
        expect(image.answer).to.include({ status: 200, contentType: "image/png", encoding: "base64" });
        expect(image.charge).to.equal(30n);

        const sent = { method: "PUT", path: "/x", contentType: "application/octet-stream", ...bodyOf(bytes) } as const;
        const made = await serve(upstream, encodeExchangeRequest(sent));
        expect(made.answer).to.deep.equal({ status: 201, contentType: "text/plain", encoding: "utf8", body: "made ü" });
        expect(requests.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([
          "GET /base/a?b=c%20d",
          "PUT /base/x",
        ]);
        expect(requests[0]?.headers).to.include({ "x-api-key": KEY });
        expect(requests[1]?.headers).to.include({ "content-length": "6", "content-type": "application/octet-stream" });
      },
    );
  });

  it("does not leave the configured path, whatever a path says", () => {
    const upstream = http("http://127.0.0.1:9/base");
    for (const path of [
      "/..",
      "/../admin",
      "/a/../../admin",
      "/%2e%2e/admin",
      "/%2E./admin",
      "/\\..\\..\\admin",
      "/x/..%5c../%2e%2e/%2e%2e/../admin",
      "/a/..%2f..%2Fadmin",
      "/a/%2e.%5Cadmin",
      "/a/..;/..;/admin",
      "/a/..;x=1/admin",
      "/a/%2e%2e%3b/admin",
      "/%252e%252e/admin",
      "/a/..%252fadmin",
      "/%25252e%2525252e%5cadmin",
      "/%%32%65%%32%65/admin",
      `/%${"25".repeat(1_000)}2e./admin`,
    ]) {
      try {
        upstream.quote(get(path));
        expect.fail(`${path} was taken`);
      } catch (error) {
        expect(error, path).to.have.property("code", "PAYLOAD_REFUSED");
      }
    }
    for (const path of [
      "//evil.example/",
      "/@evil.example",
      "/..admin",
      "/a/../b",
      "/\\..\\admin",
      "/a;b/..c",
      "/100%25",
      "/x%",
    ])
      expect(upstream.quote(get(path))).to.equal(30n);
    refused(upstream, "nonsense");
    refused(upstream, JSON.stringify({ method: "GET" }));
  });

  it("refuses a content type that cannot stand in a header", async () => {
    await withService(
      (response) => response.end("ok"),
      async ({ url, requests }) => {
        const typed = (contentType: string): string =>
          encodeExchangeRequest({ method: "POST", path: "/", contentType, encoding: "utf8", body: "x" });
        for (const type of ["text/plain\r\nx-admin: yes", "a\nb", "a\0b", "text/ü", "\u007f", "text/\ud83d"])
          refused(http(url), typed(type));
        await serve(http(url), typed('multipart/form-data; boundary="a b"'));
        expect(requests).to.have.length(1);
      },
    );
  });

  it("asks only the configured service", async () => {
    await withService(
      (response) => response.end("ok"),
      async ({ url, requests }) => {
        for (const path of ["//evil.example/", "/@evil.example", "/\\evil.example"]) await serve(http(url), get(path));
        expect(requests).to.have.length(3);
      },
    );
  });

  it("hands refusals on without the provider's secrets and for nothing, and follows nobody elsewhere", async () => {
    await withService(
      (response, _, { url = "" }) => {
        if (url === "/moved") return void response.writeHead(302, { location: "http://169.254.169.254/" }).end();
        if (url === "/cut")
          return void response.writeHead(200, { "content-length": 100 }).write("x", () => response.destroy());
        if (url === "/large") return void response.end("x".repeat(5_000));
        return sendJson(response, 404, { detail: `no such thing for ${KEY}` });
      },
      async ({ url }) => {
        const upstream = http(url, { maxBytes: 4_000 });
        const outcome = await serve(upstream, get("/none"));
        expect(outcome.answer.status).to.equal(404);
        expect(jsonOf(outcome)).to.deep.equal({ detail: "no such thing for [hidden]" });
        expect(outcome.charge).to.equal(0n);
        for (const path of ["/moved", "/cut", "/large"])
          expect(await faultOf(serve(upstream, get(path))), path).to.be.instanceOf(UpstreamFault);
      },
    );
  });

  it("is sold by one fixed price only", () => {
    expect(() => upstreamOf(tokenTerms, { kind: "http", url: "http://x.example" })).to.throw(
      GatewayError,
      "fixed price",
    );
  });
});

describe("a gateway in front of a JSON-RPC endpoint over HTTP", () => {
  const terms: Terms = {
    ...tokenTerms,
    pricing: { kind: "methods", prices: { eth_blockNumber: 10n, eth_call: 40n, eth_fail: 20n, eth_revert: 30n } },
  };
  const rpc = (url: string): Upstream =>
    upstreamOf(terms, { kind: "json-rpc", url: `${url}/v3/${KEY}`, headers: SECRET });
  const call = (id: unknown, method: string): object => ({ jsonrpc: "2.0", id, method, params: [] });
  const answers = (test: (upstream: Upstream, paths: () => string[]) => Promise<void>): Promise<void> =>
    withService(
      (response, body) => {
        const { id, method } = JSON.parse(body) as { id: unknown; method: string };
        const errors: Record<string, object> = {
          eth_fail: { code: -32_602, message: `no such block at ${KEY}` },
          eth_revert: { code: 3, message: `reverted at ${KEY}`, data: "0x2a" },
        };
        const error = errors[method];
        sendJson(response, 200, { jsonrpc: "2.0", id, ...(error === undefined ? { result: method } : { error }) });
      },
      ({ url, requests }) => test(rpc(url), () => requests.map(({ path }) => path)),
    );

  it("sells single calls by their method, also those that revert, and does not show where the endpoint stands", async () => {
    await answers(async (upstream, paths) => {
      expect(upstream.quote(post("/", call(1, "eth_call")))).to.equal(40n);
      const served = await serve(upstream, post("/", call(1, "eth_call")));
      expect(jsonOf(served)).to.deep.equal({ jsonrpc: "2.0", id: 1, result: "eth_call" });
      expect(served.charge).to.equal(40n);
      const failed = await serve(upstream, post("/any/path", call("a", "eth_fail")));
      expect(jsonOf(failed)["error"]).to.deep.equal({ code: -32_602, message: "invalid parameters" });
      expect(failed.charge).to.equal(0n);
      const reverted = await serve(upstream, post("/", call(2, "eth_revert")));
      expect(jsonOf(reverted)["error"]).to.deep.equal({ code: 3, message: "reverted at [hidden]", data: "0x2a" });
      expect(reverted.charge).to.equal(30n);
      expect(new Set(paths())).to.deep.equal(new Set([`/v3/${KEY}`]));
    });
  });

  it("sells a batch for the sum of its calls, and charges those that did not fail", async () => {
    await answers(async (upstream) => {
      const batch = ["eth_call", "eth_fail", "eth_blockNumber"].map((method, id) => call(id, method));
      expect(upstream.quote(post("/", batch))).to.equal(70n);
      const { answer, charge } = await serve(upstream, post("/", batch));
      const ids = (JSON.parse(answer.body) as { id: number }[]).map(({ id }) => id);
      expect(ids).to.deep.equal([0, 1, 2]);
      expect(charge).to.equal(50n);
    });
  });

  it("refuses notifications, ids that repeat, empty and endless batches, and methods that are not offered", () => {
    const upstream = rpc("http://127.0.0.1:9");
    const one = call(1, "eth_call");
    const notification = { jsonrpc: "2.0", method: "eth_call", params: [] };
    const many = Array.from({ length: 101 }, (_, id) => call(id, "eth_blockNumber"));
    const bodies = [
      notification,
      [one, notification],
      [one, one],
      [],
      [[one]],
      many,
      [null],
      call(null, "eth_call"),
      call(1, "constructor"),
      7,
      "{",
    ];
    for (const body of bodies) refused(upstream, post("/", body));
    refused(upstream, get("/"));
    refused(upstream, JSON.stringify(one));
  });

  it("charges an error whatever status it comes with, and hands on no words of a refusal", async () => {
    const reverted = { jsonrpc: "2.0", id: 1, error: { code: 3, message: "reverted", data: "0x2a" } };
    for (const status of [400, 404, 500]) {
      await withService(
        (response) => sendJson(response, status, reverted),
        async ({ url }) => {
          const outcome = await serve(rpc(url), post("/", call(1, "eth_call")));
          expect([outcome.answer.status, outcome.charge]).to.deep.equal([200, 40n]);
          expect(jsonOf(outcome)).to.deep.equal(reverted);
        },
      );
    }
    const refusals: [number, object][] = [
      [400, { result: "0x2a" }],
      [400, { ...reverted, id: null }],
      [403, reverted],
      [429, reverted],
      [503, reverted],
    ];
    for (const [status, body] of refusals) {
      await withService(
        (response) => sendJson(response, status, body),
        async ({ url }) => {
          const outcome = await serve(rpc(url), post("/", call(1, "eth_call")));
          expect([outcome.answer.status, outcome.charge]).to.deep.equal([status, 0n]);
          expect(outcome.answer.body).to.not.contain("0x2a");
        },
      );
    }
  });

  it("charges the calls of a batch that were served, and gives the refused ones their own errors", async () => {
    await withService(
      (response, body) => {
        const { id, method } = JSON.parse(body) as { id: unknown; method: string };
        if (method === "eth_fail") return sendJson(response, 429, { error: `too many from ${KEY}` });
        return sendJson(response, 200, { jsonrpc: "2.0", id, result: "0x2a" });
      },
      async ({ url }) => {
        const batch = ["eth_call", "eth_fail", "eth_blockNumber"].map((method, id) => call(id, method));
        const { answer, charge } = await serve(rpc(url), post("/", batch));
        const error = { code: -32_000, message: "the service answered with status 429" };
        expect(JSON.parse(answer.body)).to.deep.equal([
          { jsonrpc: "2.0", id: 0, result: "0x2a" },
          { jsonrpc: "2.0", id: 1, error },
          { jsonrpc: "2.0", id: 2, result: "0x2a" },
        ]);
        expect([answer.status, charge]).to.deep.equal([200, 50n]);
      },
    );
  });

  it("hands a refusal on, and fails where the endpoint does", async () => {
    const payload = post("/", [call(1, "eth_call"), call(2, "eth_call")]);
    await withService(
      (response) => sendJson(response, 429, { error: `too many from ${KEY}` }),
      async ({ url }) => {
        const outcome = await serve(rpc(url), post("/", call(1, "eth_call")));
        expect([outcome.answer.status, outcome.charge]).to.deep.equal([429, 0n]);
        expect(outcome.answer.body).to.contain("status 429").and.not.contain("too many");
      },
    );
    const bad: Parameters<typeof withService>[0][] = [
      (response) => response.end("garbage"),
      (response) => sendJson(response, 200, null),
      (response) => sendJson(response, 200, { jsonrpc: "2.0", id: 7, result: 1 }),
      (response) => response.destroy(),
      (response) => sendJson(response, 401, { jsonrpc: "2.0", id: 1, error: { code: -32_602, message: KEY } }),
      (response) => sendJson(response, 307, {}, { location: "http://127.0.0.1:9/" }),
    ];
    for (const behave of bad) {
      await withService(behave, async ({ url }) =>
        expect(await faultOf(serve(rpc(url), payload))).to.be.instanceOf(Error),
      );
    }
  });
});
