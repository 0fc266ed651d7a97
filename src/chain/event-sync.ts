// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Follows the events of some contracts, block range by block range, through reorganizations.
 *
 * The cursor holds checkpoints: numbers and hashes of blocks up to which everything was handed out. Before it goes on, the sync
 * asks for the newest checkpoint that is still in the chain. If that is an older one, it says so (`rollback`) and continues from
 * there; if none is, it starts again. A range is handed out only if its first block follows the last checkpoint and its last
 * block was the same before and after the events were read, so that what was handed out always belongs to one chain.
 */
import { ChainError, toChainError } from "./errors.ts";
import type { BlockHeader, RpcSource } from "./provider.ts";
import { readHeader, toQuantity } from "./provider.ts";

/** An event as the endpoint gives it. */
export interface RawLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly logIndex: number;
}

export interface Checkpoint {
  readonly number: number;
  readonly hash: string;
}

/** Where a sync stands; plain JSON, to be stored together with what was made of the events. Checkpoints ascend. */
export interface SyncCursor {
  readonly fromBlock: number;
  readonly checkpoints: readonly Checkpoint[];
}

export type SyncStep =
  /** Everything above `toBlock` is void; -1 or a block below `fromBlock` means everything. */
  | { readonly kind: "rollback"; readonly toBlock: number; readonly cursor: SyncCursor }
  | {
      readonly kind: "events";
      readonly fromBlock: number;
      readonly toBlock: number;
      readonly logs: readonly RawLog[];
      readonly cursor: SyncCursor;
    };

export interface EventSyncOptions {
  readonly source: RpcSource;
  readonly addresses: readonly string[];
  /** The first block to look at: the one that the contracts were deployed in. */
  readonly fromBlock: number;
  /** Most blocks in one request; halved while the endpoint refuses. Default 2,000. */
  readonly chunkSize?: number;
  /** How many blocks below the head checkpoints are kept: the deepest reorganization that is undone without starting again. Default 256. */
  readonly keepBlocks?: number;
  /** Where an earlier sync stopped. */
  readonly cursor?: SyncCursor;
}

interface JsonLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly logIndex: string;
  readonly removed?: boolean;
}

/** How often one range is tried again because the chain changed under it. */
const RETRIES = 20;

/** By how much ranges grow again: slowly where an endpoint has refused one, so that it does not refuse every other. */
const [GROWTH, CAREFUL_GROWTH] = [2, 1.1];

export class EventSync {
  readonly #source: RpcSource;
  readonly #addresses: readonly string[];
  readonly #fromBlock: number;
  readonly #chunkSize: number;
  readonly #keepBlocks: number;
  #checkpoints: readonly Checkpoint[];
  /** How many blocks the endpoint was last willing to answer for. */
  #size: number;
  #growth = GROWTH;

  constructor(options: EventSyncOptions) {
    const { chunkSize = 2_000, keepBlocks = 256, cursor } = options;
    if (cursor !== undefined && cursor.fromBlock !== options.fromBlock) {
      throw new ChainError("ARGUMENT_INVALID", "the cursor belongs to a sync that started at another block");
    }
    this.#source = options.source;
    this.#addresses = options.addresses;
    this.#fromBlock = options.fromBlock;
    this.#chunkSize = Math.max(1, chunkSize);
    this.#size = this.#chunkSize;
    this.#keepBlocks = Math.max(1, keepBlocks);
    this.#checkpoints = cursor?.checkpoints ?? [];
  }

