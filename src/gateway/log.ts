// SPDX-License-Identifier: GPL-3.0-or-later
/** What a provider's process says of itself: one JSON object a line. Nothing of a request, an account or a ticket is in it. */

export interface LogEntry {
  readonly level: "info" | "error";
  readonly event: string;
  readonly [detail: string]: string | number | boolean | undefined;
}

export type Log = (entry: LogEntry) => void;

/** Hashes, addresses, field elements and amounts that an error's message may carry. */
const NUMBERS = /0x[0-9a-f]{8,}|\d{6,}|[0-9a-f]{16,}/gi;
/** Endpoints may have keys in their URLs. */
const URLS = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"']+/gi;
const LONGEST = 300;

/** A fault without what could name a user. */
export function faultEntry(where: string, error: unknown): LogEntry {
  const { name, message, code } = (error instanceof Error ? error : new Error(String(error))) as NodeJS.ErrnoException;
  return {
    level: "error",
    event: "fault",
    where,
    error: name,
    ...(code === undefined ? {} : { code }),
    reason: message.split("\n", 1).join("").replaceAll(URLS, "…").replaceAll(NUMBERS, "…").slice(0, LONGEST),
  };
}
