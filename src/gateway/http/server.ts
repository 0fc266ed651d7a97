// SPDX-License-Identifier: GPL-3.0-or-later
/** A gateway over HTTP. Requests are taken on or refused by their headers; nothing of them is logged. */
import type { Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";

import fastify from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import type { ProviderApi } from "../../wire/index.ts";
import { Admission, overloaded } from "./admission.ts";
import type { Admitted } from "./admission.ts";
import { answerBrokenRequest } from "./broken-requests.ts";
import { countedBody } from "./counted-body.ts";
import type { HealthReport } from "./health.ts";
import type { LeafSource } from "./leaves.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import type { HttpLimits } from "./limits.ts";
import type { GatewayMetrics } from "./metrics.ts";
import { HttpRefusal, faulted, notFound, refusalOf, sendRefusal } from "./replies.ts";
import { addRoutes } from "./routes.ts";
import type { Perform } from "./routes.ts";
import { FAULTS, Sources, forSource, sourceOf } from "./sources.ts";
import { addPaidRoutes } from "./x402-routes.ts";
import type { Sale } from "./x402-routes.ts";

export interface GatewayServerOptions {
  readonly api: ProviderApi;
  readonly leaves: LeafSource;
  readonly health: () => Promise<HealthReport>;
  /** What is sold to those who pay by the x402 headers, on every other path. Default: nothing is there. */
  readonly sale?: Sale;
  readonly limits?: Partial<HttpLimits>;
  /** Shared with the `FairVerifier` that the gateway verifies with. */
  readonly sources?: Sources;
  readonly metrics?: GatewayMetrics;
  /** Takes the client's address from `X-Forwarded-For`: true, or the addresses of proxies. Default: false. */
  readonly trustProxy?: boolean | string | string[];
  readonly onFault?: (error: unknown) => void;
  /** Told when the grace is over: the work under way is to come to its end now. */
  readonly onGraceOver?: () => void;
}

export interface GatewayServer {
  /** @returns its address: http://host:port */
  listen(at: { readonly host: string; readonly port: number }): Promise<string>;
  /** Takes no more requests, and lets those under way come to their end within the grace, or soon after it when they are told to. */
  close(): Promise<void>;
  /** How many are being served. */
  readonly requests: number;
}

const BLAMED: ReadonlySet<string> = new Set(["REQUEST_MALFORMED", "SIGNATURE_INVALID", "PROOF_REQUIRED"]);
/** A signature is checked after its request was hashed: each so many bytes of it weigh as much as another message. */
const HASHED_BYTES = 64 * 1024;
const SWEEP_MILLISECONDS = 60_000;
/** How long work that was told to end is waited for. */
const END_MILLISECONDS = 5_000;
const UNREAD_BYTES = 16 * 1024;
const admittedOf = new WeakMap<FastifyRequest, Admitted>();

/** @throws HttpRefusal when there is no room: the rest of the body is not read */
function receive(admitted: Admitted, bytes: number): void {
  try {
    admitted.receive(bytes);
  } catch (error) {
    throw new HttpRefusal((refusalOf(error) ?? faulted()).error, undefined, { connection: "close" });
  }
}

export function createGatewayServer(options: GatewayServerOptions): GatewayServer {
  return new Server(options);
}

class Server implements GatewayServer {
  readonly #options: GatewayServerOptions;
  readonly #limits: HttpLimits;
  readonly #sources: Sources;
  readonly #admission: Admission;
  readonly #app: FastifyInstance;
  readonly #sweeper: NodeJS.Timeout;
  readonly #work = new Set<Promise<unknown>>();
  #isClosing = false;

  constructor(options: GatewayServerOptions) {
    const { sources = new Sources(), trustProxy = false, sale } = options;
    this.#options = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#limits = limits;
    this.#sources = sources;
    this.#admission = new Admission(limits, sources);
    this.#app = fastify({
      logger: false,
      trustProxy,
      bodyLimit: limits.messageBytes,
      requestTimeout: limits.requestSeconds * 1_000,
      keepAliveTimeout: limits.idleConnectionSeconds * 1_000,
      forceCloseConnections: "idle",
      return503OnClosing: false,
      routerOptions: { ignoreTrailingSlash: false },
      clientErrorHandler: answerBrokenRequest,
      http: {
        maxHeaderSize: limits.headerBytes,
        headersTimeout: limits.headerSeconds * 1_000,
        connectionsCheckingInterval: 1_000,
      },
    });
    this.#sweeper = setInterval(() => sources.sweep(), SWEEP_MILLISECONDS);
    this.#sweeper.unref();
    this.#guard(this.#app);
    const perform = this.#perform;
    addRoutes(this.#app, { ...options, limits, perform });
    if (sale !== undefined) addPaidRoutes(this.#app, { ...options, sale, limits, perform });
  }

  listen(at: { readonly host: string; readonly port: number }): Promise<string> {
    return this.#app.listen({ ...at, listenTextResolver: () => "" });
  }

  get requests(): number {
    return this.#admission.requests;
  }

  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    clearInterval(this.#sweeper);
    const closed = this.#app.close();
    const grace = new AbortController();
    const late = sleep(this.#limits.graceSeconds * 1_000, undefined, { signal: grace.signal }).catch(() => undefined);
    await Promise.race([Promise.allSettled([closed, ...this.#work]), late]);
    grace.abort();
    const { onGraceOver } = this.#options;
    if (this.#work.size > 0 && onGraceOver !== undefined) {
      onGraceOver();
      const tooLate = sleep(END_MILLISECONDS, undefined, { ref: false });
      await Promise.race([Promise.allSettled(this.#work), tooLate]);
      // What they answered is on its way out.
      await nextTurn();
    }
    this.#app.server.closeAllConnections();
    await closed;
  }

  /** What is decided before a request's body is read, and what becomes of errors. */
  #guard(app: FastifyInstance): void {
    const { connections, connectionsPerSource } = this.#limits;
    app.server.maxConnections = connections;
    // Behind a proxy all connections are the proxy's.
    if (this.#options.trustProxy === undefined || this.#options.trustProxy === false) {
      app.server.on("connection", (socket: Socket) => {
        const source = this.#sources.of(sourceOf(socket.remoteAddress ?? ""));
        source.connections += 1;
        socket.once("close", () => {
          source.connections -= 1;
          this.#sources.release(source);
        });
        if (source.connections > connectionsPerSource) socket.destroy();
      });
    }
    app.removeContentTypeParser("text/plain");
    app.addHook("onRequest", (request, reply) => this.#admit(request, reply));
    app.addHook("preParsing", async (request, _, body) => {
      const admitted = admittedOf.get(request);
      return admitted === undefined || this.#sizeOf(request) === 0
        ? body
        : countedBody(body, (bytes) => receive(admitted, bytes));
    });
    app.setErrorHandler((error, request, reply) => this.#refuse(error, request, reply));
    app.setNotFoundHandler((_, reply) => sendRefusal(reply, notFound()));
  }

  async #admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { metrics } = this.#options;
    const startedAt = performance.now();
    const source = sourceOf(request.ip);
    const { raw } = reply;
    raw.once("close", () => {
      const route = request.routeOptions.url;
      metrics?.answered(route, raw.statusCode, performance.now() - startedAt);
      if (!request.raw.complete && performance.now() - startedAt >= this.#limits.requestSeconds * 1_000) {
        this.#sources.blame(source, FAULTS.slowness);
      }
      if (this.#isClosing) request.raw.socket.destroySoon();
    });
    try {
      if (this.#isClosing) throw overloaded();
      const admitted = this.#admission.enter(source, this.#sizeOf(request));
      admittedOf.set(request, admitted);
      raw.once("close", () => admitted.release());
    } catch (error) {
      await this.#pause(source, request);
      // A long body is not read to its end; for a short one the connection is worth more.
      const isLong = this.#sizeOf(request) > UNREAD_BYTES || this.#isClosing;
      throw new HttpRefusal((refusalOf(error) ?? faulted()).error, undefined, isLong ? { connection: "close" } : {});
    }
  }

  /** Who asks too much waits for the refusal, so that asking at once again is no use. */
  async #pause(name: string, { raw }: FastifyRequest): Promise<void> {
    const source = this.#sources.of(name);
    if (source.pauses >= this.#limits.connectionsPerSource) {
      raw.destroy();
      return;
    }
    source.pauses += 1;
    await sleep(this.#limits.refusalMilliseconds, undefined, { ref: false });
    source.pauses -= 1;
    this.#sources.release(source);
  }

  #sizeOf({ headers, routeOptions }: FastifyRequest): number {
    const most = routeOptions.bodyLimit ?? this.#limits.messageBytes;
    const length = headers["content-length"];
    if (length !== undefined) return Math.min(Number(length), most);
    return headers["transfer-encoding"] === undefined ? 0 : most;
  }

  readonly #perform: Perform = async (request, work) => {
    const admitted = admittedOf.get(request);
    if (admitted === undefined) throw faulted();
    const running = admitted.during(forSource(admitted.source, work));
    this.#work.add(running);
    try {
      return await running;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) this.#options.onFault?.(error);
      throw refusal ?? faulted();
    } finally {
      this.#work.delete(running);
    }
  };

  #refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const known = refusalOf(error);
    if (known === undefined) this.#options.onFault?.(error);
    const refusal = known ?? faulted();
    const { code } = refusal.error;
    const admitted = admittedOf.get(request);
    if (BLAMED.has(code) && admitted !== undefined) {
      const messages = code === "SIGNATURE_INVALID" ? 1 + this.#sizeOf(request) / HASHED_BYTES : 1;
      this.#sources.blame(admitted.source, messages * FAULTS.message);
    }
    this.#options.metrics?.refused(code);
    return sendRefusal(reply, refusal);
  }
}
