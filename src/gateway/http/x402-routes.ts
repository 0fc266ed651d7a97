// SPDX-License-Identifier: GPL-3.0-or-later
/** The service itself, for those who pay with x402's headers: the request is the payload, the answer the service's own. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import type { Pool } from "../../protocol/index.ts";
import {
  GatewayError,
  PROBLEM_MEDIA_TYPE,
  X402_HEADERS,
  bodyBytes,
  bodyOf,
  decodeExchangeHead,
  decodeExchangeResponse,
  decodePayment,
  encodeExchangeRequest,
  encodeOffer,
  encodeSettlement,
  failedSettlement,
  paymentRequirements,
  problemOf,
  settlementOf,
} from "../../wire/index.ts";
import type { CallAnswerJson, ExchangeRequest, PaymentOfferJson, ProviderApi, Terms } from "../../wire/index.ts";
import type { Upstream } from "../upstream.ts";
import type { HttpLimits } from "./limits.ts";
import { PieceWriter } from "./piece-writer.ts";
import { HttpRefusal, notFound, refusalOf } from "./replies.ts";
import type { Perform } from "./routes.ts";

/** What is sold, and where it is paid. */
export interface Sale {
  readonly pool: Pool;
  readonly terms: Terms;
  readonly upstream: Pick<Upstream, "quote">;
  /** How long a call may take. */
  readonly serviceSeconds: number;
}

export interface PaidRouteOptions {
  readonly api: Pick<ProviderApi, "call">;
  readonly sale: Sale;
  readonly limits: HttpLimits;
  readonly perform: Perform;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
const EVENT_STREAM = "text/event-stream";

export function addPaidRoutes(app: FastifyInstance, options: PaidRouteOptions): void {
  void app.register(async (paid) => {
    paid.removeAllContentTypeParsers();
    paid.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => done(null, body));
    paid.route({
      method: [...METHODS],
      url: "/*",
      bodyLimit: options.limits.callBytes,
      handler: (request, reply) => {
        const header = request.headers[X402_HEADERS.payment];
        return typeof header === "string" ? servePaid(header, request, reply, options) : offer(request, reply, options);
      },
    });
  });
}

function exchangeOf({ method, url, headers, body }: FastifyRequest): ExchangeRequest {
  return {
    method: method as ExchangeRequest["method"],
    path: url,
    contentType: headers["content-type"] ?? "",
    ...bodyOf(Buffer.isBuffer(body) ? body : Buffer.alloc(0)),
  };
}

/** What the request can cost: by its price, or by its ticket's where that depends on the answer. */
function mostOf({ pool, terms, upstream }: Sale, payload: string): bigint {
  const quote = upstream.quote(payload);
  return terms.pricing.kind === "tokens" ? pool.parameters.ticketPrice : quote;
}

async function offer(
  request: FastifyRequest,
  reply: FastifyReply,
  { sale, perform }: PaidRouteOptions,
): Promise<unknown> {
  return perform(request, async () => {
    const { pool, terms, serviceSeconds } = sale;
    const error = new GatewayError("PAYMENT_REQUIRED", "this is sold for tickets of the pool that the offer names");
    const required: PaymentOfferJson = {
      x402Version: 2,
      error: error.message,
      resource: { url: `${request.protocol}://${request.host}${request.url}`, description: terms.service },
      accepts: [paymentRequirements(pool, mostOf(sale, payloadOf(request)), serviceSeconds)],
    };
    return reply
      .code(error.status)
      .headers({ [X402_HEADERS.offer]: encodeOffer(required), "cache-control": "no-store" })
      .type(PROBLEM_MEDIA_TYPE)
      .send(JSON.stringify({ ...problemOf(error), ...required }));
  });
}

function payloadOf(request: FastifyRequest): string {
  const exchange = exchangeOf(request);
  if (exchange.path.length > 4_096) throw notFound();
  return encodeExchangeRequest(exchange);
}

async function servePaid(
  header: string,
  request: FastifyRequest,
  reply: FastifyReply,
  { api, sale, perform, limits }: PaidRouteOptions,
): Promise<unknown> {
  const { pool } = sale;
  const stream = new EventStream(reply, limits.unreadAnswerSeconds);
  try {
    const { payload } = decodePayment(header, pool);
    const call = { ...payload, payload: payloadOf(request) };
    const answer = await perform(request, () => api.call(call, stream.piece));
    const settlement = encodeSettlement(settlementOf(pool, answer));
    if (!stream.end(answer, settlement)) return sendWhole(reply, answer, settlement);
  } catch (error) {
    const refusal = refusalOf(error) ?? new HttpRefusal(new GatewayError("INTERNAL", "the gateway failed"));
    const settlement = encodeSettlement(failedSettlement(pool, refusal.error));
    const headers = { ...refusal.headers, [X402_HEADERS.settlement]: settlement };
    if (!stream.fail(settlement)) throw new HttpRefusal(refusal.error, refusal.status, headers);
  }
  return reply;
}

function sendWhole(reply: FastifyReply, { response }: CallAnswerJson, settlement: string): FastifyReply {
  const answer = decodeExchangeResponse(response);
  return reply
    .code(answer.status)
    .headers({ [X402_HEADERS.settlement]: settlement, "cache-control": "no-store" })
    .type(answer.contentType)
    .send(bodyBytes(answer));
}

/** A service whose answers have no such line is no stream of events either. */
function isEventStream(head: string): boolean {
  try {
    const { contentType, status, encoding } = decodeExchangeHead(head);
    return contentType.toLowerCase().startsWith(EVENT_STREAM) && status === 200 && encoding === "utf8";
  } catch {
    return false;
  }
}

const comment = (settlement: string): string => `: jeton ${settlement}\n\n`;

/** Hands on a stream of events as it comes. Anything else waits until it is complete: what was charged is told before it. */
class EventStream {
  readonly #writer: PieceWriter;
  /** What came before the head line was complete. */
  #opening: string | undefined = "";
  #isEvents = false;
  #head = "";

  constructor(reply: FastifyReply, unreadSeconds: number) {
    const begin = (): void => {
      reply.hijack();
      reply.raw.writeHead(200, { "content-type": EVENT_STREAM, "cache-control": "no-store" });
    };
    this.#writer = new PieceWriter(reply.raw, begin, (text) => text, unreadSeconds);
  }

  readonly piece = (text: string): void => {
    if (this.#opening === undefined) {
      if (this.#isEvents) this.#writer.piece(text);
      return;
    }
    this.#opening += text;
    const end = this.#opening.indexOf("\n");
    if (end === -1) return;
    this.#head = this.#opening.slice(0, end + 1);
    const rest = this.#opening.slice(end + 1);
    this.#opening = undefined;
    this.#isEvents = isEventStream(this.#head);
    if (this.#isEvents) this.#writer.piece(rest);
  };

  /** False for what was no stream of events. */
  end({ response }: CallAnswerJson, settlement: string): boolean {
    // A stored answer comes whole.
    if (this.#opening !== undefined) this.piece(response.slice(this.#opening.length));
    if (!this.#isEvents) return false;
    this.#writer.end(response.slice(this.#head.length + this.#writer.delivered) + comment(settlement));
    return true;
  }

  /** False when nothing went out. */
  fail(settlement: string): boolean {
    if (!this.#writer.hasBegun) return false;
    this.#writer.end(comment(settlement));
    return true;
  }
}
