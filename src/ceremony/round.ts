// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A round is a folder: `ceremony.json`, one proving key for each statement with all contributions so far, and `attestations.json`, what the
 * parties say of them. Each party takes a round and gives the next one. Nothing else goes between people.
 */
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { contributionsOf, toJson } from "../circuits/index.ts";
import type { CircuitSet } from "../circuits/index.ts";
import type { Contribution } from "../prover/index.ts";
import { announcementSchema, ceremonyOf, readFormat } from "./announcement.ts";
import type { Announcement } from "./announcement.ts";
import { attestationSchema, attestationText, headOf, requireSignature } from "./attestation.ts";
import type { Attestation } from "./attestation.ts";
import { deadlineSeconds, timeText } from "./beacon.ts";
import { writeWhole } from "./durable.ts";
import { CeremonyError } from "./errors.ts";

export const FILES = {
  announcement: "ceremony.json",
  attestations: "attestations.json",
  /** The last attestation once more, as its party publishes it: for people to post and sign, and for programs. */
  text: "attestation.txt",
  attestation: "attestation.json",
} as const;

export async function writeAttestations(round: string, attestations: readonly Attestation[]): Promise<void> {
  const last = attestations.at(-1);
  const contents = {
    [FILES.attestations]: toJson(attestations),
    ...(last === undefined ? {} : { [FILES.text]: attestationText(last), [FILES.attestation]: toJson(last) }),
  };
  for (const [name, content] of Object.entries(contents))
    await writeWhole(join(round, name), (beside) => writeFile(beside, content));
}

export const keyIn = (round: string, statement: string): string => join(round, `${statement}.zkey`);
export const statementsOf = (set: CircuitSet): string[] => Object.keys(set.statements);

/** A ceremony as far as it has come. */
export interface Standing {
  readonly announcement: Announcement;
  /** The announcement's hash. */
  readonly ceremony: string;
  readonly attestations: readonly Attestation[];
  /** The hash of the last attestation, or the ceremony's before the first: what the next party stands on. */
  readonly head: string;
}

/** By statement, oldest first. */
export type Contributions = Readonly<Record<string, readonly Contribution[]>>;

/**
 * Attestations by themselves: one chain from the announcement, each in time, names apart, signatures good.
 * @throws CeremonyError OTHER_BASE, BEACON_KNOWN, NAME_INVALID, SIGNATURE_INVALID
 */
export function standingOf(announcement: Announcement, attestations: readonly Attestation[]): Standing {
  const ceremony = ceremonyOf(announcement);
  const deadline = deadlineSeconds(announcement.beacon);
  const names = new Set<string>();
  let head = ceremony;
  for (const [index, attestation] of attestations.entries()) {
    const { name, number, on, contributedAt } = attestation;
    if (attestation.ceremony !== ceremony)
      throw new CeremonyError(
        "OTHER_CEREMONY",
        `${name}'s attestation is of ceremony ${attestation.ceremony}, and not of ${ceremony}`,
      );
    if (number !== index + 1 || on !== head) {
      throw new CeremonyError(
        "OTHER_BASE",
        `${name}'s contribution (party ${number}) stands on ${on}, and here on ${head}: a contribution before it was dropped or changed`,
      );
    }
    if (Date.parse(contributedAt) / 1000 >= deadline) {
      throw new CeremonyError(
        "BEACON_KNOWN",
        `${name} contributed at ${contributedAt}, and contributions count until ${timeText(deadline)}: whoever knows the beacon can undo it`,
      );
    }
    if (names.has(name)) throw new CeremonyError("NAME_INVALID", `two parties are called ${name}`);
    names.add(name);
    requireSignature(attestation);
    head = headOf(attestation);
  }
  return { announcement, ceremony, attestations, head };
}

/**
 * What the keys carry must be what the parties attested to, to each statement, in the same order; `after` are the contributions that nobody attests to.
 * @throws CeremonyError ATTESTATION_MISMATCH
 */
export function requireAttested(
  { attestations }: Standing,
  contributions: Contributions,
  after: readonly Pick<Contribution, "name" | "beacon">[] = [],
): void {
  const fail = (statement: string, what: string): never => {
    throw new CeremonyError("ATTESTATION_MISMATCH", `${statement}.zkey ${what}`);
  };
  const statements = Object.keys(contributions).sort().join();
  for (const { name, contributions: attested } of attestations) {
    if (Object.keys(attested).sort().join() !== statements)
      throw new CeremonyError(
        "ATTESTATION_MISMATCH",
        `${name} attests to ${Object.keys(attested).join(", ")}, and not to each statement`,
      );
  }
  for (const [statement, carried] of Object.entries(contributions)) {
    if (carried.length !== attestations.length + after.length)
      fail(statement, `carries ${carried.length} contributions, and ${attestations.length} are attested to`);
    for (const [index, { name, hash, beacon }] of carried.entries()) {
      const attestation = attestations[index];
      if (attestation === undefined) {
        const expected = after[index - attestations.length];
        if (JSON.stringify([name, beacon]) !== JSON.stringify([expected?.name, expected?.beacon]))
          fail(statement, `does not end with the announced beacon`);
      } else if (beacon !== undefined) {
        fail(statement, `has a beacon in the place of party ${index + 1}`);
      } else if (name !== attestation.name || hash !== attestation.contributions[statement]) {
        fail(
          statement,
          `carries ${hash} as party ${index + 1}, and ${attestation.name} attests to another contribution`,
        );
      }
    }
  }
}

export async function contributionsIn(set: CircuitSet, folder: string): Promise<Contributions> {
  const found: Record<string, readonly Contribution[]> = {};
  for (const statement of statementsOf(set)) {
    const key = keyIn(folder, statement);
    await access(key).catch(() => {
      throw new CeremonyError("ROUND_INCOMPLETE", `${folder} has no ${statement}.zkey`);
    });
    found[statement] = await contributionsOf(key);
  }
  return found;
}

/** Announcement and attestations of a round, by themselves. */
export async function readStanding(round: string): Promise<Standing> {
  const announcement = await readFormat(join(round, FILES.announcement), announcementSchema);
  return standingOf(announcement, await readFormat(join(round, FILES.attestations), z.array(attestationSchema)));
}

/** A round whose files say the same. Whether its keys are good is for `verifyRound` to say. @throws CeremonyError */
export async function readRound(set: CircuitSet, round: string): Promise<Standing> {
  const standing = await readStanding(round);
  const contributions = await contributionsIn(set, round);
  if (Object.values(contributions).some((all) => all.some(({ beacon }) => beacon !== undefined)))
    throw new CeremonyError("CEREMONY_OVER", `${round} has a beacon: this ceremony is over`);
  requireAttested(standing, contributions);
  return standing;
}
