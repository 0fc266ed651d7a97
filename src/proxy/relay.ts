// SPDX-License-Identifier: GPL-3.0-or-later
/** Brings an answer to the client. */
import type { ServerResponse } from "node:http";

import type { FastifyReply, FastifyRequest } from "fastify";

import { bodyBytes } from "../wire/index.ts";
import type { ExchangeRequest, ExchangeResponse } from "../wire/index.ts";
import { AnswerStream } from "./answer.ts";
import type { Calls, Paid } from "./calls.ts";
import type { Dialect } from "./dialect.ts";
import type { LocalAnswer } from "./local-answer.ts";
import type { Orphans } from "./orphans.ts";
import { ProxyProblem, problemOf } from "./problem.ts";

/** OpenAI's clients, and those made the same way, do as this says before they look at the status. */
const RETRY_HEADER = "x-should-retry";

/** What programs send again by themselves. */
const isRetriedByClients = (status: number): boolean =>
  status === 408 || status === 409 || status === 429 || status >= 500;

/** What a browser may do with what a provider sent: nothing. A page of it would run with the proxy's own origin. */
const INERT = {
  "content-security-policy": "sandbox; default-src 'none'",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
} as const;

export function sendLocal(reply: FastifyReply, { status, contentType, body }: LocalAnswer): FastifyReply {
  void reply.code(status).headers(INERT);
  return body === "" ? reply.send() : reply.header("content-type", contentType).send(body);
}

export function sendProblem(reply: FastifyReply, dialect: Dialect, problem: ProxyProblem): FastifyReply {
  void reply.header(RETRY_HEADER, String(problem.mayRetry));
  if (problem.mayRetry) void reply.header("retry-after", "1");
  if (problem.status === 401) void reply.header("www-authenticate", "Bearer");
  return sendLocal(reply, dialect.refusal(problem));
}

/** The service's own answer. A failure of the service was charged nothing, but its ticket is used: a second attempt is for people to decide. */
function sendAnswer(reply: FastifyReply, answer: ExchangeResponse, charged: bigint): FastifyReply {
  void reply.code(answer.status).headers(INERT).header("jeton-charged", charged.toString());
  if (isRetriedByClients(answer.status)) void reply.header(RETRY_HEADER, "false");
  if (answer.contentType !== "") void reply.header("content-type", answer.contentType);
  return reply.send(bodyBytes(answer));
}

/** A stream to a client that may go away: what it does not take any more is dropped. */
class ClientStream {
  readonly #reply: FastifyReply;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
  }

  get #raw(): ServerResponse {
    return this.#reply.raw;
  }

  begin({ status, contentType }: { status: number; contentType: string }): void {
    void this.#reply.hijack();
    this.#raw.on("error", () => undefined);
    this.#raw.writeHead(status, {
      ...INERT,
      "content-type": contentType,
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
      [RETRY_HEADER]: "false",
    });
    this.#raw.flushHeaders();
  }

  write(text: string): void {
    if (!this.#raw.destroyed) this.#raw.write(text);
  }

  end(): void {
    this.#raw.end();
  }

  /** Says what went wrong, as an event of its own however the last one was cut, and lets nobody take this for the stream's end. */
  fail(event: string): void {
    if (this.#raw.destroyed) return;
    this.#raw.write(`\n\n${event}`, () => this.#raw.destroy());
  }
}

export interface Relayed {
  readonly status: number;
  readonly charged: bigint;
}

export interface RelayParts {
  readonly calls: Calls;
  readonly orphans: Orphans;
  readonly dialect: Dialect;
}

/** Pays for one exchange, or finds what was paid for it, and brings its answer. @throws ProxyProblem while nothing was sent to the client */
export async function relay(
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  exchange: ExchangeRequest,
  { calls, orphans, dialect }: RelayParts,
): Promise<Relayed> {
  const client = new ClientStream(reply);
  const stream = new AnswerStream(client);
  const known = orphans.claim(exchange, request.headers);
  const queued: { call?: Promise<Paid> } = {};
  const isWanted = (): boolean => queued.call === undefined || !orphans.isAbandoned(queued.call);
  const call = known ?? calls.pay(exchange, { isWanted, onPiece: (piece) => stream.take(piece) });
  queued.call = call;
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) orphans.keep(exchange, call);
  });
  try {
    const { response, charged } = await call;
    if (known !== undefined) stream.take(response);
    const answer = finish(stream, response);
    if (answer === undefined) client.end();
    else sendAnswer(reply, answer, charged);
    return { status: answer?.status ?? 200, charged };
  } catch (error) {
    const problem = problemOf(error);
    if (!stream.hasBegun) throw problem;
    client.fail(dialect.refusalEvent(problem));
    return { status: problem.status, charged: 0n };
  }
}

function finish(stream: AnswerStream, response: string): ExchangeResponse | undefined {
  try {
    return stream.finish(response);
  } catch (error) {
    throw new ProxyProblem(502, "answer_unreadable", (error as Error).message, { cause: error });
  }
}
