// SPDX-License-Identifier: GPL-3.0-or-later
/** What an audit asks of an endpoint: blocks, transactions, and the token's transfers, beside the events. */
import { Interface, zeroPadValue } from "ethers";

import type { BlockHeader, RawLog, RpcSource } from "../chain/index.ts";
import { ChainError, readHeader, toChainError, toQuantity } from "../chain/index.ts";

/** Runs `task` on every item, so many at a time. */
async function inParallel<T>(width: number, items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < items.length) await task(items[next++] as T);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, run));
}

/** A source whose newest block is a given one, so that what follows the head ends there. */
export function pinned(source: RpcSource, last: number): RpcSource {
  return {
    send: (method, params) =>
      method === "eth_getBlockByNumber" && params[0] === "latest"
        ? source.send(method, [toQuantity(last), ...params.slice(1)])
        : source.send(method, params),
  };
}

/** What an audit reads of a transaction. */
export interface Transaction {
  readonly from: string;
  /** Undefined for the creation of a contract. */
  readonly to: string | undefined;
  readonly input: string;
  readonly blockHash: string;
}

interface RawTransaction {
  readonly from: string;
  readonly to: string | null;
  readonly input: string;
  readonly blockHash: string | null;
}

export async function readTransaction(source: RpcSource, hash: string): Promise<Transaction | undefined> {
  try {
    const raw = (await source.send("eth_getTransactionByHash", [hash])) as RawTransaction | null;
    if (raw === null || raw.blockHash === null) return undefined;
    return { from: raw.from, to: raw.to ?? undefined, input: raw.input, blockHash: raw.blockHash };
  } catch (error) {
    throw toChainError(error, `reading the transaction ${hash}`);
  }
}

/** Headers and transactions of the events at hand, each read once. */
export class Surroundings {
  readonly #source: RpcSource;
  readonly #parallel: number;
  #headers = new Map<number, BlockHeader>();
  #transactions = new Map<string, Transaction | undefined>();

  /** @param parallel how many requests are under way at once. */
  constructor(source: RpcSource, parallel: number) {
    this.#source = source;
    this.#parallel = parallel;
  }

  /** Reads what is asked for soon, and forgets the rest. */
  async prepare(blocks: ReadonlySet<number>, transactions: ReadonlySet<string>): Promise<void> {
    const headers = new Map([...this.#headers].filter(([number]) => blocks.has(number)));
    const known = new Map([...this.#transactions].filter(([hash]) => transactions.has(hash)));
    [this.#headers, this.#transactions] = [headers, known];
    await inParallel(
      this.#parallel,
      [...blocks].filter((number) => !headers.has(number)),
      async (number) => void (await this.header(number)),
    );
    await inParallel(
      this.#parallel,
      [...transactions].filter((hash) => !known.has(hash)),
      async (hash) => void (await this.transaction(hash)),
    );
  }

  async header(number: number): Promise<BlockHeader> {
    const header = this.#headers.get(number) ?? (await readHeader(this.#source, number));
    if (header === undefined) throw new ChainError("INCONSISTENT", `the endpoint has no block ${number} any more`);
    this.#headers.set(number, header);
    return header;
  }

  async transaction(hash: string): Promise<Transaction | undefined> {
    if (!this.#transactions.has(hash)) this.#transactions.set(hash, await readTransaction(this.#source, hash));
    return this.#transactions.get(hash);
  }
}

/** Tokens that moved. */
export interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly value: bigint;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly logIndex: number;
}

interface JsonLog {
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly logIndex: string;
}

const TRANSFER = new Interface(["event Transfer(address indexed from, address indexed to, uint256 value)"]);
const TOPIC = TRANSFER.getEvent("Transfer")?.topicHash ?? "";

function transferOf(log: JsonLog): Transfer | undefined {
  const parsed = TRANSFER.parseLog({ topics: log.topics, data: log.data });
  if (parsed === null) return undefined;
  const [from, to, value] = parsed.args as unknown as [string, string, bigint];
  const { blockHash, transactionHash } = log;
  return {
    from,
    to,
    value,
    blockNumber: Number(log.blockNumber),
    blockHash,
    transactionHash,
    logIndex: Number(log.logIndex),
  };
}

/** All transfers of `token` from or to `holder` in a range of blocks, in order; halved while the endpoint refuses. */
export async function readTransfers(
  source: RpcSource,
  token: string,
  holder: string,
  fromBlock: number,
  toBlock: number,
): Promise<Transfer[]> {
  const party = zeroPadValue(holder.toLowerCase(), 32);
  const range = { address: token, fromBlock: toQuantity(fromBlock), toBlock: toQuantity(toBlock) };
  const ask = (topics: readonly (string | null)[]): Promise<unknown> =>
    source.send("eth_getLogs", [{ ...range, topics }]);
  let logs: JsonLog[];
  try {
    const [sent, received] = (await Promise.all([ask([TOPIC, party]), ask([TOPIC, null, party])])) as [
      JsonLog[],
      JsonLog[],
    ];
    // What the pool sends to itself is in both.
    const places = new Set(sent.map(({ blockNumber, logIndex }) => `${blockNumber} ${logIndex}`));
    logs = sent.concat(received.filter(({ blockNumber, logIndex }) => !places.has(`${blockNumber} ${logIndex}`)));
  } catch (error) {
    if (toBlock === fromBlock) throw toChainError(error, `reading the token's transfers of block ${fromBlock}`);
    const middle = Math.floor((fromBlock + toBlock) / 2);
    const first = await readTransfers(source, token, holder, fromBlock, middle);
    return first.concat(await readTransfers(source, token, holder, middle + 1, toBlock));
  }
  return logs
    .map(transferOf)
    .filter((transfer) => transfer !== undefined)
    .sort(byPlace);
}

interface Placed {
  readonly blockNumber: number;
  readonly logIndex: number;
}

export const byPlace = (a: Placed, b: Placed): number => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex;

/** The first block in which the pool had code, if the endpoint has the state of old blocks. */
export async function creationBlockOf(source: RpcSource, address: string, last: number): Promise<number | undefined> {
  const hasCode = async (block: number): Promise<boolean> =>
    ((await source.send("eth_getCode", [address, toQuantity(block)])) as string) !== "0x";
  try {
    let [low, high] = [0, last];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (await hasCode(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  } catch {
    return undefined;
  }
}

export type { RawLog };
