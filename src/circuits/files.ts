// SPDX-License-Identifier: GPL-3.0-or-later
/** Small helpers for files and for work that runs side by side. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { pipeline } from "node:stream/promises";

async function hashFile(algorithm: string, file: string): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

export const sha256File = (file: string): Promise<string> => hashFile("sha256", file);
export const blake2bFile = (file: string): Promise<string> => hashFile("blake2b512", file);

export const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** The text of a file, or undefined when there is none. */
export async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Applies `work` to all items, as many at a time as there are cores, and keeps the order. */
export async function mapParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as T);
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), items.length) }, worker));
  return results;
}

export const toJson = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
