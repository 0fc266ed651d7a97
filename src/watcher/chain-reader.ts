// SPDX-License-Identifier: GPL-3.0-or-later
/** Reads the pool's events into the watcher's file, on from where it stands, through reorganizations. */
import { EventSync, finalBlockOf, poolEventReader, readHeader } from "../chain/index.ts";
import type { Finality, PoolClient, PoolEvent, RawLog } from "../chain/index.ts";
import type { PoolRow } from "./chain-records.ts";
import type { ShareFinding } from "./shares.ts";
import type { WatcherStore } from "./store.ts";

export interface ChainReaderOptions {
  readonly store: WatcherStore;
  readonly client: PoolClient;
  readonly name: string;
  readonly fromBlock: number;
  readonly finality: Finality;
}

export interface ChainState {
  readonly finalBlock: number;
  /** Of the newest block: unix seconds. */
  readonly headTime: number;
}

export class ChainReader {
  readonly #options: ChainReaderOptions;
  readonly #pool: PoolRow;
  readonly #sync: EventSync;
  readonly #read: (log: RawLog) => PoolEvent;

  constructor(options: ChainReaderOptions) {
    const { store, client, name, fromBlock } = options;
    this.#options = options;
    this.#pool = store.chain.pool(name);
    const { cursor } = this.#pool;
    this.#read = poolEventReader(client.addresses);
    this.#sync = new EventSync({
      source: client.provider,
      addresses: Object.values(client.addresses) as readonly string[],
      fromBlock: cursor?.fromBlock ?? fromBlock,
      ...(cursor === undefined ? {} : { cursor }),
    });
  }

  /**
   * To the head of the chain, as it is now. What was read until it failed is kept.
   * @throws ChainError RPC_FAILED, INCONSISTENT
   */
  async read(now: () => number, onFinding: (finding: ShareFinding) => void): Promise<ChainState> {
    const { store, client, finality } = this.#options;
    const { id } = this.#pool;
    // The order matters: what is read after the final block is known has that block for good.
    const finalBlock = await finalBlockOf(client.provider, finality);
    for await (const step of this.#sync.advance()) {
      if (step.kind === "rollback") store.chain.rollBack(id, step.toBlock, step.cursor);
      else store.chain.apply(id, client.pool, step.logs.map(this.#read), step.cursor, onFinding);
    }
    const head = await readHeader(client.provider, "latest");
    const settled = Math.min(finalBlock, this.#sync.position);
    store.chain.setRead(id, settled, now());
    return { finalBlock: settled, headTime: head?.timestamp ?? 0 };
  }
}
