// SPDX-License-Identifier: GPL-3.0-or-later
/** The demo's stage: a local L2 in this process, a deployed pool, a provider's gateway in front of that very chain, and the prover. */
import { network } from "hardhat";

import type { PoolClient } from "../../src/chain/index.ts";
import { PoolHistory, PoolSender, PoolView } from "../../src/chain/index.ts";
import type { JsonRpcCall } from "../../src/gateway/index.ts";
import { Gateway, SqliteStore, jsonRpcUpstream } from "../../src/gateway/index.ts";
import type { Offence } from "../../src/gateway/index.ts";
import type { Pool } from "../../src/protocol/index.ts";
import { slashClaim } from "../../src/protocol/index.ts";
import { Prover } from "../../src/prover/index.ts";
import { termsHashOf, toJson } from "../../src/wire/index.ts";
import type { LocalPool, LocalSigner } from "../support/local-pool.ts";
import { createLocalPool } from "../support/local-pool.ts";
import { TERMS } from "./terms.ts";

/** Nothing on the demo's chain is ever reorganized. */
const FINALITY = { kind: "confirmations", blocks: 0 } as const;

export class Stage {
  readonly local: LocalPool;
  readonly prover: Prover;
  readonly view: PoolView;
  readonly gateway: Gateway;
  readonly history: PoolHistory;
  /** Slashing claims that the gateway filed, by identity commitment: it hands offences to the watcher. */
  readonly offences: Offence[] = [];
  #travelled = 0;

  private constructor(local: LocalPool, prover: Prover) {
    this.local = local;
    this.prover = prover;
    this.history = new PoolHistory(local.client, { fromBlock: local.creation.blockNumber, finality: FINALITY });
    this.view = new PoolView(this.history, FINALITY);
    this.gateway = this.#openGateway();
  }

  static async build(): Promise<Stage> {
    const connection = await network.create({ network: "default", chainType: "op" });
    const prover = await Prover.create();
    const local = await createLocalPool(connection, { termsHash: termsHashOf(toJson(TERMS)) });
    return new Stage(local, prover);
  }

  get client(): PoolClient {
    return this.local.client;
  }

  get pool(): Pool {
    return this.local.description;
  }

  /** Unix seconds on the chain: the machine's clock, and what was skipped. */
  readonly clock = (): number => Math.floor(Date.now() / 1000) + this.#travelled;

  as(signer: LocalSigner): PoolSender {
    return new PoolSender(this.client, signer);
  }

  /** Lets the chain's time pass. */
  async travel(seconds: number): Promise<void> {
    await this.local.connection.networkHelpers.time.increase(seconds);
    const block = await this.client.provider.getBlock("latest");
    this.#travelled = (block?.timestamp ?? 0) - Math.floor(Date.now() / 1000) + 1;
  }

  /** The provider sells calls to the chain that the pool is on. Every answer is the chain's own. */
  #openGateway(): Gateway {
    const { provider, providerKey } = this.local;
    const transport = async ({ id, method, params }: JsonRpcCall): Promise<unknown> => {
      const result: unknown = await this.client.provider.send(method, (params ?? []) as unknown[]);
      return { jsonrpc: "2.0", id, result };
    };
    const note = async (offence: Offence): Promise<void> => {
      this.offences.push(offence);
    };
    return new Gateway({
      pool: this.pool,
      terms: TERMS,
      store: new SqliteStore({ path: ":memory:", poolHash: this.pool.poolHash }),
      upstream: jsonRpcUpstream(TERMS, transport),
      stateKey: providerKey,
      signer: provider,
      verify: (statement, publicSignals, proof) => this.prover.verify(statement, publicSignals, proof),
      chain: this.view,
      clock: this.clock,
      onDoubleSpend: note,
      onUnderstatedClose: note,
      onFault: (error) => {
        throw error;
      },
    });
  }

  /** Proves and files a slashing claim that pays `recipient`. */
  async slash(
    { identitySecret, identityCommitment, nullifier, index, shares }: Offence,
    hunter: LocalSigner,
  ): ReturnType<PoolSender["slash"]> {
    const claim = slashClaim(this.pool, { identitySecret, index, shares }, hunter.address);
    const { proof } = await this.prover.prove("slash", claim.input);
    return this.as(hunter).slash(identityCommitment, nullifier, hunter.address, proof);
  }
}
