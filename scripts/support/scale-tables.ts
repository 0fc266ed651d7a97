// SPDX-License-Identifier: GPL-3.0-or-later
/** docs/scale.md's results: the named scenarios, simulated anew with the default prices. */
import { readFileSync } from "node:fs";

import type { Measured, Outcome, Prices } from "../../src/simulate/index.ts";
import {
  BUILT_IN,
  DEFAULT_PRICES,
  L2_TITLES,
  PRICES_AS_OF,
  VERBS,
  costsOf,
  medianOf,
  scenarioSchema,
  simulate,
} from "../../src/simulate/index.ts";
import { number, table } from "../bench/markdown.ts";
import { between } from "./between.ts";

export const SCALE_DOCUMENT = "docs/scale.md";
const MARKS = ["<!-- results: made by `npm run generate` -->", "<!-- results: end -->"] as const;
/** Users that are followed one by one. */
const SAMPLE = 500;

const UNITS: Readonly<Record<keyof Prices, string>> = {
  dollarsPerEther: "dollars",
  l1BaseFee: "gwei a gas, Ethereum",
  blobBaseFee: "gwei a byte of a blob, Ethereum",
  base: "gwei a gas, Base",
  optimism: "gwei a gas, OP Mainnet",
  arbitrum: "gwei a gas, Arbitrum One",
  arbitrumDataUnit: "gwei a sixteenth of a byte, Arbitrum One",
  baseFeeScalar: "millionths, Base",
  baseBlobScalar: "millionths, Base",
  optimismFeeScalar: "millionths, OP Mainnet",
  optimismBlobScalar: "millionths, OP Mainnet",
};

/** Three figures, however small. */
const figures = (value: number): string => (value >= 1_000 ? number(value) : String(Number(value.toPrecision(3))));
const whole = (value: number): string => number(Math.round(value));

function priceTable(): string {
  const rows = Object.entries(UNITS).map(([name, unit]) => [
    `\`${name}\``,
    String(DEFAULT_PRICES[name as keyof Prices]),
    unit,
  ]);
  return table(["price, assumed", "value", "unit"], rows);
}

function costTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => [
    `\`${outcome.scenario.name}\``,
    whole(outcome.scenario.users),
    figures(outcome.actionsPerUserMonth),
    ...costsOf(outcome, DEFAULT_PRICES).flatMap(({ perUserMonth: { execution, data } }) => [
      figures(execution + data),
      figures(data),
    ]),
  ]);
  const titles = Object.values(L2_TITLES).flatMap((title) => [`${title}, $`, "of that data"]);
  return table(["scenario", "users", "actions a user and month", ...titles], rows);
}

function transactionTable(outcome: Outcome): string {
  const costs = costsOf(outcome, DEFAULT_PRICES);
  const rows = VERBS.filter((verb) => outcome.counts[verb] > 0).map((verb) => [
    verb === "depositBatch" ? "depositBatch, one account's part" : verb,
    whole(outcome.counts[verb]),
    ...costs.map(({ each }) => figures((each[verb]?.execution ?? 0) + (each[verb]?.data ?? 0))),
  ]);
  const titles = costs.map(({ l2 }) => `${L2_TITLES[l2]}, $`);
  return table([`transaction (\`${outcome.scenario.name}\`)`, "in the whole time", ...titles], rows);
}

function providerTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => {
    const last = outcome.months.at(-1);
    return [
      `\`${outcome.scenario.name}\``,
      whole(outcome.accounts),
      ...[last?.escrowed, last?.earned, last?.withdrawn, last?.unsettled].map((value) => whole(value ?? 0)),
      figures(medianOf(outcome.daysToRevenue)),
      whole(outcome.bondNeeded),
    ];
  });
  const head = [
    ...["scenario", "accounts in a year", "in escrow at the end, $", "earned, $", "withdrawn, $"],
    ...["earned, in open accounts, $", "days from call to revenue", "bond for open disputes, $"],
  ];
  return table(head, rows);
}

function machineTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ scenario, resources }) => [
    `\`${scenario.name}\``,
    figures(resources.proverMinutesPerUserMonth),
    figures(resources.verificationsPerSecond),
    figures(resources.verifierCores),
    ...resources.storeBytesPerMonth.map(([, bytes]) => whole(bytes / 2 ** 30)),
  ]);
  const databases = outcomes[0]?.resources.storeBytesPerMonth.map(([name]) => `${name}, GiB a month`) ?? [];
  const head = ["scenario", "proving, minutes a user and month", "proofs a second at the peak", "verifier cores there"];
  return table([...head, ...databases], rows);
}

/** The document with what the model of now says, given what is measured now. */
export function withScaleTables(url: URL, measured: Measured): string {
  const outcomes = BUILT_IN.filter(({ name }) => name !== "small").map((scenario) =>
    simulate(scenarioSchema.parse(scenario), { sample: SAMPLE, measured }),
  );
  const [first] = outcomes;
  if (first === undefined) throw new Error("there is no scenario");
  const parts = [
    `\`jeton simulate NAME --sample ${SAMPLE}\` says the same. Prices are assumptions (of the order seen in ${PRICES_AS_OF}; \`src/simulate/fees.ts\`), gas and times are the benchmark's:`,
    priceTable(),
    "What users pay: everybody's transactions, sponsors' and the provider's included, shared by all users.",
    costTable(outcomes),
    transactionTable(first),
    "What the provider lends and waits for, at the end of the last month; days are the median over settled accounts.",
    providerTable(outcomes),
    "What machines do.",
    machineTable(outcomes),
  ];
  return between(readFileSync(url, "utf8"), MARKS, parts.join("\n\n"), SCALE_DOCUMENT);
}
