// SPDX-License-Identifier: GPL-3.0-or-later
/** Runs campaigns over planted bugs, some at a time. */
import { prepare, runCampaign } from "./campaigns.ts";
import type { Campaign, Mutation } from "./mutation.ts";
import { Workspace } from "./workspace.ts";

export interface Job {
  readonly campaign: Campaign;
  readonly mutation: Mutation;
}

export interface Result {
  readonly id: string;
  readonly campaign: Campaign;
  readonly isCaught: boolean;
  /** The first test that failed, and how; or why there is no result. */
  readonly by: string;
  readonly seconds: number;
}

type Log = (step: string) => void;

/** Each campaign without a bug first; then the jobs in their order. Copies are removed at the end, whatever happens. */
export async function runMutants(
  campaigns: readonly Campaign[],
  jobs: readonly Job[],
  workers: number,
  log: Log,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const campaign of campaigns) {
    const queue = jobs.filter((job) => job.campaign === campaign);
    if (queue.length === 0) continue;
    const total = queue.length;
    const count = Math.min(workers, total);
    const workspaces = await Promise.all(Array.from({ length: count }, () => Workspace.create()));
    try {
      const [first, ...others] = workspaces as [Workspace, ...Workspace[]];
      await requireGreenBaseline(campaign, first, log);
      for (const workspace of others) await prepare(campaign, workspace);
      let done = 0;
      const work = async (workspace: Workspace): Promise<void> => {
        for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
          const result = await tryMutation(job, workspace);
          results.push(result);
          done += 1;
          const progress = `${campaign} ${done}/${total}`;
          log(`${progress}  ${result.id}: ${result.isCaught ? "caught by" : "NOT CAUGHT"} ${result.by}`);
        }
      };
      await Promise.all(workspaces.map(work));
    } finally {
      await Promise.all(workspaces.map((workspace) => workspace.remove()));
    }
  }
  return results;
}

async function requireGreenBaseline(campaign: Campaign, workspace: Workspace, log: Log): Promise<void> {
  log(`${campaign}: without a bug`);
  await prepare(campaign, workspace);
  const { isCaught, by } = await runCampaign(campaign, workspace);
  if (isCaught) throw new Error(`the ${campaign} campaign fails without a planted bug: ${by}`);
  log(`${campaign}: passes without a bug`);
}

async function tryMutation({ campaign, mutation }: Job, workspace: Workspace): Promise<Result> {
  const started = performance.now();
  const restore = await workspace.plant(mutation);
  let outcome: { isCaught: boolean; by: string };
  try {
    outcome = await runCampaign(campaign, workspace);
  } catch (error) {
    outcome = { isCaught: false, by: (error as Error).message };
  } finally {
    await restore();
  }
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  return { id: mutation.id, campaign, ...outcome, seconds };
}
