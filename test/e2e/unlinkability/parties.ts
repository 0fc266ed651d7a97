// SPDX-License-Identifier: GPL-3.0-or-later
/** A chain with a pool and real verifiers, a provider's gateway with its store in a file, and users, each with a wallet of his own. */
import { randomBytes } from "node:crypto";

import { network } from "hardhat";

import type { LocalPool } from "../../../scripts/support/local-pool.ts";
import { PLENTY, createLocalPool } from "../../../scripts/support/local-pool.ts";
import { PoolHistory, PoolSender, PoolView } from "../../../src/chain/index.ts";
import { Gateway, SqliteStore } from "../../../src/gateway/index.ts";
import type { Upstream } from "../../../src/gateway/index.ts";
import { deriveIdentitySecret } from "../../../src/protocol/index.ts";
import { Prover } from "../../../src/prover/index.ts";
import { Wallet, WalletStore } from "../../../src/wallet/index.ts";
import type { Account } from "../../../src/wallet/index.ts";
import type { Terms } from "../../../src/wire/index.ts";
import { parseTerms, termsHashOf, toJson } from "../../../src/wire/index.ts";
import { Wiretap } from "./observer.ts";
import { bucketOf } from "./prompts.ts";
import type { Bucket } from "./prompts.ts";

/** Amounts are large against the unit, so that a leak by amounts below the unit has room. */
export const TICKET_PRICE = 10_000_000_000n;
export const POLICY_HOLD = 1_000_000_000n;
export const UNIT = 1_000_000_000n;
export const HOLD = TICKET_PRICE + POLICY_HOLD;

/** What one call costs: a bucket. */
const PRICES: Readonly<Record<Bucket, bigint>> = {
  tiny: UNIT,
  small: 2n * UNIT,
  middle: 3n * UNIT,
  large: 5n * UNIT,
};

const TERMS: Terms = parseTerms({
  format: "jeton.terms.v1",
  service: "answers",
  pricing: {
    kind: "methods",
    prices: Object.fromEntries(Object.entries(PRICES).map(([bucket, price]) => [bucket, price.toString()])),
  },
  policy: "anything goes",
  retention: { answersSeconds: 3_600, sessionSeconds: 600, statement: "answers are kept for an hour" },
  endpoints: [],
});

const priceOf = (payload: string): bigint => PRICES[bucketOf(payload)];
const upstream: Upstream = {
  quote: priceOf,
  serve: async (payload) => ({ response: "answered", charge: priceOf(payload) }),
};

const FINALITY = { kind: "confirmations", blocks: 0 } as const;
const FINEST_STEP = 900;

export interface User {
  readonly account: Account;
  readonly identitySecret: bigint;
}

/** Unix seconds of everybody's clock, moved by the run. */
export class Clock {
  now: number;

  constructor(now: number) {
    this.now = now;
  }

  readonly read = (): number => this.now;

  /** Up to a quarter of an hour passes. */
  pass(share: number): void {
    this.now += 1 + Math.floor(share * FINEST_STEP);
  }
}

export class Parties {
  readonly local: LocalPool;
  readonly prover: Prover;
  readonly history: PoolHistory;
  readonly view: PoolView;
  readonly clock: Clock;
  readonly wiretap: Wiretap;
  readonly gateway: Gateway;
  readonly #store: SqliteStore;

  private constructor(local: LocalPool, prover: Prover, now: number, path: string) {
    const { client, description: pool } = local;
    this.local = local;
    this.prover = prover;
    this.history = new PoolHistory(client, { fromBlock: 0, finality: FINALITY });
    this.view = new PoolView(this.history, FINALITY);
    this.clock = new Clock(now);
    this.wiretap = new Wiretap(pool);
    this.#store = new SqliteStore({ path, poolHash: pool.poolHash });
    const refuse = async (): Promise<never> =>
      Promise.reject(new Error("somebody was accused in a run of honest users"));
    this.gateway = new Gateway({
      pool,
      terms: TERMS,
      store: this.#store,
      upstream,
      stateKey: local.providerKey,
      signer: local.provider,
      verify: (statement, publicSignals, proof) => prover.verify(statement, publicSignals, proof),
      chain: this.view,
      clock: this.clock.read,
      onDoubleSpend: refuse,
      onUnderstatedClose: refuse,
      onFoldConflict: refuse,
      answerDispute: refuse,
      onViolation: refuse,
      onFault: (error) => {
        throw error;
      },
    });
  }

  /** @param path the file of the provider's store. */
  static async meet(path: string): Promise<Parties> {
    const connection = await network.create({ network: "default", chainType: "op" });
    const local = await createLocalPool(connection, {
      ticketPrice: TICKET_PRICE,
      policyHold: POLICY_HOLD,
      unit: UNIT,
      termsHash: termsHashOf(toJson(TERMS)),
    });
    await (await local.token.approve(local.description.address, PLENTY)).wait();
    const block = await connection.ethers.provider.getBlock("latest");
    return new Parties(local, await Prover.create(), block?.timestamp ?? 0, path);
  }

  /** A user with a seed of his own. */
  newUser(): User {
    const { description: pool } = this.local;
    const seed = randomBytes(32);
    const wallet = new Wallet({
      store: WalletStore.open(":memory:", seed),
      pool,
      provider: this.wiretap.api(this.gateway),
      chain: this.view,
      prove: (statement, input) => this.prover.prove(statement, input),
      clock: this.clock.read,
    });
    const identitySecret = deriveIdentitySecret(seed, pool.chainId, pool.address, 0);
    return { account: wallet.account(0), identitySecret };
  }

  /** Everybody's transactions come from one sponsor and one relayer: what the senders' own addresses tell is not asked here. */
  get sponsor(): PoolSender {
    return new PoolSender(this.local.client, this.local.user);
  }

  get relayer(): PoolSender {
    const [relayer] = this.local.others;
    if (relayer === undefined) throw new Error("the network has too few accounts");
    return new PoolSender(this.local.client, relayer);
  }

  async leave(): Promise<void> {
    await this.#store.close();
    await this.prover.close();
    await this.local.connection.close();
  }
}
