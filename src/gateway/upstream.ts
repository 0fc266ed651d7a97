// SPDX-License-Identifier: GPL-3.0-or-later
/** The service that a gateway sells. */
import type { ViolationFinding } from "./violations.ts";

export interface Served {
  readonly response: string;
  /** For this call, in token base units: a multiple of the pool's unit, at most `mostCharged`. */
  readonly charge: bigint;
  /** Which model or version answered; it goes into the receipt. */
  readonly modelId?: string;
  /** The payload broke the policy of the terms. It was answered, and may be charged, all the same; the session loses its hold. */
  readonly violation?: ViolationFinding;
}

export interface ServeContext {
  /** What the voucher and the ticket leave for this call. */
  readonly mostCharged: bigint;
  /**
   * Aborted when the call has taken too long. An upstream that has emitted something then resolves with that, and charges it; otherwise it
   * rejects. It has two seconds for that.
   */
  readonly signal: AbortSignal;
  /** Hands on a piece of the response as it comes. What was emitted is the beginning of `response`. */
  readonly emit: (piece: string) => void;
}

export interface Upstream {
  /**
   * What a voucher must at least leave for this payload to be begun. Decided before anything is recorded.
   * @throws GatewayError PAYLOAD_REFUSED for what the terms do not offer.
   */
  quote(payload: string): bigint;
  /** Anything that it throws means: not served, nothing charged, the same call may come again. */
  serve(payload: string, context: ServeContext): Promise<Served>;
}
