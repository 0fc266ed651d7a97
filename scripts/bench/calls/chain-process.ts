// SPDX-License-Identifier: GPL-3.0-or-later
/** A process with the chain: Hardhat's simulated L2 over JSON-RPC, with a pool on it. */
import { NonceManager } from "ethers";
import { artifacts, network } from "hardhat";

import { deploy, developmentPool, local, memoryRecord } from "../../../deploy/index.ts";
import { PoolClient, PoolSender } from "../../../src/chain/index.ts";
import { readManifest, DEFAULT_KEYS } from "../../../src/prover/index.ts";
import { termsHashOf } from "../../../src/wire/index.ts";
import { DemoUSD__factory } from "../../../typechain-types/index.js";
import { answerParent } from "../child.ts";
import { connect, payer, TERMS } from "./sale.ts";
import type { Place } from "./sale.ts";

const server = await network.createServer("node", "127.0.0.1", 0);
const rpcUrl = `http://127.0.0.1:${(await server.listen()).port}`;
const provider = connect(rpcUrl);
const deployer = new NonceManager(payer(provider, 0));

async function start(): Promise<Place> {
  const pool = developmentPool(local);
  const record = await deploy({
    provider,
    deployer,
    artifacts,
    network: local,
    isSimulated: true,
    manifest: await readManifest(DEFAULT_KEYS),
    store: memoryRecord(),
    pool: { ...pool, parameters: { ...pool.parameters, termsHash: termsHashOf(TERMS) } },
    log: () => undefined,
  });
  const deployed = record.pools[pool.name];
  if (deployed === undefined) throw new Error("the deployment left no pool");
  return { rpcUrl, pool: deployed.address, fromBlock: deployed.fromBlock };
}

/** Opens accounts with so much each. */
async function deposit(want: {
  readonly pool: string;
  readonly identityCommitments: readonly bigint[];
  readonly amount: bigint;
}): Promise<void> {
  const client = await PoolClient.connect(provider, want.pool);
  const price = client.priceOf(want.amount) * BigInt(want.identityCommitments.length);
  const token = DemoUSD__factory.connect(client.parameters.token, deployer);
  await (await token.mint(await deployer.getAddress(), price)).wait();
  await (await token.approve(client.pool.address, price)).wait();
  const openings = want.identityCommitments.map((identityCommitment) => ({ identityCommitment, amount: want.amount }));
  await new PoolSender(client, deployer).depositBatch(openings);
}

answerParent({ start, deposit });
