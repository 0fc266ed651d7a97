// SPDX-License-Identifier: GPL-3.0-or-later
/** Everything that a provider is, on this machine and with play money: a chain, a pool, a model and a gateway. All of it is the real thing. */
import { randomBytes } from "node:crypto";

import type { HDNodeWallet } from "ethers";
import { JsonRpcProvider, Network, NonceManager } from "ethers";

import {
  DEVELOPMENT_PROVIDER_KEY,
  deploy,
  developmentPool,
  developmentWallet,
  local,
  memoryRecord,
} from "../../../../deploy/index.ts";
import { PoolClient, PoolSender } from "../../../chain/index.ts";
import { DemoUSD__factory } from "../../../../typechain-types/index.js";
import { openStore, startProvider, upstreamOf } from "../../../gateway/index.ts";
import { startModel } from "../../../model/index.ts";
import { providerKey } from "../../../protocol/index.ts";
import { Prover } from "../../../prover/index.ts";
import { parseTerms, termsHashOf } from "../../../wire/index.ts";
import { CliError } from "../../errors.ts";
import type { Say } from "../../outcome.ts";
import { isFree, startChain } from "./chain.ts";
import type { SandboxNote, SandboxPlace } from "./place.ts";
import { SANDBOX_TERMS } from "./terms.ts";

export interface SandboxOptions {
  readonly place: SandboxPlace;
  /** Of the gateway. */
  readonly port: number;
  readonly chainPort: number;
  readonly pauseMilliseconds: number;
  readonly say: Say;
}

export interface RunningSandbox {
  readonly note: SandboxNote;
  close(): Promise<void>;
}

/** Demo dollars. */
const BOND = 20_000_000n;

/** Ends what was started, last first, whatever fails. */
class Cleanup {
  readonly #steps: (() => unknown)[] = [];

  add(step: () => unknown): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step();
      } catch {
        // The process ends anyway, and the rest is to be ended too.
      }
    }
  }
}

/** What stands behind the provider's promises. */
async function postBond(client: PoolClient, signer: HDNodeWallet): Promise<void> {
  const nonces = new NonceManager(signer);
  const sender = new PoolSender(client, nonces);
  await (await DemoUSD__factory.connect(client.token.address, nonces).mint(signer.address, BOND)).wait();
  await sender.approve(BOND);
  await sender.postBond(BOND);
}

/** @throws CliError PORT_TAKEN, SANDBOX_RUNNING; what building and deploying throw */
export async function startSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  const cleanup = new Cleanup();
  try {
    const note = await start(options, cleanup);
    return { note, close: () => cleanup.run() };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function start(
  { place, port, chainPort, pauseMilliseconds, say }: SandboxOptions,
  cleanup: Cleanup,
): Promise<SandboxNote> {
  await place.clear();
  if (port !== 0 && !(await isFree(port))) {
    throw new CliError("PORT_TAKEN", `something listens on port ${port} already: name another one with --port`);
  }
  const instance = randomBytes(4).toString("hex");
  say("starting a local L2 …");
  const chain = await startChain(chainPort, say);
  cleanup.add(() => chain.close());
  const rpc = new JsonRpcProvider(chain.rpcUrl, Network.from(local.chainId), {
    staticNetwork: true,
    pollingInterval: 50,
    cacheTimeout: -1,
  });
  cleanup.add(() => rpc.destroy());

  say("deploying the contracts …");
  const prover = await Prover.create();
  cleanup.add(() => prover.close());
  const terms = parseTerms(SANDBOX_TERMS);
  const described = developmentPool(local);
  const record = await deploy({
    provider: rpc,
    deployer: new NonceManager(developmentWallet(0, rpc)),
    artifacts: chain.artifacts,
    network: local,
    isSimulated: true,
    manifest: prover.manifest,
    store: memoryRecord(),
    pool: { ...described, parameters: { ...described.parameters, termsHash: termsHashOf(SANDBOX_TERMS) } },
  });
  const deployed = record.pools[described.name];
  if (deployed === undefined) throw new Error("the deployment left no pool");
  const client = await PoolClient.connect(rpc, deployed.address);
  const signer = developmentWallet(1, rpc);
  await postBond(client, signer);

  say("starting the model and the gateway …");
  const model = await startModel({ pauseMilliseconds });
  cleanup.add(() => model.close());
  const store = await openStore(place.storeOf(instance), client.pool.poolHash);
  cleanup.add(() => store.close());
  const provider = await startProvider({
    client,
    fromBlock: deployed.fromBlock,
    finality: local.finality,
    store,
    terms,
    stateKey: providerKey(DEVELOPMENT_PROVIDER_KEY),
    signer,
    upstream: upstreamOf(terms, { kind: "openai", url: model.url }),
    prover,
    port,
  });
  cleanup.add(() => provider.close());
  const note: SandboxNote = {
    format: "jeton.sandbox.v1",
    instance,
    pid: process.pid,
    rpcUrl: chain.rpcUrl,
    chainId: local.chainId.toString(),
    pool: client.pool.address,
    fromBlock: deployed.fromBlock,
    gateway: provider.url,
    model: model.url,
  };
  cleanup.add(() => place.end(instance));
  await place.write(note);
  return note;
}
