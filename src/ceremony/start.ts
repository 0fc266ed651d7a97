// SPDX-License-Identifier: GPL-3.0-or-later
/** The coordinator's first step: round 0, and the announcement of the beacon that will end the ceremony. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { compileCircuit, mapParallel, newKey, sha256File, toJson } from "../circuits/index.ts";
import type { CircuitSet, Phase1 } from "../circuits/index.ts";
import { announce } from "./announcement.ts";
import { deadlineSeconds, describeSource, timeText } from "./beacon.ts";
import type { BeaconSource } from "./beacon.ts";
import { fillFolder, isThere, requireFree, writeWhole } from "./durable.ts";
import { CeremonyError } from "./errors.ts";
import { FILES, keyIn, readStanding, statementsOf, writeAttestations } from "./round.ts";
import type { Standing } from "./round.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Writes round 0: the keys that circuits and phase 1 give, with no secret of their own yet.
 * @throws CeremonyError FOLDER_IN_USE, BEACON_KNOWN; CircuitError
 */
export async function startCeremony(
  set: CircuitSet,
  phase1: Phase1,
  beacon: BeaconSource,
  to: string,
  { log, now }: Surroundings,
): Promise<Standing> {
  if (now() >= deadlineSeconds(beacon)) {
    throw new CeremonyError(
      "BEACON_KNOWN",
      `a ceremony ends with a beacon of the future: ${describeSource(beacon)} would leave no time, contributions count until ${timeText(deadlineSeconds(beacon))}`,
    );
  }
  await requireFree(to);
  log("compiling the circuits");
  const circuits = await mapParallel(statementsOf(set), (statement) => compileCircuit(set, statement));
  const sources = await announce(circuits, phase1, {}, beacon);
  await fillFolder(to, sources, async (making) => {
    const initialKeys: Record<string, string> = {};
    for (const { statement, r1cs } of circuits) {
      const key = keyIn(making, statement);
      log(`${statement}: initial key`);
      if (!(await isThere(key))) await writeWhole(key, (beside) => newKey(r1cs, phase1.path, beside));
      initialKeys[statement] = await sha256File(key);
    }
    await writeFile(join(making, FILES.announcement), toJson({ ...sources, initialKeys }));
    await writeAttestations(making, []);
  });
  return readStanding(to);
}
