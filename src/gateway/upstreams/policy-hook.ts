// SPDX-License-Identifier: GPL-3.0-or-later
/** Lets a program of the provider's judge each call by the policy of the terms (docs/protocol.md, Violations). */
import { z } from "zod";

import type { Served, Upstream } from "../upstream.ts";
import { UpstreamFault } from "./endpoint.ts";

/** Once the call's own time is up. */
const LATE_MILLISECONDS = 1_000;
const MAX_CHARACTERS = 16_384;

const text = z.string().min(1).max(4_000);
const verdict = z.object({ violation: z.object({ rule: text, statement: text }).strict().nullable() });

export interface PolicyHookOptions {
  /** Takes POST `{payload, response}`, and answers `{violation: null}` or `{violation: {rule, statement}}`. It sees what users send: keep it local. */
  readonly url: string;
  /** How long it may take. Default 5. */
  readonly seconds?: number;
  /** Told of a hook that failed. The call is answered as if there were no hook. */
  readonly onFault?: (error: unknown) => void;
}

async function ask(url: string, body: object, signal: AbortSignal): Promise<Served["violation"]> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    redirect: "error",
    signal,
  });
  const answer = await response.text();
  if (!response.ok) throw new UpstreamFault(`the policy hook answered with status ${response.status}`);
  if (answer.length > MAX_CHARACTERS) throw new UpstreamFault("the policy hook's answer is too long");
  return verdict.parse(JSON.parse(answer)).violation ?? undefined;
}

/** Puts the hook behind an upstream: calls are served first and judged then. */
export const policyHook =
  ({ url, seconds = 5, onFault }: PolicyHookOptions) =>
  (upstream: Upstream): Upstream => ({
    quote: (payload) => upstream.quote(payload),
    async serve(payload, context) {
      const served = await upstream.serve(payload, context);
      if (served.violation !== undefined) return served;
      const { signal } = context;
      const limit = signal.aborted
        ? AbortSignal.timeout(LATE_MILLISECONDS)
        : AbortSignal.any([signal, AbortSignal.timeout(seconds * 1_000)]);
      try {
        const violation = await ask(url, { payload, response: served.response }, limit);
        return violation === undefined ? served : { ...served, violation };
      } catch (error) {
        onFault?.(new UpstreamFault("the policy hook failed", error));
        return served;
      }
    },
  });
