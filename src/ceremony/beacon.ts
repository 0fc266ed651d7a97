// SPDX-License-Identifier: GPL-3.0-or-later
/** The public randomness that ends a ceremony: announced at its start by where and when it will come, unknown until its last contribution. */
import { z } from "zod";

import type { Beacon } from "../circuits/index.ts";
import { QUICKNET, randomnessOf, roundAt, roundSeconds } from "./drand.ts";
import { CeremonyError } from "./errors.ts";

/** Ethereum's beacon chain. */
const ETHEREUM = { genesisSeconds: 1_606_824_023, slotSeconds: 12, slotsOfEpoch: 32 } as const;

const whole = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);

export const sourceSchema = z.discriminatedUnion("source", [
  z.object({ source: z.literal("drand"), chain: z.literal(QUICKNET.chainHash), round: whole }).strict(),
  z.object({ source: z.literal("ethereum"), slot: whole }).strict(),
]);
export type BeaconSource = z.infer<typeof sourceSchema>;

export const BEACON_NAME = "jeton final beacon";

/** How often the value is hashed: 2^this. */
export const ITERATIONS_EXPONENT = 10;

/** The source's first value at this time or later. */
export function sourceAt(source: BeaconSource["source"], seconds: number): BeaconSource {
  if (source === "drand") return { source, chain: QUICKNET.chainHash, round: roundAt(seconds) };
  return { source, slot: Math.max(1, Math.ceil((seconds - ETHEREUM.genesisSeconds) / ETHEREUM.slotSeconds)) };
}

const slotSeconds = (slot: number): number => ETHEREUM.genesisSeconds + slot * ETHEREUM.slotSeconds;

/** When the value is out. */
export const outSeconds = (source: BeaconSource): number =>
  source.source === "drand" ? roundSeconds(source.round) : slotSeconds(source.slot);

/**
 * Contributions count until this time. Ethereum's randomness is put together over an epoch, and a block holds what was complete before it:
 * who proposes blocks knows parts of it earlier.
 */
export const deadlineSeconds = (source: BeaconSource): number =>
  source.source === "drand" ? roundSeconds(source.round) : slotSeconds(source.slot - ETHEREUM.slotsOfEpoch);

export const timeText = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

/** Where anybody finds the value. */
export function describeSource(source: BeaconSource): string {
  const time = timeText(outSeconds(source));
  return source.source === "drand"
    ? `drand quicknet, round ${source.round} (${time}): https://api.drand.sh/${source.chain}/public/${source.round}`
    : `Ethereum mainnet, prevRandao (mixHash) of the first block of slot ${source.slot} or later (${time})`;
}

/** What `--beacon` takes. */
export const describeEvidence = (source: BeaconSource): string =>
  source.source === "drand"
    ? "the round's signature, 96 hexadecimal digits"
    : "the block's prevRandao, 64 hexadecimal digits";

/**
 * The beacon that this evidence stands for. A drand signature is verified; Ethereum's value is for people to look up.
 * @throws CeremonyError BEACON_INVALID
 */
export function beaconOf(source: BeaconSource, evidence: string): Beacon {
  const hex = evidence.toLowerCase().replace(/^0x/, "");
  const value =
    source.source === "drand" ? randomnessOf(source.round, hex) : /^[0-9a-f]{64}$/.test(hex) ? hex : undefined;
  if (value === undefined || /^0+$/.test(value)) {
    throw new CeremonyError(
      "BEACON_INVALID",
      `this is not the beacon of ${describeSource(source)}: it takes ${describeEvidence(source)}`,
    );
  }
  return { name: BEACON_NAME, value, iterationsExponent: ITERATIONS_EXPONENT };
}
