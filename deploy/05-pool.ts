// SPDX-License-Identifier: GPL-3.0-or-later
/** The pool, created by the factory and checked against the chain as any client checks it. */
import { getAddress } from "ethers";

import type { ChainProvider } from "../src/chain/index.ts";
import { PoolClient, VERIFIED_STATEMENTS, VERIFIERS } from "../src/chain/index.ts";
import type { PoolParameters } from "../src/protocol/index.ts";
import type { CreditPoolFactory } from "../typechain-types/index.js";
import { CreditPoolFactory__factory } from "../typechain-types/index.js";
import type { DeployContext, DeployStep } from "./context.ts";
import { codeAt, requireCodeOf, sendOnce } from "./create.ts";
import { DeployError } from "./errors.ts";
import { requireWiring } from "./wiring.ts";

export const pool: DeployStep = {
  name: "05-pool",
  run: async (context) => {
    const { name } = context.options.pool;
    const recorded = context.record.pools[name];
    if (recorded !== undefined && (await codeAt(context, recorded.address)) !== "0x") {
      await requirePool(context, recorded.address);
      context.log(`pool "${name}": there already, ${recorded.address}`);
      return;
    }
    if (recorded !== undefined && !context.isLocal) {
      throw new DeployError(
        "RECORD_MISMATCH",
        `${context.options.store.name} says that pool "${name}" is at ${recorded.address}, and nothing is there: the endpoint lags or serves another chain, or the record was changed; nothing was sent`,
      );
    }
    await createPool(context);
  },
};

function wantedParameters(context: DeployContext): PoolParameters {
  const { token } = context.record;
  if (token === undefined)
    throw new DeployError("RECORD_MISMATCH", "the token is not settled yet: run the steps in order");
  return { token: token.address, ...context.options.pool.parameters };
}

async function createPool(context: DeployContext): Promise<void> {
  const { name, providerKeyEighth } = context.options.pool;
  const wanted = wantedParameters(context);
  const factory = CreditPoolFactory__factory.connect(
    context.contract("CreditPoolFactory").address,
    context.options.provider,
  );
  const data = factory.interface.encodeFunctionData("createPool", [
    { ...wanted, providerKey: [...wanted.providerKey] },
    [...providerKeyEighth],
  ]);
  const before = await context.options.provider.getBlockNumber();
  const created = await sendOnce(context, `pool:${name}`, { to: await factory.getAddress(), data }, async () => {
    const address = await findPool(context.options.provider, factory, wanted);
    return address === undefined ? undefined : { address };
  });
  const client = await requirePool(context, created.address);
  const { address, transactionHash, blockNumber } = created;
  await context.settle({
    pools: {
      ...context.record.pools,
      [name]: {
        address,
        settlement: client.settlementAddress,
        disputes: client.disputesAddress,
        poolHash: client.pool.poolHash.toString(),
        ...(transactionHash === undefined ? {} : { transactionHash }),
        fromBlock: blockNumber ?? context.record.contracts["CreditPoolFactory"]?.blockNumber ?? before,
      },
    },
  });
  context.log(`pool "${name}": ${address}`);
}

const differenceOf = (actual: PoolParameters, wanted: PoolParameters): keyof PoolParameters | undefined =>
  (Object.keys(wanted) as (keyof PoolParameters)[]).find(
    (key) => String(actual[key]).toLowerCase() !== String(wanted[key]).toLowerCase(),
  );

/** A pool of this factory with exactly these parameters, the newest first. */
async function findPool(
  provider: ChainProvider,
  factory: CreditPoolFactory,
  wanted: PoolParameters,
): Promise<string | undefined> {
  const count = Number(await factory.poolCount());
  const first = Math.max(0, count - 100);
  for (const address of [...(await factory.poolsFrom(first, 100))].reverse()) {
    const client = await PoolClient.connect(provider, address);
    if (differenceOf(client.parameters, wanted) === undefined) return address;
  }
  return undefined;
}

/** Code, wiring and parameters of a pool that this deployment created. */
async function requirePool(context: DeployContext, address: string): Promise<PoolClient> {
  const { provider, network, pool: config } = context.options;
  const factory = CreditPoolFactory__factory.connect(context.contract("CreditPoolFactory").address, provider);
  if (!(await factory.isPool(address))) {
    throw new DeployError(
      "WIRING_MISMATCH",
      `${address} was not created by the factory on record: ${context.options.store.name} was changed, or belongs to other contracts`,
    );
  }
  const client = await PoolClient.connect(provider, address, { chainId: network.chainId });
  await requireRules(context, client);
  const wanted = wantedParameters(context);
  const differing = differenceOf(client.parameters, wanted);
  if (differing !== undefined) {
    throw new DeployError(
      "POOL_CHANGED",
      `pool "${config.name}" at ${getAddress(address)} has ${differing} ${String(client.parameters[differing])}, and the configuration says ${String(wanted[differing])}: a pool never changes. Give the new pool a "name" of its own in its file`,
    );
  }
  return client;
}

/** The code of a pool and its rules, and that the rules use the verifiers on record. That they serve this pool the client has checked. */
async function requireRules(context: DeployContext, client: PoolClient): Promise<void> {
  for (const [name, address] of [
    ["CreditPool", client.pool.address],
    ["CreditSettlement", client.settlementAddress],
    ["CreditDisputes", client.disputesAddress],
  ] as const) {
    await requireCodeOf(context, await context.artifact(name), name, address);
  }
  const { settlement, disputes } = client.contracts;
  const used = {
    close: await settlement.closeVerifier(),
    slash: await settlement.slashVerifier(),
    fold: await settlement.foldVerifier(),
    request: await disputes.requestVerifier(),
    refund: await disputes.refundVerifier(),
  };
  for (const statement of VERIFIED_STATEMENTS) {
    requireWiring(`the pool's ${statement} verifier`, used[statement], context.contract(VERIFIERS[statement]).address);
  }
}
