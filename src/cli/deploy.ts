// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton deploy`: rehearsed as a whole, shown, confirmed, and then done in numbered steps that can be continued. */
import { deploy, developmentPool, memoryRecord, readPoolConfig } from "../../deploy/index.ts";
import type { DeployOptions, PoolConfig } from "../../deploy/index.ts";
import { ChainError, rehearsalOn } from "../chain/index.ts";
import { readManifest } from "../prover/index.ts";
import type { Command } from "./command.ts";
import { CliError } from "./errors.ts";
import { note, textOf } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { askPoolConfig } from "./pool-questions.ts";
import { previewOf } from "./preview.ts";
import { confirm, withSession } from "./session.ts";
import type { Session } from "./session.ts";
import type { SendingArguments } from "./transact.ts";

interface DeployArguments extends SendingArguments {
  readonly poolConfig: string | undefined;
  /** Asks on local networks too. */
  readonly interactive?: boolean | undefined;
}

async function poolOf(session: Session, { poolConfig, interactive = false }: DeployArguments): Promise<PoolConfig> {
  const { network, isLocal, terminal } = session;
  if (interactive || (!isLocal && terminal.isInteractive)) {
    const file = await askPoolConfig(session, poolConfig);
    return readPoolConfig(file, network);
  }
  if (poolConfig !== undefined) return readPoolConfig(poolConfig, network);
  if (isLocal) return developmentPool(network);
  throw new CliError(
    "OPTION_MISSING",
    `a pool on ${network.title} needs a file that says whose it is: --pool-config FILE (README, "Deploy to an L2"); in a terminal "jeton deploy" asks for what it needs`,
  );
}

/** What the deployment would send, on a copy of the record. A refusal by the chain is part of it. */
async function rehearse(session: Session, options: Omit<DeployOptions, "deployer">, isJson: boolean): Promise<Outcome> {
  const rehearsal = await rehearsalOn(session.provider, await session.address());
  const store = memoryRecord();
  const record = await options.store.load();
  if (record !== undefined) await store.save(record);
  try {
    await deploy({
      ...options,
      provider: rehearsal.provider,
      deployer: rehearsal.signer,
      store: { ...store, name: options.store.name },
      log: () => undefined,
    }).catch((error: unknown) => {
      const isTold = error instanceof ChainError && rehearsal.signer.transactions.at(-1)?.refusal === error;
      if (!isTold) throw error;
      process.exitCode = 1;
    });
    return await previewOf(session, rehearsal, isJson);
  } finally {
    rehearsal.close();
  }
}

/** Some endpoints let a call take less gas than a deployment needs. That is no reason not to deploy. */
async function show(session: Session, options: Omit<DeployOptions, "deployer">): Promise<void> {
  try {
    session.say(textOf(await rehearse(session, options, false)));
  } catch (error) {
    if (!(error instanceof ChainError) || error.code !== "RPC_FAILED") throw error;
    session.say(`the deployment cannot be rehearsed at this endpoint: ${error.message}`);
  }
}

export const deployPools: Command<DeployArguments> = async (args, open, say = note) =>
  withSession(open, say, async (session) => {
    const { provider, network, isSimulated, isLocal, store } = session;
    const pool = await poolOf(session, args);
    const manifest = await readManifest();
    const artifacts = await session.artifacts();
    const options = { provider, artifacts, network, isSimulated, manifest, store, pool, log: say };
    if (args.dryRun === true) {
      return { dryRun: "nothing was sent, nothing was signed", ...(await rehearse(session, options, args.json)) };
    }
    if (isSimulated) say("this network lives inside the process: what is deployed is gone when it ends");
    const deployer = await session.signer();
    if (!isLocal) await show(session, options);
    await confirm(session, args.yes, `Deploy, or continue to deploy, pool "${pool.name}"?`);
    const record = await deploy({ ...options, deployer });
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
