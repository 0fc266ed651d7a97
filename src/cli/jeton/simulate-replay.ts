// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton simulate --replay`: a local chain with the scenario's pool, and what some of its users really do there. */
import { JsonRpcProvider, Network, NonceManager } from "ethers";

import {
  DEVELOPMENT_PROVIDER_KEY,
  deploy,
  developmentPool,
  developmentWallet,
  local,
  memoryRecord,
} from "../../../deploy/index.ts";
import { DemoUSD__factory } from "../../../typechain-types/index.js";
import { PoolClient } from "../../chain/index.ts";
import { providerKey } from "../../protocol/index.ts";
import { Prover } from "../../prover/index.ts";
import type { Agreement, Measured, ReplayWorld, Scenario } from "../../simulate/index.ts";
import { Charges, carryOut, scriptOf } from "../../simulate/index.ts";
import type { Say } from "../outcome.ts";
import { startChain } from "./sandbox/chain.ts";

/** More than any user spends. */
const PLENTY = 10n ** 24n;
/** Blocks of the replay begin so long after now: the deployment's own come first. */
const HEAD_START = 600;

async function deployPool(rpc: JsonRpcProvider, chain: Awaited<ReturnType<typeof startChain>>, scenario: Scenario) {
  const { pool } = scenario;
  const described = developmentPool(local);
  const sizes = {
    ...{ ticketPrice: pool.ticketPrice, policyHold: pool.policyHold, unit: pool.unit },
    ...{ stakeMinimum: pool.stakeMinimum, stakeBps: BigInt(pool.stakeBps), bountyBps: BigInt(pool.bountyBps) },
    ...{ challengeWindow: BigInt(pool.challengeWindow), disputeWindow: BigInt(pool.disputeWindow) },
    accountLifetime: BigInt(pool.accountLifetime),
  };
  const prover = await Prover.create();
  try {
    const record = await deploy({
      provider: rpc,
      deployer: new NonceManager(developmentWallet(0, rpc)),
      artifacts: chain.artifacts,
      network: local,
      isSimulated: true,
      manifest: prover.manifest,
      store: memoryRecord(),
      pool: { ...described, parameters: { ...described.parameters, ...sizes } },
    });
    const deployed = record.pools[described.name];
    if (deployed === undefined) throw new Error("the deployment left no pool");
    return { prover, client: await PoolClient.connect(rpc, deployed.address) };
  } catch (error) {
    await prover.close();
    throw error;
  }
}

/** The first `users` of the scenario, on a chain that ends with this. */
export async function replayOnChain(
  scenario: Scenario,
  users: number,
  measured: Measured,
  say: Say,
): Promise<Agreement> {
  const script = scriptOf(
    scenario,
    new Charges(scenario),
    Array.from({ length: users }, (_, user) => user),
  );
  say(`replaying ${users} users on a local chain: some ${script.events.length} transactions, with their proofs …`);
  const chain = await startChain(0, say);
  const rpc = new JsonRpcProvider(chain.rpcUrl, Network.from(local.chainId), {
    ...{ staticNetwork: true, pollingInterval: 20, cacheTimeout: -1 },
  });
  try {
    const { prover, client } = await deployPool(rpc, chain, scenario);
    try {
      const user = new NonceManager(developmentWallet(2, rpc));
      const token = DemoUSD__factory.connect(client.token.address, user);
      await (await token.mint(await user.getAddress(), PLENTY)).wait();
      await (await token.approve(client.pool.address, PLENTY)).wait();
      const latest = async (): Promise<number> => (await rpc.getBlock("latest"))?.timestamp ?? 0;
      const beginning = (await latest()) + HEAD_START;
      const world: ReplayWorld = {
        ...{ client, user },
        provider: new NonceManager(developmentWallet(1, rpc)),
        providerKey: providerKey(DEVELOPMENT_PROVIDER_KEY),
        prove: (statement, input) => prover.prove(statement, input),
        moveTo: async (seconds) => {
          const time = Math.max(beginning + seconds, (await latest()) + 1);
          await rpc.send("evm_setNextBlockTimestamp", [time]);
        },
      };
      return await carryOut(world, script, measured, ({ kind }, number) => {
        if (number % 10 === 0) say(`transaction ${number}: ${kind} …`);
      });
    } finally {
      await prover.close();
    }
  } finally {
    rpc.destroy();
    await chain.close();
  }
}
