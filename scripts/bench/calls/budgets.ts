// SPDX-License-Identifier: GPL-3.0-or-later
/** What a paid call may cost in time. Printed beside what was measured, and never a reason to fail: times are a machine's. */
import type { CallsReport } from "./measure.ts";
import { NAMES } from "./names.ts";

/**
 * Milliseconds at the median, and verifications of one proof by snarkjs, which everybody can run: counted in the gateway's own, a faster
 * verification would break the budget that it serves.
 */
export const LATENCY_BUDGETS = {
  "the wallet's share of a call, ms": 15,
  "the gateway's share of a call in an open session, ms": 15,
  "the gateway's share of a ticket's first call, in verifications by snarkjs": 1.5,
} as const;

export function latencies({ series, firstCallOverSnarkjs }: CallsReport): Record<keyof typeof LATENCY_BUDGETS, number> {
  const nothing = Number.POSITIVE_INFINITY;
  return {
    "the wallet's share of a call, ms": series[NAMES.wallet]?.walletShare?.p50 ?? nothing,
    "the gateway's share of a call in an open session, ms": series[NAMES.open]?.gatewayShare?.p50 ?? nothing,
    "the gateway's share of a ticket's first call, in verifications by snarkjs": firstCallOverSnarkjs,
  };
}
