// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Answers whose client went away before it had them, because its own patience ended or its connection was cut. Clients of OpenAI's kind
 * then send the same request again by themselves, and say that they do. Such a repeat gets the answer that was paid for; a second paid
 * call would cost twice, and its payload would say that the two belong together.
 */
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

import { canonicalJson } from "../wire/index.ts";
import type { ExchangeRequest } from "../wire/index.ts";
import type { Paid } from "./calls.ts";
import { problemOf } from "./problem.ts";

/** How long an answer waits for its client after the client left, in milliseconds. */
const PATIENCE = 600_000;
const MOST = 32;

/** Counts a client's attempts at one request; 0 is the first. */
const RETRY_COUNT = "x-stainless-retry-count";

const keyOf = (exchange: ExchangeRequest): string =>
  createHash("sha256").update(canonicalJson(exchange), "utf8").digest("base64");

interface Orphan {
  readonly call: Promise<Paid>;
  readonly until: number;
}

/** In memory only. */
export class Orphans {
  readonly #calls = new Map<string, Orphan>();
  readonly #abandoned = new WeakSet<Promise<Paid>>();

  /** Keeps a call whose client is gone. One that failed before it used a ticket is not worth keeping. */
  keep(exchange: ExchangeRequest, call: Promise<Paid>): void {
    const key = keyOf(exchange);
    this.#forget();
    this.#abandoned.add(call);
    const oldest = this.#calls.size < MOST ? undefined : this.#calls.keys().next().value;
    if (oldest !== undefined) this.#calls.delete(oldest);
    const orphan = { call, until: Date.now() + PATIENCE };
    this.#calls.set(key, orphan);
    call.catch((error: unknown) => {
      if (problemOf(error).mayRetry && this.#calls.get(key) === orphan) this.#calls.delete(key);
    });
  }

  /** The call that this request repeats, if the client says that it repeats one. It is given once. */
  claim(exchange: ExchangeRequest, headers: IncomingHttpHeaders): Promise<Paid> | undefined {
    if (!/^[1-9]\d{0,3}$/.test(String(headers[RETRY_COUNT] ?? ""))) return undefined;
    this.#forget();
    const key = keyOf(exchange);
    const orphan = this.#calls.get(key);
    this.#calls.delete(key);
    if (orphan !== undefined) this.#abandoned.delete(orphan.call);
    return orphan?.call;
  }

  /** Whether nobody waits for this call any more. */
  isAbandoned(call: Promise<Paid>): boolean {
    return this.#abandoned.has(call);
  }

  #forget(): void {
    for (const [key, { until }] of this.#calls) if (until < Date.now()) this.#calls.delete(key);
  }
}
