// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * One HTTP exchange with a provider, within limits of time and size. Nothing is sent that the request does not need: no cookies, no user
 * agent, no languages. Redirects are not followed, and nothing is decompressed.
 */
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP } from "node:net";

import { WalletError } from "./errors.ts";

export interface HttpProviderOptions {
  /** Allows plain HTTP to a host that is neither this machine nor an onion service. Default: false. */
  readonly allowInsecure?: boolean;
  /** Until a connection stands. Default: 10 s. */
  readonly connectMilliseconds?: number;
  /** From the request to the first byte of its answer: what a service may think. Default: 300 s. */
  readonly answerMilliseconds?: number;
  /** Between two bytes of an answer. Default: 60 s. */
  readonly idleMilliseconds?: number;
  /** For one exchange in all. Default: 900 s. */
  readonly totalMilliseconds?: number;
  /** The most that is read of one answer. Default: 64 MiB. */
  readonly maxResponseBytes?: number;
  /** The most that is read as one line of an answer. Default: 32 MiB. */
  readonly maxLineBytes?: number;
  /** Whether connections and TLS sessions are used again. Either shows that its requests belong together. Default: true. */
  readonly keepAlive?: boolean;
  /** How connections are made, for one who goes through Tor. */
  readonly agent?: HttpAgent;
}

export interface Target {
  readonly base: URL;
  readonly agent: HttpAgent;
  readonly limits: Required<Omit<HttpProviderOptions, "agent" | "keepAlive" | "allowInsecure">>;
}

export interface Ask {
  readonly method: "GET" | "POST";
  /** Below the base, with its query. */
  readonly path: string;
  readonly accept: string;
  readonly body?: string;
}

