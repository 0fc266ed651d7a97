// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Everything that a provider who keeps all it can, and reads the whole chain, holds at the end of a run: every row of every table of
 * its store, read with plain SQL; the public feed; every message that its gateway received and answered, proofs included; every
 * transaction with its calldata and logs; the pool's events. Wallets are not read.
 *
 * Left out of messages: payloads, salts and responses. What a user writes into a prompt is the user's; the store does not hold it, and
 * the matchers still test guessed prompts against the hashes that the store does hold.
 */
import { DatabaseSync } from "node:sqlite";

import { SigningKey, TypedDataEncoder } from "ethers";
import type { Provider } from "ethers";

import type { PoolEvent } from "../../../src/chain/index.ts";
import type { Pool } from "../../../src/protocol/index.ts";
import { CALL_TYPES, domainOf } from "../../../src/protocol/index.ts";
import type { FeedEntryJson, ProviderApi } from "../../../src/wire/index.ts";
import { callRequest, requestHashOf } from "../../../src/wire/index.ts";
import { flatten } from "./records.ts";
import type { Kind, NamedValue, ObservedRecord, Subject } from "./records.ts";

type Unassigned = Omit<ObservedRecord, "subject">;

/** Finds what a record is about: the first of its values that is some thing's own number. */
type SubjectOf = (values: readonly NamedValue[]) => Subject | undefined;

/** A provider's interface, with a log of what went through it. */
export class Wiretap {
  readonly records: Unassigned[] = [];
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  api(gateway: ProviderApi): ProviderApi {
    const tap =
      <Request, Answer>(name: string, method: (request: Request) => Promise<Answer>) =>
      async (request: Request): Promise<Answer> => {
        const place = this.records.push({ source: `message.${name}`, position: this.records.length, values: [] }) - 1;
        const answer = await method(request);
        const values = flatten(`message.${name}`, { request: withoutText(request), answer: withoutText(answer) });
        if (name === "call") values.push(...this.#publicKeyOf(request));
        this.records[place] = { source: `message.${name}`, position: place, values };
        return answer;
      };
    return {
      terms: () => gateway.terms(),
      enroll: tap("enroll", (request) => gateway.enroll(request)),
      call: tap("call", (request) => gateway.call(request)),
      endSession: tap("endSession", (request) => gateway.endSession(request)),
      refund: tap("refund", (request) => gateway.refund(request)),
      fold: tap("fold", (request) => gateway.fold(request)),
      consentToClose: tap("consentToClose", (request) => gateway.consentToClose(request)),
      publicFeed: (request) => gateway.publicFeed(request),
    };
  }

  /** A voucher's signature gives the session's whole public key. */
  #publicKeyOf(request: unknown): NamedValue[] {
    const call = callRequest.parse(request);
    const { nullifier, sequence, cap, signature } = call;
    const voucher = { nullifier, sequence, cap, requestHash: requestHashOf(call) };
    const digest = TypedDataEncoder.hash(domainOf(this.#pool), CALL_TYPES, voucher);
    return flatten("message.call.publicKey", `0x${SigningKey.recoverPublicKey(digest, signature).slice(4)}`);
  }
}

const TEXTS: ReadonlySet<string> = new Set(["payload", "salt", "response"]);

/** A message without what the user or the service wrote. */
function withoutText(message: unknown): unknown {
  if (typeof message !== "object" || message === null) return message;
  return Object.fromEntries(Object.entries(message).filter(([key]) => !TEXTS.has(key)));
}

/** Every row of every table, in the order that SQLite gives them. */
export function readTables(path: string): Unassigned[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return tables.flatMap(({ name }) => {
      const source = String(name);
      const rows = database.prepare(`SELECT * FROM "${source}"`).all();
      return rows.map((row, position) => ({ source, position, values: flatten(source, row) }));
    });
  } finally {
    database.close();
  }
}

export const readFeed = (entries: readonly FeedEntryJson[]): Unassigned[] =>
  entries.map((entry) => ({
    source: `feed.${entry.kind}`,
    position: entry.position,
    values: flatten(`feed.${entry.kind}`, { ...entry, position: undefined }),
  }));

/** Every transaction of the chain, word by word, with the logs that it left. */
export async function readTransactions(provider: Provider): Promise<Unassigned[]> {
  const records: Unassigned[] = [];
  const head = await provider.getBlockNumber();
  for (let number = 0; number <= head; number++) {
    const block = await provider.getBlock(number, true);
    for (const { hash, from, to, data, value } of block?.prefetchedTransactions ?? []) {
      const receipt = await provider.getTransactionReceipt(hash);
      const source = to === null ? "transaction.creation" : `transaction.${data.slice(0, 10)}`;
      const input = to === null ? "0x" : `0x${data.slice(10)}`;
      const logs = receipt?.logs.map((log) => ({ topics: log.topics, data: log.data })) ?? [];
      records.push({ source, position: records.length, values: flatten(source, { from, to, value, input, logs }) });
    }
  }
  return records;
}

export const readEvents = (events: readonly PoolEvent[]): Unassigned[] =>
  events.map(({ name, args }, position) => ({
    source: `event.${name}`,
    position,
    values: flatten(`event.${name}`, { ...args, status: undefined }),
  }));

/** Says of every record what it is about, by the numbers that the provider's own rules call by that name. */
export function assignSubjects(records: readonly Unassigned[]): ObservedRecord[] {
  const subjectOf = subjectFinder(records);
  return records.map((record) => ({ ...record, subject: subjectOf(record.values) }));
}

const OWN_NUMBERS: readonly (readonly [Kind, RegExp])[] = [
  ["ticket", /^feed\.ticket\.nullifier$/],
  ["fold", /^feed\.fold\.state$/],
  ["enrolment", /^feed\.enrolment\.nullifier$/],
  ["account", /^event\.AccountOpened\.identityCommitment$/],
];

function subjectFinder(records: readonly Unassigned[]): SubjectOf {
  const subjects = new Map<bigint, Subject>();
  for (const { values } of records) {
    for (const { name, value } of values) {
      const kind = OWN_NUMBERS.find(([, pattern]) => pattern.test(name))?.[0];
      if (kind !== undefined) subjects.set(value, { kind, key: value });
    }
  }
  // A fold's nullifiers name it too: they stand in a table of their own.
  for (const { source, values } of records.filter((record) => record.source === "feed.fold")) {
    const state = values.find(({ name }) => name === `${source}.state`)?.value ?? 0n;
    const nullifiers = values.filter(({ name }) => name.startsWith(`${source}.nullifiers`));
    for (const { value } of nullifiers) subjects.set(value, { kind: "fold", key: state });
  }
  return (values) => {
    for (const { value } of values) {
      const subject = subjects.get(value);
      if (subject !== undefined) return subject;
    }
    return undefined;
  };
}
