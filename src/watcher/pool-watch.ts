// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Watches one pool, pass by pass: the chain, the feeds, what they prove, the claims, and what is wrong. A part that fails is an alarm when it
 * lasts; the others go on.
 */
import { ChainError } from "../chain/index.ts";
import type { PoolClient } from "../chain/index.ts";
import type { Alarms } from "./alarms.ts";
import { ChainReader } from "./chain-reader.ts";
import type { ChainState } from "./chain-reader.ts";
import { accountName } from "./claim-records.ts";
import { Claims } from "./claims.ts";
import { WatcherError } from "./errors.ts";
import { FeedReader } from "./feed-reader.ts";
import { Judge } from "./judge.ts";
import { reasonOf } from "./ports.ts";
import type { Condition, FeedSource, Thresholds, WatchedPool, WatcherPorts } from "./ports.ts";
import type { WatcherStore } from "./store.ts";

/** One signer's claims of all pools, one after the other. */
export type Lane = <T>(signer: string, task: () => Promise<T>) => Promise<T>;

export interface PoolWatchOptions {
  readonly pool: WatchedPool;
  readonly store: WatcherStore;
  readonly alarms: Alarms;
  readonly ports: WatcherPorts;
  readonly lane: Lane;
  /** For a single pass: what cannot be read now is an alarm at once. */
  readonly isHasty?: boolean;
}

interface Opened {
  readonly client: PoolClient;
  readonly reader: ChainReader;
  readonly judge: Judge;
  readonly claims: Claims;
}

const SILENT_SECONDS = 600;

/** For a pool that was never reached: the shortest window that there is. */
const SHORTEST_WINDOW = 3_600;

/** What follows from the pool's challenge window: time for a human to help. */
function thresholdsOf(window = SHORTEST_WINDOW, given: Partial<Thresholds> = {}): Thresholds {
  return {
    silentSeconds: Math.min(SILENT_SECONDS, window / 6),
    unjudgedSeconds: window / 2,
    unclaimedSeconds: window / 4,
    headSeconds: undefined,
    ...given,
  };
}

export class PoolWatch {
  readonly id: number;
  readonly #options: PoolWatchOptions;
  readonly #feeds: readonly (readonly [FeedSource, FeedReader])[];
  readonly #startedAt: number;
  #opened: Opened | undefined;
  #state: ChainState | undefined;
  #isChainCurrent = false;

  constructor(options: PoolWatchOptions) {
    const { pool, store, ports } = options;
    this.#options = options;
    this.id = store.chain.pool(pool.name).id;
    this.#startedAt = ports.clock();
    this.#feeds = pool.feeds.map((source) => [source, new FeedReader(store, this.id, source, ports.clock)]);
    for (const { name } of pool.feeds) store.feeds.feed(this.id, name);
  }

  /** Of its alarms. */
  get scopes(): readonly string[] {
    return [this.name, ...["comparison", "claims", "deadlines"].map((part) => `${this.name} ${part}`)];
  }

  get name(): string {
    return this.#options.pool.name;
  }

  /**
   * Opens the pool, unless that is done.
   * @throws ChainError WRONG_CHAIN, NO_CODE, NOT_A_POOL, RPC_FAILED; WatcherError POOL_MISMATCH
   */
  async open(): Promise<Opened> {
    if (this.#opened !== undefined) return this.#opened;
    const { pool, store, ports, alarms } = this.#options;
    const client = await pool.connect();
    store.chain.identify(this.id, client);
    const { name, fromBlock, finality, claiming } = pool;
    const thresholds = this.#thresholds;
    const { log, clock } = ports;
    const onIncident = (condition: Condition): void => alarms.incident(name, condition);
    const named = (entry: Parameters<typeof log>[0]): void => log({ ...entry, pool: name });
    const common = { store, id: this.id, log: named, onIncident };
    this.#opened = {
      client,
      reader: new ChainReader({ store, client, name, fromBlock, finality }),
      judge: new Judge({
        ...common,
        pool: client.pool,
        now: clock,
        finalBlock: () => this.#finalBlock ?? -1,
        isChainCurrent: () => this.#isChainCurrent,
      }),
      claims: new Claims({ ...common, client, claiming, thresholds }),
    };
    return this.#opened;
  }

