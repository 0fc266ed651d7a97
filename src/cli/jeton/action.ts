// SPDX-License-Identifier: GPL-3.0-or-later
/** What the actions of commands have in common. */
import { Option } from "commander";

import { settle } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";

export const jsonOption = (): Option => new Option("--json", "print the result as JSON").default(false);

/** An action that ends with something to say. The process exits with 1 where it fails. */
export const saying =
  <A extends unknown[]>(command: (...args: A) => Promise<Outcome>, optionsAt = 0) =>
  async (...args: A): Promise<void> => {
    const { json = false } = (args[optionsAt] ?? {}) as { json?: boolean };
    if (!(await settle({ json }, () => command(...args)))) process.exitCode = 1;
  };
