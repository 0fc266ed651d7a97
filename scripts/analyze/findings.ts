// SPDX-License-Identifier: GPL-3.0-or-later
/** What an analyzer found, and which of it is accepted for a reason that somebody wrote down. */

export interface Finding {
  readonly tool: string;
  /** The tool's name for this kind of finding. */
  readonly rule: string;
  /** Where, by name and not by line: a template or a contract's function. */
  readonly where: string;
  readonly what: string;
}

/** A finding that is there and is fine. */
export interface Accepted extends Finding {
  readonly why: string;
}

/** The result of one analyzer. */
export interface Part {
  readonly name: string;
  /** One line: what was looked at. */
  readonly summary: string;
  readonly findings: readonly Finding[];
  /** What makes the analysis fail. */
  readonly problems: readonly string[];
}

const nameOf = ({ tool, rule, where, what }: Finding): string => `${tool} ${rule} in ${where}: ${what}`;

/** A finding that is not accepted is a problem; so is an accepted one that is no longer found. */
export function problemsOf(findings: readonly Finding[], accepted: readonly Accepted[]): string[] {
  const found = new Set(findings.map(nameOf));
  const known = new Set(accepted.map(nameOf));
  return [
    ...[...found].filter((name) => !known.has(name)),
    ...[...known].filter((name) => !found.has(name)).map((name) => `accepted, but no longer found: ${name}`),
  ];
}
