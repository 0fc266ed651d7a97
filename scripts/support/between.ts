// SPDX-License-Identifier: GPL-3.0-or-later
/** Puts a generated part into a document, between two marks. */

export function between(
  document: string,
  [start, end]: readonly [start: string, end: string],
  part: string,
  name: string,
): string {
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${name} has no place between "${start}" and "${end}"`);
  return `${document.slice(0, from)}${start}\n\n${part}\n\n${document.slice(to)}`;
}
