// SPDX-License-Identifier: GPL-3.0-or-later
/** How every command's help reads: what it is about, examples, exit codes, in this order and in the terminal's width. */
import type { Command } from "commander";

/** Where nobody has a terminal. */
const WIDTH = 80;

/** What stands for every command that says nothing else. */
const USUAL = "0 it is done; 1 it was refused, or failed, and the last line says why; 2 the command line was wrong.";

export interface Teaching {
  /** Paragraphs, a line each, which are wrapped. */
  readonly about?: string;
  /** As they are typed after the program's name; what follows " # " is a comment. */
  readonly examples: readonly string[];
  /** Where it ends with others than most commands do. */
  readonly exitCodes?: string;
}

/** What follows a line's first words, such as "1. ", stands below them. */
function wrapped(line: string, width: number): string {
  const [head = ""] = /^ *(\d+\. )?/.exec(line) ?? [];
  const lines: string[] = [];
  let current = head;
  for (const word of line.slice(head.length).split(" ")) {
    const longer = current.trim() === "" || current === head ? `${current}${word}` : `${current} ${word}`;
    if (longer.length <= width || current === head) current = longer;
    else {
      lines.push(current);
      current = `${" ".repeat(head.length)}${word}`;
    }
  }
  return [...lines, current].join("\n");
}

export function wrap(text: string, width = process.stdout.isTTY ? process.stdout.columns : WIDTH): string {
  return text
    .split("\n")
    .map((line) => wrapped(line, width))
    .join("\n");
}

function exampleLines(examples: readonly string[]): string {
  const split = examples.map((example) => example.split(/ +# /));
  const longest = Math.max(0, ...split.map(([command = "", comment]) => (comment === undefined ? 0 : command.length)));
  return split
    .map(
      ([command = "", comment]) =>
        `  jeton ${comment === undefined ? command : `${command.padEnd(longest)}   # ${comment}`}`,
    )
    .join("\n");
}

const taught = new WeakSet<Command>();

/** Adds the end of a command's help. */
export function teaching(command: Command, { about, examples, exitCodes = USUAL }: Teaching): Command {
  taught.add(command);
  return command.addHelpText("after", () =>
    [
      ...(about === undefined ? [] : ["", wrap(about)]),
      ...(examples.length === 0 ? [] : ["", "Examples:", exampleLines(examples)]),
      "",
      wrap(`Exit codes: ${exitCodes}`),
    ].join("\n"),
  );
}

/** The same form everywhere: no "(default: false)", no quotes around a default, and commands without "[options]". */
export function plainHelp(command: Command): Command {
  if (command.commands.length === 0 && !taught.has(command)) teaching(command, { examples: [] });
  return command.configureHelp({
    optionDescription: ({ argChoices, defaultValue, defaultValueDescription, description }) => {
      const value: unknown = defaultValue;
      const isShown = typeof value === "string" || typeof value === "number";
      const standard = defaultValueDescription ?? (isShown ? `${value}` : undefined);
      const more = [
        ...(argChoices === undefined ? [] : [argChoices.join(", ")]),
        ...(standard === undefined ? [] : [`default: ${standard}`]),
      ];
      return more.length === 0 ? description : `${description} (${more.join("; ")})`;
    },
    subcommandTerm: (each) =>
      [
        each.name(),
        ...each.registeredArguments.map((argument) =>
          argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
        ),
      ].join(" "),
  });
}
