// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * How pools are sized: docs/threat-model.md, "How large the windows must be". Amounts are USDC units, 1,000,000 to the dollar.
 *
 * Windows. A close can be challenged, and a dispute answered, only while transactions get through. So a window must be longer than the
 * longest outage of the sequencer plus the time in which L1 forces a transaction in, with time left for a provider to notice.
 * - OP Stack (Base, OP Mainnet): a deposit on L1 is included within the sequencing window, 3,600 L1 blocks = 12 hours. The longest
 *   outages of their sequencers were hours.
 * - Arbitrum One: `forceInclusion` on L1 after 24 hours. The longest outages of its sequencer were hours too.
 * Three days cover 24 hours of forced inclusion behind a day of outage, and leave a day for people. Test networks stand still longer
 * and more often than their models, and get the same windows: a rehearsal should be one.
 *
 * Stake. The bounty on the smallest stake must pay a third party for the gas of a slash (some 300,000 gas and the L1 data of a proof),
 * at prices well above the usual ones: half of 5 dollars is 2.50 dollars, and a slash costs cents on these networks, about 1.20 dollars
 * at 1 gwei and 4,000 dollars a coin. Whoever slashes himself loses the other half, and the whole deposit.
 */
import type { PoolDefaults } from "./types.ts";

const HOUR = 3_600n;
const DAY = 24n * HOUR;

export const DOLLAR = 1_000_000n;

export const LIVE_POOL: PoolDefaults = {
  ticketPrice: DOLLAR / 100n,
  policyHold: 0n,
  unit: 10n,
  stakeMinimum: 5n * DOLLAR,
  stakeBps: 100n,
  bountyBps: 5_000n,
  challengeWindow: 3n * DAY,
  disputeWindow: 3n * DAY,
  // Many challenge windows: a user who was away for a year loses nothing.
  accountLifetime: 730n * DAY,
};

/** The shortest windows that the contracts take, so that a local node need not be moved far. */
export const LOCAL_POOL: PoolDefaults = {
  ...LIVE_POOL,
  policyHold: DOLLAR / 1_000n,
  challengeWindow: HOUR,
  disputeWindow: HOUR,
  accountLifetime: 30n * DAY,
};
