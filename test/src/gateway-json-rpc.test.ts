// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { jsonRpcUpstream } from "../../src/gateway/index.ts";
import { GatewayError, parseTerms } from "../../src/wire/index.ts";
import { C, TERMS } from "./support/session-world.ts";

describe("a gateway in front of a JSON-RPC endpoint", () => {
  const terms = parseTerms({
    ...TERMS,
    pricing: { kind: "methods", prices: { eth_blockNumber: "10", eth_call: "40", toString: "10" } },
  });
  const rpc = (body: object): string => JSON.stringify({ jsonrpc: "2.0", id: 1, ...body });
  const context = { mostCharged: C, signal: new AbortController().signal, emit: () => undefined };

  it("charges each method its price, and nothing for an answer that is an error", async () => {
    const upstream = jsonRpcUpstream(terms, async ({ id, method }) =>
      method === "eth_call" ? { jsonrpc: "2.0", id, error: { code: 3 } } : { jsonrpc: "2.0", id, result: "0x10" },
    );
    expect(upstream.quote(rpc({ method: "eth_call" }))).to.equal(40n);
    expect(await upstream.serve(rpc({ method: "eth_blockNumber", params: [] }), context)).to.deep.equal({
      response: '{"jsonrpc":"2.0","id":1,"result":"0x10"}',
      charge: 10n,
    });
    expect((await upstream.serve(rpc({ method: "eth_call" }), context)).charge).to.equal(0n);
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
    for (const answer of [{ jsonrpc: "2.0", id: 2, result: 1 }, "nonsense", null]) {
      const upstream = jsonRpcUpstream(terms, async () => answer);
      const failed = await upstream.serve(rpc({ method: "eth_blockNumber" }), context).catch((error: unknown) => error);
      expect(failed).to.be.instanceOf(Error);
    }
  });
});
