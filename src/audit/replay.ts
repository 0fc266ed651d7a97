// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A pool's whole history, event by event, through a model of the pool that shares no books with wallets, gateways or contracts. What is kept of an
 * account takes some 80 bytes; events are forgotten when they were looked at.
 */
import { randomInt } from "node:crypto";

import type { PoolClient, PoolEvent, RawLog, RpcSource } from "../chain/index.ts";
import { ChainError, EventSync, poolEventReader } from "../chain/index.ts";
import { AccountModel } from "./account-model.ts";
import { CallReader } from "./calls.ts";
import { Context } from "./context.ts";
import { DisputeModel } from "./dispute-model.ts";
import { compareHeads } from "./end-state.ts";
import type { Compared } from "./end-state.ts";
import { AuditError } from "./errors.ts";
import { Evidence } from "./evidence.ts";
import type { Findings } from "./findings.ts";
import { FoldModel } from "./fold-model.ts";
import { Money } from "./money.ts";
import type { Progress } from "./progress.ts";
import type { ProofQueue } from "./proof-queue.ts";
import { Surroundings, byPlace, pinned, readTransfers } from "./source.ts";
import type { Transfer } from "./source.ts";
import { Timeline } from "./timeline.ts";

export interface ReplayOptions {
  readonly client: PoolClient;
  readonly source: RpcSource;
  readonly findings: Findings;
  readonly queue: ProofQueue;
  readonly fromBlock: number;
  readonly toBlock: number;
  readonly chunkSize: number;
  /** Of so many closes and slashes one is looked at; 1: all of them. */
  readonly sample: number | ((identityCommitment: bigint) => boolean);
  /** At how many blocks on the way ledger, balance and tree are compared. */
  readonly checkpoints: number;
  readonly isProviderContract: boolean;
  /** What the pool's address held before; undefined where that is not known. */
  readonly initialBalance: bigint | undefined;
  /** How many requests are under way at once. */
  readonly parallel: number;
  readonly progress: Progress;
  /** Told of every close as it was started, for the provider's books. */
  readonly onClose?: (event: PoolEvent & { readonly name: "CloseStarted" }, deposit: bigint) => Promise<void>;
}

type Item =
  | { readonly kind: "event"; readonly event: PoolEvent; readonly isSampled: boolean }
  | { readonly kind: "transfer"; readonly transfer: Transfer };

/** How many events have their blocks and transactions read at a time. */
const SLICE = 256;

const placeOf = (item: Item): { blockNumber: number; blockHash: string; transactionHash: string; logIndex: number } =>
  item.kind === "event" ? item.event : item.transfer;

export class Replay {
  readonly #options: ReplayOptions;
  readonly #context: Context;
  readonly #surroundings: Surroundings;
  readonly #read: (log: RawLog) => PoolEvent;
  readonly accounts: AccountModel;
  readonly disputes: DisputeModel;
  readonly folds: FoldModel;
  readonly money: Money;
  readonly evidence: Evidence;
  readonly timeline = new Timeline();
  readonly compared: Compared[] = [];
  readonly counts = { events: 0, transactions: 0, transfers: 0, leftOut: 0 };
  #transaction = "";
  #isArchive = true;

