// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton pool verify`: a deployment's record, or one pool, held against the chain and this build. */
import { isAddress } from "ethers";

import { parseRecord, readPoolConfig, verifyDeployment } from "../../deploy/index.ts";
import type { DeploymentRecord, VerifyOptions } from "../../deploy/index.ts";
import { readManifest } from "../prover/index.ts";
import { parseTerms, termsHashOf } from "../wire/index.ts";
import { ProjectBuild } from "./build.ts";
import type { Command } from "./command.ts";
import { CliError } from "./errors.ts";
import { readText } from "./files.ts";
import { FOUND_WRONG, note } from "./outcome.ts";
import { withSession } from "./session.ts";
import type { Session } from "./session.ts";

interface VerifyArguments {
  readonly record?: string | undefined;
  readonly pool?: string | undefined;
  readonly fromBlock: number;
  readonly poolConfig?: string | undefined;
  readonly terms?: string | undefined;
  readonly json: boolean;
}

async function recordOf({ store, network }: Session, file: string | undefined): Promise<DeploymentRecord> {
  if (file !== undefined) return parseRecord(await readText(file, "the record"), file);
  const record = await store.load();
  if (record !== undefined) return record;
  throw new CliError(
    "POOL_UNKNOWN",
    `nothing is on record for ${network.title} (${store.name}): name the record with --record FILE`,
  );
}

/** All on record; or the one that is asked for, by its name or its address. A record without a pool proves nothing of any. @throws CliError POOL_UNKNOWN */
function poolsOf({ pools }: DeploymentRecord, wanted: string | undefined, fromBlock: number): VerifyOptions["pools"] {
  if (wanted === undefined) {
    if (Object.keys(pools).length > 0) return pools;
    throw new CliError(
      "POOL_UNKNOWN",
      "the record has no pool, so there is nothing to check: name one with --pool ADDRESS, or continue the deployment with jeton deploy --pool-config FILE",
    );
  }
  const found = Object.entries(pools).find(
    ([name, { address }]) => name === wanted || address.toLowerCase() === wanted.toLowerCase(),
  );
  if (found !== undefined) return { [found[0]]: found[1] };
  const isWellFormed: boolean = isAddress(wanted);
  if (isWellFormed) return { [wanted]: { address: wanted, ...(fromBlock < 0 ? {} : { fromBlock }) } };
  throw new CliError(
    "POOL_UNKNOWN",
    `there is no pool "${wanted}" on record: it has ${Object.keys(pools).join(", ") || "none"}`,
  );
}

async function termsHash(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(await readText(file, "the terms"));
    parseTerms(json);
    return termsHashOf(json);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError("TERMS_INVALID", `${file} holds no terms: ${(error as Error).message}`, error);
  }
}

export const verifyPool: Command<VerifyArguments> = async (args, open, say = note) =>
  withSession(open, say, async (session) => {
    const { network, provider } = session;
    const record = await recordOf(session, args.record);
    const config = args.poolConfig === undefined ? undefined : await readPoolConfig(args.poolConfig, network);
    say("reading the code of all contracts, and all events of the pools");
    const checks = await verifyDeployment({
      provider,
      network,
      build: new ProjectBuild(),
      manifest: await readManifest(),
      record,
      pools: poolsOf(record, args.pool, args.fromBlock),
      config,
      termsHash: await termsHash(args.terms),
    });
    const failed = checks.filter(({ isHeld }) => !isHeld);
    if (failed.length > 0) process.exitCode = FOUND_WRONG;
    const of = { record: args.record ?? session.store.name, network: `${network.title}, chain ${network.chainId}` };
    if (args.json) return { ...of, holds: failed.length === 0, checks };
    return {
      ...of,
      ...Object.fromEntries(checks.map(({ what, isHeld, found }) => [`${isHeld ? "✓" : "✗"} ${what}`, found])),
      outcome:
        failed.length === 0
          ? `all ${checks.length} checks hold`
          : `${failed.length} of ${checks.length} checks do not hold: ${failed.map(({ what }) => what).join("; ")}`,
    };
  });

interface ConfigArguments {
  readonly poolConfig: string | undefined;
  readonly json: boolean;
}

/** `jeton pool config`: what a pool's file comes to, with the network's defaults. */
export const showPoolConfig: Command<ConfigArguments> = async ({ poolConfig }, open, say = note) =>
  withSession(open, say, async ({ network }) => {
    if (poolConfig === undefined) {
      return { network: network.title, token: network.token, defaults: network.pool };
    }
    const { name, parameters, providerKeyEighth, token } = await readPoolConfig(poolConfig, network);
    const { providerKey, ...rest } = parameters;
    return {
      network: network.title,
      name,
      ...rest,
      providerKey: [...providerKey],
      providerKeyEighth: [...providerKeyEighth],
      token: token ?? network.token,
    };
  });
