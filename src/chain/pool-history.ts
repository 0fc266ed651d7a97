// SPDX-License-Identifier: GPL-3.0-or-later
/** Everything that ever happened in a pool, in memory: its events and its tree, kept in step with the chain. */
import { AccountTree } from "./account-tree.ts";
import { ChainError } from "./errors.ts";
import { EventSync } from "./event-sync.ts";
import type { RawLog, SyncCursor } from "./event-sync.ts";
import type { PoolClient } from "./pool-client.ts";
import { poolEventReader } from "./pool-events.ts";
import type { PoolEvent, PoolEventName, PoolEventOf } from "./pool-events.ts";
import { finalBlockOf, readHeader } from "./provider.ts";
import type { Finality } from "./provider.ts";

export interface PoolHistoryOptions {
  /** The block in which the pool was created, or one before it. */
  readonly fromBlock: number;
  readonly finality: Finality;
  readonly chunkSize?: number;
  readonly keepBlocks?: number;
  /** Where an earlier history stopped. */
  readonly snapshot?: HistorySnapshot;
}

/** A history to be resumed; plain JSON. */
export interface HistorySnapshot {
  readonly chainId: string;
  readonly pool: string;
  readonly cursor: SyncCursor;
  readonly logs: readonly RawLog[];
}

export interface SyncReport {
  /** The block up to which the history is complete. */
  readonly position: number;
  /** New events, in order. */
  readonly added: readonly PoolEvent[];
  /** What a reorganization made void; events that come again on the new chain are in `added` too. */
  readonly removed: readonly PoolEvent[];
}

export class PoolHistory {
  readonly client: PoolClient;
  readonly tree = new AccountTree();
  readonly #finality: Finality;
  readonly #read: (log: RawLog) => PoolEvent;
  readonly #sync: EventSync;
  readonly #finalRoots = new Set<bigint>();
  #logs: RawLog[] = [];
  #events: PoolEvent[] = [];
  #queue: Promise<unknown> = Promise.resolve();

  constructor(client: PoolClient, options: PoolHistoryOptions) {
    const { fromBlock, finality, chunkSize, keepBlocks, snapshot } = options;
    this.client = client;
    this.#finality = finality;
    this.#read = poolEventReader(client.addresses);
    if (snapshot !== undefined) this.#restore(snapshot);
    this.#sync = new EventSync({
      source: client.provider,
      addresses: Object.values(client.addresses) as readonly string[],
      fromBlock,
      ...(chunkSize === undefined ? {} : { chunkSize }),
      ...(keepBlocks === undefined ? {} : { keepBlocks }),
      ...(snapshot === undefined ? {} : { cursor: snapshot.cursor }),
    });
  }

  #restore({ chainId, pool, logs }: HistorySnapshot): void {
    if (chainId !== this.client.chainId.toString() || pool !== this.client.pool.address) {
      throw new ChainError("ARGUMENT_INVALID", `the snapshot is of pool ${pool} on chain ${chainId}`);
    }
    this.#append(logs);
  }

  #append(logs: readonly RawLog[]): PoolEvent[] {
    const events = logs.map(this.#read);
    this.tree.apply(events);
    // Not as arguments of one call: a stored history may have more logs than a stack has room for.
    for (const log of logs) this.#logs.push(log);
    for (const event of events) this.#events.push(event);
    return events;
  }

  /** All events up to `position`, in order. */
  get events(): readonly PoolEvent[] {
    return this.#events;
  }

  eventsOf<Name extends PoolEventName>(name: Name): PoolEventOf<Name>[] {
    return this.#events.filter((event): event is PoolEvent & PoolEventOf<Name> => event.name === name);
  }

  get position(): number {
    return this.#sync.position;
  }

  /** To be stored, and given to a later history of the same pool. */
  snapshot(): HistorySnapshot {
    const { chainId, pool } = this.client;
    return { chainId: chainId.toString(), pool: pool.address, cursor: this.#sync.cursor, logs: [...this.#logs] };
  }

  /**
   * Catches up with the head of the chain, and checks the tree against the contract. Calls wait for each other.
   * @throws ChainError INCONSISTENT, RPC_FAILED; what was applied until then stays.
   */
  sync(): Promise<SyncReport> {
    const run = this.#queue.then(() => this.#catchUp());
    this.#queue = run.catch(() => undefined);
    return run;
  }

  async #catchUp(): Promise<SyncReport> {
    const added = new Set<PoolEvent>();
    const removed = new Set<PoolEvent>();
    for await (const step of this.#sync.advance()) {
      if (step.kind === "events") for (const event of this.#append(step.logs)) added.add(event);
      else for (const event of this.#rollBack(step.toBlock)) removed.add(event);
    }
    await this.#compareWithContract();
    return {
      position: this.position,
      added: [...added].filter((event) => !removed.has(event)),
      removed: [...removed].filter((event) => !added.has(event)),
    };
  }

  #rollBack(toBlock: number): PoolEvent[] {
    const kept = this.#events.findLastIndex(({ blockNumber }) => blockNumber <= toBlock) + 1;
    const removed = this.#events.splice(kept);
    this.#logs.splice(kept);
    this.tree.rollBack(toBlock);
    return removed;
  }

  /**
   * Reads the contracts as of the block up to which events were read. A chain that moved meanwhile gives undefined, and is left to the
   * next sync.
   */
  async readAt<T>(read: (at: { readonly blockTag: number }) => Promise<T>): Promise<T | undefined> {
    const checkpoint = this.#sync.cursor.checkpoints.at(-1);
    if (checkpoint === undefined) return undefined;
    const isStillThere = async (): Promise<boolean> =>
      (await readHeader(this.client.provider, checkpoint.number))?.hash === checkpoint.hash;
    try {
      const value = await read({ blockTag: checkpoint.number });
      return (await isStillThere()) ? value : undefined;
    } catch (error) {
      if (await isStillThere()) throw error;
      return undefined;
    }
  }

  /** The contract's own root at the block up to which events were read. A chain that moved meanwhile is left to the next sync. */
  async #compareWithContract(): Promise<void> {
    const { position } = this;
    const head = await this.readAt((at) => this.client.tree(at));
    if (head === undefined || (head.root === this.tree.root && head.leafCount === this.tree.leafCount)) return;
    const { root, leafCount } = head;
    throw new ChainError(
      "INCONSISTENT",
      `at block ${position} the contract has ${leafCount} leaves and the root ${root}, the events give ${this.tree.leafCount} and ${this.tree.root}`,
    );
  }

  /**
   * Whether the contract had this root in a block that can no longer be reorganized: the condition for an enrolment.
   * False for 0, for a root that is too young, and for one that the contract never had.
   */
  async isFinalRoot(root: bigint): Promise<boolean> {
    if (this.#finalRoots.has(root)) return true;
    // The order matters: what is synced after the final block is known has that block for good.
    const finalBlock = await finalBlockOf(this.client.provider, this.#finality);
    await this.sync();
    const blockNumber = this.tree.blockOfRoot(root);
    if (blockNumber === undefined || blockNumber > finalBlock) return false;
    this.#finalRoots.add(root);
    return true;
  }
}
