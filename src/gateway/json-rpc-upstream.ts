// SPDX-License-Identifier: GPL-3.0-or-later
/** Sells a JSON-RPC endpoint (https://www.jsonrpc.org/specification), a price for each method by the published terms. */
import { z } from "zod";

import { GatewayError } from "../wire/index.ts";
import type { Terms } from "../wire/index.ts";
import type { Upstream } from "./upstream.ts";

const call = z.object({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.string().max(200), z.number().finite()]),
  method: z.string().max(200),
  params: z.union([z.array(z.unknown()), z.record(z.unknown())]).optional(),
});
const answer = z.object({ jsonrpc: z.literal("2.0"), id: z.unknown(), result: z.unknown(), error: z.unknown() });

export type JsonRpcCall = z.output<typeof call>;

/** Hands a call on and resolves with the endpoint's JSON answer; rejects when none came. */
export type JsonRpcTransport = (call: JsonRpcCall, signal: AbortSignal) => Promise<unknown>;

/** A transport over HTTP. */
export function httpTransport(url: string): JsonRpcTransport {
  return async (body, signal) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal });
    if (!response.ok) throw new Error(`the endpoint answered with status ${response.status}`);
    return response.json();
  };
}

function parseCall(payload: string): JsonRpcCall {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    throw new GatewayError("PAYLOAD_REFUSED", "the payload is no JSON");
  }
  const result = call.safeParse(value);
  if (!result.success)
    throw new GatewayError("PAYLOAD_REFUSED", "the payload is no single JSON-RPC 2.0 call with an id");
  return result.data;
}

/** An answer that carries an error is handed on and charged nothing. */
export function jsonRpcUpstream({ pricing }: Terms, transport: JsonRpcTransport): Upstream {
  const prices = pricing.kind === "methods" ? new Map(Object.entries(pricing.prices)) : undefined;
  const priceOf = ({ method }: JsonRpcCall): bigint => {
    const price = pricing.kind === "fixed" ? pricing.price : prices?.get(method);
    if (price === undefined) throw new GatewayError("PAYLOAD_REFUSED", "the terms offer no such method");
    return price;
  };
  return {
    quote: (payload) => priceOf(parseCall(payload)),
    async serve(payload, { signal }) {
      const request = parseCall(payload);
      const price = priceOf(request);
      const answered = answer.parse(await transport(request, signal));
      if (answered.id !== request.id) throw new Error("the endpoint answered another call");
      const isError = answered.error !== undefined && answered.error !== null;
      return { response: JSON.stringify(answered), charge: isError ? 0n : price };
    },
  };
}

/** One price for every payload, whatever it is. */
export function fixedPriceUpstream(
  price: bigint,
  respond: (payload: string, signal: AbortSignal) => Promise<string>,
): Upstream {
  return {
    quote: () => price,
    serve: async (payload, { signal }) => ({ response: await respond(payload, signal), charge: price }),
  };
}
