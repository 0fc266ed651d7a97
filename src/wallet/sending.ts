// SPDX-License-Identifier: GPL-3.0-or-later
/** Sending to a provider: the same bytes again until an answer comes or the patience ends. */
import { GatewayError } from "../wire/index.ts";
import { WalletError } from "./errors.ts";
import type { WalletContext } from "./ports.ts";

/** The longest that a provider can ask to be left alone. */
const MOST_ASKED_MILLISECONDS = 30_000;

/** Pauses grow no further than this many doublings. */
const MOST_DOUBLINGS = 3;

/** Each pause is twice the one before it, and as long as the provider asks. */
function pauseBefore({ pauseMilliseconds }: WalletContext["retry"], attempt: number, failure: unknown): number {
  const asked = failure instanceof GatewayError ? 1_000 * (Number(failure.details["retryAfterSeconds"]) || 0) : 0;
  const own = pauseMilliseconds * 2 ** Math.min(attempt - 1, MOST_DOUBLINGS);
  return Math.max(own, Math.min(asked, MOST_ASKED_MILLISECONDS));
}

const isBusy = (failure: unknown): boolean => failure instanceof GatewayError && failure.code === "CALL_IN_PROGRESS";

/**
 * @param send sends the same request each time.
 * @param busyAttempts how often more it is sent while the provider says that it is at work on just this.
 * @throws GatewayError when the provider refuses, or goes on failing; WalletError UNANSWERED when it cannot be known what became of it.
 */
export async function persist<T>(
  { retry, pause }: WalletContext,
  send: () => Promise<T>,
  busyAttempts = 0,
): Promise<T> {
  let failure: unknown;
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      if (error instanceof GatewayError && !error.isRetryable) throw error;
      failure = error;
    }
    if (attempt >= retry.attempts + (isBusy(failure) ? busyAttempts : 0)) break;
    await pause(pauseBefore(retry, attempt, failure));
  }
  if (failure instanceof GatewayError && !isBusy(failure) && failure.code !== "INTERNAL") throw failure;
  throw new WalletError("UNANSWERED", "the provider gave no answer; the same request can be sent again", {
    cause: failure,
  });
}
