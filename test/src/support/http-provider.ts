// SPDX-License-Identifier: GPL-3.0-or-later
/** A provider over HTTP on a local chain: a deployed pool, and a running gateway before it. */
import type { Signer } from "ethers";
import { artifacts, network } from "hardhat";

import { DEVELOPMENT_PROVIDER_KEY, deploy, developmentPool, local, memoryRecord } from "../../../deploy/index.ts";
import { PoolClient, PoolSender } from "../../../src/chain/index.ts";
import { SqliteStore, fixedPriceUpstream, startProvider } from "../../../src/gateway/index.ts";
import type { GatewayStore, ProviderOptions, RunningProvider } from "../../../src/gateway/index.ts";
import { providerKey } from "../../../src/protocol/index.ts";
import { Prover } from "../../../src/prover/index.ts";
import { parseTerms, termsHashOf } from "../../../src/wire/index.ts";
import type { TermsJson } from "../../../src/wire/index.ts";
import { DemoUSD__factory } from "../../../typechain-types/index.js";

export interface HttpProvider {
  readonly options: ProviderOptions;
  readonly running: RunningProvider;
  readonly store: GatewayStore;
  /** Opens accounts with as much. */
  deposit(identityCommitments: readonly bigint[], amount: bigint): Promise<void>;
}

/** In token base units. */
export const CHAIN_PRICE = 1_000n;
export const CHAIN_TERMS: TermsJson = {
  format: "jeton.terms.v1",
  service: "an echo",
  pricing: { kind: "fixed", price: CHAIN_PRICE.toString() },
  policy: "anything goes",
  retention: { answersSeconds: 3_600, sessionSeconds: 600, statement: "answers are kept for an hour" },
  endpoints: [],
};

/** Deploys a pool with these terms, and starts its gateway. */
export async function startHttpProvider(
  terms: TermsJson = CHAIN_TERMS,
  changes: Partial<ProviderOptions> = {},
): Promise<HttpProvider> {
  const connection = await network.create({ network: "default", chainType: "op" });
  const { ethers } = connection;
  const [deployer, provider] = (await ethers.getSigners()) as unknown as [Signer, Signer];
  const prover = changes.prover ?? (await Prover.create({ workers: 1 }));
  const pool = developmentPool(local);
  const record = await deploy({
    provider: ethers.provider,
    deployer,
    artifacts,
    network: local,
    isSimulated: true,
    manifest: prover.manifest,
    store: memoryRecord(),
    pool: { ...pool, parameters: { ...pool.parameters, termsHash: termsHashOf(terms) } },
  });
  const deployed = record.pools[pool.name];
  if (deployed === undefined) throw new Error("the deployment left no pool");
  const client = await PoolClient.connect(ethers.provider, deployed.address);
  const store = changes.store ?? new SqliteStore({ path: ":memory:", poolHash: client.pool.poolHash });
  const options: ProviderOptions = {
    client,
    fromBlock: deployed.fromBlock,
    finality: local.finality,
    store,
    terms: parseTerms(terms),
    stateKey: providerKey(DEVELOPMENT_PROVIDER_KEY),
    signer: provider,
    upstream: fixedPriceUpstream(CHAIN_PRICE, async (payload) => `echo: ${payload}`),
    prover,
    pollMilliseconds: 50,
    ...changes,
  };
  const token = DemoUSD__factory.connect(client.parameters.token, deployer);
  const sender = new PoolSender(client, deployer);
  const deposit = async (identityCommitments: readonly bigint[], amount: bigint): Promise<void> => {
    const price = client.priceOf(amount) * BigInt(identityCommitments.length);
    await (await token.mint(await deployer.getAddress(), price)).wait();
    await sender.approve(price);
    for (const identityCommitment of identityCommitments) await sender.deposit({ identityCommitment, amount });
  };
  return { options, running: await startProvider(options), store, deposit };
}