  constructor(options: ReplayOptions) {
    const { client, source, findings, queue, isProviderContract, parallel } = options;
    this.#options = options;
    this.#context = new Context(client.pool, findings);
    this.#surroundings = new Surroundings(source, parallel);
    this.#read = poolEventReader(client.addresses);
    this.money = new Money(this.#context);
    this.accounts = new AccountModel(this.#context, this.money);
    this.disputes = new DisputeModel(this.#context, this.money);
    this.folds = new FoldModel(this.#context);
    this.evidence = new Evidence({
      context: this.#context,
      accounts: this.accounts,
      disputes: this.disputes,
      folds: this.folds,
      calls: new CallReader(source, client.addresses),
      surroundings: this.#surroundings,
      queue,
      isProviderContract,
    });
  }

  /** @throws ChainError; AuditError CHAIN_MOVED */
  async run(): Promise<void> {
    const { client, source, fromBlock, toBlock, chunkSize, progress } = this.#options;
    const sync = new EventSync({
      source: pinned(source, toBlock),
      addresses: Object.values(client.addresses) as readonly string[],
      fromBlock,
      chunkSize,
      keepBlocks: 1,
    });
    for await (const step of sync.advance()) {
      if (step.kind === "rollback") throw moved();
      const transfers = await readTransfers(
        source,
        client.token.address,
        client.pool.address,
        step.fromBlock,
        step.toBlock,
      );
      await this.#take(step.logs, transfers);
      progress.tell(() => this.#standing(step.toBlock));
      await this.#checkpoint(step.toBlock);
    }
    await this.#settle();
    progress.say(this.#standing(toBlock));
    await this.#options.queue.done();
  }

  #standing(block: number): string {
    const { findings, fromBlock, toBlock } = this.#options;
    const share = Math.floor((100 * (block - fromBlock + 1)) / (toBlock - fromBlock + 1));
    const { events } = this.counts;
    const accounts = this.accounts.table.size;
    return `block ${block} of ${toBlock} (${share} %): ${events} events, ${accounts} accounts, ${findings.countOf("violation")} violations`;
  }

  async #take(logs: readonly RawLog[], transfers: readonly Transfer[]): Promise<void> {
    const events = logs.flatMap((log): Item[] => {
      const event = this.#eventOf(log);
      return event === undefined ? [] : [{ kind: "event", event, isSampled: this.#isSampled(event) }];
    });
    const items = events.concat(transfers.map((transfer) => ({ kind: "transfer", transfer })));
    items.sort((a, b) => byPlace(placeOf(a), placeOf(b)));
    for (let start = 0; start < items.length; start += SLICE) {
      const slice = items.slice(start, start + SLICE);
      await this.#surroundings.prepare(
        new Set(slice.map((item) => placeOf(item).blockNumber)),
        new Set(slice.filter((item) => this.#needsCall(item)).map((item) => placeOf(item).transactionHash)),
      );
      for (const item of slice) await this.#apply(item);
      this.#options.progress.tell(() => this.#standing(this.#context.moment.blockNumber));
    }
  }

  #eventOf(log: RawLog): PoolEvent | undefined {
    try {
      return this.#read(log);
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      const { blockNumber: block, transactionHash: transaction, logIndex } = log;
      this.#options.findings.add("LOG_UNKNOWN", log.address, { block, transaction, logIndex });
      return undefined;
    }
  }

  #isSampled({ name, args }: PoolEvent): boolean {
    if (name !== "CloseStarted" && name !== "AccountSlashed") return true;
    const { sample } = this.#options;
    const isSampled =
      typeof sample === "number" ? sample <= 1 || randomInt(sample) === 0 : sample(args.identityCommitment);
    if (!isSampled) this.counts.leftOut += 1;
    return isSampled;
  }

  #needsCall(item: Item): boolean {
    return item.kind === "event" && item.isSampled && this.evidence.needsCall(item.event);
  }

  async #apply(item: Item): Promise<void> {
    const { blockNumber, blockHash, transactionHash, logIndex } = placeOf(item);
    if (transactionHash !== this.#transaction) await this.#settle();
    this.#transaction = transactionHash;
    const header = await this.#surroundings.header(blockNumber);
    this.#context.moment = { blockNumber, transactionHash, logIndex, timestamp: BigInt(header.timestamp) };
    this.#context.same("BLOCK_MISMATCH", `block ${blockNumber}`, blockHash, header.hash);
    if (item.kind === "transfer") {
      this.counts.transfers += 1;
      this.money.transfer(item.transfer);
      return;
    }
    const { event, isSampled } = item;
    this.counts.events += 1;
    const shown = await this.evidence.look(event, isSampled);
    if (event.name === "CloseStarted" && this.#options.onClose !== undefined) {
      await this.#options.onClose(event, this.accounts.depositOf(event.args.identityCommitment) ?? 0n);
    }
    this.accounts.apply(event);
    this.folds.apply(event, shown);
    this.disputes.apply(event);
    this.money.apply(event);
  }

  /** The end of a transaction. */
  async #settle(): Promise<void> {
    if (this.#transaction === "") return;
    this.accounts.settle();
    this.folds.settle();
    this.disputes.settle();
    this.money.settle();
    this.counts.transactions += 1;
    this.#transaction = "";
    const { accounts, disputes, money } = this;
    const { table } = accounts;
    this.timeline.add({
      time: Number(this.#context.now),
      opened: table.size,
      active: table.countOf("active"),
      slashed: table.countOf("slashed"),
      escrowed: money.ledger.escrowed,
      openDeposits: accounts.openDeposits,
      earned: money.totals.earned,
      withdrawn: money.totals.withdrawn,
      toBurn: money.totals.toBurn,
      bond: money.ledger.bond,
      disputes: disputes.disputes.size,
      lost: disputes.lossTimes.length,
      violations: disputes.violations.size,
    });
  }

  /** Between two steps, at blocks evenly apart; no more once the endpoint turns out to have no old states. */
  async #checkpoint(block: number): Promise<void> {
    const { client, findings, fromBlock, toBlock, checkpoints, initialBalance } = this.#options;
    const due = fromBlock + ((this.compared.length + 1) * (toBlock - fromBlock)) / (checkpoints + 1);
    if (!this.#isArchive || block >= toBlock || block < due || this.compared.length >= checkpoints) return;
    await this.#settle();
    const { accounts, disputes, folds, money } = this;
    const models = { client, findings, accounts, disputes, folds, money };
    const compared = await compareHeads(models, { blockTag: block }, initialBalance);
    this.compared.push(compared);
    this.#isArchive = compared.isRead;
  }
}

export const moved = (): AuditError =>
  new AuditError(
    "CHAIN_MOVED",
    "the chain was reorganized while it was read: run the audit again, or up to a block that is final",
  );
