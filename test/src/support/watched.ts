// SPDX-License-Identifier: GPL-3.0-or-later
/** A pool on a local chain, feeds that say what a test tells them, and watchers before them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Wallet as EthersWallet, ZeroAddress } from "ethers";
import { network } from "hardhat";

import { createLocalPool } from "../../../scripts/support/local-pool.ts";
import type { LocalPool } from "../../../scripts/support/local-pool.ts";
import { PoolSender, closeRequestOf } from "../../../src/chain/index.ts";
import type { CloseRequest } from "../../../src/chain/index.ts";
import {
  closeClaim,
  holdOf,
  identityCommitmentOf,
  nullifierOf,
  shareOf,
  ticketKeyOf,
  ticketRootOf,
} from "../../../src/protocol/index.ts";
import type { Pool } from "../../../src/protocol/index.ts";
import { Prover } from "../../../src/prover/index.ts";
import { Watcher, WatcherStore, fixedPrice } from "../../../src/watcher/index.ts";
import type {
  AlarmMessage,
  Claiming,
  FeedSource,
  PassOutcome,
  WatchedPool,
  WatcherLogEntry,
} from "../../../src/watcher/index.ts";
import type { FeedEntryJson, Prove } from "../../../src/wire/index.ts";

export type TicketEntry = Omit<Extract<FeedEntryJson, { kind: "ticket" }>, "position">;

/** A feed that a test writes, and rewrites. */
export class ScriptedFeed implements FeedSource {
  readonly name: string;
  entries: TicketEntry[] = [];
  /** What the next requests end with. */
  failure: Error | undefined;
  /** Asked for, in order. */
  readonly asked: number[] = [];

  constructor(name = "https://gateway.example") {
    this.name = name;
  }

  async read({ after, limit = 1_000 }: { readonly after: number; readonly limit?: number }): Promise<unknown> {
    this.asked.push(after);
    if (this.failure !== undefined) throw this.failure;
    const entries = this.entries.map((entry, place) => ({ ...entry, position: place + 1 })).slice(after, after + limit);
    const next = after + entries.length;
    return { entries, next, isEnd: next >= this.entries.length };
  }
}

/** An account whose owner keeps no rule. */
export interface Cheater {
  readonly secret: bigint;
  readonly commitment: bigint;
  /** The share of ticket `index` for a message, as a feed shows it. */
  entry(index: number, x?: bigint): TicketEntry;
}

export function cheater(pool: Pool, secret: bigint): Cheater {
  const root = ticketRootOf(secret, pool.poolHash);
  return {
    secret,
    commitment: identityCommitmentOf(secret),
    entry: (index, x = 1_000n + BigInt(index)) => {
      const key = ticketKeyOf(root, index);
      const { y } = shareOf(secret, key, x);
      return { kind: "ticket", nullifier: nullifierOf(key).toString(), x: x.toString(), y: y.toString() };
    },
  };
}

