// SPDX-License-Identifier: GPL-3.0-or-later
/** Files that are there whole or not at all, whenever the machine stops. */
import { mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { readText, toJson } from "../circuits/index.ts";
import { CeremonyError } from "./errors.ts";

export const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Waits until a file or a folder is on the disk. */
export async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Waits until a folder is on the disk with all that is in it. */
export async function syncAll(folder: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) await sync(join(folder, name));
  await sync(folder);
}

/** Has `make` write a file beside the final one, and puts it into its place when it is on the disk. */
export async function writeWhole(path: string, make: (beside: string) => Promise<unknown>): Promise<void> {
  const beside = `${path}.new`;
  await make(beside);
  await sync(beside);
  await rename(beside, path);
  await sync(dirname(path));
}

/** A folder that is being filled. It can be taken up again by whoever wants to make the same. */
export const unfinished = (folder: string): string => join(dirname(folder), `.${basename(folder)}.unfinished`);

/** @throws CeremonyError FOLDER_IN_USE unless the folder is new or empty */
export async function requireFree(folder: string): Promise<void> {
  const found = await readdir(folder).catch(() => []);
  if (found.length > 0) {
    throw new CeremonyError("FOLDER_IN_USE", `${folder} is not empty: name a new folder, nothing is written over`);
  }
}

const PURPOSE = "purpose.json";

/** Empties an unfinished folder that was begun for something else. */
async function takeUp(making: string, purpose: object): Promise<void> {
  const file = join(making, PURPOSE);
  const text = toJson(purpose);
  if ((await readText(file)) === text) return;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  await writeWhole(file, (beside) => writeFile(beside, text));
}

/**
 * Fills a new folder so that it appears whole. `fill` may find what an earlier, interrupted run for the same purpose has made.
 * @throws CeremonyError FOLDER_IN_USE
 */
export async function fillFolder<T>(folder: string, purpose: object, fill: (making: string) => Promise<T>): Promise<T> {
  await requireFree(folder);
  const making = unfinished(folder);
  await takeUp(making, purpose);
  const result = await fill(making);
  // That took minutes.
  await requireFree(folder);
  await rm(join(making, PURPOSE));
  await syncAll(making);
  // An empty folder is replaced; one that is not is left, and this fails.
  await rename(making, folder);
  await sync(dirname(folder));
  return result;
}
