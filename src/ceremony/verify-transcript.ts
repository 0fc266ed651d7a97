// SPDX-License-Identifier: GPL-3.0-or-later
/** Verifies keys by their transcript: those of the project, or those that a coordinator has just finalized. */
import { dirname, join, resolve } from "node:path";

import { keyProblems, MINIMUM_PARTIES, readText, sha256File } from "../circuits/index.ts";
import type { CircuitSet, Phase1 } from "../circuits/index.ts";
import { MANIFEST, parseManifest } from "../prover/index.ts";
import { readFormat } from "./announcement.ts";
import { BEACON_NAME } from "./beacon.ts";
import { CeremonyError } from "./errors.ts";
import { contributionsIn, keyIn, requireAttested } from "./round.ts";
import type { Standing } from "./round.ts";
import type { Surroundings } from "./surroundings.ts";
import { readable, RECORDS, standingOfTranscript, transcriptSchema } from "./transcript.ts";
import type { Transcript } from "./transcript.ts";
import { circuitsOf, readAttestations, requireChains, requirePublished } from "./verify.ts";

export interface VerifiedTranscript {
  readonly transcript: Transcript;
  readonly standing: Standing;
}

const mismatch = (what: string): CeremonyError => new CeremonyError("TRANSCRIPT_MISMATCH", what);

/** The keys beside a transcript, with their verifiers: the project's own, or those in the folder that `finalize` wrote. */
export function setOfTranscript(set: CircuitSet, transcript: string): CircuitSet {
  const keys = dirname(resolve(transcript));
  return keys === resolve(set.keys) ? set : { ...set, keys, verifiers: join(dirname(keys), "verifiers") };
}

/**
 * Everything that takes no compiler and no phase 1: the transcript by itself, and against the keys and the manifest beside it.
 * @throws CeremonyError
 */
export async function readTranscript(set: CircuitSet, file: string): Promise<VerifiedTranscript> {
  const transcript = await readFormat(file, transcriptSchema);
  const standing = standingOfTranscript(transcript);
  if (standing.attestations.length < MINIMUM_PARTIES) {
    throw new CeremonyError(
      "PARTIES_MISSING",
      `${standing.attestations.length} parties, and a ceremony has ${MINIMUM_PARTIES} or more`,
    );
  }
  const { keys } = setOfTranscript(set, file);
  const manifestFile = join(keys, MANIFEST);
  const text = await readText(manifestFile);
  if (text === undefined) throw mismatch(`there is no ${manifestFile}`);
  const { purpose, phase1, statements } = parseManifest(text, manifestFile);
  if (purpose !== "ceremony") throw mismatch(`${manifestFile} says that the keys are made for ${purpose}`);
  const { phase1: announced } = transcript.announcement;
  if (phase1.sha256 !== announced.sha256 || phase1.name !== announced.name)
    throw mismatch(`${manifestFile} names another phase 1`);
  for (const [statement, hash] of Object.entries(transcript.keys)) {
    if (hash !== (await sha256File(keyIn(keys, statement)).catch(() => undefined)))
      throw mismatch(`${keyIn(keys, statement)} is not the key of this ceremony: its SHA-256 is another`);
    if (hash !== statements[statement]?.sha256.zkey)
      throw mismatch(`${manifestFile} names another key of ${statement}`);
  }
  const { value, iterationsExponent } = transcript.beacon;
  requireAttested(standing, await contributionsIn(set, keys), [
    { name: BEACON_NAME, beacon: { value, iterationsExponent } },
  ]);
  if ((await readText(join(dirname(file), RECORDS.readable))) !== readable(transcript))
    throw mismatch(`${RECORDS.readable} does not say what ${RECORDS.transcript} says`);
  return { transcript, standing };
}

/** For `npm run check`: what is wrong with the transcript of the project's keys, if they come from a ceremony. */
export async function transcriptProblems(set: CircuitSet): Promise<string[]> {
  const text = await readText(join(set.keys, MANIFEST));
  if (text === undefined || parseManifest(text, MANIFEST).purpose !== "ceremony") return [];
  return readTranscript(set, join(set.keys, RECORDS.transcript)).then(
    () => [],
    (error: unknown) => [`the transcript of the ceremony: ${(error as Error).message}`],
  );
}

/**
 * Verifies transcript, keys, verifiers and manifest down to circuits and phase 1.
 * @throws CeremonyError, CircuitError that say what does not hold
 */
export async function verifyTranscript(
  set: CircuitSet,
  file: string,
  phase1: Phase1,
  { log }: Pick<Surroundings, "log">,
  published: readonly string[] = [],
): Promise<VerifiedTranscript> {
  const verified = await readTranscript(set, file);
  for (const one of published) requirePublished(verified.standing, await readAttestations(one));
  const circuits = await circuitsOf(set, verified.standing, phase1, log);
  const found = setOfTranscript(set, file);
  const problems = await keyProblems(found);
  if (problems.length > 0) throw mismatch(problems.join("; "));
  await requireChains(set, circuits, verified.standing, phase1, found.keys, log);
  return verified;
}
