// SPDX-License-Identifier: GPL-3.0-or-later
/** A service's own refusal: handed on without the provider's secrets, and charged nothing. */
import { encodeExchangeResponse } from "../../wire/index.ts";
import type { Served } from "../upstream.ts";
import { UpstreamFault } from "./endpoint.ts";
import type { Scrub } from "./secrets.ts";

/** They are about the provider's account at the service, and nothing that a user can mend. */
const PROVIDERS_OWN: ReadonlySet<number> = new Set([401, 407]);

/** Their words name the provider's organisation, balance and quota; their status is what a user needs. */
const NOT_QUOTED: ReadonlySet<number> = new Set([402, 403, 429]);

/** Longer refusals are cut to their status. */
const MAX_BYTES = 64 * 1024;

function jsonOf(bytes: Buffer): unknown {
  if (bytes.length > MAX_BYTES) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @throws UpstreamFault for a status that concerns only provider and service */
export function assertNotProvidersOwn(status: number): void {
  if (PROVIDERS_OWN.has(status)) throw new UpstreamFault(`the service answered with status ${status}`);
}

/**
 * @param bytes the service's words; undefined for none of them
 * @throws UpstreamFault for what concerns only provider and service
 */
export function refusalOf({ status }: { readonly status: number }, bytes: Buffer | undefined, scrub: Scrub): Served {
  assertNotProvidersOwn(status);
  const words = bytes === undefined || NOT_QUOTED.has(status) ? undefined : jsonOf(bytes);
  const error = {
    message: `the service answered with status ${status}`,
    type: "upstream_error",
    param: null,
    code: null,
  };
  const body = JSON.stringify(scrub(words) ?? { error });
  return {
    response: encodeExchangeResponse({ status, contentType: "application/json", encoding: "utf8", body }),
    charge: 0n,
  };
}
