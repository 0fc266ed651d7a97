// SPDX-License-Identifier: GPL-3.0-or-later
import { GatewayError, describeIssues } from "../../wire/index.ts";
import type { Terms } from "../../wire/index.ts";
import type { Upstream } from "../upstream.ts";
import { upstreamConfig } from "./config.ts";
import type { UpstreamConfig, UpstreamSettings } from "./config.ts";
import { httpUpstream } from "./http.ts";
import { JsonRpcHttpUpstream } from "./json-rpc.ts";
import { OpenAiUpstream } from "./openai.ts";

const KINDS: Readonly<Record<UpstreamSettings["kind"], (terms: Terms, settings: UpstreamSettings) => Upstream>> = {
  openai: (terms, settings) => new OpenAiUpstream(terms, settings),
  "json-rpc": (terms, settings) => new JsonRpcHttpUpstream(terms, settings),
  http: httpUpstream,
};

/**
 * The service that a configuration names, sold by these terms. Payloads are exchange requests (src/wire/exchange.ts).
 * @throws GatewayError REQUEST_MALFORMED for a configuration that is none, or terms that do not fit it
 */
export function upstreamOf(terms: Terms, config: UpstreamConfig): Upstream {
  const result = upstreamConfig.safeParse(config);
  if (!result.success) {
    throw new GatewayError("REQUEST_MALFORMED", `the upstream's configuration is ${describeIssues(result.error)}`);
  }
  return KINDS[result.data.kind](terms, result.data);
}
