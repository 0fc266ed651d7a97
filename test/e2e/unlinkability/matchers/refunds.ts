// SPDX-License-Identifier: GPL-3.0-or-later
/** Which refund tickets add up to what a close claims. */
import type { Entity, Sight } from "../entities.ts";
import type { Matcher } from "./matcher.ts";

const FOLDED_MOST = 4;

const numberOf = ({ small }: Entity, tag: string): number | undefined => {
  const found = small.find((value) => value.tag === tag)?.value;
  return found === undefined ? undefined : Number(found);
};

/** The coarsest of the likely steps that a sum is a multiple of: it may have been rounded down to that. */
function stepOf({ pool }: Sight, sum: number): number {
  const { ticketPrice, policyHold, unit } = pool.parameters;
  const steps = [4n, 2n, 1n].map((count) => count * ticketPrice).concat(ticketPrice + policyHold, policyHold, unit);
  return steps.map(Number).find((step) => sum % step === 0) ?? 1;
}

/** Sums of two different elements, ascending. */
function pairSums(amounts: readonly number[]): Float64Array {
  const sums = amounts.flatMap((first, index) => amounts.slice(index + 1).map((second) => first + second));
  return Float64Array.from(sums).sort();
}

/** How many elements of an ascending list are below a bound. */
function countBelow(sorted: Float64Array, bound: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** In how many ways some of `others`, `size` of them, have a sum in [from, to). Overlaps of two pairs are not excluded: they are few. */
function waysOf(others: readonly number[], pairs: Float64Array, size: number, from: number, to: number): number {
  switch (size) {
    case 0:
      return from <= 0 && to > 0 ? 1 : 0;
    case 1:
      return others.filter((amount) => amount >= from && amount < to).length;
    case 2:
      return countBelow(pairs, to) - countBelow(pairs, from);
    default:
      return others.reduce(
        (ways, amount) => ways + countBelow(pairs, to - amount) - countBelow(pairs, from - amount),
        0,
      );
  }
}

/**
 * For every ticket and every close with refunds: the share of the sets of tickets that add up to the claim, whatever was rounded off,
 * that hold this ticket. The number of tickets folded follows from the returned holds when these are exact.
 */
export const refundSums: Matcher = {
  name: "sums of refunds",
  score: (sight, lefts, rights) => {
    const tickets = lefts.map((ticket) => numberOf(ticket, "refunded_charge"));
    const hold = Number(sight.pool.parameters.policyHold);
    const columns = rights.map((account): number[] => {
      const claim = numberOf(account, "refundedCharges");
      const holds = numberOf(account, "refundedHolds");
      if (claim === undefined || holds === undefined || claim === 0) return lefts.map(() => 0);
      const to = claim + stepOf(sight, claim);
      const exact = holds > 0 && holds % hold === 0 ? holds / hold : undefined;
      const sizes = exact === undefined ? [1, 2, 3, FOLDED_MOST] : [exact];
      const ways = tickets.map((own, index) => {
        if (own === undefined) return 0;
        const others = tickets.filter((amount, other): amount is number => amount !== undefined && other !== index);
        const pairs = pairSums(others);
        return sizes
          .filter((size) => size <= FOLDED_MOST)
          .reduce((sum, size) => sum + waysOf(others, pairs, size - 1, claim - own, to - own), 0);
      });
      const all = ways.reduce((sum, count) => sum + count, 0);
      return ways.map((count) => (all === 0 ? 0 : count / all));
    });
    return lefts.map((_, row) => rights.map((__, column) => columns[column]?.[row] ?? 0));
  },
};
