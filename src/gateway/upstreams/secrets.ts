// SPDX-License-Identifier: GPL-3.0-or-later
/** Takes out of a service's own words what is the provider's: its keys, and where the service stands. */
import type { UpstreamSettings } from "./config.ts";

/** Shorter values are no secrets, and would be found in ordinary words. */
const LEAST_LENGTH = 4;
const HIDDEN = "[hidden]";

const NOT_SECRET = /^(content-type|accept|user-agent)$/i;

export type Scrub = (value: unknown) => unknown;

/** A function that replaces every secret in the strings of a JSON value. */
export function scrubberOf({ url, headers }: Pick<UpstreamSettings, "url" | "headers">): Scrub {
  const { origin, host, hostname } = new URL(url);
  const values = Object.entries(headers).flatMap(([name, value]) =>
    NOT_SECRET.test(name) ? [] : [value, ...value.split(/\s+/)],
  );
  const isScheme = (text: string): boolean => /^(bearer|basic|token)$/i.test(text);
  const secrets = [url, origin, host, hostname, ...values]
    .filter((text) => text.length >= LEAST_LENGTH && !isScheme(text))
    .sort((a, b) => b.length - a.length);
  const scrub = (value: unknown): unknown => {
    if (typeof value === "string") return secrets.reduce((text, secret) => text.replaceAll(secret, HIDDEN), value);
    if (Array.isArray(value)) return value.map(scrub);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [scrub(key), scrub(item)]));
  };
  return scrub;
}
