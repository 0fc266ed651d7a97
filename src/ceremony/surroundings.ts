// SPDX-License-Identifier: GPL-3.0-or-later
/** What a step of a ceremony is given beside its files. */
import { randomBytes } from "node:crypto";

export interface Surroundings {
  /** Progress of long work. */
  readonly log: (step: string) => void;
  /** Unix time in seconds. */
  readonly now: () => number;
  /** Bytes from the system's generator. */
  readonly random: (length: number) => Uint8Array;
}

export const surroundings = (log: Surroundings["log"]): Surroundings => ({
  log,
  now: () => Math.floor(Date.now() / 1_000),
  random: (length) => randomBytes(length),
});
