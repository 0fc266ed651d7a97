// SPDX-License-Identifier: GPL-3.0-or-later
/** What a claim may cost: never more than its share of what the bounty is worth, whatever the fees do. Pure. */

/** Per gas, in the chain's smallest unit. */
export interface Fees {
  readonly maxFee: bigint;
  readonly priorityFee: bigint;
}

export interface Quote {
  readonly baseFee: bigint;
  readonly priorityFee: bigint;
  readonly gasLimit: bigint;
  /** Beside the gas. */
  readonly dataFee: bigint;
  /** The most that may be spent. */
  readonly budget: bigint;
  /** What the new transaction replaces. */
  readonly replaced: Fees | undefined;
}

/** What a bounty is worth in the chain's smallest unit. @param price of one whole token */
export const worthOf = (bounty: bigint, price: bigint, decimals: number): bigint =>
  (bounty * price) / 10n ** BigInt(decimals);

/** What may be spent on a claim, less what was spent already. */
export function budgetOf(worth: bigint, costBps: number, spent: bigint): bigint {
  const budget = (worth * BigInt(costBps)) / 10_000n - spent;
  return budget > 0n ? budget : 0n;
}

/** Nodes take a replacement that offers a tenth more on both; an eighth is surely enough. */
const raised = (fee: bigint): bigint => fee + fee / 8n + 1n;
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/**
 * The fees to offer: twice the base fee and the tip, so that it holds while the base fee rises for some blocks, cut to the budget.
 * Undefined when the budget does not pay for the next block, or for a replacement.
 */
export function feesFor({ baseFee, priorityFee, gasLimit, dataFee, budget, replaced }: Quote): Fees | undefined {
  if (budget <= dataFee) return undefined;
  const perGas = (budget - dataFee) / gasLimit;
  const floor =
    replaced === undefined
      ? { maxFee: 0n, priorityFee: 0n }
      : {
          maxFee: raised(replaced.maxFee),
          priorityFee: raised(replaced.priorityFee),
        };
  const tip = most(priorityFee, floor.priorityFee);
  const needed = most(baseFee + 1n, floor.maxFee);
  if (perGas < needed || perGas < floor.priorityFee) return undefined;
  const maxFee = least(perGas, most(2n * baseFee + tip, needed));
  return { maxFee, priorityFee: least(tip, maxFee) };
}
