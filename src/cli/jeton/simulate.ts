// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton simulate`: what a pool costs, earns and needs with many users. */
import { readFile, rename, writeFile } from "node:fs/promises";

import { Command } from "commander";

import type { L2Cost, Outcome as Simulated, Prices, Scenario } from "../../simulate/index.ts";
import { CliError } from "../errors.ts";
import { note } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import { jsonOption, saying } from "./action.ts";
import { teaching } from "./help.ts";

interface SimulateFlags {
  readonly file?: string;
  readonly sample: string;
  readonly price?: readonly string[];
  readonly html?: string;
  readonly json?: boolean;
}

const MOST_SAMPLED = 1_000_000;

/** @throws CliError OPTION_INVALID, FILE_UNREADABLE */
async function scenarioOf(name: string | undefined, file: string | undefined): Promise<Scenario> {
  const { BUILT_IN, scenarioSchema } = await import("../../simulate/index.ts");
  if ((name === undefined) === (file === undefined)) {
    throw new CliError("OPTION_MISSING", "name a scenario, or give a file with --file");
  }
  if (name !== undefined) {
    const known = BUILT_IN.find((scenario) => scenario.name === name);
    if (known !== undefined) return scenarioSchema.parse(known);
    const names = BUILT_IN.map((scenario) => scenario.name).join(", ");
    throw new CliError("OPTION_INVALID", `there is no scenario "${name}"; there are ${names}, or --file`);
  }
  const text = await readFile(file ?? "", "utf8").catch((error: unknown) => {
    throw new CliError("FILE_UNREADABLE", `${file ?? ""} cannot be read`, error);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new CliError("FILE_UNREADABLE", `${file ?? ""} is no JSON`, error);
  }
  const result = scenarioSchema.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  throw new CliError("OPTION_INVALID", `${file ?? ""} is no scenario: ${problems}`);
}

/** @throws CliError OPTION_INVALID */
async function pricesOf(given: readonly string[]): Promise<Prices> {
  const { DEFAULT_PRICES, pricesSchema } = await import("../../simulate/index.ts");
  const changes = given.map((text) => {
    const [name = "", value = ""] = text.split("=");
    if (!(name in DEFAULT_PRICES) || !/^\d+(\.\d+)?$/.test(value)) {
      const names = Object.keys(DEFAULT_PRICES).join(", ");
      throw new CliError(
        "OPTION_INVALID",
        `--price takes name=number, as base=0.01, and not "${text}"; names are ${names}`,
      );
    }
    return [name, Number(value)] as const;
  });
  return pricesSchema.parse({ ...DEFAULT_PRICES, ...Object.fromEntries(changes) });
}

/** @throws CliError OPTION_INVALID */
function sampleOf(text: string): number {
  const sample = Number(text);
  if (Number.isInteger(sample) && sample >= 1 && sample <= MOST_SAMPLED) return sample;
  throw new CliError("OPTION_INVALID", `--sample takes a number from 1 to ${MOST_SAMPLED}, and not "${text}"`);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const rounded = (value: number): number => Number(value.toPrecision(4));

function told(outcome: Simulated, costs: readonly L2Cost[], prices: Prices): Outcome {
  const { scenario, sample, accounts, actionsPerUserMonth, counts, resources, months } = outcome;
  const last = months.at(-1);
  return {
    scenario: scenario.name,
    users: scenario.users,
    months: scenario.months,
    simulatedUsers: sample,
    actionsOfAUserAndMonth: rounded(actionsPerUserMonth),
    accountsOpened: Math.round(accounts),
    dollarsAUserAndMonth: Object.fromEntries(
      costs.map(({ l2, perUserMonth: { execution, data } }) => [l2, rounded(execution + data)]),
    ),
    ofThatForData: Object.fromEntries(costs.map(({ l2, perUserMonth: { data } }) => [l2, rounded(data)])),
    transactions: Object.fromEntries(
      Object.entries(counts).flatMap(([verb, count]) => (count > 0 ? [[verb, Math.round(count)]] : [])),
    ),
    escrowedDollars: Math.round(last?.escrowed ?? 0),
    earnedDollars: Math.round(last?.earned ?? 0),
    earnedInOpenAccountsDollars: Math.round(last?.unsettled ?? 0),
    withdrawnDollars: Math.round(last?.withdrawn ?? 0),
    daysFromCallToRevenue: rounded(median(outcome.daysToRevenue)),
    bondNeededDollars: Math.round(outcome.bondNeeded),
    proverMinutesOfAUserAndMonth: rounded(resources.proverMinutesPerUserMonth),
    verificationsPerSecondAtPeak: rounded(resources.verificationsPerSecond),
    verifierCoresAtPeak: rounded(resources.verifierCores),
    storeGibAMonth: Object.fromEntries(
      resources.storeBytesPerMonth.map(([database, bytes]) => [database, rounded(bytes / 2 ** 30)]),
    ),
    prices,
  };
}

/** `jeton simulate`. @throws CliError */
export async function runSimulation(name: string | undefined, flags: SimulateFlags): Promise<Outcome> {
  const { costsOf, documentOf, readMeasured, simulate } = await import("../../simulate/index.ts");
  const scenario = await scenarioOf(name, flags.file);
  const prices = await pricesOf(flags.price ?? []);
  const sample = Math.min(sampleOf(flags.sample), scenario.users);
  note(`simulating ${sample} of ${scenario.users} users for ${scenario.months} months …`);
  const outcome = simulate(scenario, { sample, measured: await readMeasured() });
  const costs = costsOf(outcome, prices);
  if (flags.html === undefined) return told(outcome, costs, prices);
  const { renderReport } = await import("../../report/index.ts");
  const draft = `${flags.html}.draft`;
  try {
    await writeFile(draft, renderReport(documentOf(outcome, costs, prices)));
    await rename(draft, flags.html);
  } catch (error) {
    throw new CliError("FILE_UNREADABLE", `${flags.html} cannot be written`, error);
  }
  return { ...told(outcome, costs, prices), html: flags.html };
}

const collect = (value: string, all: readonly string[] | undefined): readonly string[] => [...(all ?? []), value];

export const simulateCommand = (): Command =>
  teaching(
    new Command("simulate")
      .description("what a pool costs, earns and needs with many users: costs on L2s, float, storage, cores")
      .argument("[scenario]", "250k-2, 1m-1, 1m-2, 1m-3 or small: users, and actions on chain a user and month")
      .option("--file <file>", "a scenario of your own, as JSON (docs/scale.md)")
      .option("--sample <users>", "how many are simulated one by one; the rest is like them", "2000")
      .option("--price <name=number>", "another price than the default; again for each", collect)
      .option("--html <file>", "write a page with charts there")
      .addOption(jsonOption())
      .action(saying(runSimulation, 1)),
    {
      about:
        "The same scenario gives the same figures. What is simulated, and what a scenario of your own holds, is in docs/scale.md.",
      examples: [
        "simulate 1m-2 --html report.html",
        "simulate 250k-2 --price dollarsPerEther=2500 --price base=0.005 --json",
        "simulate --file mine.json --sample 5000",
      ],
    },
  );
