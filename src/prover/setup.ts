// SPDX-License-Identifier: GPL-3.0-or-later
/** The key set of a thread. Its files stay in memory; each is checked by its hash when it is first read. */
import { workerData } from "node:worker_threads";

import { readArtifact } from "./artifacts.ts";
import type { ArtifactKind } from "./artifacts.ts";
import type { WorkerSetup } from "./messages.ts";

const setup = workerData as WorkerSetup;
const keys = new URL(setup.keys);

/** What `load` makes of each statement's file, once; a failure is not kept. */
export function keep<T>(kind: ArtifactKind, load: (file: Buffer) => T | Promise<T>): (name: string) => Promise<T> {
  const kept = new Map<string, T>();
  return async (name) => {
    const known = kept.get(name);
    if (known !== undefined) return known;
    const value = await load(await readArtifact(keys, setup.manifest, name, kind));
    kept.set(name, value);
    return value;
  };
}
