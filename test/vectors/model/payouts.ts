// SPDX-License-Identifier: GPL-3.0-or-later
/** The naive model's money: who gets what when an account ends, as the protocol's sentences say it. */

export interface Ended {
  readonly deposit: bigint;
  readonly stake: bigint;
  readonly isExpired: boolean;
}

export interface Split {
  readonly user: bigint;
  readonly relayer: bigint;
  readonly provider: bigint;
  readonly burned: bigint;
}

export interface Closing {
  readonly firstUnused: bigint;
  readonly refundedCharges: bigint;
  readonly refundedHolds: bigint;
  readonly ticketPrice: bigint;
  readonly policyHold: bigint;
  readonly fee: bigint;
}

export function splitOfClose({ deposit, stake, isExpired }: Ended, closing: Closing): Split {
  const { firstUnused: j, refundedCharges, refundedHolds, ticketPrice, policyHold, fee } = closing;
  const owed = j * (ticketPrice + policyHold) - refundedCharges - refundedHolds;
  const charged = j * ticketPrice - refundedCharges;
  let split: Split;
  if (isExpired) split = { user: stake, relayer: 0n, provider: 0n, burned: 0n };
  else if (owed > deposit) {
    const provider = charged > deposit ? deposit : charged;
    split = { user: stake, relayer: 0n, provider, burned: deposit - provider };
  } else {
    split = { user: deposit + stake - owed, relayer: 0n, provider: charged, burned: j * policyHold - refundedHolds };
  }
  const relayer = fee > split.user ? split.user : fee;
  return { ...split, user: split.user - relayer, relayer };
}

export function splitOfSlash({ deposit, stake, isExpired }: Ended, bountyBps: bigint): Split {
  const bounty = (stake * bountyBps) / 10_000n;
  return { user: bounty, relayer: 0n, provider: isExpired ? 0n : deposit, burned: stake - bounty };
}

export const stakeOf = (deposit: bigint, stakeMinimum: bigint, stakeBps: bigint): bigint =>
  stakeMinimum + (deposit * stakeBps) / 10_000n;