export interface WatchedWorld {
  readonly local: LocalPool;
  readonly pool: Pool;
  readonly prove: Prove;
  /** How many proofs were made. */
  readonly proofs: () => number;
  readonly signer: EthersWallet;
  readonly recipient: string;
  deposit(who: Cheater, tickets?: number): Promise<void>;
  proveClose(who: Cheater, firstUnused: number, tickets?: number): Promise<CloseRequest>;
  startClose(request: CloseRequest): Promise<void>;
  rpc(method: string, params?: unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

export const TICKETS = 8;

export async function startWatchedWorld(): Promise<WatchedWorld> {
  const connection = await network.create({ network: "default", chainType: "op" });
  const local = await createLocalPool(connection);
  const { client, user } = local;
  const prover = await Prover.create({ workers: 1 });
  const known = new Map<string, ReturnType<Prove>>();
  const prove: Prove = (statement, input) => {
    const key =
      statement + JSON.stringify(input, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
    const proof = known.get(key) ?? prover.prove(statement, input);
    known.set(key, proof);
    return proof;
  };
  const rpc = (method: string, params: unknown[] = []): Promise<unknown> =>
    connection.ethers.provider.send(method, params) as Promise<unknown>;
  const signer = new EthersWallet(`0x${"17".repeat(32)}`);
  await rpc("hardhat_setBalance", [signer.address, "0xde0b6b3a7640000"]);
  const sender = new PoolSender(client, user);
  const amountOf = (tickets: number): bigint => BigInt(tickets) * holdOf(client.parameters);
  return {
    local,
    pool: client.pool,
    prove,
    proofs: () => known.size,
    signer,
    recipient: "0x00000000000000000000000000000000000000cc",
    rpc,
    deposit: async ({ commitment }, tickets = TICKETS) => {
      await sender.deposit({ identityCommitment: commitment, amount: amountOf(tickets) });
    },
    proveClose: async ({ secret, commitment }, firstUnused, tickets = TICKETS) => {
      const terms = { recipient: user.address, relayer: ZeroAddress, fee: 0n, deadline: 4_000_000_000n };
      const refunds = { refundedCharges: 0n, refundedHolds: 0n };
      const close = { deposit: amountOf(tickets), firstUnused, ...refunds, terms };
      const claim = closeClaim(client.pool, secret, undefined, close);
      const { proof } = await prove("close", claim.input);
      return closeRequestOf(commitment, close, claim.coverKeys, proof);
    },
    startClose: async (request) => {
      await sender.startClose(request);
    },
    close: async () => {
      await prover.close();
      await connection.close();
    },
  };
}

/** A clock that a test moves: unix seconds, not behind the chain's. */
export class HandClock {
  now = 0;
  readonly read = (): number => this.now;
}

export interface WatchSetup {
  readonly path?: string;
  readonly feeds?: readonly FeedSource[];
  readonly claiming?: Partial<Claiming> | "none";
  readonly pool?: Partial<WatchedPool>;
  readonly clock?: HandClock;
  readonly isHasty?: boolean;
  /** Fails to tell of alarms while it is set. */
  readonly telling?: { isBroken: boolean };
}

export interface Watching {
  readonly watcher: Watcher;
  readonly store: WatcherStore;
  readonly log: WatcherLogEntry[];
  readonly told: AlarmMessage[];
  readonly clock: HandClock;
  /** One pass; says what is wrong after it. */
  pass(): Promise<PassOutcome>;
  /** The codes of the alarms that are raised. */
  codes(): string[];
  close(): void;
}

export function watch(world: WatchedWorld, setup: WatchSetup = {}): Watching {
  const { local, signer, recipient, prove } = world;
  const store = WatcherStore.open(setup.path ?? ":memory:");
  const clock = setup.clock ?? new HandClock();
  const log: WatcherLogEntry[] = [];
  const told: AlarmMessage[] = [];
  const claiming: Claiming | undefined =
    setup.claiming === "none"
      ? undefined
      : { signer, recipient, prove, price: fixedPrice("1"), costBps: 5_000, ...setup.claiming };
  const pool: WatchedPool = {
    name: "pool",
    connect: async () => local.client,
    fromBlock: local.creation.blockNumber,
    finality: { kind: "confirmations", blocks: 2 },
    feeds: setup.feeds ?? [],
    claiming,
    ...setup.pool,
  };
  const notify = async (message: AlarmMessage): Promise<void> => {
    if (setup.telling?.isBroken === true) throw new Error("nobody is there");
    told.push(message);
  };
  const watcher = new Watcher({
    store,
    pools: [pool],
    ports: { clock: clock.read, log: (entry) => void log.push(entry), notify: [notify] },
    pauseMilliseconds: 1,
    sleep: async () => undefined,
    isHasty: setup.isHasty ?? false,
  });
  return {
    watcher,
    store,
    log,
    told,
    clock,
    pass: () => watcher.once(),
    codes: () => watcher.alarms.raised.map(({ code }) => code),
    close: () => store.close(),
  };
}

/** Runs a test with a path for a watcher's file. */
export async function withFile<T>(test: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "jeton-watcher-"));
  try {
    return await test(join(folder, "watcher.sqlite"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
