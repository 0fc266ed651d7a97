// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * How much better than chance a table of scores is. Rows are the things to be attributed, columns the candidates; both have owners,
 * which the scores were made without.
 *
 * Two statistics, each with a tail that holds for few and for many hits, so that a small significance level means something:
 *
 * - Hits. Every row names the owner of its best column, or nobody when the best belong to several. If scores say nothing, the rows'
 *   owners are a random arrangement, and the number of hits has the distribution of the card-matching problem: with c_a rows of owner
 *   a and g_a rows that name a, the expected number of ways to pick m hits is r_m·(n - m)!/n!, r_m the coefficient of z^m in
 *   Π_a Σ_k C(c_a, k)·C(g_a, k)·k!·z^k (Riordan, An Introduction to Combinatorial Analysis, chapter 7). The tail is exact.
 * - Rank. The mean over rows of the chance that a column of the row's owner scores above one of somebody else's (AUC; ties count
 *   half). The tail is Chernoff's bound for rows whose owners are drawn independently, as often as they own rows. Both directions count.
 */
export interface Row {
  readonly owner: number;
  readonly scores: readonly number[];
}

export interface Result {
  readonly rows: number;
  readonly guesses: number;
  readonly hits: number;
  /** How many hits chance has on average. */
  readonly expectedHits: number;
  /** 0.5 is chance. */
  readonly auc: number;
  /** Natural logarithms of the probabilities that chance does as well. */
  readonly logHits: number;
  readonly logRank: number;
}

function countBy(values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function binomial(n: bigint, k: bigint): bigint {
  let result = 1n;
  for (let i = 0n; i < k; i++) result = (result * (n - i)) / (i + 1n);
  return result;
}

function factorial(n: number): bigint {
  let result = 1n;
  for (let i = 2n; i <= BigInt(n); i++) result *= i;
  return result;
}

/** ln of a positive rational. */
function logOf(numerator: bigint, denominator: bigint): number {
  const log = (value: bigint): number => {
    const digits = value.toString();
    return Math.log(Number(`0.${digits.slice(0, 17)}`)) + digits.length * Math.LN10;
  };
  return log(numerator) - log(denominator);
}

/** Coefficients r_0, r_1, … : in how many ways m rows can be given owners that they name. */
function rookNumbers(owned: ReadonlyMap<number, number>, named: ReadonlyMap<number, number>): bigint[] {
  let product: bigint[] = [1n];
  for (const [owner, count] of named) {
    const own = owned.get(owner) ?? 0;
    const factor = Array.from({ length: Math.min(count, own) + 1 }, (_, k) => {
      const size = BigInt(k);
      return binomial(BigInt(own), size) * binomial(BigInt(count), size) * factorial(k);
    });
    const next = new Array<bigint>(product.length + factor.length - 1).fill(0n);
    product.forEach((a, i) => factor.forEach((b, j) => (next[i + j] = (next[i + j] as bigint) + a * b)));
    product = next;
  }
  return product;
}

/** ln P(at least `hits` hits), exactly. */
export function logHitTail(owners: readonly number[], named: readonly number[], hits: number): number {
  if (hits === 0) return 0;
  const rooks = rookNumbers(countBy(owners), countBy(named));
  let sum = 0n;
  for (let m = hits; m < rooks.length; m++) {
    const term = binomial(BigInt(m - 1), BigInt(hits - 1)) * (rooks[m] as bigint) * factorial(owners.length - m);
    sum += (m - hits) % 2 === 0 ? term : -term;
  }
  return sum <= 0n ? -Infinity : Math.min(0, logOf(sum, factorial(owners.length)));
}

/** The owner of the best column, when all of the best are one owner's. */
function bestOwner(scores: readonly number[], columns: readonly number[]): number | undefined {
  const most = Math.max(...scores);
  const owners = new Set(columns.filter((_, column) => scores[column] === most));
  const [only] = owners;
  return owners.size === 1 ? only : undefined;
}

/** For each owner: how likely a column of his scores above somebody else's. */
function aucByOwner(
  scores: readonly number[],
  columns: readonly number[],
  owners: readonly number[],
): Map<number, number> {
  const result = new Map<number, number>();
  for (const owner of owners) {
    let above = 0;
    let pairs = 0;
    for (const [column, its] of columns.entries()) {
      if (its !== owner) continue;
      const score = scores[column] as number;
      for (const [other, theirs] of columns.entries()) {
        if (theirs === owner) continue;
        const against = scores[other] as number;
        above += score > against ? 1 : score === against ? 0.5 : 0;
        pairs += 1;
      }
    }
    result.set(owner, pairs === 0 ? 0.5 : above / pairs);
  }
  return result;
}

/** min over θ of -θ·sum + Σ ln E exp(θ·value): Chernoff's bound of P(sum of the rows' values >= sum). */
function logChernoff(values: readonly (readonly number[])[], weights: readonly number[], sum: number): number {
  const exponent = (theta: number): number =>
    values.reduce((total, row) => {
      const mean = row.reduce((all, value, index) => all + (weights[index] as number) * Math.exp(theta * value), 0);
      return total + Math.log(mean);
    }, -theta * sum);
  let low = 0;
  let high = 200;
  for (let step = 0; step < 60; step++) {
    const [first, second] = [low + (high - low) / 3, high - (high - low) / 3];
    if (exponent(first) < exponent(second)) high = second;
    else low = first;
  }
  return Math.min(0, exponent((low + high) / 2));
}

/** @param columns the owner of every column. */
export function judge(rows: readonly Row[], columns: readonly number[]): Result {
  const owners = rows.map(({ owner }) => owner);
  const named = rows.map(({ scores }) => bestOwner(scores, columns));
  const guesses = named.filter((owner) => owner !== undefined);
  const hits = rows.filter(({ owner }, index) => named[index] === owner).length;
  const owned = countBy(owners);
  const expected = guesses.reduce((total, owner) => total + (owned.get(owner) ?? 0) / rows.length, 0);

  const present = [...new Set(columns)].filter((owner) => owned.has(owner));
  const answerable = rows.filter(({ owner }) => present.includes(owner));
  const aucs = answerable.map(({ scores }) => aucByOwner(scores, columns, present));
  const weights = present.map((owner) => (owned.get(owner) as number) / answerable.length);
  const table = aucs.map((row) => present.map((owner) => row.get(owner) as number));
  const sum = answerable.reduce((total, { owner }, index) => total + (aucs[index]?.get(owner) ?? 0), 0);
  const upper = logChernoff(table, weights, sum);
  const lower = logChernoff(
    table.map((row) => row.map((value) => 1 - value)),
    weights,
    answerable.length - sum,
  );
  return {
    rows: rows.length,
    guesses: guesses.length,
    hits,
    expectedHits: expected,
    auc: answerable.length === 0 ? 0.5 : sum / answerable.length,
    logHits: logHitTail(owners, guesses, hits),
    // Two directions.
    logRank: Math.min(0, Math.min(upper, lower) + Math.LN2),
  };
}
