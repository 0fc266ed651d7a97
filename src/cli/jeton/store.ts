// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton store`: copies of a provider's SQLite file, and what a file holds. */
import { Command } from "commander";

import type { Outcome } from "../outcome.ts";
import { jsonOption, saying } from "./action.ts";
import { teaching } from "./help.ts";

async function backUp(from: string, to: string): Promise<Outcome> {
  const { backUpStoreFile } = await import("../../gateway/index.ts");
  return { written: to, ...(await backUpStoreFile(from, to)) };
}

async function check(file: string): Promise<Outcome> {
  const { checkStoreFile } = await import("../../gateway/index.ts");
  return { file, ...checkStoreFile(file) };
}

export const storeCommand = (): Command =>
  teaching(
    new Command("store")
      .description("back up a gateway's SQLite file while it runs, and look through one")
      .helpCommand(false)
      .addCommand(
        new Command("backup")
          .description("copy a store that may be in use: whole, looked through, and on the disk when this ends")
          .argument("<store>", "the gateway's file")
          .argument("<copy>", "a new file")
          .addOption(jsonOption())
          .action(saying(backUp, 2)),
      )
      .addCommand(
        new Command("check")
          .description("read a whole store, and say what it holds")
          .argument("<store>", "a file, which may be in use")
          .addOption(jsonOption())
          .action(saying(check, 1)),
      ),
    {
      about:
        "Losing a store makes spent tickets spendable again, and so does running a gateway from an old copy: docs/operating.md says what to do. PostgreSQL has tools of its own, which stand there too.",
      examples: ["store backup provider.sqlite backup/provider-1.sqlite", "store check backup/provider-1.sqlite"],
    },
  );
