// SPDX-License-Identifier: GPL-3.0-or-later
/** The demo's stage: a local L2 in this process, a deployed pool, a provider's gateway in front of that very chain, and the prover. */
import { artifacts, network } from "hardhat";

import {
  DEVELOPMENT_PROVIDER_KEY,
  deploy,
  developmentPool,
  local as localNetwork,
  memoryRecord,
} from "../../deploy/index.ts";
import { FinalEvents, PoolClient, PoolHistory, PoolSender, PoolView } from "../../src/chain/index.ts";
import {
  DESK_EVENTS,
  FinalLeaves,
  Gateway,
  ProviderDesk,
  SqliteStore,
  createGatewayServer,
  healthOf,
  upstreamOf,
} from "../../src/gateway/index.ts";
import type { GatewayServer, Offence } from "../../src/gateway/index.ts";
import type { Pool, Proof } from "../../src/protocol/index.ts";
import { providerKey, slashClaim } from "../../src/protocol/index.ts";
import { Prover } from "../../src/prover/index.ts";
import { httpProvider } from "../../src/wallet/index.ts";
import type { HttpProvider } from "../../src/wallet/index.ts";
import { termsHashOf, toJson } from "../../src/wire/index.ts";
import type { DemoUSD } from "../../typechain-types/index.js";
import { DemoUSD__factory } from "../../typechain-types/index.js";
import { serveChain } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import { TERMS } from "./terms.ts";

export type LocalConnection = Awaited<ReturnType<typeof network.create>>;
export type LocalSigner = Awaited<ReturnType<LocalConnection["ethers"]["getSigners"]>>[number];

interface Props {
  readonly connection: LocalConnection;
  readonly prover: Prover;
  readonly client: PoolClient;
  readonly token: DemoUSD;
  /** Where the pool's events begin. */
  readonly fromBlock: number;
  readonly provider: LocalSigner;
  /** Funded accounts of the network that play no part yet. */
  readonly extras: readonly LocalSigner[];
  /** The chain over HTTP: what the provider sells. */
  readonly endpoint: Endpoint;
}

export class Stage {
  readonly props: Props;
  readonly view: PoolView;
  readonly gateway: Gateway;
  readonly history: PoolHistory;
  /** The provider's key for states and refund tickets. */
  readonly stateKey = providerKey(DEVELOPMENT_PROVIDER_KEY);
  readonly #desk: ProviderDesk;
  readonly #server: GatewayServer;
  #provider: HttpProvider | undefined;
  readonly #finalEvents: FinalEvents<(typeof DESK_EVENTS)[number]>;
  /** What the gateway convicted, in order. */
  readonly offences: Offence[] = [];
  #travelled = 0;

  private constructor(props: Props) {
    this.props = props;
    const { finality } = localNetwork;
    this.history = new PoolHistory(props.client, { fromBlock: props.fromBlock, finality });
    this.view = new PoolView(this.history, finality);
    this.#finalEvents = new FinalEvents(this.history, { finality, names: DESK_EVENTS });
    this.#desk = new ProviderDesk({
      client: props.client,
      sender: this.as(props.provider),
      prove: (statement, input) => props.prover.prove(statement, input),
      bountyRecipient: props.provider.address,
    });
    this.gateway = this.#openGateway();
    this.#server = createGatewayServer({
      api: this.gateway,
      leaves: new FinalLeaves(this.history),
      health: healthOf({ keys: async () => props.prover.isOpen }),
      onFault: (error) => {
        throw error;
      },
    });
  }

  /** Deploys with the steps and the configuration that any local network gets; only the terms are the demo's own. */
  static async build(log: (line: string) => void): Promise<Stage> {
    const connection = await network.create({ network: "default", chainType: "op" });
    const { ethers } = connection;
    const [deployer, provider, ...extras] = await ethers.getSigners();
    if (deployer === undefined || provider === undefined) throw new Error("the network has too few accounts");
    const prover = await Prover.create();
    const pool = developmentPool(localNetwork);
    const record = await deploy({
      provider: ethers.provider,
      deployer,
      artifacts,
      network: localNetwork,
      isSimulated: true,
      manifest: prover.manifest,
      store: memoryRecord(),
      pool: { ...pool, parameters: { ...pool.parameters, termsHash: termsHashOf(toJson(TERMS)) } },
      log,
    });
    const deployed = record.pools[pool.name];
    if (deployed === undefined) throw new Error("the deployment left no pool");
    const client = await PoolClient.connect(ethers.provider, deployed.address);
    const token = DemoUSD__factory.connect(client.parameters.token, deployer);
    const { fromBlock } = deployed;
    const endpoint = await serveChain(ethers.provider);
    const stage = new Stage({ connection, prover, client, token, fromBlock, provider, extras, endpoint });
    const url = await stage.#server.listen({ host: "127.0.0.1", port: 0 });
    stage.#provider = httpProvider(url);
    log(`the provider's gateway answers at ${url}`);
    return stage;
  }

  /** The gateway as everybody but the provider sees it: over HTTP. */
  get provider(): HttpProvider {
    if (this.#provider === undefined) throw new Error("the gateway does not listen yet");
    return this.#provider;
  }

  async close(): Promise<void> {
    this.#provider?.close();
    await this.#server.close();
    this.props.endpoint.close();
    await this.prover.close();
  }

  get client(): PoolClient {
    return this.props.client;
  }

  get pool(): Pool {
    return this.client.pool;
  }

  get prover(): Prover {
    return this.props.prover;
  }

  /** Unix seconds on the chain: the machine's clock, and what was skipped. */
  readonly clock = (): number => Math.floor(Date.now() / 1000) + this.#travelled;

  as(signer: LocalSigner): PoolSender {
    return new PoolSender(this.client, signer);
  }

  /** Lets the chain's time pass. */
  async travel(seconds: number): Promise<void> {
    await this.props.connection.networkHelpers.time.increase(seconds);
    const block = await this.client.provider.getBlock("latest");
    this.#travelled = (block?.timestamp ?? 0) - Math.floor(Date.now() / 1000) + 1;
  }

  /** The provider looks at the chain: its gateway learns of closes, disputes and folds, and what it decides is sent. */
  async providerLooks(): Promise<void> {
    for await (const step of this.#finalEvents.advance()) await this.#desk.handle(this.gateway, step);
    await this.gateway.idle();
  }

  /** The provider sells calls to the chain that the pool is on. Every answer is the chain's own. */
  #openGateway(): Gateway {
    const { provider, endpoint } = this.props;
    const note = async (offence: Offence): Promise<void> => {
      this.offences.push(offence);
    };
    return new Gateway({
      pool: this.pool,
      terms: TERMS,
      store: new SqliteStore({ path: ":memory:", poolHash: this.pool.poolHash }),
      upstream: upstreamOf(TERMS, { kind: "json-rpc", url: endpoint.url }),
      stateKey: this.stateKey,
      signer: provider,
      verify: (statement, publicSignals, proof) => this.prover.verify(statement, publicSignals, proof),
      chain: this.view,
      clock: this.clock,
      ...this.#desk.ports,
      // The demo's watcher claims the bounties.
      onDoubleSpend: note,
      onUnderstatedClose: note,
      onFault: (error) => {
        throw error;
      },
    });
  }

  /** The proof of a slashing claim, bound to `recipient`. */
  async proveSlash({ identitySecret, index, shares }: Offence, recipient: string): Promise<Proof> {
    const claim = slashClaim(this.pool, { identitySecret, index, shares }, recipient);
    return (await this.prover.prove("slash", claim.input)).proof;
  }
}
