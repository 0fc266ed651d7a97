// SPDX-License-Identifier: GPL-3.0-or-later
/** Verifies a round against nothing but circuits and phase 1, and against what was published. */
import { z } from "zod";

import { assertChainFromCircuit, compileCircuit, mapParallel } from "../circuits/index.ts";
import type { CircuitSet, CompiledCircuit, Phase1 } from "../circuits/index.ts";
import { canonicalJson } from "../wire/index.ts";
import { readFormat, requireSameCeremony } from "./announcement.ts";
import { attestationSchema, headOf } from "./attestation.ts";
import type { Attestation } from "./attestation.ts";
import { requireHead } from "./contribute.ts";
import { CeremonyError } from "./errors.ts";
import { keyIn, readRound, readStanding, statementsOf } from "./round.ts";
import type { Standing } from "./round.ts";
import type { Surroundings } from "./surroundings.ts";

export interface Published {
  /** The head that was announced for the round. */
  readonly head?: string | undefined;
  /** The round before, on which exactly one contribution must stand. */
  readonly after?: string | undefined;
  /** Files with attestations that parties published: each must be in the round. */
  readonly attestations?: readonly string[];
}

/** One attestation, or the list that a round holds. */
export async function readAttestations(file: string): Promise<readonly Attestation[]> {
  const found = await readFormat(file, z.union([attestationSchema, z.array(attestationSchema)]));
  return Array.isArray(found) ? found : [found];
}

/** @throws CeremonyError OTHER_BASE unless every published attestation is part of the ceremony */
export function requirePublished(
  { attestations }: Pick<Standing, "attestations">,
  published: readonly Attestation[],
): void {
  const heads = new Set(attestations.map(headOf));
  for (const attestation of published) {
    if (heads.has(headOf(attestation))) continue;
    throw new CeremonyError(
      "OTHER_BASE",
      `${attestation.name} published a contribution (party ${attestation.number}, attestation ${headOf(attestation)}) that is not in here: it was dropped or changed`,
    );
  }
}

async function requireOneMore(after: string, standing: Standing): Promise<void> {
  const before = await readStanding(after);
  const isPrefix =
    canonicalJson(before.announcement) === canonicalJson(standing.announcement) &&
    standing.attestations.length === before.attestations.length + 1 &&
    standing.attestations.at(-1)?.on === before.head;
  if (isPrefix) return;
  throw new CeremonyError(
    "OTHER_BASE",
    `this round is not ${after} with one contribution more: it stands on ${standing.attestations.at(-1)?.on ?? "nothing"}, and ${after} ends with ${before.head}`,
  );
}

/** Compiles the circuits, and requires that the ceremony is of them. */
export async function circuitsOf(
  set: CircuitSet,
  { announcement }: Standing,
  phase1: Phase1,
  log: Surroundings["log"],
): Promise<readonly CompiledCircuit[]> {
  log("compiling the circuits");
  const circuits = await mapParallel(statementsOf(set), (statement) => compileCircuit(set, statement));
  await requireSameCeremony(announcement, circuits, phase1);
  return circuits;
}

/** Each key comes from its circuit and phase 1 by the contributions that it carries. @throws CircuitError CHAIN_INVALID */
export async function requireChains(
  set: CircuitSet,
  circuits: readonly CompiledCircuit[],
  { announcement }: Standing,
  phase1: Phase1,
  folder: string,
  log: Surroundings["log"],
): Promise<void> {
  for (const [index, circuit] of circuits.entries()) {
    const { statement } = circuit;
    log(`${statement}: verifying the chain of contributions (${index + 1} of ${circuits.length})`);
    const initial = announcement.initialKeys[statement] ?? "";
    await assertChainFromCircuit(set, circuit, phase1.path, keyIn(folder, statement), initial);
  }
}

/** @throws CeremonyError, CircuitError that say what does not hold */
export async function verifyRound(
  set: CircuitSet,
  round: string,
  phase1: Phase1,
  { log }: Pick<Surroundings, "log">,
  published: Published = {},
): Promise<Standing> {
  const standing = await readRound(set, round);
  requireHead(standing, published.head, round);
  if (published.after !== undefined) await requireOneMore(published.after, standing);
  for (const file of published.attestations ?? []) requirePublished(standing, await readAttestations(file));
  const circuits = await circuitsOf(set, standing, phase1, log);
  await requireChains(set, circuits, standing, phase1, round, log);
  return standing;
}
