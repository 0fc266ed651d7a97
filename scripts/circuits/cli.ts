// SPDX-License-Identifier: GPL-3.0-or-later
/** What the command-line scripts share: arguments, progress and errors. */
import { parseArgs } from "node:util";

/** A mistake of the caller's: its message is shown without a stack. */
export class UsageError extends Error {}

export type Options = Readonly<Record<string, string | undefined>>;

export interface Command {
  readonly summary: string;
  /** Options that take a value, with what it stands for. */
  readonly options?: Readonly<Record<string, string>>;
  /** Options without a value. */
  readonly flags?: Readonly<Record<string, string>>;
  run(options: Options, flags: ReadonlySet<string>, log: (step: string) => void): Promise<void>;
}

function help(script: string, intro: string, commands: Readonly<Record<string, Command>>): string {
  const lines = [`npm run ${script} -- <command> [options]`, "", intro, ""];
  for (const [name, { summary, options = {}, flags = {} }] of Object.entries(commands)) {
    lines.push(`  ${name.padEnd(12)} ${summary}`);
    for (const [option, meaning] of Object.entries(options)) lines.push(`      --${option} ${meaning}`);
    for (const [flag, meaning] of Object.entries(flags)) lines.push(`      --${flag}  ${meaning}`);
  }
  return lines.join("\n");
}

function parse(name: string, command: Command, args: readonly string[]): [Options, Set<string>] {
  const { options = {}, flags = {} } = command;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...Object.fromEntries(Object.keys(options).map((option) => [option, { type: "string" as const }])),
        ...Object.fromEntries(Object.keys(flags).map((flag) => [flag, { type: "boolean" as const }])),
      },
    });
    const entries = Object.entries(values);
    return [
      Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string")),
      new Set(entries.filter(([, value]) => value === true).map(([flag]) => flag)),
    ];
  } catch (error) {
    throw new UsageError(`${name}: ${(error as Error).message}`);
  }
}

/** @throws UsageError when the option was not given. */
export function required(options: Options, name: string): string {
  const value = options[name];
  if (value === undefined || value === "") throw new UsageError(`--${name} is missing`);
  return value;
}

/** Runs the command that the process was given, and sets the process's exit code: 0, 1 for a failure, 2 for a wrong call. */
export async function main(script: string, intro: string, commands: Readonly<Record<string, Command>>): Promise<void> {
  const [name = "--help", ...args] = process.argv.slice(2);
  const started = performance.now();
  const log = (step: string): void => {
    console.error(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${step}`);
  };
  try {
    const command = commands[name];
    if (["--help", "-h", "help"].includes(name) || args.includes("--help")) {
      console.log(help(script, intro, commands));
    } else if (command === undefined) {
      throw new UsageError(`there is no command ${name}; the commands are ${Object.keys(commands).join(", ")}`);
    } else {
      const [options, flags] = parse(name, command, args);
      await command.run(options, flags, log);
    }
  } catch (error) {
    const isUsage = error instanceof UsageError;
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    if (isUsage) console.error(`npm run ${script} -- --help says more`);
    process.exitCode = isUsage ? 2 : 1;
  }
}
