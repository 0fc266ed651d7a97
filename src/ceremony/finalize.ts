// SPDX-License-Identifier: GPL-3.0-or-later
/** The coordinator's last step: the announced beacon on the last round, and what comes of it: keys, verifiers, manifest and transcript. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { applyBeacon, MINIMUM_PARTIES, sha256File, toJson, writeKeySet } from "../circuits/index.ts";
import type { CircuitSet, Phase1 } from "../circuits/index.ts";
import type { Attestation } from "./attestation.ts";
import { headOf } from "./attestation.ts";
import { beaconOf, describeSource, ITERATIONS_EXPONENT, outSeconds, timeText } from "./beacon.ts";
import { fillFolder, requireFree, writeWhole } from "./durable.ts";
import { CeremonyError } from "./errors.ts";
import { keyIn, readRound } from "./round.ts";
import type { Standing } from "./round.ts";
import type { Surroundings } from "./surroundings.ts";
import { readable, RECORDS } from "./transcript.ts";
import type { Transcript } from "./transcript.ts";
import { circuitsOf, readAttestations, requireChains, requirePublished } from "./verify.ts";

export interface Finalizing {
  readonly from: string;
  readonly to: string;
  /** The signature of the drand round, or the prevRandao of the Ethereum block. */
  readonly evidence: string;
  /** Files with attestations that parties published: each must be in the round, and its signature is taken over. */
  readonly published?: readonly string[];
}

const README = `# Keys

These keys come from a ceremony of several parties: [transcript.md](transcript.md) says who took part, and what a reader checks by hand. For each
statement a proving key (\`.zkey\`), a witness program (\`.wasm\`) and a verification key (\`.vkey.json\`); \`manifest.json\` has the SHA-256 of every
file, and the prover reads none that differs. [docs/trusted-setup.md](../../docs/trusted-setup.md) says how they were made.
`;

/** The parties' signatures, which may have come after their rounds were handed on. */
function withSignatures(standing: Standing, published: readonly Attestation[]): readonly Attestation[] {
  requirePublished(standing, published);
  const signed = new Map(published.filter(({ signature }) => signature !== undefined).map((one) => [headOf(one), one]));
  return standing.attestations.map((attestation) => signed.get(headOf(attestation)) ?? attestation);
}

/**
 * Writes a new folder with `keys` (proving keys, witness programs, verification keys, manifest, transcript) and `verifiers`. Every final key is
 * verified down to the circuit before the folder appears.
 * @throws CeremonyError, CircuitError
 */
export async function finalize(
  set: CircuitSet,
  { from, to, evidence, published = [] }: Finalizing,
  phase1: Phase1,
  { log, now }: Surroundings,
): Promise<Transcript> {
  const standing = await readRound(set, from);
  const { announcement } = standing;
  if (standing.attestations.length < MINIMUM_PARTIES) {
    throw new CeremonyError(
      "PARTIES_MISSING",
      `${from} has ${standing.attestations.length} parties, and a ceremony has ${MINIMUM_PARTIES} or more: with one, keys are as good as that one`,
    );
  }
  if (now() < outSeconds(announcement.beacon)) {
    throw new CeremonyError(
      "BEACON_EARLY",
      `the beacon is out at ${timeText(outSeconds(announcement.beacon))}, and no value before is its: ${describeSource(announcement.beacon)}`,
    );
  }
  const beacon = beaconOf(announcement.beacon, evidence);
  const attestations = withSignatures(standing, (await Promise.all(published.map(readAttestations))).flat());
  await requireFree(to);
  const circuits = await circuitsOf(set, standing, phase1, log);
  return fillFolder(to, { finalizes: standing.head, beacon: beacon.value }, async (making) => {
    const target = { ...set, keys: join(making, "keys"), verifiers: join(making, "verifiers") };
    const finals = circuits.map((circuit) => ({ circuit, zkey: keyIn(target.keys, circuit.statement) }));
    await mkdir(target.keys, { recursive: true });
    const keys: Record<string, string> = {};
    for (const { circuit, zkey } of finals) {
      const { statement } = circuit;
      log(`${statement}: beacon`);
      await writeWhole(zkey, (beside) => applyBeacon(keyIn(from, statement), beside, beacon));
      keys[statement] = await sha256File(zkey);
    }
    await requireChains(set, circuits, standing, phase1, target.keys, log);
    log("writing verifiers, manifest and transcript");
    await writeKeySet(target, "ceremony", phase1, finals);
    const transcript: Transcript = {
      format: "jeton.transcript.v1",
      announcement,
      attestations: [...attestations],
      beacon: {
        evidence: evidence.toLowerCase().replace(/^0x/, ""),
        value: beacon.value,
        iterationsExponent: ITERATIONS_EXPONENT,
      },
      finalizedAt: timeText(now()),
      keys,
    };
    await writeFile(join(target.keys, RECORDS.transcript), toJson(transcript));
    await writeFile(join(target.keys, RECORDS.readable), readable(transcript));
    await writeFile(join(target.keys, "README.md"), README);
    return transcript;
  });
}
