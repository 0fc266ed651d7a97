// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a party says of its contribution: what it stands on, and the hashes that it added. Attestations form a chain by their hashes, so
 * one that was published fixes everything before it.
 */
import { getAddress, verifyMessage } from "ethers";
import { z } from "zod";

import { sha256 } from "../circuits/index.ts";
import { canonicalJson } from "../wire/index.ts";
import { hash } from "./announcement.ts";
import { CeremonyError } from "./errors.ts";

const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

/** Names go into the proving keys, into terminals and into Markdown. */
export const nameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9 .,@'_-]{0,62}[A-Za-z0-9.])?$/,
    "a name is 1 to 64 ASCII letters, digits, spaces and . , @ ' _ -",
  );

export const attestationSchema = z
  .object({
    format: z.literal("jeton.attestation.v1"),
    /** The announcement's hash. */
    ceremony: hash,
    number: z.number().int().positive(),
    name: nameSchema,
    /** The hash of the attestation before, or the ceremony's for the first. */
    on: hash,
    /** By the party's own clock. */
    contributedAt: time,
    /** BLAKE2b-512 of the contribution to each statement's key, as snarkjs prints it. */
    contributions: z.record(z.string().regex(/^[0-9a-f]{128}$/)),
    signature: z
      .object({ signer: z.string(), value: z.string().regex(/^0x[0-9a-f]{130}$/i) })
      .strict()
      .optional(),
  })
  .strict();
export type Attestation = z.infer<typeof attestationSchema>;

/** The hash by which the next party, and the public, refer to it. A signature is not part of what it signs. */
export const headOf = ({ signature: _, ...said }: Attestation): string => sha256(canonicalJson(said));

/** What the party publishes where it is known, and signs if it can. */
export const attestationText = (attestation: Attestation): string =>
  [
    `Jeton ceremony ${attestation.ceremony}`,
    `I am ${attestation.name}, party ${attestation.number}. My contribution stands on ${attestation.on}.`,
    `At ${attestation.contributedAt} I added secrets from my machine's generator, and kept no copy of them:`,
    ...Object.entries(attestation.contributions)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([statement, value]) => `${statement} ${value}`),
    `Attestation ${headOf(attestation)}`,
  ].join("\n");

/** Adds an Ethereum account's signature of the text (EIP-191, "personal_sign"). @throws CeremonyError SIGNATURE_INVALID */
export function withSignature(attestation: Attestation, signer: string, value: string): Attestation {
  const signed = { ...attestation, signature: { signer, value } };
  requireSignature(signed);
  return { ...signed, signature: { signer: getAddress(signer), value: value.toLowerCase() } };
}

/** @throws CeremonyError SIGNATURE_INVALID unless there is none, or it is the signer's */
export function requireSignature(attestation: Attestation): void {
  const { signature, name } = attestation;
  if (signature === undefined) return;
  let recovered: string | undefined;
  try {
    recovered = verifyMessage(attestationText(attestation), signature.value);
  } catch {
    recovered = undefined;
  }
  if (recovered?.toLowerCase() !== signature.signer.toLowerCase()) {
    throw new CeremonyError(
      "SIGNATURE_INVALID",
      `the signature of ${name}'s attestation is not one of ${signature.signer}`,
    );
  }
}
