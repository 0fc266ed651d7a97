// SPDX-License-Identifier: GPL-3.0-or-later
/** What stands beside the two parties and never dies: a local L2 that both reach over JSON-RPC, a pool on it, and a prover. */
import { NonceManager } from "ethers";
import type { JsonRpcProvider, Signer } from "ethers";
import { artifacts, network } from "hardhat";

import { deploy, developmentPool, local, memoryRecord } from "../../../deploy/index.ts";
import { PoolClient, PoolSender } from "../../../src/chain/index.ts";
import type { CircuitInput, Statement } from "../../../src/protocol/index.ts";
import { Prover } from "../../../src/prover/index.ts";
import type { ProofResult } from "../../../src/prover/index.ts";
import { termsHashOf } from "../../../src/wire/index.ts";
import { DemoUSD__factory } from "../../../typechain-types/index.js";
import { freePort } from "../support/nodes.ts";
import { connect, payer } from "./composing.ts";
import { TERMS } from "./prices.ts";

/** A statement, as text. */
const keyOf = (statement: Statement, input: CircuitInput): string =>
  statement + JSON.stringify(input, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));

type Node = Awaited<ReturnType<typeof network.createServer>>;

export class World {
  readonly rpcUrl: string;
  readonly client: PoolClient;
  readonly fromBlock: number;
  readonly #node: Node;
  readonly #provider: JsonRpcProvider;
  readonly #deployer: Signer;
  readonly #prover: Prover;
  readonly #proofs = new Map<string, Promise<ProofResult>>();

  private constructor(
    node: Node,
    provider: JsonRpcProvider,
    rpcUrl: string,
    prover: Prover,
    client: PoolClient,
    fromBlock: number,
    deployer: Signer,
  ) {
    this.#node = node;
    this.#provider = provider;
    this.rpcUrl = rpcUrl;
    this.#prover = prover;
    this.client = client;
    this.fromBlock = fromBlock;
    this.#deployer = deployer;
  }

  static async build(): Promise<World> {
    const node = await network.createServer("node", "127.0.0.1", await freePort());
    const { port } = await node.listen();
    const rpcUrl = `http://127.0.0.1:${port}`;
    const provider = connect(rpcUrl);
    const deployer = new NonceManager(payer(provider, "deployer"));
    const prover = await Prover.create();
    const pool = developmentPool(local);
    const record = await deploy({
      provider,
      deployer,
      artifacts,
      network: local,
      isSimulated: true,
      manifest: prover.manifest,
      store: memoryRecord(),
      pool: { ...pool, parameters: { ...pool.parameters, termsHash: termsHashOf(TERMS) } },
      log: () => undefined,
    });
    const deployed = record.pools[pool.name];
    if (deployed === undefined) throw new Error("the deployment left no pool");
    const client = await PoolClient.connect(provider, deployed.address);
    return new World(node, provider, rpcUrl, prover, client, deployed.fromBlock, deployer);
  }

  /** Makes a proof, once for each statement: whoever asked and died asks again. */
  prove(statement: Statement, input: CircuitInput): Promise<ProofResult> {
    const key = keyOf(statement, input);
    const known = this.#proofs.get(key) ?? this.#prover.prove(statement, input);
    this.#proofs.set(key, known);
    return known;
  }

  /** Opens accounts with so much each. */
  async deposit(identityCommitments: readonly bigint[], amount: bigint): Promise<void> {
    const { token: address } = this.client.parameters;
    const token = DemoUSD__factory.connect(address, this.#deployer);
    const price = this.client.priceOf(amount) * BigInt(identityCommitments.length);
    await (await token.mint(await this.#deployer.getAddress(), price)).wait();
    await (await token.approve(this.client.pool.address, price)).wait();
    const sender = new PoolSender(this.client, this.#deployer);
    await sender.depositBatch(identityCommitments.map((identityCommitment) => ({ identityCommitment, amount })));
  }

  /** Of the pool's token. */
  async balanceOf(holder: string): Promise<bigint> {
    return this.client.token.balanceOf(holder);
  }

  async close(): Promise<void> {
    await this.#prover.close();
    this.#provider.destroy();
    await this.#node.close();
  }
}
