// SPDX-License-Identifier: GPL-3.0-or-later
/** Sells a JSON-RPC endpoint over HTTP: a single call, or a batch, whose price is the sum of its calls'. The path means nothing. */
import { GatewayError, bodyBytes, decodeExchangeRequest, encodeExchangeResponse } from "../../wire/index.ts";
import type { Terms } from "../../wire/index.ts";
import { jsonRpcUpstream } from "../json-rpc-upstream.ts";
import type { JsonRpcTransport } from "../json-rpc-upstream.ts";
import type { ServeContext, Served, Upstream } from "../upstream.ts";
import type { UpstreamSettings } from "./config.ts";
import { Endpoint, UpstreamFault, readWhole } from "./endpoint.ts";
import type { EndpointAnswer } from "./endpoint.ts";
import { refusalOf } from "./refusal.ts";
import { scrubberOf } from "./secrets.ts";

const MAX_BATCH = 100;
/** Calls of a batch that are under way at once. */
const AT_ONCE = 8;

/** The endpoint answered with a status that says no. */
class Refused extends Error {
  readonly answer: EndpointAnswer;
  readonly bytes: Buffer;

  constructor(answer: EndpointAnswer, bytes: Buffer) {
    super(`the endpoint answered with status ${answer.status}`);
    this.answer = answer;
    this.bytes = bytes;
  }
}

const refuse = (reason: string): GatewayError => new GatewayError("PAYLOAD_REFUSED", reason);

interface Calls {
  readonly isBatch: boolean;
  /** Each as the text of one call. */
  readonly calls: readonly string[];
}

function readCalls(payload: string): Calls {
  const exchange = decodeExchangeRequest(payload);
  if (exchange.method !== "POST") throw refuse("JSON-RPC calls are sent with POST");
  let value: unknown;
  try {
    value = JSON.parse(bodyBytes(exchange).toString("utf8"));
  } catch {
    throw refuse("the request is no JSON");
  }
  if (!Array.isArray(value)) return { isBatch: false, calls: [JSON.stringify(value)] };
  if (value.length === 0 || value.length > MAX_BATCH) throw refuse(`a batch has 1 to ${MAX_BATCH} calls`);
  const ids = value.map((call: unknown) => JSON.stringify((call as { id?: unknown } | null)?.id));
  if (new Set(ids).size !== ids.length) throw refuse("the calls of a batch have different ids");
  return { isBatch: true, calls: value.map((call: unknown) => JSON.stringify(call)) };
}

/** In the order of `items`, a few at once. */
async function inGroups<T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(task))));
  }
  return results;
}

export class JsonRpcHttpUpstream implements Upstream {
  readonly #inner: Upstream;
  readonly #scrub: ReturnType<typeof scrubberOf>;

  constructor(terms: Terms, settings: UpstreamSettings) {
    if (terms.pricing.kind === "tokens") {
      throw new GatewayError("REQUEST_MALFORMED", "a JSON-RPC endpoint is sold by terms with a price for each method");
    }
    const endpoint = new Endpoint(settings);
    this.#scrub = scrubberOf(settings);
    const transport: JsonRpcTransport = async (call, signal) => {
      const json = "application/json";
      const request = { method: "POST", path: "", accept: json, contentType: json, body: JSON.stringify(call) };
      const answer = await endpoint.ask(request, signal);
      const bytes = await readWhole(answer);
      if (answer.status >= 300) throw new Refused(answer, bytes);
      try {
        const value = JSON.parse(bytes.toString("utf8")) as { error?: unknown } | null;
        // An endpoint's errors may say where it stands.
        return value?.error === undefined || value.error === null ? value : this.#scrub(value);
      } catch {
        throw new UpstreamFault("the endpoint's answer is no JSON");
      }
    };
    this.#inner = jsonRpcUpstream(terms, transport);
  }

  quote(payload: string): bigint {
    return readCalls(payload).calls.reduce((sum, call) => sum + this.#inner.quote(call), 0n);
  }

  async serve(payload: string, context: ServeContext): Promise<Served> {
    const { isBatch, calls } = readCalls(payload);
    try {
      const served = await inGroups(calls, (call) => this.#inner.serve(call, context));
      const bodies = served.map(({ response }) => response);
      const body = isBatch ? `[${bodies.join(",")}]` : bodies.join("");
      return {
        response: encodeExchangeResponse({ status: 200, contentType: "application/json", encoding: "utf8", body }),
        charge: served.reduce((sum, { charge }) => sum + charge, 0n),
      };
    } catch (error) {
      if (error instanceof Refused) return refusalOf(error.answer, error.bytes, this.#scrub);
      throw error;
    }
  }
}
