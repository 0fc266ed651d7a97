// SPDX-License-Identifier: GPL-3.0-or-later
/** Plants each bug of a kept list in a copy of the contracts, and expects the campaigns to find it. */
import { parseArgs } from "node:util";

import { UsageError } from "./circuits/cli.ts";
import { MUTATIONS } from "./mutants/index.ts";
import { CAMPAIGNS } from "./mutants/mutation.ts";
import type { Campaign, Mutation } from "./mutants/mutation.ts";
import { runMutants } from "./mutants/run.ts";
import type { Job } from "./mutants/run.ts";
import { toTable } from "./mutants/table.ts";
import { recordFigures } from "./support/figures.ts";

const HELP = `npm run mutants -- [options]

Copies the project, plants one bug at a time in its contracts (scripts/mutants), builds, runs a campaign and expects it to fail.
First each campaign runs without a bug, and must pass. Fails when a bug goes unseen.

  --campaign NAME  ${CAMPAIGNS.join(" or ")}; default both. "solidity" are the invariants of test/contracts/Ledger.t.sol alone,
                   "typescript" is test/e2e/campaign.test.ts with a model in place of the verifiers
  --only LIST      ids of planted bugs, separated by commas; default all. A bug that the campaign need not see is tried too
  --jobs N         how many at a time, each in a copy of its own; default 2
  --list           print the bugs, and run nothing
  --json           print the results as JSON
  --help           print this`;

const OPTIONS = {
  campaign: { type: "string" },
  only: { type: "string" },
  jobs: { type: "string", default: "2" },
  list: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

function parse() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function campaignsOf(name: string | undefined): readonly Campaign[] {
  if (name === undefined) return CAMPAIGNS;
  const campaign = CAMPAIGNS.find((known) => known === name);
  if (campaign === undefined) throw new UsageError(`there is no campaign "${name}"; there are ${CAMPAIGNS.join(", ")}`);
  return [campaign];
}

function mutationsOf(only: string | undefined): readonly Mutation[] {
  if (only === undefined) return MUTATIONS;
  return only.split(",").map((id) => {
    const mutation = MUTATIONS.find((known) => known.id === id.trim());
    if (mutation === undefined) throw new UsageError(`there is no planted bug "${id}"; --list prints them`);
    return mutation;
  });
}

async function main(): Promise<void> {
  const { campaign, only, jobs, list, json, help } = parse();
  if (help) {
    console.log(HELP);
    return;
  }
  const [mutations, campaigns] = [mutationsOf(only), campaignsOf(campaign)];
  const work: readonly Job[] = campaigns.flatMap((name) =>
    mutations
      .filter(({ caughtBy }) => only !== undefined || caughtBy.includes(name))
      .map((mutation) => ({ campaign: name, mutation })),
  );
  if (list) {
    console.log(json ? JSON.stringify(mutations, undefined, 2) : listed(mutations));
    return;
  }
  const workers = Number(jobs);
  if (!Number.isInteger(workers) || workers < 1) throw new UsageError(`--jobs must be a number from 1 on, not ${jobs}`);
  const started = performance.now();
  const log = (step: string): void => {
    console.error(`${((performance.now() - started) / 1_000).toFixed(0).padStart(5)} s  ${step}`);
  };
  const results = await runMutants(campaigns, work, workers, log);
  console.log(json ? JSON.stringify(results, undefined, 2) : toTable(results));
  for (const name of campaigns) {
    const tried = results.filter((result) => result.campaign === name);
    const caught = tried.filter(({ isCaught }) => isCaught).length;
    recordFigures(`planted-bugs-${name}`, { "planted bugs": tried.length, caught });
  }
  const missed = results.filter(({ isCaught }) => !isCaught);
  if (missed.length > 0) throw new Error(`${missed.length} planted bug(s) went unseen`);
}

function listed(mutations: readonly Mutation[]): string {
  const lines = mutations.map(
    ({ id, file, breaks, caughtBy }) => `${id.padEnd(30)}${file.padEnd(22)}${caughtBy.join(", ").padEnd(22)}${breaks}`,
  );
  return lines.join("\n");
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
try {
  await main();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
