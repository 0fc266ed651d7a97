/** Who gets what when an account ends. Token base units throughout; every split sums to what the account holds. */
import type { PoolParameters } from "./pool.ts";
import { holdOf } from "./pool.ts";

export interface CloseClaim {
  readonly deposit: bigint;
  readonly stake: bigint;
  readonly firstUnused: bigint;
  readonly refundedCharges: bigint;
  readonly refundedHolds: bigint;
  readonly fee: bigint;
  /** D was paid out when the account expired. */
  readonly isExpired: boolean;
}

export interface Payout {
  readonly toRecipient: bigint;
  readonly toRelayer: bigint;
  readonly toProvider: bigint;
  readonly toBurn: bigint;
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Expects Rc <= j·C and Rp <= j·P, as the contract demands. */
export function closePayout(parameters: PoolParameters, claim: CloseClaim): Payout {
  const { deposit, stake, firstUnused, refundedCharges, refundedHolds } = claim;
  const charged = firstUnused * parameters.ticketPrice - refundedCharges;
  const spent = firstUnused * holdOf(parameters) - refundedCharges - refundedHolds;

  const held = claim.isExpired ? 0n : deposit;
  const toProvider = smaller(charged, held);
  const left = spent <= held ? held - spent : 0n;
  const toUser = left + stake;
  const toRelayer = smaller(claim.fee, toUser);
  return { toRecipient: toUser - toRelayer, toRelayer, toProvider, toBurn: held + stake - toUser - toProvider };
}

/** D to the provider, `bountyBps` of S to the slasher, the rest of S burned. An expired account moves S alone. */
export function slashPayout(parameters: PoolParameters, deposit: bigint, stake: bigint, isExpired: boolean): Payout {
  const toRecipient = (stake * parameters.bountyBps) / 10_000n;
  return { toRecipient, toRelayer: 0n, toProvider: isExpired ? 0n : deposit, toBurn: stake - toRecipient };
}
