// SPDX-License-Identifier: GPL-3.0-or-later
/** docs/cli.md's table of commands, from the program's own tree. */
import { readFileSync } from "node:fs";

import type { Command } from "commander";

import { jetonProgram } from "../../src/cli/jeton/program.ts";

export const COMMAND_DOCUMENT = "docs/cli.md";
const [START, END] = ["<!-- commands: made by `npm run generate` -->", "<!-- commands: end -->"];

type Row = readonly [name: string, what: string, reader: string];

const rowsOf = (command: Command, path: string, above: string): Row[] => {
  const name = `${path} ${command.name()}`;
  const reader = (command.helpGroup() || above).replace(":", "");
  const isGroup = command.commands.length > 0;
  return isGroup
    ? command.commands.flatMap((each) => rowsOf(each, name, reader))
    : [[`\`${name}\``, command.description(), reader]];
};

/** The document with the table of now, padded as prettier does it. */
export function withCommandTable(url: URL): string {
  const text = readFileSync(url, "utf8");
  const [start, end] = [text.indexOf(START), text.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`${COMMAND_DOCUMENT} has no place for the table of commands`);
  const rows: Row[] = [
    ["command", "what it does", "for"],
    ...jetonProgram().commands.flatMap((each) => rowsOf(each, "jeton", "Anyone")),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...rest] = rows;
  const table = [line(head), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("\n");
  return `${text.slice(0, start)}${START}\n\n${table}\n\n${text.slice(end)}`;
}
