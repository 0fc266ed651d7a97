// SPDX-License-Identifier: GPL-3.0-or-later
/** The events of a synthetic history as an endpoint gives them. Words are written only for the events that are asked for. */
import { Interface, toBeHex } from "ethers";

import { CreditPool__factory, CreditSettlement__factory } from "../../../typechain-types/index.js";
import { DEPOSIT, FIRST_UNUSED, PARTIES } from "./history.ts";
import type { History } from "./history.ts";

export const POOL_ABI = CreditPool__factory.createInterface();
export const SETTLEMENT_ABI = CreditSettlement__factory.createInterface();
export const TOKEN_ABI = new Interface([
  "function symbol() view returns (string)",
  "function decimals() view returns (uint8)",
  "function balanceOf(address) view returns (uint256)",
  "event Transfer(address indexed from, address indexed to, uint256 value)",
]);

export interface JsonLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly transactionIndex: string;
  readonly logIndex: string;
}

type Word = bigint | number | string;

/** One event, not yet written down. */
export interface Entry {
  readonly address: string;
  readonly log: () => JsonLog;
}

const HASHES = { block: 1, deposit: 2, start: 3, finish: 4 } as const;

const word = (value: Word): string => BigInt(value).toString(16).padStart(64, "0");
const topic = (abi: Interface, name: string): string => abi.getEvent(name)?.topicHash ?? "";
const TOPICS = {
  opened: topic(POOL_ABI, "AccountOpened"),
  root: topic(POOL_ABI, "RootUpdated"),
  released: topic(POOL_ABI, "AccountReleased"),
  started: topic(SETTLEMENT_ABI, "CloseStarted"),
  finalized: topic(SETTLEMENT_ABI, "CloseFinalized"),
  transfer: topic(TOKEN_ABI, "Transfer"),
} as const;
/** In the contract's order. */
const CLOSED = 3;

/** 32 bytes that name a block, or the transaction of an account. */
export const hashOf = (kind: keyof typeof HASHES, number: number): string =>
  `0x${HASHES[kind]}${number.toString(16).padStart(63, "0")}`;

/** The account whose close a transaction started; undefined for another transaction. */
export const startedBy = (hash: string): number | undefined =>
  hash.startsWith(`0x${HASHES.start}`) ? Number(`0x${hash.slice(3)}`) : undefined;

/** A block's events, in order. */
export function* entriesOf(history: History, block: number): Generator<Entry> {
  let index = 0;
  const entry = (address: string, hash: string, topics: readonly string[], words: () => readonly Word[]): Entry => {
    const logIndex = index++;
    const log = (): JsonLog => ({
      address,
      topics,
      data: `0x${words().map(word).join("")}`,
      blockNumber: toBeHex(block),
      blockHash: hashOf("block", block),
      transactionHash: hash,
      // Readers put events in order by their own index.
      transactionIndex: "0x0",
      logIndex: toBeHex(logIndex),
    });
    return { address, log };
  };
  const transfer = (hash: string, from: string, to: string, amount: bigint): Entry =>
    entry(PARTIES.token, hash, [TOPICS.transfer, `0x${word(from)}`, `0x${word(to)}`], () => [amount]);
  const keyOf = (account: number): string => `0x${word(history.commitmentOf(account))}`;

  if (block < 1 || block > history.lastBlock) return;
  if (block <= history.depositBlocks) {
    const hash = hashOf("deposit", block);
    const [first, end] = history.opened(block);
    for (let account = first; account < end; account++) {
      const words = (): Word[] => [DEPOSIT, history.stake, account];
      yield entry(PARTIES.pool, hash, [TOPICS.opened, keyOf(account)], words);
    }
    yield entry(PARTIES.pool, hash, [TOPICS.root], () => [history.rootAfter(block), end]);
    yield transfer(hash, PARTIES.payer, PARTIES.pool, BigInt(end - first) * (DEPOSIT + history.stake));
    return;
  }
  const { accounts, isStart } = history.closes(block);
  const { toRecipient, toProvider, toBurn } = history.split;
  for (let [account, end] = accounts; account < end; account++) {
    if (isStart) {
      const due = history.finalizableAt(block);
      yield entry(PARTIES.settlement, hashOf("start", account), [TOPICS.started, keyOf(account)], () => [
        ...[FIRST_UNUSED, 0, 0, PARTIES.payer, 0, 0, due],
        ...history.coverKeysOf(account),
      ]);
      continue;
    }
    const hash = hashOf("finish", account);
    yield entry(PARTIES.settlement, hash, [TOPICS.finalized, keyOf(account)], () => []);
    const parts = [CLOSED, PARTIES.payer, toRecipient, 0, 0, toProvider, toBurn];
    yield entry(PARTIES.pool, hash, [TOPICS.released, keyOf(account)], () => parts);
    yield transfer(hash, PARTIES.pool, PARTIES.payer, toRecipient);
  }
}
