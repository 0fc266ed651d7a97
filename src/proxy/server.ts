// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A local server that speaks the API of the service behind the provider: existing programs point their base URL at it, and every request
 * becomes a paid call on a ticket of its own.
 */
import { setTimeout } from "node:timers/promises";

import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Fastify from "fastify";

import { decodeExchangeResponse } from "../wire/index.ts";
import type { Terms } from "../wire/index.ts";
import { Calls } from "./calls.ts";
import { dialectOf } from "./dialect.ts";
import type { Dialect } from "./dialect.ts";
import { Guard, isLoopback } from "./guard.ts";
import { answerJsonRpc } from "./json-rpc.ts";
import { Orphans } from "./orphans.ts";
import { sendPage } from "./page.ts";
import { DEFAULT_LIMITS } from "./ports.ts";
import type { ProxyOptions } from "./ports.ts";
import { ProxyProblem, problemOf } from "./problem.ts";
import { relay, sendLocal, sendProblem } from "./relay.ts";
import { exchangeOf } from "./request.ts";

export interface RunningProxy {
  /** Where clients find it, without a path. */
  readonly url: string;
  readonly api: Dialect["api"];
  /** Takes no more requests, finishes the calls under way within the grace, and ends. */
  close(): Promise<void>;
}

export const PAGE_PATH = "/jeton";
export const STATUS_PATH = "/jeton/status";
/** Browsers ask for it by themselves. */
const ICON_PATH = "/favicon.ico";
const PAID_PATHS = "/*";

/** @throws ProxyProblem "token_missing" for an address that others reach; Error with code EADDRINUSE */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { host = "127.0.0.1", port = 0, token, log = () => undefined } = options;
  if (!isLoopback(host) && token === undefined) {
    const message = `other machines can reach ${host}: a proxy that listens there needs a token`;
    throw new ProxyProblem(400, "token_missing", message);
  }
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const calls = new Calls({ purse: options.purse, inStock: options.inStock, limits, log });
  const app = Fastify({ bodyLimit: limits.bodyBytes, forceCloseConnections: "idle" });
  const dialect = dialectOf(options.terms);
  install(app, { options, calls, orphans: new Orphans(), dialect });
  await app.listen({ host, port });
  return {
    url: urlOf(app, host),
    api: dialect.api,
    close: async () => {
      // Whoever waits for an answer gets it, and so does the wallet where the client is gone.
      const isDone = app.close().then(() => calls.idle());
      await Promise.race([isDone, setTimeout(limits.graceMilliseconds, undefined, { ref: false })]);
      app.server.closeAllConnections();
    },
  };
}

function urlOf(app: FastifyInstance, host: string): string {
  const address = app.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
}

interface Parts {
  readonly options: ProxyOptions;
  readonly calls: Calls;
  readonly orphans: Orphans;
  readonly dialect: Dialect;
}

function install(app: FastifyInstance, parts: Parts): void {
  const { options, calls, dialect } = parts;
  const { host, hostNames = [], token } = options;
  let guard: Guard | undefined;
  // The port is known once the server listens, which is before the first request.
  const guardFor = ({ socket }: FastifyRequest): Guard => {
    guard ??= new Guard({
      port: socket.localPort ?? 0,
      hostNames: host === undefined ? hostNames : [host, ...hostNames],
      token,
    });
    return guard;
  };
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.addHook("onRequest", async (request) => {
    guardFor(request).requireOwn(request.headers);
    // The page holds nothing but a script, which asks for the token itself.
    if (request.routeOptions.url !== PAGE_PATH) guardFor(request).requireToken(request.headers);
    const isPaid = request.routeOptions.url === PAID_PATHS && !isForPeople(dialect, request.method, request.url);
    if (isPaid) guardFor(request).requireProgram(request.headers);
  });
  app.setErrorHandler((error: FastifyError | Error, _request, reply) => sendProblem(reply, dialect, ownProblem(error)));
  app.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, dialect, new ProxyProblem(405, "method_not_allowed", "this method cannot be paid for")),
  );
  app.get(PAGE_PATH, (_request, reply) => sendPage(reply));
  app.get(STATUS_PATH, async (_request, reply) =>
    reply
      .header("cache-control", "no-store")
      .send({ ...(await options.status()), api: dialect.api, calls: calls.counts }),
  );
  app.get(ICON_PATH, (_request, reply) => reply.code(204).send());
  app.all(PAID_PATHS, (request, reply) => serve(request, reply, parts));
}

/** What an API of programs has nothing at leads to the page. */
const isForPeople = ({ api }: Dialect, method: string, path: string): boolean =>
  api !== "http" && method === "GET" && path === "/";

/** Errors of the server itself have a status; the others are ours. */
function ownProblem(error: FastifyError | Error): ProxyProblem {
  if (!("statusCode" in error) || error.statusCode === undefined) return problemOf(error);
  const code = error.statusCode === 413 ? "body_too_large" : "bad_request";
  return new ProxyProblem(error.statusCode, code, error.message, { cause: error });
}

const methodsOf = ({ pricing }: Terms): ReadonlySet<string> =>
  new Set(pricing.kind === "methods" ? Object.keys(pricing.prices) : []);

async function serve(request: FastifyRequest, reply: FastifyReply, parts: Parts): Promise<FastifyReply> {
  const { options, calls, dialect } = parts;
  const { log = () => undefined, amountText = (units: bigint) => `${units} units` } = options;
  const exchange = exchangeOf(request);
  if (isForPeople(dialect, exchange.method, exchange.path)) return reply.redirect(PAGE_PATH);
  const startedAt = performance.now();
  const what = `${exchange.method} ${exchange.path.replace(/\?.*$/, "")}`;
  const tell = (outcome: string): void => log(`${what}: ${outcome}, ${Math.round(performance.now() - startedAt)} ms`);
  try {
    const local = dialect.answerLocally(exchange);
    if (local !== undefined) return sendLocal(reply, local);
    if (dialect.api === "json-rpc") {
      let charged = 0n;
      const pay = async (one: typeof exchange) => {
        const result = await calls.pay(one, { isWanted: () => !request.raw.socket.destroyed });
        charged += result.charged;
        return decodeExchangeResponse(result.response);
      };
      const answer = await answerJsonRpc(exchange, { pay, methods: methodsOf(options.terms) });
      tell(amountText(charged));
      return sendLocal(reply, answer);
    }
    const { status, charged } = await relay({ request, reply }, dialect.outgoing(exchange), parts);
    tell(`${status}, ${amountText(charged)}`);
    return reply;
  } catch (error) {
    const problem = problemOf(error);
    tell(`${problem.status} ${problem.code}`);
    throw problem;
  }
}
