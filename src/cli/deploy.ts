// SPDX-License-Identifier: GPL-3.0-or-later
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { deploy, developmentPool, readPoolConfig } from "../../deploy/index.ts";
import type { PoolConfig } from "../../deploy/index.ts";
import { readManifest } from "../prover/index.ts";
import { CliError } from "./errors.ts";
import { note, report } from "./report.ts";
import type { Outcome, Report, Say } from "./report.ts";
import { confirm, withSession } from "./session.ts";
import type { Session } from "./session.ts";

interface DeployArguments {
  readonly poolConfig: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
}

async function poolOf({ network, isLocal }: Session, path: string | undefined): Promise<PoolConfig> {
  if (path !== undefined) return readPoolConfig(path, network);
  if (isLocal) return developmentPool(network);
  throw new CliError(
    "OPTION_MISSING",
    `a pool on ${network.title} needs a file that says whose it is: --pool-config FILE (README, "Deploying to an L2")`,
  );
}

/** `npx hardhat deploy`. */
export async function deployPools(
  args: DeployArguments,
  hre: HardhatRuntimeEnvironment,
  say: Say = note,
): Promise<Outcome> {
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  return withSession(hre, say, async (session) => {
    const { provider, network, isSimulated, store } = session;
    const pool = await poolOf(session, args.poolConfig);
    const manifest = await readManifest();
    if (isSimulated) say("this network lives inside the process: what is deployed is gone when it ends");
    await confirm(session, args.yes, `Deploy, or continue to deploy, pool "${pool.name}"?`);
    const record = await deploy({
      provider,
      deployer: await session.signer(),
      artifacts: hre.artifacts,
      network,
      isSimulated,
      manifest,
      store,
      pool,
      log: say,
    });
    if (args.json) return { recordedIn: store.name, ...record };
    return {
      recordedIn: store.name,
      network: `${network.title}, chain ${record.chainId}`,
      keys: record.keys,
      token: `${record.token?.symbol ?? ""} ${record.token?.address ?? ""}`,
      ...Object.fromEntries(Object.entries(record.contracts).map(([name, { address }]) => [name, address])),
      explorer: network.explorer,
      pools: Object.fromEntries(Object.entries(record.pools).map(([name, { address }]) => [name, address])),
    };
  });
}

export default (args: DeployArguments, hre: HardhatRuntimeEnvironment): Promise<Report> =>
  report(args, () => deployPools(args, hre));
