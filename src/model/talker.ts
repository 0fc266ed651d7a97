// SPDX-License-Identifier: GPL-3.0-or-later
/** What the bundled model has to say: a few rules, the same words for the same question. */

/** As far as it counts. */
const COUNTS_TO = 10_000;

const ABOUT_JETON =
  "Jeton is prepaid credit for an API that cannot be linked to its owner. A deposit on an Ethereum L2 stands for many tickets; " +
  "each call spends one with a zero-knowledge proof, and what a call did not cost comes back as a refund. " +
  "Whoever spends a ticket twice reveals a secret and loses a stake.";

const RULES: readonly (readonly [RegExp, (match: RegExpMatchArray) => string])[] = [
  [/^\s*(?:echo|say|repeat)\b[:,]?\s*([\s\S]+)$/i, ([, text = ""]) => text],
  [/\bcount (?:up )?to (\d{1,9})\b/i, ([, digits = "0"]) => countTo(Number(digits))],
  [/\bjeton\b/i, () => ABOUT_JETON],
  [/^\s*(?:hello|hi|hey|good (?:morning|evening|day))\b/i, () => "Hello! Ask me to count, to echo, or about Jeton."],
  [/\bwho are you\b|\bwhat are you\b/i, () => "I am a handful of rules that speaks the interface of a language model."],
];

function countTo(last: number): string {
  if (last > COUNTS_TO) return `That is further than I count: ${COUNTS_TO} is my limit.`;
  return Array.from({ length: last }, (_, index) => index + 1).join(", ");
}

/** The answer to what was said last. */
export function replyTo(said: string): string {
  for (const [pattern, answer] of RULES) {
    const match = said.match(pattern);
    if (match !== null) return answer(match);
  }
  const shown = said.length > 200 ? `${said.slice(0, 200)}…` : said;
  return `You said: ${shown}\nI only have a few rules: I count ("count to 5"), echo ("echo: hello"), and tell about Jeton.`;
}

/** "call NAME {…}" asks for one of the tools that the request brings. */
export function toolAskedFor(
  said: string,
  tools: readonly string[],
): { readonly name: string; readonly arguments: string } | undefined {
  const match = said.match(/^\s*call ([\w-]+)\s*(\{[\s\S]*\})?\s*$/i);
  const name = match?.[1];
  if (name === undefined || !tools.includes(name)) return undefined;
  return { name, arguments: match?.[2] ?? "{}" };
}
