// SPDX-License-Identifier: GPL-3.0-or-later
/** Services that a gateway may stand in front of, good and bad, and requests to them. */
import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { Upstream } from "../../../src/gateway/index.ts";
import { decodeExchangeResponse, encodeExchangeRequest, parseTerms } from "../../../src/wire/index.ts";
import type { ExchangeResponse, TermsJson } from "../../../src/wire/index.ts";

/** The ticket price that the classes below are made for. */
const C = 100n;

/** A short chat with the bundled model costs 20, the longest 90. */
export const TOKEN_TERMS: TermsJson = {
  format: "jeton.terms.v1",
  service: "a model",
  policy: "anything goes",
  retention: { answersSeconds: 3_600, sessionSeconds: 600, statement: "answers are kept for an hour" },
  endpoints: [],
  pricing: {
    kind: "tokens",
    models: {
      "jeton-small": {
        input: [
          { upTo: 40, price: "10" },
          { upTo: 1_000, price: "20" },
          { upTo: 8_000, price: "40" },
        ],
        output: [
          { upTo: 10, price: "10" },
          { upTo: 50, price: "30" },
          { upTo: 500, price: "50" },
        ],
      },
      "jeton-embed": {
        input: [
          { upTo: 40, price: "10" },
          { upTo: 4_000, price: "20" },
        ],
      },
    },
  },
};
export const tokenTerms = parseTerms(TOKEN_TERMS);

export const post = (path: string, body: unknown): string =>
  encodeExchangeRequest({
    method: "POST",
    path,
    contentType: "application/json",
    encoding: "utf8",
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

export const get = (path: string): string =>
  encodeExchangeRequest({ method: "GET", path, contentType: "", encoding: "utf8", body: "" });

export const chat = (content: unknown, more: object = {}): string =>
  post("/v1/chat/completions", { model: "jeton-small", messages: [{ role: "user", content }], ...more });

export interface Outcome {
  readonly charge: bigint;
  readonly modelId: string | undefined;
  readonly answer: ExchangeResponse;
  readonly response: string;
  readonly pieces: readonly string[];
}

/** Quotes and serves, as a gateway does. */
export async function serve(
  upstream: Upstream,
  payload: string,
  { mostCharged = C, signal = new AbortController().signal }: { mostCharged?: bigint; signal?: AbortSignal } = {},
): Promise<Outcome> {
  const pieces: string[] = [];
  upstream.quote(payload);
  const served = await upstream.serve(payload, { mostCharged, signal, emit: (piece) => void pieces.push(piece) });
  const { charge, modelId, response } = served;
  return { charge, modelId, response, answer: decodeExchangeResponse(response), pieces };
}

export const jsonOf = ({ answer }: Outcome): Record<string, unknown> =>
  JSON.parse(answer.body) as Record<string, unknown>;

/** The data of a stream's events, without the marker at the end. */
export const eventsOf = ({ answer }: Outcome): Record<string, unknown>[] =>
  answer.body
    .split("\n\n")
    .filter((text) => text !== "" && text !== "data: [DONE]")
    .map((text) => JSON.parse(text.slice("data: ".length)) as Record<string, unknown>);

export interface Service {
  readonly url: string;
  /** What it was asked, in order. */
  readonly requests: {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingMessage["headers"];
    readonly body: string;
  }[];
}

/** Runs a test against a server that behaves as told. */
export async function withService<T>(
  behave: (response: ServerResponse, body: string, request: IncomingMessage) => void,
  test: (service: Service) => Promise<T>,
): Promise<T> {
  const requests: Service["requests"] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      requests.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers, body });
      behave(response, body, request);
    });
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await test({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A stream's event with a piece of text. */
export const delta = (content: string, more: object = {}): string =>
  `data: ${JSON.stringify({ id: "x", model: "m-1", choices: [{ index: 0, delta: { content }, finish_reason: null }], ...more })}\n\n`;
export const FINISH = `data: ${JSON.stringify({ model: "m-1", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\n`;
export const DONE = "data: [DONE]\n\n";

export function beginStream(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { "content-type": "text/event-stream" });
}

export const sendJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void =>
  void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
