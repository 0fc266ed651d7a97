// SPDX-License-Identifier: GPL-3.0-or-later
/** The commands that documents print in their `sh` blocks, held against the programs: names, options and arguments must be there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Command } from "commander";

import { jetonProgram } from "../../src/cli/jeton/program.ts";
import { tasks } from "../../src/cli/tasks.ts";

/** Hardhat's own. */
const HARDHAT = new Set(["build", "test", "node", "keystore", "console", "clean"]);
const HARDHAT_OPTIONS = new Set(["--network", "--help", "--json", "--show-stack-traces"]);

/** Stands for what the reader fills in: what follows it is not complete. */
const LEFT_OUT = "…";

/** The words of one line of a shell, comments left out; undefined where a quote is not closed. */
export function wordsOf(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (const character of line) {
    if (quote !== "") {
      if (character === quote) quote = "";
      else word = `${word ?? ""}${character}`;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "#" && word === undefined) {
      break;
    } else {
      word = `${word ?? ""}${character}`;
    }
  }
  if (quote !== "") return undefined;
  return word === undefined ? words : [...words, word];
}

/** The command lines of a document's `sh` blocks, each on one line. */
export function commandLinesOf(markdown: string): string[] {
  return [...markdown.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].flatMap(([, block = ""]) =>
    block.replace(/\\\n/g, " ").split("\n"),
  );
}

function jetonProblem(words: readonly string[]): string | undefined {
  let command: Command = jetonProgram();
  let position = 0;
  for (; position < words.length; position++) {
    const next = command.commands.find((one) => one.name() === words[position]);
    if (next === undefined) break;
    command = next;
  }
  const rest = words.slice(position);
  if (command.commands.length > 0 && rest[0] !== undefined && !rest[0].startsWith("-"))
    return `there is no command "${rest[0]}"`;
  const given = new Set<string>();
  let positionals = 0;
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index] as string;
    if (word === LEFT_OUT) continue;
    if (!word.startsWith("--")) {
      positionals++;
      continue;
    }
    if (word === "--help") return undefined;
    const option = command.options.find(({ long }) => long === word);
    if (option === undefined) return `${command.name()} has no option ${word}`;
    given.add(word);
    if (option.required || (option.optional && !(rest[index + 1] ?? "-").startsWith("-"))) index++;
    if (option.required && rest[index] === undefined) return `${word} takes a value`;
  }
  const all = command.registeredArguments;
  if (positionals > all.length && !all.some(({ variadic }) => variadic))
    return `${command.name()} takes ${all.length} arguments, and not ${positionals}`;
  const missing = command.options.find(({ mandatory, long }) => mandatory && !given.has(long ?? ""));
  return missing === undefined || rest.includes(LEFT_OUT) ? undefined : `${missing.long ?? ""} is missing`;
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function hardhatProblem(words: readonly string[]): string | undefined {
  const options = words.filter((word) => word.startsWith("--"));
  const first = words.find((word) => !word.startsWith("--"));
  if (first === undefined || HARDHAT.has(first)) return undefined;
  const named = tasks
    .filter(({ id }) => id.every((part, index) => words[index] === part))
    .sort((a, b) => b.id.length - a.id.length);
  const [task] = named;
  if (task === undefined) return `there is no task "${words.slice(0, 2).join(" ")}"`;
  const own = "options" in task ? Object.keys(task.options) : [];
  const known = new Set([...HARDHAT_OPTIONS, ...own.map((name) => `--${kebab(name)}`)]);
  const wrong = options.find((option) => !known.has(option));
  return wrong === undefined ? undefined : `${task.id.join(" ")} has no option ${wrong}`;
}

/** What is wrong with one command line, if it calls one of the project's programs. */
export function commandProblem(line: string, scripts: ReadonlySet<string>): string | undefined {
  const words = wordsOf(line);
  if (words === undefined) return "a quote is not closed";
  const parts: string[][] = [[]];
  for (const word of words) {
    if (["&&", "|", ";", "&", ">"].includes(word)) parts.push([]);
    else parts.at(-1)?.push(word);
  }
  for (const part of parts) {
    const start = part.findIndex((word) => !/^[A-Z_]+=/.test(word));
    const [program, name, ...rest] = part.slice(Math.max(start, 0));
    if (program === "npx" && name === "jeton") {
      const problem = jetonProblem(rest);
      if (problem !== undefined) return problem;
    }
    if (program === "npx" && name === "hardhat") {
      const problem = hardhatProblem(rest);
      if (problem !== undefined) return problem;
    }
    if (program === "npm" && name === "run" && !scripts.has(rest[0] ?? ""))
      return `there is no script "${rest[0] ?? ""}"`;
  }
  return undefined;
}

/** Over whole documents, paths relative to `root`. */
export function documentProblems(root: string, documents: readonly string[]): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
  const names = new Set(Object.keys(scripts));
  return documents.flatMap((document) =>
    commandLinesOf(readFileSync(join(root, document), "utf8")).flatMap((line) => {
      const problem = commandProblem(line, names);
      return problem === undefined ? [] : [`${document}: \`${line.trim()}\`: ${problem}`];
    }),
  );
}