  /** Looks once. @returns what failed, and comes again with the next pass */
  async pass(): Promise<readonly string[]> {
    const failed: string[] = [];
    const run = async (part: string, task: () => Promise<void>): Promise<void> => {
      if (!(await this.#guard(part, task))) failed.push(part);
    };
    await run("chain", () => this.#readChain());
    const opened = this.#opened;
    // Before the chain was read once, nobody knows which shares are of whom.
    if (opened !== undefined && this.#finalBlock !== undefined) {
      for (const [source, reader] of this.#feeds) {
        await run(source.name, () => this.#readFeed(source, reader, opened.judge));
      }
      this.#compareFeeds();
      await run("judge", () => opened.judge.deliberate());
      if (!failed.includes("chain")) await run("claims", () => this.#claim(opened));
    }
    // What merely happened goes on in nobody's report: it lapses here.
    this.#options.alarms.report(this.name, []);
    this.#judgeDeadlines(failed);
    return failed;
  }

  get #thresholds(): Thresholds {
    const { pool, store } = this.#options;
    return thresholdsOf(store.chain.pool(pool.name).challengeWindow, pool.thresholds);
  }

  get #finalBlock(): number | undefined {
    const { finalBlock, readAt } = this.#options.store.chain.pool(this.name);
    return readAt === undefined ? undefined : finalBlock;
  }

  /** Unix seconds, of whichever is ahead: this machine or the chain. */
  get #now(): number {
    return Math.max(this.#options.ports.clock(), this.#state?.headTime ?? 0);
  }

  async #readChain(): Promise<void> {
    const { reader, judge } = await this.open();
    this.#isChainCurrent = false;
    this.#state = await reader.read(this.#options.ports.clock, (finding) => judge.take(finding));
    this.#isChainCurrent = true;
  }

  async #readFeed(source: FeedSource, reader: FeedReader, judge: Judge): Promise<void> {
    const { alarms } = this.#options;
    let junk = 0;
    const { hasChanged, omitted } = await reader.read(this.#finalBlock ?? -1, (finding) => {
      if (finding.kind === "junk") junk += 1;
      judge.take(finding);
    });
    const tell = (code: Condition["code"], message: string): void =>
      alarms.incident(this.name, { code, subject: source.name, message });
    if (hasChanged)
      tell("FEED_CHANGED", "the feed does not say what it said before: it is read anew, and both stories are kept");
    if (omitted > 0) tell("FEED_OMITS", `${omitted} shares that the feed showed are not in it any more; they are kept`);
    if (junk > 0) tell("FEED_JUNK", `${junk} shares lie on no line with what was seen of their tickets before`);
  }

