// SPDX-License-Identifier: GPL-3.0-or-later
/** The commands as Hardhat's tasks: doors to the code that `jeton` runs, on Hardhat's networks and accounts. */
import { emptyTask, task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NewTaskDefinitionBuilder, TaskDefinition } from "hardhat/types/tasks";

import { COMMANDS, GROUPS } from "./commands.ts";
import type { CommandSpec, OptionSpec } from "./commands.ts";
import type { Report } from "./report.ts";

/** The options that a task is given, by name. */
interface TaskValues {
  readonly json?: boolean;
}

const capital = (description: string): string => description.charAt(0).toUpperCase() + description.slice(1);

function withOption(builder: NewTaskDefinitionBuilder, { name, kind, ...spec }: OptionSpec): NewTaskDefinitionBuilder {
  const description = capital(spec.description);
  const standard = spec.default;
  if (kind === "flag") return builder.addFlag({ name, description });
  if (typeof standard === "number") {
    return builder.addOption({ name, description, type: ArgumentType.INT, defaultValue: standard });
  }
  if (standard !== undefined) return builder.addOption({ name, description, defaultValue: standard });
  const type = kind === "file" ? ArgumentType.FILE_WITHOUT_DEFAULT : ArgumentType.STRING_WITHOUT_DEFAULT;
  return builder.addOption({ name, description, type, defaultValue: undefined });
}

/** The action of a task from its command, which is loaded when it runs. */
const actionOf =
  ({ load }: CommandSpec) =>
  async () => {
    const [{ report }, { hardhatSessions }, command] = await Promise.all([
      import("./report.ts"),
      import("./hardhat-session.ts"),
      load(),
    ]);
    return {
      default: ({ json = false, ...values }: TaskValues, hre: HardhatRuntimeEnvironment): Promise<Report> =>
        report({ json }, () => command({ json, ...values } as never, hardhatSessions(hre))),
    };
  };

function taskOf(spec: CommandSpec): TaskDefinition {
  const name = [...spec.path];
  let builder: NewTaskDefinitionBuilder = task(name, capital(spec.description));
  for (const option of spec.options) builder = withOption(builder, option);
  return builder.setAction(actionOf(spec)).build();
}

export const tasks: TaskDefinition[] = [
  ...Object.entries(GROUPS).map(([name, [description]]) => emptyTask(name, capital(description)).build()),
  ...COMMANDS.map(taskOf),
];
