// SPDX-License-Identifier: GPL-3.0-or-later
/** The one form of a JSON value that is hashed: terms, and the files that parties hand each other. */
import { GatewayError } from "./errors.ts";

/**
 * Sorted keys, no white space, as RFC 8785 for strings, whole numbers, booleans, null, lists and objects.
 * @throws GatewayError REQUEST_MALFORMED for anything else
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(",")}}`;
  }
  if (value === null || typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value)) {
    return JSON.stringify(value);
  }
  throw new GatewayError(
    "REQUEST_MALFORMED",
    "only strings, whole numbers, booleans, null, lists and objects have a canonical form",
  );
}
