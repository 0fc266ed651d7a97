// SPDX-License-Identifier: GPL-3.0-or-later
/** What a proxy is given. */
import type { CallOptions, CallResult } from "../wallet/index.ts";
import type { Terms } from "../wire/index.ts";

/** Pays for calls: a `Purse`. */
export interface Payer {
  call(payload: string, options?: CallOptions): Promise<CallResult>;
}

/** Something for people to read, one line. */
export type Log = (line: string) => void;

export interface ProxyLimits {
  /** Calls under way at once. */
  readonly running: number;
  /** Calls that wait for their turn; more are refused. */
  readonly waiting: number;
  /** The longest body of a request, in bytes. */
  readonly bodyBytes: number;
  /** How long `close` waits for calls under way, in milliseconds. */
  readonly graceMilliseconds: number;
}

export interface ProxyOptions {
  readonly purse: Payer;
  /** The pool's terms, checked: they say which API the provider serves. */
  readonly terms: Terms;
  /** What GET /jeton/status answers: plain JSON. */
  readonly status: () => Promise<object>;
  /** Proved tickets that no call has taken, for the log. */
  readonly inStock?: () => number;
  /** Default: 127.0.0.1. Any other address needs a token. */
  readonly host?: string;
  /** Default: 0, any free one. */
  readonly port?: number;
  /** Names by which clients reach the proxy, besides loopback's, without a port. */
  readonly hostNames?: readonly string[];
  /** What clients must send as bearer token. Default: nothing. */
  readonly token?: string | undefined;
  readonly limits?: Partial<ProxyLimits>;
  readonly log?: Log;
  /** An amount for people to read. Default: token units. */
  readonly amountText?: (units: bigint) => string;
}

export const DEFAULT_LIMITS: ProxyLimits = {
  running: 32,
  waiting: 256,
  bodyBytes: 3 * 1024 * 1024,
  graceMilliseconds: 20_000,
};
