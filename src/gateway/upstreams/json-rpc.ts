// SPDX-License-Identifier: GPL-3.0-or-later
/** Sells a JSON-RPC endpoint over HTTP: a single call, or a batch, whose price is the sum of its calls'. The path means nothing. */
import { GatewayError, bodyBytes, decodeExchangeRequest, encodeExchangeResponse } from "../../wire/index.ts";
import type { Terms } from "../../wire/index.ts";
import { jsonRpcUpstream } from "../json-rpc-upstream.ts";
import type { JsonRpcTransport } from "../json-rpc-upstream.ts";
import type { ServeContext, Served, Upstream } from "../upstream.ts";
import type { UpstreamSettings } from "./config.ts";
import { Endpoint, UpstreamFault, readWhole } from "./endpoint.ts";
import { assertNotProvidersOwn, refusalOf } from "./refusal.ts";
import { scrubberOf } from "./secrets.ts";
import type { Scrub } from "./secrets.ts";

const MAX_BATCH = 100;
/** Calls of a batch that are under way at once. */
const AT_ONCE = 8;

/** The statuses with which some endpoints send errors of JSON-RPC. */
const ANSWERS: ReadonlySet<number> = new Set([400, 404, 422, 500]);

/** In a batch, the error of a call that the endpoint refused: its own limits, say. */
const REFUSED_CODE = -32_000;

/** The endpoint answered with a status that says no. Its words are not handed on: they may hold what was asked for. */
class Refused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the service answered with status ${status}`);
    this.status = status;
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

type Answer = { readonly jsonrpc?: unknown; readonly id?: unknown; readonly error?: unknown } | null;

/** @throws Refused for an answer with a status that says no, unless it is an error of JSON-RPC */
function answerOf(status: number, bytes: Buffer, scrub: Scrub): unknown {
  let value: Answer | undefined;
  try {
    value = JSON.parse(bytes.toString("utf8")) as Answer;
  } catch {
    if (status < 300) throw new UpstreamFault("the endpoint's answer is no JSON");
  }
  const isError = value?.error !== undefined && value.error !== null;
  if (status >= 300) {
    assertNotProvidersOwn(status);
    const isAnswer = isError && value?.jsonrpc === "2.0" && (value.id ?? null) !== null;
    if (!isAnswer || !ANSWERS.has(status)) throw new Refused(status);
  }
  // An endpoint's errors may say where it stands.
  return isError ? scrub(value) : value;
}

export class JsonRpcHttpUpstream implements Upstream {
  readonly #inner: Upstream;
  readonly #scrub: Scrub;

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
      return answerOf(answer.status, await readWhole(answer), this.#scrub);
    };
    this.#inner = jsonRpcUpstream(terms, transport);
  }

  quote(payload: string): bigint {
    return readCalls(payload).calls.reduce((sum, call) => sum + this.#inner.quote(call), 0n);
  }

  async serve(payload: string, context: ServeContext): Promise<Served> {
    const { isBatch, calls } = readCalls(payload);
    if (!isBatch) return this.#serveOne(calls.join(""), context);
    const served = await inGroups(calls, (call) => this.#serveOfBatch(call, context));
    return {
      response: whole(`[${served.map(({ response }) => response).join(",")}]`),
      charge: served.reduce((sum, { charge }) => sum + charge, 0n),
    };
  }

  async #serveOne(call: string, context: ServeContext): Promise<Served> {
    try {
      const { response, charge } = await this.#inner.serve(call, context);
      return { response: whole(response), charge };
    } catch (error) {
      if (error instanceof Refused) return refusalOf(error, undefined, this.#scrub);
      throw error;
    }
  }

  /** A call that is refused says so in its own place: the others were served. */
  async #serveOfBatch(call: string, context: ServeContext): Promise<Served> {
    try {
      return await this.#inner.serve(call, context);
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      const { id } = JSON.parse(call) as { id: unknown };
      const error = { code: REFUSED_CODE, message: refused.message };
      return { response: JSON.stringify({ jsonrpc: "2.0", id, error }), charge: 0n };
    }
  }
}

const whole = (body: string): string =>
  encodeExchangeResponse({ status: 200, contentType: "application/json", encoding: "utf8", body });
