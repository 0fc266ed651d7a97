// SPDX-License-Identifier: GPL-3.0-or-later
/** A beacon that is long out, and clocks around it, so that a test can be before and after it. */
import { randomBytes } from "node:crypto";

import { outSeconds } from "../../../src/ceremony/index.ts";
import type { BeaconSource, Surroundings } from "../../../src/ceremony/index.ts";

/** The signature of round 1000 of drand's quicknet, as the network published it. */
export const ROUND_1000 =
  "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39";

const source: BeaconSource = {
  source: "drand",
  chain: "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
  round: 1000,
};

export const ROUND = {
  source,
  seconds: outSeconds(source),
  randomness: "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd",
} as const;

export const BEFORE = ROUND.seconds - 3_600;

export const surroundingsAt = (seconds: number): Surroundings => ({
  log: () => undefined,
  now: () => seconds,
  random: (length) => randomBytes(length),
});
