// SPDX-License-Identifier: GPL-3.0-or-later
/** The pool of the campaign, in numbers that do not divide evenly and windows that differ, so that one taken for another shows. */

export const C = 10_000n;
export const P = 1_000n;
export const HOLD = 11_000n;
export const UNIT = 50n;
export const STAKE_MINIMUM = 100_007n;
export const STAKE_BPS = 133n;
export const BOUNTY_BPS = 4_990n;
export const CHALLENGE_WINDOW = 3_600n;
export const DISPUTE_WINDOW = 5_000n;
/** Ten days: honest users of a run never come near it. */
export const LIFETIME = 864_000n;
export const TICKETS = 65_536n;
export const AMOUNT_LIMIT = 1n << 96n;
export const FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
export const NOBODY = "0x0000000000000000000000000000000000000000";
export const DEAD = "0x000000000000000000000000000000000000dEaD";

export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** The name of the custom error that a call must revert with; undefined if it must go through. */
export type Refusal = string | undefined;

/** The first name whose condition holds, in the order given. */
export function firstOf(...reasons: readonly (readonly [boolean, string])[]): Refusal {
  return reasons.find(([holds]) => holds)?.[1];
}
