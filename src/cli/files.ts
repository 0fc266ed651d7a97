// SPDX-License-Identifier: GPL-3.0-or-later
/** Files that a user names. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { CliError } from "./errors.ts";

/** @throws CliError FILE_UNREADABLE */
export async function readText(path: string, what: string): Promise<string> {
  return readFile(resolve(path), "utf8").catch((error: Error) => {
    throw new CliError("FILE_UNREADABLE", `cannot read ${what}: ${error.message}`, error);
  });
}
