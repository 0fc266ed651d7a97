// SPDX-License-Identifier: GPL-3.0-or-later
/** The record of a ceremony, for programs and for people: `transcript.json` and `transcript.md`, beside the keys that it made. */
import { z } from "zod";

import { announcementSchema, hash } from "./announcement.ts";
import { attestationSchema, attestationText, headOf } from "./attestation.ts";
import { BEACON_NAME, beaconOf, describeSource, ITERATIONS_EXPONENT, outSeconds } from "./beacon.ts";
import { CeremonyError } from "./errors.ts";
import { standingOf } from "./round.ts";
import type { Standing } from "./round.ts";

export const RECORDS = { transcript: "transcript.json", readable: "transcript.md" } as const;

export const transcriptSchema = z
  .object({
    format: z.literal("jeton.transcript.v1"),
    announcement: announcementSchema,
    attestations: z.array(attestationSchema),
    /** drand: the round's signature; Ethereum: the block's prevRandao. */
    beacon: z
      .object({ evidence: z.string(), value: hash, iterationsExponent: z.literal(ITERATIONS_EXPONENT) })
      .strict(),
    finalizedAt: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    /** SHA-256 of the final proving keys. */
    keys: z.record(hash),
  })
  .strict();
export type Transcript = z.infer<typeof transcriptSchema>;

/** A transcript by itself: the attestations' chain, signatures and times, and the beacon. @throws CeremonyError */
export function standingOfTranscript(transcript: Transcript): Standing {
  const standing = standingOf(transcript.announcement, transcript.attestations);
  const { source } = transcript.announcement.beacon;
  const { value } = beaconOf(transcript.announcement.beacon, transcript.beacon.evidence);
  if (value !== transcript.beacon.value)
    throw new CeremonyError(
      "BEACON_INVALID",
      `the ${source} evidence gives ${value}, and the transcript says ${transcript.beacon.value}`,
    );
  if (Date.parse(transcript.finalizedAt) / 1000 < outSeconds(transcript.announcement.beacon))
    throw new CeremonyError("BEACON_EARLY", "the transcript says that the ceremony ended before its beacon was out");
  return standing;
}

/** What no program can check from files. */
export function byHand({ announcement, attestations }: Standing): readonly string[] {
  const { beacon, phase1 } = announcement;
  const unsigned = attestations.filter(({ signature }) => signature === undefined).map(({ name }) => name);
  return [
    `each party published its attestation's hash where it is known, before ${describeSource(beacon)}`,
    ...(unsigned.length === 0 ? [] : [`who wrote the attestations that carry no signature: ${unsigned.join(", ")}`]),
    ...attestations.flatMap(({ name, signature }) =>
      signature === undefined ? [] : [`that ${signature.signer} is ${name}'s account`],
    ),
    "that the parties are different people, and that one of them, at least, forgot its secret",
    ...(beacon.source === "drand" ? [] : [`that the beacon's value is the one of ${describeSource(beacon)}`]),
    `that phase 1 is the public file: ${phase1.name}, SHA-256 ${phase1.sha256}`,
    "that the circuits say what they should",
  ];
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** The same for people. It is made from the transcript alone, and compared with it when that is verified. */
export function readable(transcript: Transcript): string {
  const { announcement, attestations, beacon, finalizedAt, keys } = transcript;
  const standing = standingOf(announcement, attestations);
  const statements = Object.keys(keys).sort();
  const parties = attestations.map((attestation) => [
    String(attestation.number),
    attestation.name,
    attestation.contributedAt,
    `\`${headOf(attestation)}\``,
    attestation.signature === undefined ? "none" : `\`${attestation.signature.signer}\``,
  ]);
  return [
    "# Transcript of the ceremony",
    `Ceremony \`${standing.ceremony}\`. Made with ${announcement.circom} and ${announcement.snarkjs}; phase 1: ${announcement.phase1.name}, SHA-256 \`${announcement.phase1.sha256}\`.`,
    "Anybody verifies it with one command, from a checkout of the commit that has these circuits:",
    "```sh\nnpx jeton ceremony verify --transcript circuits/keys/transcript.json --ptau FILE\n```",
    "## Parties",
    table(["", "party", "contributed at (its own clock)", "attestation", "signed by"], parties),
    "## Beacon",
    `Announced before the first contribution: ${describeSource(announcement.beacon)}. Evidence \`${beacon.evidence}\`, value \`${beacon.value}\`, hashed 2^${beacon.iterationsExponent} times, in the keys as "${BEACON_NAME}". Finalized at ${finalizedAt}.`,
    "## Keys",
    table(
      ["statement", "circuit (r1cs)", "initial key", "final key"],
      statements.map((statement) => [
        statement,
        ...[announcement.circuits, announcement.initialKeys, keys].map((hashes) => `\`${hashes[statement] ?? ""}\``),
      ]),
    ),
    "## What each party published",
    ...attestations.map((attestation) => `\`\`\`text\n${attestationText(attestation)}\n\`\`\``),
    "## What a reader checks by hand",
    byHand(standing)
      .map((what) => `- ${what}`)
      .join("\n"),
  ]
    .join("\n\n")
    .concat("\n");
}
