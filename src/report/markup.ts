// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Markup that cannot be broken out of: in a `markup` template every text is escaped, and only what another template made goes in as it is.
 * Texts stand between tags or in double-quoted attributes, nowhere else.
 */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Numbers are coordinates: two decimals. */
export type Piece = Markup | string | number | undefined | readonly Piece[];

/** What turns the order of a text around, or shows as nothing at all. */
const CONTROLS = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(CONTROLS, "\uFFFD")
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");

/** -0 is 0, and no exponent is ever written: coordinates are small. */
const coordinate = (value: number): string => {
  const rounded = Number(value.toFixed(2));
  return rounded === 0 ? "0" : rounded.toString();
};

function textOf(piece: Piece): string {
  if (piece === undefined) return "";
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === "string") return escaped(piece);
  if (typeof piece === "number") return coordinate(piece);
  return piece.map(textOf).join("");
}

export function markup(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(strings.map((text, index) => text + (index < pieces.length ? textOf(pieces[index]) : "")).join(""));
}