  #compareFeeds(): void {
    const { store, alarms } = this.#options;
    const [first, ...others] = this.#feedRows;
    const conditions: Condition[] = [];
    for (const other of others) {
      const page = first === undefined ? undefined : store.feeds.differingPage(first.id, other.id);
      if (page === undefined) continue;
      const message = `the feed differs from ${first?.name} in its entries up to ${page * 1_000}, and gateways of one pool share one store`;
      conditions.push({ code: "FEEDS_DIFFER", subject: other.name, message });
    }
    alarms.report(`${this.name} comparison`, conditions);
  }

  async #claim({ claims, client }: Opened): Promise<void> {
    const { pool, alarms, lane, ports } = this.#options;
    const advance = (): Promise<Condition[]> =>
      claims.advance(this.#finalBlock ?? -1, { clock: ports.clock(), ahead: this.#now });
    const { claiming } = pool;
    const key = `${client.chainId} ${claiming?.signer.address}`;
    alarms.report(`${this.name} claims`, await (claiming === undefined ? advance() : lane(key, advance)));
  }

  /** What was not read in time, which closes could not be judged for it, and which claims are late. */
  #judgeDeadlines(failed: readonly string[]): void {
    const conditions = [...this.#silences(failed), ...this.#unjudged(), ...this.#unclaimed()];
    this.#options.alarms.report(`${this.name} deadlines`, conditions);
  }

  #silences(failed: readonly string[]): Condition[] {
    const { store, ports, isHasty = false } = this.#options;
    const { silentSeconds, headSeconds } = this.#thresholds;
    const now = ports.clock();
    const conditions: Condition[] = [];
    const check = (code: Condition["code"], subject: string, readAt: number | undefined): void => {
      const age = now - (readAt ?? this.#startedAt);
      if (age <= silentSeconds && !(isHasty && failed.includes(subject))) return;
      conditions.push({ code, subject, message: readAt === undefined ? "never read yet" : `not read for ${age} s` });
    };
    check("CHAIN_UNREACHABLE", "chain", store.chain.pool(this.name).readAt);
    for (const { name, readAt } of this.#feedRows) check("FEED_UNREACHABLE", name, readAt);
    const headAge = now - (this.#state?.headTime ?? now);
    if (headSeconds !== undefined && headAge > headSeconds) {
      conditions.push({ code: "CHAIN_STUCK", subject: "chain", message: `the newest block is ${headAge} s old` });
    }
    return conditions;
  }

  #unjudged(): Condition[] {
    const { store } = this.#options;
    const conditions: Condition[] = [];
    for (const { commitment, finalizableAt, isDerived } of store.chain.openCloses(this.id)) {
      const left = finalizableAt - this.#now;
      const unread = this.#feedRows.filter(({ id }) => store.feeds.cutoff(this.id, commitment, id) === undefined);
      const isJudged = (isDerived && unread.length === 0) || store.claims.of(this.id, commitment) !== undefined;
      if (left > this.#thresholds.unjudgedSeconds || isJudged) continue;
      const names = unread.map(({ name }) => name).join(", ");
      const why = unread.length === 0 ? "its tickets are not derived" : `not read since it was final: ${names}`;
      const message = `the close of ${accountName(commitment)} can be paid out in ${left} s; ${why}`;
      conditions.push({ code: "CLOSE_UNJUDGED", subject: accountName(commitment), message });
    }
    return conditions;
  }

  #unclaimed(): Condition[] {
    const { store } = this.#options;
    return store.claims.open(this.id).flatMap(({ commitment, deadline }) => {
      const left = (deadline ?? Infinity) - this.#now;
      const isUrgent = left <= this.#thresholds.unclaimedSeconds;
      if (!isUrgent || store.chain.release(this.id, commitment) !== undefined) return [];
      const subject = accountName(commitment);
      const message = `${subject} can be paid out in ${left} s, and its slash is not in a block`;
      return [{ code: "CLAIM_LATE", subject, message }];
    });
  }

  /** Of the feeds in the settings; the file may know others of earlier days. */
  get #feedRows(): ReturnType<WatcherStore["feeds"]["all"]> {
    const names = new Set(this.#feeds.map(([{ name }]) => name));
    return this.#options.store.feeds.all(this.id).filter(({ name }) => names.has(name));
  }

  /** Runs a part of a pass; one that fails comes again. @returns whether it succeeded */
  async #guard(part: string, task: () => Promise<void>): Promise<boolean> {
    try {
      await task();
      return true;
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      this.#options.ports.log({
        level: "warning",
        event: "fault",
        pool: this.name,
        part,
        ...(typeof code === "string" ? { code } : {}),
        reason: reasonOf(error),
      });
      return false;
    }
  }
}

const HOPELESS = new Set<unknown>([
  "WRONG_CHAIN",
  "NO_CODE",
  "NOT_A_POOL",
  "ARGUMENT_INVALID",
  "POOL_MISMATCH",
  "POOL_REFUSED",
]);

/** The settings are wrong: no waiting mends it. */
export const isHopeless = (error: unknown): boolean =>
  (error instanceof ChainError || error instanceof WatcherError) && HOPELESS.has(error.code);
