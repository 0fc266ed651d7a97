// SPDX-License-Identifier: GPL-3.0-or-later
/** What an outcome costs in dollars on each L2, verb by verb. */
import { VERBS } from "./events.ts";
import type { Verb } from "./events.ts";
import { L2S, dataFee, gasFee } from "./fees.ts";
import type { L2, Prices } from "./fees.ts";
import type { Outcome } from "./outcome.ts";
import { sampleTransactions } from "./transactions.ts";

export interface Cost {
  readonly execution: number;
  readonly data: number;
}

export interface L2Cost {
  readonly l2: L2;
  /** Dollars a user and month, all verbs together. */
  readonly perUserMonth: Cost;
  /** Dollars for one transaction of each verb that happened; of a batch, for one account. */
  readonly each: Readonly<Partial<Record<Verb, Cost>>>;
}

export function costsOf(outcome: Outcome, prices: Prices): readonly L2Cost[] {
  const { counts, gas, scenario } = outcome;
  const { batch } = scenario.sponsored;
  const samples = sampleTransactions(batch);
  const userMonths = scenario.users * scenario.months;
  return L2S.map((l2) => {
    let [execution, data] = [0, 0];
    const each: Partial<Record<Verb, Cost>> = {};
    for (const verb of VERBS) {
      const count = counts[verb];
      if (count === 0) continue;
      const fee = dataFee(l2, samples[verb], prices);
      execution += gasFee(l2, gas[verb], prices);
      data += fee * count;
      const shared = verb === "depositBatch" ? batch : 1;
      each[verb] = { execution: gasFee(l2, gas[verb] / count, prices) / shared, data: fee / shared };
    }
    return { l2, perUserMonth: { execution: execution / userMonths, data: data / userMonths }, each };
  });
}
