// SPDX-License-Identifier: GPL-3.0-or-later
/** A party's step: a secret of its own into every key, on top of the round that it was given. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";

import { applyContribution } from "../circuits/index.ts";
import type { CircuitSet } from "../circuits/index.ts";
import type { Attestation } from "./attestation.ts";
import { nameSchema } from "./attestation.ts";
import { deadlineSeconds, describeSource, timeText } from "./beacon.ts";
import { fillFolder, isThere, writeWhole } from "./durable.ts";
import { CeremonyError } from "./errors.ts";
import {
  contributionsIn,
  FILES,
  keyIn,
  readRound,
  requireAttested,
  standingOf,
  statementsOf,
  writeAttestations,
} from "./round.ts";
import type { Standing } from "./round.ts";
import type { Surroundings } from "./surroundings.ts";

const SECRET_BYTES = 64;

export interface Contributing {
  readonly from: string;
  readonly to: string;
  readonly name: string;
  /** The head that was announced for `from`. */
  readonly on?: string | undefined;
}

function requireName({ attestations }: Standing, name: string): void {
  const parsed = nameSchema.safeParse(name);
  if (!parsed.success) throw new CeremonyError("NAME_INVALID", parsed.error.issues[0]?.message ?? "no name");
  if (attestations.some((attestation) => attestation.name === name))
    throw new CeremonyError("NAME_INVALID", `there is a party called ${name} already`);
}

function requireTime({ announcement: { beacon } }: Standing, now: number): void {
  if (now < deadlineSeconds(beacon)) return;
  throw new CeremonyError(
    "BEACON_KNOWN",
    `contributions counted until ${timeText(deadlineSeconds(beacon))}: the beacon is out, or may be (${describeSource(beacon)})`,
  );
}

/** @throws CeremonyError OTHER_BASE unless this is the round that was announced */
export function requireHead({ head }: Standing, announced: string | undefined, round: string): void {
  if (announced === undefined || announced.toLowerCase() === head) return;
  throw new CeremonyError(
    "OTHER_BASE",
    `${round} ends with ${head}, and not with ${announced.toLowerCase()}, which was announced`,
  );
}

/**
 * Adds one party's secret to every key, and writes the next round. The secrets come from the operating system's generator, twice (here, and in
 * snarkjs), and are neither shown nor written. After a crash the same command keeps the keys that were done.
 * @throws CeremonyError
 */
export async function contribute(
  set: CircuitSet,
  { from, to, name, on }: Contributing,
  { log, now, random }: Surroundings,
): Promise<Attestation> {
  const before = await readRound(set, from);
  requireHead(before, on, from);
  requireName(before, name);
  requireTime(before, now());
  return fillFolder(to, { on: before.head, name }, async (making) => {
    await copyFile(join(from, FILES.announcement), join(making, FILES.announcement));
    for (const statement of statementsOf(set)) {
      const key = keyIn(making, statement);
      log(`${statement}: contribution`);
      if (await isThere(key)) continue;
      const secret = Buffer.from(random(SECRET_BYTES)).toString("hex");
      await writeWhole(key, (beside) => applyContribution(keyIn(from, statement), beside, name, secret));
    }
    const carried = await contributionsIn(set, making);
    const attestation: Attestation = {
      format: "jeton.attestation.v1",
      ceremony: before.ceremony,
      number: before.attestations.length + 1,
      name,
      on: before.head,
      contributedAt: timeText(now()),
      contributions: Object.fromEntries(
        Object.entries(carried).map(([statement, all]) => [statement, all.at(-1)?.hash ?? ""]),
      ),
    };
    const after = standingOf(before.announcement, [...before.attestations, attestation]);
    requireAttested(after, carried);
    await writeAttestations(making, after.attestations);
    return attestation;
  });
}
