// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What of a client's request goes on: method, path, type and body. No other header leaves this machine: keys, cookies, names and versions
 * of clients stay here.
 */
import type { FastifyRequest } from "fastify";

import { bodyOf } from "../wire/index.ts";
import type { ExchangeRequest } from "../wire/index.ts";
import { ProxyProblem } from "./problem.ts";

const METHODS: readonly string[] = ["GET", "POST", "PUT", "PATCH", "DELETE"] satisfies ExchangeRequest["method"][];
const isMethod = (method: string): method is ExchangeRequest["method"] => METHODS.includes(method);

const MAX_PATH = 4_096;
const MAX_CONTENT_TYPE = 200;

/** @throws ProxyProblem */
export function exchangeOf({ method, raw, headers, body }: FastifyRequest): ExchangeRequest {
  if (!isMethod(method)) throw new ProxyProblem(405, "method_not_allowed", `${method} cannot be paid for`);
  const path = raw.url ?? "/";
  if (path.length > MAX_PATH || !/^\/[\x21-\x7e]*$/.test(path)) {
    throw new ProxyProblem(400, "path_invalid", `the path must begin with "/" and have at most ${MAX_PATH} characters`);
  }
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  const contentType = (headers["content-type"] ?? "").slice(0, MAX_CONTENT_TYPE);
  return { method, path, contentType, ...bodyOf(bytes) };
}
