// SPDX-License-Identifier: GPL-3.0-or-later
/** Sells anything that speaks HTTP, text or binary, at one price for every request. */
import { GatewayError, bodyBytes, bodyOf, decodeExchangeRequest, encodeExchangeResponse } from "../../wire/index.ts";
import type { ExchangeRequest, Terms } from "../../wire/index.ts";
import type { Upstream } from "../upstream.ts";
import type { UpstreamSettings } from "./config.ts";
import { Endpoint, readWhole } from "./endpoint.ts";
import { refusalOf } from "./refusal.ts";
import { scrubberOf } from "./secrets.ts";

/** What may stand in a header. */
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

/** @throws GatewayError REQUEST_MALFORMED for terms without one price */
export function httpUpstream({ pricing }: Terms, settings: UpstreamSettings): Upstream {
  if (pricing.kind !== "fixed") {
    throw new GatewayError("REQUEST_MALFORMED", "a plain HTTP service is sold by terms with one fixed price");
  }
  const { price } = pricing;
  const endpoint = new Endpoint(settings);
  const scrub = scrubberOf(settings);
  const read = (payload: string): ExchangeRequest => {
    const exchange = decodeExchangeRequest(payload);
    if (!endpoint.reaches(exchange.path)) throw new GatewayError("PAYLOAD_REFUSED", "nothing is offered at this path");
    if (!HEADER_VALUE.test(exchange.contentType)) {
      throw new GatewayError("PAYLOAD_REFUSED", "the request's content type is none");
    }
    return exchange;
  };
  return {
    quote(payload) {
      read(payload);
      return price;
    },
    async serve(payload, { signal }) {
      const exchange = read(payload);
      const { method, path, contentType } = exchange;
      const bytes = bodyBytes(exchange);
      const hasBody = method !== "GET" && bytes.length > 0;
      const request = { method, path, accept: "*/*", ...(hasBody ? { contentType, body: bytes } : {}) };
      const answer = await endpoint.ask(request, signal);
      const whole = await readWhole(answer);
      if (answer.status >= 300) return refusalOf(answer, whole, scrub);
      const { status, contentType: answered } = answer;
      return { response: encodeExchangeResponse({ status, contentType: answered, ...bodyOf(whole) }), charge: price };
    },
  };
}
