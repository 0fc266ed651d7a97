// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A chain, a service and a prover, and on them as many providers and wallets as a test wants. The former are the same for all tests of a run,
 * so whoever moves the chain's time or makes blocks void leaves that to those that follow; what a place opened is closed with it.
 */
import { randomBytes, randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import type { JsonRpcProvider, Signer } from "ethers";

import { DEVELOPMENT_PROVIDER_KEY } from "../../../deploy/index.ts";
import { PoolHistory, PoolSender, PoolView } from "../../../src/chain/index.ts";
import type { Finality, PoolClient } from "../../../src/chain/index.ts";
import { SqliteStore, startProvider, upstreamOf } from "../../../src/gateway/index.ts";
import type { GatewayStore, ProviderOptions, RunningProvider } from "../../../src/gateway/index.ts";
import { holdOf, providerKey } from "../../../src/protocol/index.ts";
import { Prover } from "../../../src/prover/index.ts";
import { Wallet, WalletStore, httpProvider } from "../../../src/wallet/index.ts";
import type { Account, WalletOptions } from "../../../src/wallet/index.ts";
import { encodeExchangeRequest, parseTerms } from "../../../src/wire/index.ts";
import type { ProviderApi } from "../../../src/wire/index.ts";
import { DemoUSD__factory } from "../../../typechain-types/index.js";
import { finality as localFinality, payer } from "../processes/composing.ts";
import { MODEL, TERMS } from "../processes/prices.ts";
import { Kettle, SLOW } from "../processes/service.ts";
import { World } from "../processes/world.ts";

export const terms = parseTerms(TERMS);

/** A call that the service's books have under `id`. */
export const asking = (
  id: string,
  more: { readonly isSlow?: boolean; readonly [field: string]: unknown } = {},
): string => {
  const { isSlow = false, ...fields } = more;
  return encodeExchangeRequest({
    method: "POST",
    path: "/v1/chat/completions",
    contentType: "application/json",
    encoding: "utf8",
    body: JSON.stringify({
      model: MODEL,
      messages: [{ role: "user", content: `${id}${isSlow ? SLOW : ""}` }],
      ...fields,
    }),
  });
};

/** The code of the error that a promise rejects with. */
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error: unknown) => {
      if (error instanceof Error && "code" in error) return String(error.code);
      throw error;
    },
  );

/** Whole seconds: the machine's, and a difference that a test sets. */
export class SkewedClock {
  skew = 0;
  readonly read = (): number => Math.floor(Date.now() / 1_000) + this.skew;
}

export interface Owner {
  readonly account: Account;
  readonly store: WalletStore;
}

export interface OwnerSetup extends Partial<Omit<WalletOptions, "provider" | "store">> {
  readonly provider: ProviderApi | string;
  readonly path?: string;
  readonly seed?: Uint8Array;
}

/** An in-process provider, with its parts. */
export interface Shop extends RunningProvider {
  readonly store: GatewayStore;
  /** Faults that it logged, a line each. */
  readonly faults: string[];
}

type ShopSetup = Partial<ProviderOptions> & { readonly path?: string; readonly serviceUrl?: string };

const LONGEST_PAUSE = 50;

interface Ground {
  readonly world: World;
  readonly kettle: Kettle;
  readonly prover: Prover;
}

let ground: Promise<Ground> | undefined;

async function build(): Promise<Ground> {
  const [world, kettle, prover] = await Promise.all([
    World.build(),
    Kettle.start(() => randomInt(2 ** 32) / 2 ** 32),
    Prover.create(),
  ]);
  return { world, kettle, prover };
}

// For the whole run.
after(async () => {
  const built = await ground;
  await built?.prover.close();
  await built?.kettle.close();
  await built?.world.close();
});

export class Place {
  readonly world: World;
  readonly kettle: Kettle;
  readonly prover: Prover;
  readonly finality: Finality;
  readonly #closing: (() => unknown)[] = [];
  readonly #open = new Set<RunningProvider>();

  private constructor({ world, kettle, prover }: Ground, finality: Finality) {
    this.world = world;
    this.kettle = kettle;
    this.prover = prover;
    this.finality = finality;
  }

  static async open(finality: Finality = localFinality): Promise<Place> {
    return new Place(await (ground ??= build()), finality);
  }

  get client(): PoolClient {
    return this.world.client;
  }

  get hold(): bigint {
    return holdOf(this.client.parameters);
  }

  /** A signer of a development account, and what it can do to the pool. */
  get sender(): PoolSender {
    return new PoolSender(this.client, payer(this.client.provider as JsonRpcProvider, "wallet"));
  }

  // CHAIN

