// SPDX-License-Identifier: GPL-3.0-or-later
/** Files that a user names. */
import { open, readFile, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";

import { CliError } from "./errors.ts";

/** @throws CliError FILE_UNREADABLE */
export async function readText(path: string, what: string): Promise<string> {
  return readFile(resolve(path), "utf8").catch((error: Error) => {
    throw new CliError("FILE_UNREADABLE", `cannot read ${what}: ${error.message}`, error);
  });
}

/** Replaces the file as a whole: a reader sees the old one or the new one. @throws CliError FILE_UNREADABLE */
export async function writeWhole(path: string, content: string, mode = 0o666): Promise<void> {
  const target = resolve(path);
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    // What lies there is of a process that died, or of somebody else: it is not written through, and its mode is not kept.
    await rm(temporary, { force: true });
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new CliError("FILE_UNREADABLE", `cannot write ${path}: ${(error as Error).message}`, error);
  }
}

/** As `writeWhole`, for its owner's eyes. @throws CliError FILE_UNREADABLE */
export const replaceFile = (path: string, text: string): Promise<void> => writeWhole(path, text, 0o600);
