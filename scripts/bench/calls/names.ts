// SPDX-License-Identifier: GPL-3.0-or-later
/** The series of calls. */
export const LONG_SESSION = 400;
/** How many calls at the end of a long session are timed. */
export const LATE_CALLS = 50;
const LATE = `calls ${LONG_SESSION - LATE_CALLS + 1} to ${LONG_SESSION} of a session`;

export const NAMES = {
  direct: "without Jeton",
  directStreamed: "without Jeton, streamed",
  open: "gateway, open session",
  first: "gateway, first call of a ticket",
  long: `gateway, ${LATE}`,
  openPostgres: "gateway on PostgreSQL, open session",
  firstPostgres: "gateway on PostgreSQL, first call of a ticket",
  longPostgres: `gateway on PostgreSQL, ${LATE}`,
  wallet: "wallet and gateway, a ticket each",
  walletStreamed: "wallet and gateway, streamed",
  walletWhileProving: "wallet and gateway, while tickets are proved",
} as const;
