// SPDX-License-Identifier: GPL-3.0-or-later
/** The terms of the demo's provider: it sells calls to the chain that its pool is on. */
import { parseTerms } from "../../src/wire/index.ts";

/** What each method costs, in token units (1,000,000 to the dollar). At most the ticket price, multiples of the unit. */
export const PRICES = {
  eth_blockNumber: 100n,
  eth_getBalance: 500n,
  eth_call: 1_000n,
  eth_getLogs: 5_000n,
} as const;

export type Method = keyof typeof PRICES;

export const TERMS = parseTerms({
  format: "jeton.terms.v1",
  service: "JSON-RPC calls to the local demonstration chain",
  pricing: {
    kind: "methods",
    prices: Object.fromEntries(Object.entries(PRICES).map(([method, price]) => [method, price.toString()])),
  },
  policy: "No call may be used against the chain's other users.",
  retention: {
    answersSeconds: 3_600,
    sessionSeconds: 600,
    statement: "Answers are kept for an hour, for retries. Addresses and payloads are not kept.",
  },
  endpoints: [],
});
