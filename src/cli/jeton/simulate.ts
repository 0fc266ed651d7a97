// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton simulate`: what a pool costs, earns and needs with many users. */
import { readFile, rename, writeFile } from "node:fs/promises";

import { Command } from "commander";

import type { Agreement, L2Cost, Outcome as Simulated, Prices, Scenario } from "../../simulate/index.ts";
import { CliError } from "../errors.ts";
import { FOUND_WRONG, note } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import { jsonOption, saying } from "./action.ts";
import { teaching } from "./help.ts";

interface SimulateFlags {
  readonly file?: string;
  readonly sample: string;
  readonly price?: readonly string[];
  readonly html?: string;
  readonly replay?: string;
  readonly json?: boolean;
}

const MOST_SAMPLED = 1_000_000;
/** Each account of a user takes a proof or two, of seconds: more would run for days. */
const MOST_REPLAYED = 1_000;

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
function countOf(option: string, text: string, most: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new CliError("OPTION_INVALID", `${option} takes a number from 1 to ${most}, and not "${text}"`);
}

const rounded = (value: number): number => Number(value.toPrecision(4));

function told(outcome: Simulated, costs: readonly L2Cost[], prices: Prices, median: number): Outcome {
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
    daysFromCallToRevenue: rounded(median),
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

/** @throws CliError FILE_UNREADABLE */
async function writePage(
  html: string | undefined,
  outcome: Simulated,
  costs: readonly L2Cost[],
  prices: Prices,
): Promise<object> {
  if (html === undefined) return {};
  const { documentOf } = await import("../../simulate/index.ts");
  const { renderReport } = await import("../../report/index.ts");
  const draft = `${html}.draft`;
  try {
    await writeFile(draft, renderReport(documentOf(outcome, costs, prices)));
    await rename(draft, html);
  } catch (error) {
    throw new CliError("FILE_UNREADABLE", `${html} cannot be written`, error);
  }
  return { html };
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

function toldReplay(users: number, agreement: Agreement): object {
  const { transactions, accounts, settled, verbs, differences } = agreement;
  return {
    users,
    transactions,
    accounts,
    accountsPaidToTheUnit: settled,
    agrees: differences.length === 0,
    gas: Object.fromEntries(
      verbs.map(({ verb, count, used, computed, furthest, tolerance }) => [
        verb,
        {
          count,
          ...{ meanUsed: Math.round(used), meanComputed: Math.round(computed) },
          ...{ furthest: percent(furthest), promised: percent(tolerance) },
        },
      ]),
    ),
    differences: differences.length === 0 ? undefined : differences,
  };
}

/** What was computed, and what some of it really is: exit code 3 where the two differ. @throws CliError */
async function replayed(scenario: Scenario, users: number): Promise<object> {
  const { readMeasured } = await import("../../simulate/index.ts");
  const { replayOnChain } = await import("./simulate-replay.ts");
  const agreement = await replayOnChain(scenario, users, await readMeasured(), note);
  if (agreement.differences.length > 0) process.exitCode = FOUND_WRONG;
  return { replay: toldReplay(users, agreement) };
}

/** `jeton simulate`. @throws CliError */
export async function runSimulation(name: string | undefined, flags: SimulateFlags): Promise<Outcome> {
  const { costsOf, medianOf, readMeasured, simulate } = await import("../../simulate/index.ts");
  const scenario = await scenarioOf(name, flags.file);
  const prices = await pricesOf(flags.price ?? []);
  const sample = Math.min(countOf("--sample", flags.sample, MOST_SAMPLED), scenario.users);
  const users = flags.replay === undefined ? 0 : countOf("--replay", flags.replay, MOST_REPLAYED);
  note(`simulating ${sample} of ${scenario.users} users for ${scenario.months} months …`);
  const outcome = simulate(scenario, { sample, measured: await readMeasured() });
  const costs = costsOf(outcome, prices);
  const figures = told(outcome, costs, prices, medianOf(outcome.daysToRevenue));
  const result = { ...figures, ...(await writePage(flags.html, outcome, costs, prices)) };
  return users === 0 ? result : { ...result, ...(await replayed(scenario, Math.min(users, scenario.users))) };
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
      .option("--replay <users>", "carry so many of them out on a local chain, with real proofs, and compare")
      .addOption(jsonOption())
      .action(saying(runSimulation, 1)),
    {
      about:
        "The same scenario gives the same figures. What is simulated, and what a scenario of your own holds, is in docs/scale.md.\n" +
        "--replay sends everything that the first users do to the real contracts, and says how far money and gas agree. " +
        "Of a year on two cores a user takes a minute or two: each close is a proof.",
      examples: [
        "simulate 1m-2 --html report.html",
        "simulate 250k-2 --price dollarsPerEther=2500 --price base=0.005 --json",
        "simulate --file mine.json --sample 5000",
        "simulate 250k-2 --replay 3 # a local chain, real proofs: do the figures hold?",
      ],
      exitCodes:
        "0 it is done; 1 it was refused, or failed, and the last line says why; 2 the command line was wrong; 3 what was replayed differs from what was computed.",
    },
  );
