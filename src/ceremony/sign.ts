// SPDX-License-Identifier: GPL-3.0-or-later
/** A party's signature, made wherever its key is, is put beside its attestation. */
import type { Attestation } from "./attestation.ts";
import { withSignature } from "./attestation.ts";
import { CeremonyError } from "./errors.ts";
import { readStanding, writeAttestations } from "./round.ts";

/** Signs the last attestation of a round. @throws CeremonyError SIGNATURE_INVALID */
export async function signAttestation(round: string, signer: string, signature: string): Promise<Attestation> {
  const { attestations } = await readStanding(round);
  const last = attestations.at(-1);
  if (last === undefined) throw new CeremonyError("ROUND_INCOMPLETE", `${round} has no attestation to sign`);
  if (!/^0x[0-9a-f]{130}$/i.test(signature))
    throw new CeremonyError("SIGNATURE_INVALID", "a signature is 0x and 130 hexadecimal digits");
  const signed = withSignature(last, signer, signature);
  await writeAttestations(round, [...attestations.slice(0, -1), signed]);
  return signed;
}
