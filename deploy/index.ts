// SPDX-License-Identifier: GPL-3.0-or-later
/** Deploys Jeton to a network, or continues where an earlier run stopped. Running it again changes nothing. */
import { guarded } from "../src/chain/index.ts";
import { libraries } from "./01-libraries.ts";
import { verifiers } from "./02-verifiers.ts";
import { factory } from "./03-factory.ts";
import { token } from "./04-token.ts";
import { pool } from "./05-pool.ts";
import { DeployContext } from "./context.ts";
import type { DeployOptions, DeployStep } from "./context.ts";
import { preflight } from "./preflight.ts";
import type { DeploymentRecord } from "./record.ts";

export type { DeployOptions } from "./context.ts";
export * from "./development.ts";
export * from "./errors.ts";
export * from "./networks/index.ts";
export * from "./pool-config.ts";
export * from "./record.ts";
export { verifyDeployment } from "./verify.ts";
export type { Check, VerifyOptions } from "./verify.ts";

const STEPS: readonly DeployStep[] = [libraries, verifiers, factory, token, pool];

/**
 * @returns the record, which `options.store` holds too.
 * @throws DeployError, ChainError: with what to do. What was done until then stays on record.
 */
export async function deploy(options: DeployOptions): Promise<DeploymentRecord> {
  const { deployer, network, store } = options;
  const deployerAddress = await guarded("reading the deployer's address", () => deployer.getAddress());
  const record: DeploymentRecord = (await store.load()) ?? {
    format: "jeton.deployment.v1",
    chainId: network.chainId.toString(),
    network: network.name,
    deployer: deployerAddress,
    contracts: {},
    pools: {},
  };
  const context = new DeployContext(options, deployerAddress, record);
  await preflight(context);
  for (const step of STEPS) {
    context.log(`— ${step.name}`);
    await step.run(context);
  }
  return context.record;
}
