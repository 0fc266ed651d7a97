// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Puts a ceremony's keys and verifiers into the place of what is there. Everything is copied and verified first; what follows is two swaps of
 * folders, with a journal, so that a machine that stops between them is helped by running the command again.
 */
import { cp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { toJson } from "../circuits/index.ts";
import type { CircuitSet, Phase1 } from "../circuits/index.ts";
import { isThere, sync, syncAll, writeWhole } from "./durable.ts";
import type { Surroundings } from "./surroundings.ts";
import { RECORDS } from "./transcript.ts";
import { verifyTranscript } from "./verify-transcript.ts";
import type { VerifiedTranscript } from "./verify-transcript.ts";

const JOURNAL = "journal.json";

const stageOf = (set: CircuitSet): string => join(set.build, "install");

/** What is swapped, the manifest last: the prover reads nothing that it does not name. */
const placesOf = (set: CircuitSet): readonly (readonly [name: string, target: string])[] => [
  ["verifiers", set.verifiers],
  ["keys", set.keys],
];

/** Renames what is left to be renamed. Each step looks at what is there, so it can be run again from anywhere. */
async function swap(set: CircuitSet, log: Surroundings["log"]): Promise<void> {
  const stage = stageOf(set);
  for (const [name, target] of placesOf(set)) {
    const [fresh, old] = [join(stage, "new", name), join(stage, "old", name)];
    if (!(await isThere(fresh))) continue;
    log(`replacing ${target}`);
    if (await isThere(target)) await rename(target, old);
    await rename(fresh, target);
    await sync(dirname(target));
  }
  await rm(stage, { recursive: true, force: true });
}

/** Ends an installation that was interrupted. Resolves to whether there was one. */
export async function completeInstallation(set: CircuitSet, log: Surroundings["log"]): Promise<boolean> {
  if (!(await isThere(join(stageOf(set), JOURNAL)))) return false;
  await swap(set, log);
  return true;
}

/** For `npm run check`. */
export const installationProblems = async (set: CircuitSet): Promise<string[]> =>
  (await isThere(join(stageOf(set), JOURNAL)))
    ? ["an installation of keys was interrupted: run `npx jeton ceremony install` again, with the same options"]
    : [];

/**
 * Verifies what `finalize` wrote, and installs it. Nothing is replaced unless everything holds.
 * @throws CeremonyError, CircuitError
 */
export async function install(
  set: CircuitSet,
  from: string,
  phase1: Phase1,
  { log }: Pick<Surroundings, "log">,
): Promise<VerifiedTranscript> {
  await completeInstallation(set, log);
  const stage = stageOf(set);
  const fresh = join(stage, "new");
  await rm(stage, { recursive: true, force: true });
  await mkdir(join(stage, "old"), { recursive: true });
  for (const [name] of placesOf(set)) await cp(join(from, name), join(fresh, name), { recursive: true });
  await syncAll(stage);
  // The copies are verified, so that what is verified is what is installed.
  const verified = await verifyTranscript(set, join(fresh, "keys", RECORDS.transcript), phase1, { log }).catch(
    async (error: unknown) => {
      await rm(stage, { recursive: true, force: true });
      throw error;
    },
  );
  await writeWhole(join(stage, JOURNAL), (beside) =>
    writeFile(beside, toJson({ installs: verified.standing.ceremony })),
  );
  await swap(set, log);
  return verified;
}
