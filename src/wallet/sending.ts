// SPDX-License-Identifier: GPL-3.0-or-later
/** Sending to a provider: the same bytes again until an answer comes or the patience ends. */
import { GatewayError } from "../wire/index.ts";
import { WalletError } from "./errors.ts";
import type { WalletContext } from "./ports.ts";

/**
 * @param send sends the same request each time.
 * @throws GatewayError when the provider refuses, or goes on failing; WalletError UNANSWERED when it cannot be known what became of it.
 */
export async function persist<T>({ retry, pause }: WalletContext, send: () => Promise<T>): Promise<T> {
  let failure: unknown;
  for (let attempt = 1; attempt <= retry.attempts; attempt++) {
    try {
      return await send();
    } catch (error) {
      if (error instanceof GatewayError && !error.isRetryable) throw error;
      failure = error;
    }
    if (attempt < retry.attempts) await pause(retry.pauseMilliseconds);
  }
  if (failure instanceof GatewayError && failure.code !== "CALL_IN_PROGRESS" && failure.code !== "INTERNAL")
    throw failure;
  throw new WalletError("UNANSWERED", "the provider gave no answer; the same request can be sent again", {
    cause: failure,
  });
}
