// SPDX-License-Identifier: GPL-3.0-or-later
/** docs/cli.md's table of commands, from the program's own tree. */
import { readFileSync } from "node:fs";

import type { Command } from "commander";

import { jetonProgram } from "../../src/cli/jeton/program.ts";
import { between } from "./between.ts";

export const COMMAND_DOCUMENT = "docs/cli.md";
const MARKS = ["<!-- commands: made by `npm run generate` -->", "<!-- commands: end -->"] as const;

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
  const rows: Row[] = [
    ["command", "what it does", "for"],
    ...jetonProgram().commands.flatMap((each) => rowsOf(each, "jeton", "Anyone")),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...rest] = rows;
  const table = [line(head), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("\n");
  return between(readFileSync(url, "utf8"), MARKS, table, COMMAND_DOCUMENT);
}
