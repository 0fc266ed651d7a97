// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * How many tokens a call is charged for: those that the service reports, where it reports a number; otherwise four characters of what was
 * delivered, and four bytes of the request, count as one.
 */

const CHARACTERS_OF_TOKEN = 4;

export const estimate = (length: number): number => Math.ceil(length / CHARACTERS_OF_TOKEN);

/** A count that a service reported, however large; undefined where it is none. */
export const countOf = (reported: unknown): number | undefined =>
  typeof reported === "number" && reported >= 0 ? reported : undefined;

/** Names that stand beside what was written, and are none of it. */
const NO_TEXT: ReadonlySet<string> = new Set(["role", "type", "id"]);

/** How many characters were written, in whatever field: text, refusals, reasons, calls of tools. */
export function writtenLength(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Object.entries(value).reduce((sum, [key, item]) => sum + (NO_TEXT.has(key) ? 0 : writtenLength(item)), 0);
}

export interface Choice {
  readonly index?: unknown;
  readonly finish_reason?: unknown;
  readonly text?: unknown;
  readonly message?: unknown;
  readonly delta?: unknown;
}

/** An answer or a chunk of one, as far as it is looked at. Anything may be missing, or something else. */
export interface Reported {
  readonly model?: unknown;
  readonly error?: unknown;
  readonly choices?: readonly Choice[];
  readonly usage?: { readonly prompt_tokens?: unknown; readonly completion_tokens?: unknown };
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Undefined for what is no JSON object. */
export function readReport(text: string): Reported | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value) || Array.isArray(value)) return undefined;
    const { model, error, choices, usage } = value as Record<string, unknown>;
    return {
      model,
      error: error ?? undefined,
      ...(Array.isArray(choices) ? { choices: choices.filter(isObject) } : {}),
      ...(isObject(usage) ? { usage } : {}),
    };
  } catch {
    return undefined;
  }
}

export const lengthOf = ({ choices = [] }: Reported): number =>
  choices.reduce((sum, { text, message, delta }) => sum + writtenLength([text, message, delta]), 0);

/** For the receipt. */
export const modelIdOf = (model: unknown, asked: string): string =>
  typeof model === "string" && model !== "" ? model.slice(0, 200) : asked;