  rpc(method: string, parameters: unknown[] = []): Promise<unknown> {
    return this.client.provider.send(method, parameters);
  }

  async mine(blocks: number): Promise<void> {
    await this.rpc("hardhat_mine", [`0x${blocks.toString(16)}`]);
  }

  async travel(seconds: number): Promise<void> {
    await this.rpc("evm_increaseTime", [seconds]);
    await this.mine(1);
  }

  async now(): Promise<number> {
    return (await this.client.provider.getBlock("latest"))?.timestamp ?? 0;
  }

  /** Remembers the chain; the function that it gives makes everything since then void, once. */
  async fork(): Promise<() => Promise<void>> {
    const id = await this.rpc("evm_snapshot");
    return async () => void (await this.rpc("evm_revert", [id]));
  }

  /** Gives somebody tokens, in base units. */
  async fund(signer: Signer, amount: bigint): Promise<void> {
    const token = DemoUSD__factory.connect(this.client.parameters.token, signer);
    await (await token.mint(await signer.getAddress(), amount)).wait();
  }

  /** Opens accounts, of so many tickets each. */
  async deposit(identityCommitments: readonly bigint[], tickets: number): Promise<void> {
    const { sender, client } = this;
    const amount = BigInt(tickets) * this.hold;
    const price = client.priceOf(amount) * BigInt(identityCommitments.length);
    await this.fund(sender.signer, price);
    await sender.approve(price);
    await sender.depositBatch(identityCommitments.map((identityCommitment) => ({ identityCommitment, amount })));
  }

  // PARTIES

  view(finality: Finality = this.finality): PoolView {
    return new PoolView(new PoolHistory(this.client, { fromBlock: this.world.fromBlock, finality }), finality);
  }

  /** A provider in this process; it looks at the chain when it is told to. */
  async shop(setup: ShopSetup = {}): Promise<Shop> {
    const { path = ":memory:", serviceUrl = this.kettle.url, ...options } = setup;
    const faults: string[] = [];
    const store = options.store ?? new SqliteStore({ path, poolHash: this.client.pool.poolHash });
    const running = await startProvider({
      client: this.client,
      fromBlock: this.world.fromBlock,
      finality: this.finality,
      store,
      terms,
      stateKey: providerKey(DEVELOPMENT_PROVIDER_KEY),
      signer: payer(this.client.provider as JsonRpcProvider, "gateway"),
      upstream: upstreamOf(terms, { kind: "openai", url: serviceUrl, idleSeconds: 1, answerSeconds: 2 }),
      prover: this.prover,
      pollMilliseconds: 3_600_000,
      log: (entry) => void (entry.event === "fault" && faults.push(JSON.stringify(entry))),
      ...options,
    });
    this.#open.add(running);
    const shutDown = async (): Promise<void> => {
      this.#open.delete(running);
      await running.close();
      if (options.store === undefined) await store.close();
    };
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= shutDown());
    this.#closing.push(close);
    return { ...running, store, faults, close };
  }

  /** A wallet with an account that nobody else has. */
  owner({ provider, path = ":memory:", seed = randomBytes(32), ...options }: OwnerSetup): Owner {
    const store = WalletStore.open(path, seed);
    const wallet = new Wallet({
      store,
      pool: this.client.pool,
      provider: typeof provider === "string" ? this.reach(provider) : provider,
      chain: this.view(),
      prove: (statement, input, ahead) => this.prover.prove(statement, input, ahead),
      clock: () => Math.floor(Date.now() / 1_000),
      retry: { attempts: 3, pauseMilliseconds: 1 },
      pause: (milliseconds) => sleep(Math.min(milliseconds, LONGEST_PAUSE)),
      ...options,
    });
    this.#closing.push(() => store.close());
    return { account: wallet.account(0), store };
  }

  /** The same, enrolled, with so many tickets. */
  async ready(setup: OwnerSetup, tickets: number, proved = tickets): Promise<Owner> {
    const owner = this.owner(setup);
    await owner.account.beginDeposit();
    await this.deposit([owner.account.identityCommitment], tickets);
    if (this.finality.kind === "confirmations") await this.mine(this.finality.blocks);
    await this.look();
    await owner.account.enroll();
    await owner.account.proveTickets(proved);
    return owner;
  }

  /** Has every provider of this process look at the chain. */
  async look(): Promise<void> {
    for (const shop of this.#open) await shop.look();
  }

  /** A provider over HTTP. */
  reach(url: string): ProviderApi {
    const provider = httpProvider(url);
    this.#closing.push(() => provider.close());
    return provider;
  }

  /** What was opened since the last time; more can be opened afterwards. */
  async close(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
  }
}
