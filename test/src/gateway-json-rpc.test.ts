// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { jsonRpcUpstream } from "../../src/gateway/index.ts";
import type { Upstream } from "../../src/gateway/index.ts";
import { GatewayError, parseTerms } from "../../src/wire/index.ts";
import { C, TERMS } from "./support/session-world.ts";

describe("a gateway in front of a JSON-RPC endpoint", () => {
  const terms = parseTerms({
    ...TERMS,
    pricing: { kind: "methods", prices: { eth_blockNumber: "10", eth_call: "40", toString: "10" } },
  });
  const rpc = (body: object): string => JSON.stringify({ jsonrpc: "2.0", id: 1, ...body });
  const context = { mostCharged: C, signal: new AbortController().signal, emit: () => undefined };

  const answering = (rest: object): Upstream =>
    jsonRpcUpstream(terms, async ({ id }) => ({ jsonrpc: "2.0", id, ...rest }));
  const failing = (error: object): Upstream => answering({ error });

  it("charges each method its price", async () => {
    const upstream = answering({ result: "0x10" });
    expect(upstream.quote(rpc({ method: "eth_call" }))).to.equal(40n);
    expect(await upstream.serve(rpc({ method: "eth_blockNumber", params: [] }), context)).to.deep.equal({
      response: '{"jsonrpc":"2.0","id":1,"result":"0x10"}',
      charge: 10n,
    });
    expect((await upstream.serve(rpc({ method: "eth_call" }), context)).charge).to.equal(40n);
  });

  it("charges an error that can carry the result: a revert with data, with a message, or with a long one", async () => {
    const errors = [
      { code: 3, message: "execution reverted", data: "0x08c379a0" },
      { code: 3, message: "execution reverted: the balance is 7" },
      { code: -32_000, message: "execution reverted" },
      { code: -32_015, message: "VM execution error.", data: "Reverted 0x2a" },
      { code: -32_603, message: "internal error", data: { data: "0x2a" } },
      { code: -32_602, message: "invalid", data: {} },
      { code: -32_602, message: `reverted with ${"2a".repeat(100)}` },
      { code: -32_603, message: { result: "0x2a" } },
      { code: "-32603", message: "a result" },
      { code: 3 },
      {},
      "0x2a",
    ];
    for (const error of errors as object[]) {
      const { response, charge } = await failing(error).serve(rpc({ method: "eth_call" }), context);
      expect(charge, JSON.stringify(error)).to.equal(40n);
      expect(JSON.parse(response)).to.deep.equal({ jsonrpc: "2.0", id: 1, error });
    }
    const both = answering({ result: "0x2a", error: { code: -32_603, message: "internal error" } });
    expect((await both.serve(rpc({ method: "eth_call" }), context)).charge).to.equal(40n);
  });

  it("charges nothing for a call that the endpoint did not serve, and hands on none of its words", async () => {
    for (const code of [-32_700, -32_600, -32_601, -32_602, -32_603]) {
      const upstream = failing({ code, message: "0x2a is the result", more: "0x2a", data: null });
      const { response, charge } = await upstream.serve(rpc({ method: "eth_call" }), context);
      expect(charge).to.equal(0n);
      expect(JSON.parse(response)).to.have.nested.property("error.code", code);
      expect(response)
        .to.match(/"message":"[a-z ]+"\}\}$/)
        .and.not.contain("0x2a");
    }
  });

  it("refuses methods that the terms do not name, batches, and what is no call", () => {
    const upstream = jsonRpcUpstream(terms, async () => ({}));
    const bad = [rpc({ method: "eth_sendTransaction" }), rpc({ method: "constructor" }), "[]", "{", '"x"', rpc({})];
    const noId = JSON.stringify({ jsonrpc: "2.0", method: "eth_blockNumber" });
    for (const payload of [...bad, noId]) {
      expect(() => upstream.quote(payload), payload)
        .to.throw(GatewayError)
        .with.property("code", "PAYLOAD_REFUSED");
    }
  });

  it("treats an endpoint that answers another call, or nonsense, as one that failed", async () => {
    for (const answer of [{ jsonrpc: "2.0", id: 2, result: 1 }, { jsonrpc: "2.0", id: 1 }, "nonsense", null]) {
      const upstream = jsonRpcUpstream(terms, async () => answer);
      const failed = await upstream.serve(rpc({ method: "eth_blockNumber" }), context).catch((error: unknown) => error);
      expect(failed).to.be.instanceOf(Error);
    }
  });
});
