// SPDX-License-Identifier: GPL-3.0-or-later
/** The accounts that benchmarks use: the same in every run, so that gas does not move. */
import { getAddress, id } from "ethers";

import type { Pool, Share } from "../../src/protocol/index.ts";
import { FIELD_MODULUS, identityCommitmentOf, shareOf, ticketKeyOf, ticketRootOf } from "../../src/protocol/index.ts";

/** D of every account: 10 dollars, 909 tickets of a local pool. */
export const DEPOSIT = 10_000_000n;

/** Later than any run; the same bytes in every run. Unix seconds: the year 2100. */
export const FAR_FUTURE = 4_102_444_800n;

export interface BenchAccount {
  readonly identitySecret: bigint;
  readonly identityCommitment: bigint;
}

export function accountAt(index: number): BenchAccount {
  const identitySecret = BigInt(id(`benchmark account ${index}`)) % FIELD_MODULUS;
  return { identitySecret, identityCommitment: identityCommitmentOf(identitySecret) };
}

/** An address that has never been used on the network. */
export const freshAddress = (label: string): string => getAddress(id(`benchmark ${label}`).slice(0, 42));

/** Two messages on ticket 7 of an account. */
export function doubleSpendOf(
  { poolHash }: Pool,
  { identitySecret }: BenchAccount,
): { readonly index: number; readonly shares: readonly [Share, Share]; readonly identitySecret: bigint } {
  const index = 7;
  const ticketKey = ticketKeyOf(ticketRootOf(identitySecret, poolHash), index);
  const share = (label: string): Share => shareOf(identitySecret, ticketKey, BigInt(id(label)) >> 8n);
  return { index, shares: [share("first message"), share("second message")], identitySecret };
}
