// SPDX-License-Identifier: GPL-3.0-or-later
/** JSON that goes through as it came: a number that a double cannot hold keeps its digits (https://tc39.es/proposal-json-parse-with-source/). */

interface Source {
  readonly source?: string;
}

const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

const keep = (_key: string, value: unknown, { source }: Source = {}): unknown =>
  typeof value === "number" && source !== undefined && String(value) !== source ? rawJSON(source) : value;

/** For `JSON.stringify`, which writes what it was given. @throws SyntaxError */
export const parseLossless = (text: string): unknown => JSON.parse(text, keep);
