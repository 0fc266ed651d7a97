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

/** The endpoint did not serve the call, in the words of JSON-RPC 2.0. */
const NOT_SERVED: ReadonlyMap<unknown, string> = new Map([
  [-32_700, "parse error"],
  [-32_600, "invalid request"],
  [-32_601, "method not found"],
  [-32_602, "invalid parameters"],
  [-32_603, "internal error"],
]);
/** A longer message may hold what was asked for. */
const MAX_FREE_MESSAGE = 200;

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

/**
 * What takes the place of an error that is free: nothing of the endpoint's own. Undefined for every other error. Those cost what a result
 * costs, since an error can carry one: a contract that reverts with what it was asked for.
 */
function freeError(error: unknown): object | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code, message, data } = error as Record<string, unknown>;
  const fixed = NOT_SERVED.get(code);
  const isShort = typeof message === "string" && message.length <= MAX_FREE_MESSAGE;
  return fixed !== undefined && isShort && (data ?? null) === null ? { code, message: fixed } : undefined;
}

/** An answer costs its method's price, also one that is an error, unless it says that the call was not served. */
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
      const { jsonrpc, id, result, error } = answered;
      const isError = error !== undefined && error !== null;
      if (!isError && result === undefined) throw new Error("the endpoint answered with neither a result nor an error");
      const free = result === undefined || result === null ? freeError(error) : undefined;
      if (free !== undefined) return { response: JSON.stringify({ jsonrpc, id, error: free }), charge: 0n };
      return { response: JSON.stringify(answered), charge: price };
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
