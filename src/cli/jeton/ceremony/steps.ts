// SPDX-License-Identifier: GPL-3.0-or-later
/** What `jeton ceremony …` does: options in, a step of the ceremony, what to publish out. */
import { join } from "node:path";

import {
  attestationText,
  byHand,
  contribute,
  deadlineSeconds,
  describeEvidence,
  describeSource,
  finalize,
  headOf,
  install,
  readRound,
  readTranscript,
  signAttestation,
  sourceAt,
  startCeremony,
  surroundings,
  timeText,
  verifyRound,
  verifyTranscript,
} from "../../../ceremony/index.ts";
import type { BeaconSource, Standing } from "../../../ceremony/index.ts";
import { ceremonyPhase1, JETON, withThreads } from "../../../circuits/index.ts";
import type { Phase1 } from "../../../circuits/index.ts";
import { CliError } from "../../errors.ts";
import { note } from "../../outcome.ts";
import type { Outcome } from "../../outcome.ts";

interface Phase1Options {
  readonly ptau: string;
  readonly ptauSha256?: string;
}

/** Progress with the seconds since the start. */
function around(): ReturnType<typeof surroundings> {
  const started = performance.now();
  return surroundings((step) => note(`${((performance.now() - started) / 1_000).toFixed(0).padStart(5)} s  ${step}`));
}

const phase1Of = ({ ptau, ptauSha256 }: Phase1Options): Promise<Phase1> => {
  note("hashing phase 1");
  return ceremonyPhase1(ptau, ptauSha256);
};

/** @throws CliError OPTION_INVALID */
function secondsOf(at: string): number {
  const seconds = Math.ceil(Date.parse(at) / 1_000);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?Z$/.test(at) || Number.isNaN(seconds))
    throw new CliError("OPTION_INVALID", `--at takes a time like 2027-03-01T12:00:00Z, in UTC, and not "${at}"`);
  return seconds;
}

const told = ({ ceremony, announcement: { beacon }, attestations, head }: Standing): Outcome => ({
  ceremony,
  parties: Object.fromEntries(attestations.map((one) => [`${one.number} ${one.name}`, headOf(one)])),
  head,
  beacon: describeSource(beacon),
  contributionsUntil: timeText(deadlineSeconds(beacon)),
});

const listed = (lines: readonly string[]): Record<string, string> =>
  Object.fromEntries(lines.map((line, index) => [String(index + 1), line]));

interface StartOptions extends Phase1Options {
  readonly to: string;
  readonly at: string;
  readonly beacon: BeaconSource["source"];
}

export async function start({ to, at, beacon, ...options }: StartOptions): Promise<Outcome> {
  const source = sourceAt(beacon, secondsOf(at));
  const standing = await withThreads(async () => startCeremony(JETON, await phase1Of(options), source, to, around()));
  return {
    ...told(standing),
    written: to,
    next: `publish the ceremony's hash with ceremony.json, and hand ${to} to the first party`,
  };
}

interface ContributeOptions {
  readonly from: string;
  readonly to: string;
  readonly name: string;
  readonly on?: string;
}

export async function contributeTo(options: ContributeOptions): Promise<Outcome> {
  if (options.on === undefined) note("without --on HEAD nobody compares this round with the one that was announced");
  const attestation = await withThreads(() => contribute(JETON, options, around()));
  return {
    attestation: attestationText(attestation),
    head: headOf(attestation),
    written: options.to,
    next: `publish ${join(options.to, "attestation.txt")} where you are known, sign it if you can, and hand ${options.to} to the coordinator`,
  };
}

interface SignOptions {
  readonly round: string;
  readonly signer: string;
  readonly signature: string;
}

export async function sign({ round, signer, signature }: SignOptions): Promise<Outcome> {
  const signed = await signAttestation(round, signer, signature);
  return { name: signed.name, head: headOf(signed), signer: signed.signature?.signer, written: round };
}

interface VerifyOptions extends Phase1Options {
  readonly round?: string;
  readonly transcript?: string;
  readonly head?: string;
  readonly after?: string;
  readonly published?: readonly string[];
}

/** @throws CliError OPTION_MISSING unless exactly one of the two is named */
function requireOne(round: string | undefined, transcript: string | undefined): void {
  if ((round === undefined) === (transcript === undefined))
    throw new CliError("OPTION_MISSING", "name what is looked at: --round FOLDER or --transcript FILE");
}

export async function verify({
  round,
  transcript,
  head,
  after,
  published,
  ...options
}: VerifyOptions): Promise<Outcome> {
  requireOne(round, transcript);
  if (round === undefined && (head ?? after) !== undefined)
    throw new CliError("OPTION_INVALID", "--head and --after go with --round");
  return withThreads(async () => {
    const phase1 = await phase1Of(options);
    const standing =
      round === undefined
        ? (await verifyTranscript(JETON, transcript ?? "", phase1, around(), published)).standing
        : await verifyRound(JETON, round, phase1, around(), { head, after, attestations: published ?? [] });
    return { verified: true, ...told(standing), checkByHand: listed(byHand(standing)) };
  });
}

interface FinalizeOptions extends Phase1Options {
  readonly from: string;
  readonly to: string;
  readonly beacon: string;
  readonly published?: readonly string[];
}

export async function finalizeTo({ from, to, beacon, published = [], ...options }: FinalizeOptions): Promise<Outcome> {
  const transcript = await withThreads(async () =>
    finalize(JETON, { from, to, evidence: beacon, published }, await phase1Of(options), around()),
  );
  return {
    parties: transcript.attestations.map(({ name }) => name),
    beacon: transcript.beacon.value,
    keys: transcript.keys,
    written: to,
    next: `publish ${to} with every round's folder, and install it: npx jeton ceremony install --from ${to} --ptau …`,
  };
}

export async function transcript(options: { round?: string; transcript?: string }): Promise<Outcome> {
  requireOne(options.round, options.transcript);
  return withThreads(async () => {
    const standing =
      options.round === undefined
        ? (await readTranscript(JETON, options.transcript ?? "")).standing
        : await readRound(JETON, options.round);
    return {
      ...told(standing),
      finalizeTakes: options.round === undefined ? undefined : describeEvidence(standing.announcement.beacon),
      attestations: listed(standing.attestations.map(attestationText)),
      checkByHand: listed(byHand(standing)),
      keysVerified: false,
    };
  });
}

export async function installFrom({ from, ...options }: Phase1Options & { readonly from: string }): Promise<Outcome> {
  const { standing, transcript: record } = await withThreads(async () =>
    install(JETON, from, await phase1Of(options), around()),
  );
  return {
    installed: standing.ceremony,
    parties: record.attestations.map(({ name }) => name),
    written: [JETON.keys, JETON.verifiers],
    next: "npm run check, npm test, and commit: README.md and docs/trusted-setup.md still speak of development keys",
  };
}
