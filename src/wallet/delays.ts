// SPDX-License-Identifier: GPL-3.0-or-later
/** Random waits: what an account does on its own must not tell when its owner did something. Times in seconds. */
import { randomBytes } from "node:crypto";

export type Delay =
  | { readonly kind: "uniform"; readonly fromSeconds: number; readonly toSeconds: number }
  /** Memoryless, cut at its longest. */
  | { readonly kind: "exponential"; readonly meanSeconds: number; readonly atMostSeconds: number };

/** For local chains, where there is nobody to hide from. */
export const NO_DELAY: Delay = { kind: "uniform", fromSeconds: 0, toSeconds: 0 };

/** Uniform in [0, 1), from the platform's CSPRNG. */
export const randomShare = (): number => randomBytes(6).readUIntBE(0, 6) / 2 ** 48;

/** @param share uniform in [0, 1) */
export function secondsOf(delay: Delay, share: number): number {
  if (delay.kind === "uniform") return delay.fromSeconds + share * (delay.toSeconds - delay.fromSeconds);
  return Math.min(-delay.meanSeconds * Math.log(1 - share), delay.atMostSeconds);
}