  get cursor(): SyncCursor {
    return { fromBlock: this.#fromBlock, checkpoints: this.#checkpoints };
  }

  /** The last block whose events were handed out; `fromBlock` - 1 before the first. */
  get position(): number {
    return this.#checkpoints.at(-1)?.number ?? this.#fromBlock - 1;
  }

  /**
   * Goes to the head of the chain as it is now, in steps. Apply each step whole, and store its cursor with it. A step counts as
   * applied when the next one is asked for: one whose application threw comes again.
   * @throws ChainError RPC_FAILED, or INCONSISTENT when the chain changes faster than it can be read.
   */
  async *advance(): AsyncGenerator<SyncStep, void, void> {
    let failures = 0;
    while (failures <= RETRIES) {
      const rollback = await this.#rollBack();
      if (rollback !== undefined) {
        yield rollback;
        this.#checkpoints = rollback.cursor.checkpoints;
      }
      const head = await readHeader(this.#source, "latest");
      if (head === undefined || head.number <= this.position) return;
      const step = await this.#readRange(head.number);
      if (step === undefined) {
        failures += 1;
        continue;
      }
      failures = 0;
      yield step;
      this.#checkpoints = step.cursor.checkpoints;
    }
    throw new ChainError("INCONSISTENT", "the chain changed faster than its events could be read; try again later");
  }

  /** Drops the checkpoints that are no longer in the chain. */
  async #rollBack(): Promise<SyncStep | undefined> {
    let kept = this.#checkpoints.length;
    while (kept > 0 && !(await this.#isInChain(this.#checkpoints[kept - 1] as Checkpoint))) kept -= 1;
    if (kept === this.#checkpoints.length) return undefined;
    const checkpoints = this.#checkpoints.slice(0, kept);
    const toBlock = checkpoints.at(-1)?.number ?? this.#fromBlock - 1;
    return { kind: "rollback", toBlock, cursor: { fromBlock: this.#fromBlock, checkpoints } };
  }

  async #isInChain({ number, hash }: Checkpoint): Promise<boolean> {
    return (await readHeader(this.#source, number))?.hash === hash;
  }

  /** The next range; undefined if the chain changed while it was read. */
  async #readRange(headNumber: number): Promise<SyncStep | undefined> {
    const previous = this.#checkpoints.at(-1);
    const fromBlock = this.position + 1;
    const endBlock = this.#rangeEnd(fromBlock, headNumber);
    for (;;) {
      const toBlock = Math.min(fromBlock + this.#size - 1, endBlock);
      const last = await readHeader(this.#source, toBlock);
      const first = toBlock === fromBlock ? last : await readHeader(this.#source, fromBlock);
      if (last === undefined || first === undefined) return undefined;
      if (previous !== undefined && first.parentHash !== previous.hash) return undefined;
      const logs = await this.#readLogs(fromBlock, toBlock);
      if (logs === "too many") {
        this.#size = Math.ceil((toBlock - fromBlock + 1) / 2);
        this.#growth = CAREFUL_GROWTH;
        continue;
      }
      if (!(await this.#isInChain(last)) || !areConsistent(logs, first, last)) return undefined;
      this.#size = Math.min(Math.ceil(this.#size * this.#growth), this.#chunkSize);
      const checkpoints = this.#checkpointsWith(logs, last, headNumber);
      return { kind: "events", fromBlock, toBlock, logs, cursor: { fromBlock: this.#fromBlock, checkpoints } };
    }
  }

  /** Stops a long range short of the blocks that may still be reorganized, so that a checkpoint stands before them. */
  #rangeEnd(fromBlock: number, headNumber: number): number {
    const settled = headNumber - this.#keepBlocks;
    return settled >= fromBlock ? settled : headNumber;
  }

  async #readLogs(fromBlock: number, toBlock: number): Promise<readonly RawLog[] | "too many"> {
    const filter = { address: this.#addresses, fromBlock: toQuantity(fromBlock), toBlock: toQuantity(toBlock) };
    try {
      const logs = (await this.#source.send("eth_getLogs", [filter])) as readonly JsonLog[];
      return logs.filter(({ removed }) => removed !== true).map(parseLog);
    } catch (error) {
      // Every endpoint words its limits in its own way: whatever fails is tried smaller, down to one block.
      if (toBlock > fromBlock) return "too many";
      throw toChainError(error, `reading the events of block ${fromBlock}`);
    }
  }

  /** Adds checkpoints (the range's end, and the blocks with events) and forgets those too deep to be needed, but for one. */
  #checkpointsWith(logs: readonly RawLog[], last: BlockHeader, headNumber: number): readonly Checkpoint[] {
    const added = new Map<number, string>();
    for (const { blockNumber, blockHash } of logs) added.set(blockNumber, blockHash);
    added.set(last.number, last.hash);
    const all = [...this.#checkpoints, ...[...added].map(([number, hash]) => ({ number, hash }))];
    const horizon = headNumber - this.#keepBlocks;
    const deepest = all.findLastIndex(({ number }) => number <= horizon);
    return all.slice(Math.max(deepest, 0));
  }
}

function parseLog({ address, topics, data, blockNumber, blockHash, transactionHash, logIndex }: JsonLog): RawLog {
  return {
    address,
    topics,
    data,
    blockNumber: Number(blockNumber),
    blockHash,
    transactionHash,
    logIndex: Number(logIndex),
  };
}

/** Events in order, inside the range, and of the blocks at its ends as they were read. */
function areConsistent(logs: readonly RawLog[], first: BlockHeader, last: BlockHeader): boolean {
  return logs.every((log, index) => {
    const before = logs[index - 1];
    if (log.blockNumber < first.number || log.blockNumber > last.number) return false;
    if (log.blockNumber === first.number && log.blockHash !== first.hash) return false;
    if (log.blockNumber === last.number && log.blockHash !== last.hash) return false;
    if (before === undefined || before.blockNumber < log.blockNumber) return true;
    return (
      before.blockNumber === log.blockNumber && before.blockHash === log.blockHash && before.logIndex < log.logIndex
    );
  });
}
