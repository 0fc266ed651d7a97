// SPDX-License-Identifier: GPL-3.0-or-later
/** How a keeper works. Times in seconds. */
import { NO_DELAY } from "./delays.ts";
import type { Delay } from "./delays.ts";

export interface KeeperSettings {
  /** Tickets to have proved ahead, over all accounts. */
  readonly stock: number;
  /** From when a deposit was first seen to the enrolment. */
  readonly enrolAfter: Delay;
  /** Enrolments of others to wait for before one's own; 0: none. */
  readonly enrolWhenAnonymitySet: number;
  /** No longer than this, from the end of the delay. */
  readonly enrolAtLatestSeconds: number;
  /** From when there is something to fold to the fold. */
  readonly foldAfter: Delay;
  /** How many refunds are worth a fold, 1 to 4; when the budget covers less than the stock, one is. */
  readonly foldFrom: number;
  /** From what one account does on its own to what another one does: at least this. */
  readonly betweenAccounts: Delay;
  /** Where there are several accounts: from when a call of one was seen to be interrupted to when it is taken up. */
  readonly resumeAfter: Delay;
  /** How often it looks for something to do. */
  readonly everySeconds: number;
  /** How often disputes and certified folds are compared with the chain. */
  readonly chainSeconds: number;
  /** How often the provider's feed is read on. */
  readonly feedSeconds: number;
  /**
   * What becomes of calls that a crash or a lost answer interrupted. "end": they are ended, and what was not served is refunded whole.
   * "resend": the same bytes are sent again, and the answers told: for one who still waits for them.
   */
  readonly interrupted: "end" | "resend";
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const LIVE_KEEPER: KeeperSettings = {
  stock: 8,
  enrolAfter: { kind: "uniform", fromSeconds: 0, toSeconds: DAY },
  enrolWhenAnonymitySet: 0,
  enrolAtLatestSeconds: 7 * DAY,
  foldAfter: { kind: "exponential", meanSeconds: HOUR, atMostSeconds: 6 * HOUR },
  foldFrom: 4,
  betweenAccounts: { kind: "uniform", fromSeconds: MINUTE, toSeconds: 10 * MINUTE },
  resumeAfter: { kind: "uniform", fromSeconds: 0, toSeconds: 10 * MINUTE },
  everySeconds: 5,
  chainSeconds: MINUTE,
  feedSeconds: 5 * MINUTE,
  interrupted: "end",
};

/** For local chains: nothing is delayed. */
export const LOCAL_KEEPER: KeeperSettings = {
  ...LIVE_KEEPER,
  enrolAfter: NO_DELAY,
  foldAfter: NO_DELAY,
  betweenAccounts: NO_DELAY,
  resumeAfter: NO_DELAY,
  everySeconds: 1,
  chainSeconds: 5,
  feedSeconds: 10,
};
