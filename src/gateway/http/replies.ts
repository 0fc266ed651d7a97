// SPDX-License-Identifier: GPL-3.0-or-later
/** What a refusal looks like over HTTP (RFC 9457), and what becomes of errors that are none of ours. */
import type { FastifyReply } from "fastify";

import { GatewayError, PROBLEM_MEDIA_TYPE, problemOf } from "../../wire/index.ts";
import type { GatewayErrorCode, ProblemJson } from "../../wire/index.ts";

/** A refusal whose status says more than its code. */
export class HttpRefusal extends Error {
  readonly error: GatewayError;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(error: GatewayError, status = error.status, headers: Readonly<Record<string, string>> = {}) {
    super(error.message);
    this.name = "HttpRefusal";
    this.error = error;
    this.status = status;
    this.headers = headers;
  }
}

/** Seconds after which the same request may succeed. */
const RETRY_AFTER: Partial<Record<GatewayErrorCode, number>> = {
  CALL_IN_PROGRESS: 1,
  UPSTREAM_FAILED: 1,
  INTERNAL: 1,
  TOO_MANY_REQUESTS: 2,
  OVERLOADED: 5,
  ROOT_UNKNOWN: 15,
  STATE_NOT_CERTIFIED: 60,
  VIOLATION_PENDING: 60,
};

interface FrameworkError {
  readonly code?: unknown;
  readonly statusCode?: unknown;
}

/** The refusal that an error comes to; undefined for a fault. */
export function refusalOf(error: unknown): HttpRefusal | undefined {
  if (error instanceof HttpRefusal) return error;
  if (error instanceof GatewayError) return new HttpRefusal(error);
  const { code, statusCode } = error as FrameworkError;
  const malformed = (message: string): GatewayError => new GatewayError("REQUEST_MALFORMED", message);
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new HttpRefusal(new GatewayError("BODY_TOO_LARGE", "the body is larger than is taken here"));
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new HttpRefusal(malformed("the body is no application/json"), 415);
    case "FST_ERR_CTP_INVALID_JSON_BODY":
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
      return new HttpRefusal(malformed("the body is no JSON"));
    default:
      if (typeof statusCode !== "number" || statusCode < 400 || statusCode > 499) return undefined;
      return new HttpRefusal(malformed("the request cannot be read"), statusCode);
  }
}

export const faulted = (): HttpRefusal =>
  new HttpRefusal(new GatewayError("INTERNAL", "the gateway failed; the same request may be sent again"));

export const notFound = (): HttpRefusal => new HttpRefusal(new GatewayError("NOT_FOUND", "there is nothing here"));

export const problemBody = ({ error, status }: HttpRefusal): ProblemJson => ({ ...problemOf(error), status });

export function refusalHeaders({ error, headers }: HttpRefusal): Record<string, string> {
  const seconds = RETRY_AFTER[error.code];
  return {
    "cache-control": "no-store",
    ...(error.isRetryable && seconds !== undefined ? { "retry-after": seconds.toString() } : {}),
    ...headers,
  };
}

export const sendRefusal = (reply: FastifyReply, refusal: HttpRefusal): FastifyReply =>
  reply
    .code(refusal.status)
    .headers(refusalHeaders(refusal))
    .type(PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(problemBody(refusal)));
