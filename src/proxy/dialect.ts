// SPDX-License-Identifier: GPL-3.0-or-later
/** The APIs that a proxy speaks: what each says without a ticket, and how each says that something went wrong. */
import type { ExchangeRequest, Terms } from "../wire/index.ts";
import { PROBLEM_MEDIA_TYPE } from "../wire/index.ts";
import { jsonRpc } from "./json-rpc.ts";
import { jsonAnswer } from "./local-answer.ts";
import type { LocalAnswer } from "./local-answer.ts";
import { openAi } from "./openai.ts";
import type { ProxyProblem } from "./problem.ts";

export interface Dialect {
  readonly api: "openai" | "json-rpc" | "http";
  /** What needs no ticket; undefined for what does. @throws ProxyProblem for what the terms do not offer: it would be refused, and use a ticket */
  answerLocally(exchange: ExchangeRequest): LocalAnswer | undefined;
  /** What goes to the provider: without what the service does not look at, which would tell clients apart. */
  outgoing(exchange: ExchangeRequest): ExchangeRequest;
  refusal(problem: ProxyProblem): LocalAnswer;
  /** The end of a stream of events that went wrong. */
  refusalEvent(problem: ProxyProblem): string;
}

const http: Dialect = {
  api: "http",
  answerLocally: () => undefined,
  outgoing: (exchange) => exchange,
  refusal: ({ status, code, message }) => ({
    ...jsonAnswer(
      { type: `urn:jeton:proxy:${code.replaceAll("_", "-")}`, title: code, status, detail: message },
      status,
    ),
    contentType: PROBLEM_MEDIA_TYPE,
  }),
  refusalEvent: ({ code, message }) => `event: error\ndata: ${JSON.stringify({ code, message })}\n\n`,
};

export function dialectOf({ pricing }: Terms): Dialect {
  if (pricing.kind === "tokens") return openAi(Object.keys(pricing.models));
  if (pricing.kind === "methods") return jsonRpc();
  return http;
}
