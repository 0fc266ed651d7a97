// SPDX-License-Identifier: GPL-3.0-or-later
/** An outcome as a report for people. */
import type { Block, ReportDocument } from "../report/index.ts";
import { fullNumber, histogramOf, shortNumber } from "../report/index.ts";
import type { L2Cost } from "./costs.ts";
import { VERBS } from "./events.ts";
import { L2_TITLES, PRICES_AS_OF } from "./fees.ts";
import type { Prices } from "./fees.ts";
import type { MonthFigures, Outcome } from "./outcome.ts";

const dollars = (value: number): string => `$${shortNumber(value)}`;
/** Histograms leave out the longest tail, which would hide the rest. */
function withoutTail(values: readonly number[]): readonly number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.slice(0, Math.ceil(sorted.length * 0.99));
}

function costBlocks(costs: readonly L2Cost[]): Block[] {
  const titles = costs.map(({ l2 }) => L2_TITLES[l2]);
  const verbs = VERBS.filter((verb) => costs[0]?.each[verb] !== undefined);
  const part = (of: "execution" | "data"): number[] => costs.map(({ perUserMonth }) => perUserMonth[of]);
  return [
    {
      ...{ kind: "bars", direction: "vertical", arrangement: "stacked", categories: titles },
      title: "Cost for a user and month",
      description: "All transactions of users, sponsors and provider, shared by all users.",
      y: { label: "cost", unit: { before: "$" } },
      series: [
        { name: "execution", values: part("execution") },
        { name: "data on L1", values: part("data") },
      ],
    },
    {
      kind: "table",
      caption: "One transaction of each kind",
      columns: [
        { title: "transaction" },
        ...titles.map((title) => ({ title: `${title}, $`, content: "number" as const })),
      ],
      rows: verbs.map((verb) => [
        verb,
        ...costs.map(({ each }) => shortNumber((each[verb]?.execution ?? 0) + (each[verb]?.data ?? 0))),
      ]),
      note: "Of a batch of deposits, one account's part.",
    },
  ];
}

function moneyBlocks({ months, daysToRevenue }: Outcome): Block[] {
  const series = (name: string, of: (figures: MonthFigures) => number) => ({
    name,
    points: months.map((figures) => [figures.month, of(figures)] as const),
  });
  const histogram = histogramOf(withoutTail(daysToRevenue), 24);
  return [
    {
      kind: "line",
      title: "Money in the pool",
      description: "At the end of each month. What is earned becomes revenue when its account ends, and not before.",
      x: { kind: "number", label: "month" },
      y: { label: "money", unit: { before: "$" } },
      series: [
        series("in escrow, with stakes", ({ escrowed }) => escrowed),
        series("earned so far", ({ earned }) => earned),
        series("earned, in open accounts", ({ unsettled }) => unsettled),
        series("withdrawn so far", ({ withdrawn }) => withdrawn),
      ],
    },
    {
      kind: "histogram",
      title: "Days from a call to its revenue",
      description: "The mean of each account that ended; the slowest hundredth is left out.",
      x: { kind: "number", label: "time", unit: { after: "days" } },
      y: { label: "accounts simulated" },
      ...histogram,
    },
  ];
}

function useBlocks({ months, depositsInDollars }: Outcome): Block[] {
  return [
    {
      ...{ kind: "bars", direction: "vertical", arrangement: "grouped" },
      title: "Transactions a month",
      description: "Of everybody.",
      categories: months.map(({ month }) => month.toString()),
      y: { label: "transactions" },
      series: [{ name: "transactions", values: months.map(({ transactions }) => transactions) }],
    },
    {
      kind: "histogram",
      title: "Deposits",
      description: "Of the accounts simulated; the largest hundredth is left out.",
      x: { kind: "number", label: "deposit", unit: { before: "$" } },
      y: { label: "accounts simulated" },
      ...histogramOf(withoutTail(depositsInDollars), 24),
    },
  ];
}

export function documentOf(outcome: Outcome, costs: readonly L2Cost[], prices: Prices): ReportDocument {
  const { scenario, sample, resources, counts, gas, accounts } = outcome;
  const last = outcome.months.at(-1);
  const cheapest = Math.min(...costs.map(({ perUserMonth }) => perUserMonth.execution + perUserMonth.data));
  return {
    title: `A pool with ${fullNumber(scenario.users)} users`,
    subtitle: `Scenario ${scenario.name}: ${scenario.months} months, ${scenario.actionsPerMonth} actions on chain a user and month. ${fullNumber(sample)} users simulated one by one.`,
    tiles: [
      { label: "Cost, user and month", value: dollars(cheapest), note: "on the cheapest of three L2s" },
      {
        label: "Accounts opened",
        value: shortNumber(accounts),
        note: `${shortNumber(accounts / scenario.users)} for each user`,
      },
      { label: "Earned, not settled", value: dollars(last?.unsettled ?? 0), note: "at the end" },
      {
        label: "Verifier cores",
        value: shortNumber(resources.verifierCores),
        note: `at ${scenario.peakFactor} times the mean load`,
      },
    ],
    sections: [
      { title: "Cost on chain", blocks: costBlocks(costs) },
      { title: "The provider's money", blocks: moneyBlocks(outcome) },
      { title: "Use", blocks: useBlocks(outcome) },
      {
        title: "What it needs",
        blocks: [
          {
            kind: "table",
            caption: "Machines",
            columns: [{ title: "what" }, { title: "how much", content: "number" }],
            rows: [
              ["proving, minutes of one core for a user and month", shortNumber(resources.proverMinutesPerUserMonth)],
              ["verifications a second at the peak", shortNumber(resources.verificationsPerSecond)],
              ["cores that verify at the peak", shortNumber(resources.verifierCores)],
              ...resources.storeBytesPerMonth.map(([database, bytes]) => [
                `gateway store on ${database}, GiB a month`,
                shortNumber(bytes / 2 ** 30),
              ]),
              ["bond that open disputes need, $", shortNumber(outcome.bondNeeded)],
            ],
          },
          {
            kind: "table",
            caption: "Transactions",
            columns: [
              { title: "transaction" },
              { title: "count", content: "number" },
              { title: "gas each", content: "number" },
            ],
            rows: VERBS.filter((verb) => counts[verb] > 0).map((verb) => [
              verb,
              shortNumber(counts[verb]),
              fullNumber(Math.round(gas[verb] / counts[verb])),
            ]),
          },
        ],
      },
      {
        title: "Prices",
        blocks: [
          {
            kind: "table",
            caption: `Inputs, as of ${PRICES_AS_OF} unless given`,
            columns: [{ title: "price" }, { title: "value", content: "number" }],
            rows: Object.entries(prices).map(([name, value]) => [name, fullNumber(value)]),
            note: "Gas prices in gwei, scalars in millionths.",
          },
        ],
      },
    ],
    footer: `Mean price of a call: ${dollars(outcome.meanCharge)}. Made by jeton simulate; the same scenario gives the same page.`,
  };
}
