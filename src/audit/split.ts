// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Who gets what when an account ends, written again for the audit: an audit that shared the arithmetic of wallets and gateways would share their
 * mistakes. It pays out of one purse, claim after claim, in the order of docs/protocol.md; a test holds it to src/protocol/payouts.ts.
 */
export interface Split {
  readonly toRecipient: bigint;
  readonly toRelayer: bigint;
  readonly toProvider: bigint;
  readonly toBurn: bigint;
}

export interface ClosingAccount {
  readonly deposit: bigint;
  readonly stake: bigint;
  readonly isExpired: boolean;
}

export interface CloseSums {
  readonly firstUnused: bigint;
  readonly refundedCharges: bigint;
  readonly refundedHolds: bigint;
  readonly fee: bigint;
}

/** What is in the purse pays what is asked for, as far as it goes. */
class Purse {
  #left: bigint;

  constructor(left: bigint) {
    this.#left = left;
  }

  take(asked: bigint): bigint {
    const paid = asked <= 0n ? 0n : asked > this.#left ? this.#left : asked;
    this.#left -= paid;
    return paid;
  }

  rest(): bigint {
    return this.take(this.#left);
  }
}

export function splitOfClose(
  { ticketPrice, policyHold }: { readonly ticketPrice: bigint; readonly policyHold: bigint },
  { deposit, stake, isExpired }: ClosingAccount,
  { firstUnused, refundedCharges, refundedHolds, fee }: CloseSums,
): Split {
  const charges = firstUnused * ticketPrice - refundedCharges;
  const holds = firstUnused * policyHold - refundedHolds;
  const purse = new Purse(isExpired ? 0n : deposit);
  const toProvider = purse.take(charges);
  // Holds that the deposit does not cover: what is left of it burns.
  const toBurn = isExpired ? 0n : purse.take(holds);
  const user = new Purse(purse.rest() + stake);
  const toRelayer = user.take(fee);
  return { toRecipient: user.rest(), toRelayer, toProvider, toBurn };
}

export function splitOfSlash(
  { bountyBps }: { readonly bountyBps: bigint },
  { deposit, stake, isExpired }: ClosingAccount,
): Split {
  const purse = new Purse(stake);
  const toRecipient = purse.take((stake * bountyBps) / 10_000n);
  return { toRecipient, toRelayer: 0n, toProvider: isExpired ? 0n : deposit, toBurn: purse.rest() };
}
