// SPDX-License-Identifier: GPL-3.0-or-later
/** The commands that work on a chain, as `jeton` has them: with an endpoint, and a key where something is sent. */
import { Command, InvalidArgumentError, Option } from "commander";

import { COMMANDS, GROUPS } from "../commands.ts";
import type { CommandSpec, OptionSpec } from "../commands.ts";
import type { SessionFlags } from "../key-session.ts";
import { saying } from "./action.ts";
import { withChainOptions } from "./chain-options.ts";
import { teaching } from "./help.ts";

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d{1,10}$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError("A whole number is expected.");
}

function optionOf({ name, kind, description, ...spec }: OptionSpec): Option {
  const long = `--${kebab(name)}`;
  if (kind === "flag") return new Option(long, description).default(false);
  const option = new Option(
    `${long} <${kind === "file" ? "file" : kind === "number" ? "number" : name === "pool" ? "pool" : "value"}>`,
    description,
  );
  if (kind === "number") option.argParser(wholeNumber);
  // A number below 0 stands for one that is not given.
  if (typeof spec.default === "number" && spec.default < 0) return option.default(spec.default, "from the record");
  return spec.default === undefined ? option : option.default(spec.default);
}

const withKeyOptions = (command: Command): Command =>
  withChainOptions(command)
    .addOption(
      new Option("--keystore <file>", "an encrypted key that sends; JETON_KEYSTORE or DEPLOYER_PRIVATE_KEY otherwise"),
    )
    .addOption(
      new Option("--development-account <number>", "which development account sends, on local networks").argParser(
        wholeNumber,
      ),
    );

/** Options that were given belong to the session where they name chain or key, and to the command all the same: it ignores them. */
const actionOf =
  ({ load }: CommandSpec) =>
  async (
    values: SessionFlags,
  ): Promise<Readonly<Record<string, string | number | bigint | boolean | undefined | object>>> => {
    const [{ keySessions }, command] = await Promise.all([import("../key-session.ts"), load()]);
    return command(values as never, keySessions(values));
  };

function commandOf(spec: CommandSpec): Command {
  const { path, description, options, examples, more, exitCodes } = spec;
  const command = new Command(path.at(-1)).description(description);
  if (spec.needs === "key") withKeyOptions(command);
  if (spec.needs === "chain") withChainOptions(command);
  for (const option of options) command.addOption(optionOf(option));
  teaching(command, {
    examples,
    ...(more === undefined ? {} : { about: more }),
    ...(exitCodes === undefined ? {} : { exitCodes }),
  });
  return command.action(saying(actionOf(spec))).helpGroup(`${spec.reader}:`);
}

/** Commands and groups of commands, in the table's order, each with the heading that it stands under. */
export function operationCommands(): readonly Command[] {
  const groups = new Map<string, Command>();
  return COMMANDS.flatMap((spec) => {
    const [first, second] = spec.path;
    if (second === undefined) return [commandOf(spec)];
    const known = groups.get(first);
    if (known !== undefined) {
      known.addCommand(commandOf(spec));
      return [];
    }
    const [description, reader] = GROUPS[first] ?? ["", spec.reader];
    const group = new Command(first).description(description).helpCommand(false).helpGroup(`${reader}:`);
    groups.set(first, group.addCommand(commandOf(spec)));
    return [group];
  });
}