export interface Head {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** Takes what comes; true says that it needs no more. Its errors end the exchange. */
export type OnBytes = (chunk: Buffer, head: Head) => boolean;

const MEBIBYTE = 1024 * 1024;
/** How long a connection is left to end by itself once its answer is complete. */
const LINGER_MILLISECONDS = 1_000;

const isLoopback = (host: string): boolean =>
  host === "localhost" ||
  host.endsWith(".localhost") ||
  host === "[::1]" ||
  (isIP(host) === 4 && host.startsWith("127."));

/** @throws WalletError PROVIDER_URL_INVALID */
export function targetOf(baseUrl: string, options: HttpProviderOptions): Target {
  const refuse = (reason: string): never => {
    throw new WalletError("PROVIDER_URL_INVALID", `the provider's address cannot be used: ${reason}`);
  };
  const base = URL.canParse(baseUrl) ? new URL(baseUrl) : refuse("it is no URL");
  if (base.protocol !== "https:" && base.protocol !== "http:") refuse("it is neither https nor http");
  if (base.username !== "" || base.password !== "") refuse("it holds credentials");
  if (base.search !== "" || base.hash !== "") refuse("it holds a query or a fragment");
  const isSheltered = base.protocol === "https:" || isLoopback(base.hostname) || base.hostname.endsWith(".onion");
  if (!isSheltered && options.allowInsecure !== true) refuse("plain HTTP would show every call to the network");
  const { keepAlive = true } = options;
  return {
    base,
    agent: options.agent ?? agentOf(base, keepAlive),
    limits: {
      connectMilliseconds: options.connectMilliseconds ?? 10_000,
      answerMilliseconds: options.answerMilliseconds ?? 300_000,
      idleMilliseconds: options.idleMilliseconds ?? 60_000,
      totalMilliseconds: options.totalMilliseconds ?? 900_000,
      maxResponseBytes: options.maxResponseBytes ?? 64 * MEBIBYTE,
      maxLineBytes: options.maxLineBytes ?? 32 * MEBIBYTE,
    },
  };
}

/** A resumed TLS session names the connection before it, so fresh connections keep none: a full handshake each time. */
const agentOf = ({ protocol }: URL, keepAlive: boolean): HttpAgent =>
  protocol === "https:"
    ? new HttpsAgent({ keepAlive, ...(keepAlive ? {} : { maxCachedSessions: 0 }) })
    : new HttpAgent({ keepAlive });

/**
 * Sends one request and reads its answer. A connection that was kept open and turns out to be closed is replaced once.
 * @throws Error when no answer came: what is said of why is for people
 */
export async function exchange(target: Target, ask: Ask, onBytes: OnBytes): Promise<Head> {
  try {
    return await attempt(target, ask, onBytes);
  } catch (error) {
    if (error instanceof StaleConnection) return attempt(target, ask, onBytes);
    throw error;
  }
}

/** The other side had closed a connection that was used again, before it answered anything. */
class StaleConnection extends Error {}

function attempt(target: Target, ask: Ask, onBytes: OnBytes): Promise<Head> {
  const { base, agent, limits } = target;
  return new Promise((resolve, reject) => {
    const send = base.protocol === "https:" ? httpsRequest : httpRequest;
    const length = ask.body === undefined ? {} : { "content-type": "application/json" };
    const request = send(`${base.origin}${base.pathname.replace(/\/$/, "")}${ask.path}`, {
      method: ask.method,
      agent,
      headers: { accept: ask.accept, ...length },
    });
    const watch = new Watch(request, limits);
    const fail = (error: Error): void => {
      watch.stop();
      request.destroy();
      reject(error);
    };
    watch.start(fail);
    let isAnswered = false;
    request.on("error", (error: NodeJS.ErrnoException) => {
      const isStale = request.reusedSocket && !isAnswered && (error.code === "ECONNRESET" || error.code === "EPIPE");
      fail(isStale ? new StaleConnection(error.message, { cause: error }) : lost(error));
    });
    request.on("response", (response) => {
      isAnswered = true;
      const head = { status: response.statusCode ?? 0, headers: response.headers };
      read(response, head, watch, limits.maxResponseBytes, onBytes, () => resolve(head), fail);
    });
    request.end(ask.body);
  });
}

function read(
  response: IncomingMessage,
  head: Head,
  watch: Watch,
  most: number,
  onBytes: OnBytes,
  resolve: () => void,
  fail: (error: Error) => void,
): void {
  let length = 0;
  let isDone = false;
  const done = (): void => {
    isDone = true;
    watch.stop();
    resolve();
  };
  watch.idle();
  response.on("data", (chunk: Buffer) => {
    if (isDone) return;
    watch.idle();
    length += chunk.length;
    if (length > most) return fail(new Error(`the provider's answer is longer than ${most} bytes`));
    try {
      if (!onBytes(chunk, head)) return;
    } catch (error) {
      return fail(error instanceof Error ? error : new Error("the provider's answer cannot be read"));
    }
    done();
    const linger = setTimeout(() => response.destroy(), LINGER_MILLISECONDS).unref();
    response.once("close", () => clearTimeout(linger));
  });
  response.on("end", () => (isDone ? undefined : done()));
  response.on("error", (error) => (isDone ? undefined : fail(lost(error))));
}

const lost = (error: Error): Error => new Error(`no answer came from the provider: ${error.message}`, { cause: error });

/** The limits of time of one exchange. */
class Watch {
  readonly #request: ClientRequest;
  readonly #limits: Target["limits"];
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #fail: (error: Error) => void = () => undefined;

  constructor(request: ClientRequest, limits: Target["limits"]) {
    this.#request = request;
    this.#limits = limits;
  }

  start(fail: (error: Error) => void): void {
    const { connectMilliseconds, answerMilliseconds, totalMilliseconds } = this.#limits;
    this.#fail = fail;
    this.#set("in all", totalMilliseconds);
    this.#set("to connect", connectMilliseconds);
    this.#request.once("socket", (socket) => {
      const ready = (): void => {
        this.#clear("to connect");
        this.#set("to answer", answerMilliseconds);
      };
      if (!socket.connecting) ready();
      else socket.once("encrypted" in socket ? "secureConnect" : "connect", ready);
    });
  }

  /** Something came. */
  idle(): void {
    this.#clear("to answer");
    this.#set("between two bytes", this.#limits.idleMilliseconds);
  }

  stop(): void {
    for (const name of [...this.#timers.keys()]) this.#clear(name);
    this.#fail = () => undefined;
  }

  #set(name: string, milliseconds: number): void {
    this.#clear(name);
    const tell = (): void => this.#fail(new Error(`the provider took more than ${milliseconds} ms ${name}`));
    this.#timers.set(name, setTimeout(tell, milliseconds));
  }

  #clear(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}
