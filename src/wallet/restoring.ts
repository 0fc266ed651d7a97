// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Restoring an account from the seed and the provider's public feed, read whole so that nothing of one's own is named (docs/protocol.md, What a wallet never does).
 * A feed can lie by omission: what is missing from it stays unknown, and the account counts as restored for ever.
 * Folds that the chain certified are found too, as long as each holds some of the eight oldest refunds that were not folded before it,
 * which is how a wallet groups them. A fold whose proof left, and that is neither in the feed nor on chain, is not restored. Disputes are
 * found by `settleDisputes`.
 */
import {
  FOLD_SLOTS,
  enrollNullifierOf,
  foldNullifierOf,
  foldedState,
  initialState,
  nullifierOf,
  stateHash,
  ticketKeyOf,
  ticketsCovered,
  verifySignature,
} from "../protocol/index.ts";
import type { Point, RefundTicket } from "../protocol/index.ts";
import type { FeedEntry, SignedRefund } from "../wire/index.ts";
import { checkRefund } from "./checks.ts";
import { WalletError } from "./errors.ts";
import type { FoldRecord, KnownState } from "./fold-records.ts";
import { proveFold } from "./folding.ts";
import { feedPages } from "./feed.ts";
import type { AccountContext } from "./ports.ts";

type EntryOf<K extends FeedEntry["kind"]> = Extract<FeedEntry, { kind: K }>;

/** The provider's public records, by what a wallet looks for. */
interface Feed {
  readonly enrolments: ReadonlyMap<bigint, EntryOf<"enrolment">>;
  readonly tickets: ReadonlySet<bigint>;
  readonly refunds: ReadonlyMap<bigint, EntryOf<"refund">>;
  /** By each of its nullifiers. */
  readonly folds: ReadonlyMap<bigint, EntryOf<"fold">>;
}

async function readFeed(context: AccountContext): Promise<Feed> {
  const enrolments = new Map<bigint, EntryOf<"enrolment">>();
  const tickets = new Set<bigint>();
  const refunds = new Map<bigint, EntryOf<"refund">>();
  const folds = new Map<bigint, EntryOf<"fold">>();
  for await (const page of feedPages(context, 0)) {
    for (const entry of page.entries) {
      if (entry.kind === "enrolment") enrolments.set(entry.nullifier, entry);
      if (entry.kind === "ticket") tickets.add(entry.nullifier);
      if (entry.kind === "refund") refunds.set(entry.nullifier, entry);
      if (entry.kind === "fold") for (const nullifier of entry.nullifiers) folds.set(nullifier, entry);
    }
  }
  return { enrolments, tickets, refunds, folds };
}

/** Finds one account in a feed. Budget, and with it the number of tickets to look for, grows with every fold that is found. */
class Search {
  readonly states: KnownState[];
  /** Folds that the chain has as pending, each on top of the one before it. */
  readonly pending: { readonly base: KnownState; readonly tickets: readonly RefundTicket[] }[] = [];
  readonly refunds = new Map<number, SignedRefund>();
  readonly used = new Set<number>();
  readonly folded = new Set<number>();
  readonly #context: AccountContext;
  readonly #feed: Feed;
  readonly #key: Point;
  /** Fold nullifiers of the refunds found. */
  readonly #foldable = new Map<bigint, number>();
  #searched = 0;

  constructor(context: AccountContext, feed: Feed, enrolled: KnownState) {
    this.#context = context;
    this.#feed = feed;
    this.#key = context.pool.parameters.providerKey;
    this.states = [enrolled];
  }

  async run(): Promise<void> {
    do await this.#searchTickets();
    while (this.#applyFold() || (await this.#applyCertified()));
  }

  /** The newest state that stands. */
  get #newest(): KnownState {
    return this.states.at(-1) as KnownState;
  }

  /** The newest state, pending ones included. */
  get #tip(): KnownState {
    const last = this.pending.at(-1);
    if (last === undefined) return this.#newest;
    return { state: foldedState(this.#context.pool.poolHash, last.base.state, last.tickets), signature: undefined };
  }

  async #searchTickets(): Promise<void> {
    const { pool, ticketRoot } = this.#context;
    const covered = ticketsCovered(pool.parameters, this.#newest.state.budget);
    for (; this.#searched < covered; this.#searched++) {
      const index = this.#searched;
      const ticketKey = ticketKeyOf(ticketRoot, index);
      const nullifier = nullifierOf(ticketKey);
      const entry = this.#feed.refunds.get(nullifier);
      if (entry !== undefined || this.#feed.tickets.has(nullifier)) this.used.add(index);
      if (entry === undefined) continue;
      const { kind: _, position: __, ...refund } = entry;
      if (!(await this.#isGood(refund))) continue;
      this.refunds.set(index, refund);
      this.#foldable.set(foldNullifierOf(ticketKey), index);
    }
  }

  /** Of a charge that nobody here knows, and otherwise as any refund must be: a state that holds another one can never be closed with. */
  async #isGood(refund: SignedRefund): Promise<boolean> {
    const { pool, chain } = this.#context;
    const { ticketPrice, policyHold } = pool.parameters;
    const isWhole = refund.refundedHold === policyHold;
    const isViolation = !isWhole && (await chain.violation(refund.nullifier)) !== undefined;
    try {
      checkRefund(pool, refund.nullifier, { cap: ticketPrice, charged: undefined }, refund, isViolation);
      return true;
    } catch (error) {
      if (error instanceof WalletError && error.code === "PROVIDER_DISHONEST") return false;
      throw error;
    }
  }

  /** The one fold whose base is the newest state, if there is one. */
  #applyFold(): boolean {
    const { poolHash } = this.#context.pool;
    for (const nullifier of this.#foldable.keys()) {
      const entry = this.#feed.folds.get(nullifier);
      if (entry === undefined) continue;
      const indices = entry.nullifiers
        .map((slot) => this.#foldable.get(slot))
        .filter((index): index is number => index !== undefined);
      const state = foldedState(poolHash, this.#newest.state, this.#ticketsAt(indices));
      const isNext =
        stateHash(poolHash, state) === entry.state && verifySignature(entry.state, entry.signature, this.#key);
      if (!isNext) continue;
      this.states.push({ state, signature: entry.signature });
      this.#markFolded(indices);
      return true;
    }
    return false;
  }

  /** A fold that the chain certified on top of the tip, if there is one. The feed comes first: a signed state is worth more. */
  async #applyCertified(): Promise<boolean> {
    const { pool, chain } = this.#context;
    const oldest = [...this.#foldable.values()].sort((a, b) => a - b).slice(0, GUESSED_FROM);
    const base = this.#tip;
    for (const indices of subsetsOf(oldest, FOLD_SLOTS)) {
      const tickets = this.#ticketsAt(indices);
      const state = foldedState(pool.poolHash, base.state, tickets);
      const status = (await chain.fold(stateHash(pool.poolHash, state)))?.status;
      if (status !== "final" && status !== "pending") continue;
      if (status === "final") this.states.push({ state, signature: undefined });
      else this.pending.push({ base, tickets });
      this.#markFolded(indices);
      return true;
    }
    return false;
  }

  #ticketsAt(indices: readonly number[]): RefundTicket[] {
    return indices.map((index) => ({ index, ...(this.refunds.get(index) as SignedRefund) }));
  }

  #markFolded(indices: readonly number[]): void {
    for (const [slot, index] of this.#foldable) if (indices.includes(index)) this.#foldable.delete(slot);
    for (const index of indices) this.folded.add(index);
  }
}

/** Among how many of the oldest refunds a certified fold is looked for. */
const GUESSED_FROM = 8;

/** Every choice of 1 to `most` of the values, in their order; the larger ones first, as a wallet folds as many as it can. */
function subsetsOf(values: readonly number[], most: number): number[][] {
  const all = values.reduce<number[][]>((sets, value) => [...sets, ...sets.map((set) => [...set, value])], [[]]);
  return all.filter(({ length }) => length >= 1 && length <= most).sort((a, b) => b.length - a.length);
}

export interface Restored {
  readonly isEnrolled: boolean;
  /** One above the highest ticket that the feed shows as used. */
  readonly nextIndex: number;
  readonly refunds: number;
  readonly folds: number;
}

/**
 * Fills an empty account from the feed.
 * @throws WalletError ACCOUNT_NOT_OPEN, ACCOUNT_NOT_EMPTY, PROVIDER_DISHONEST, UNANSWERED
 */
export async function restore(context: AccountContext): Promise<Restored> {
  const { pool, chain, records, identitySecret, identityCommitment } = context;
  const account = await chain.account(identityCommitment);
  if (account === undefined) throw new WalletError("ACCOUNT_NOT_OPEN", "the chain never had this account");
  const feed = await readFeed(context);
  const state = initialState(pool.poolHash, identitySecret, account.deposit);
  const enrolment = feed.enrolments.get(enrollNullifierOf(identitySecret, pool.poolHash));
  const isEnrolled =
    enrolment !== undefined &&
    enrolment.state === stateHash(pool.poolHash, state) &&
    verifySignature(enrolment.state, enrolment.signature, pool.parameters.providerKey);
  if (!isEnrolled) {
    records.restore([], new Map());
    return { isEnrolled, nextIndex: 0, refunds: 0, folds: 0 };
  }

  const search = new Search(context, feed, { state, signature: enrolment.signature });
  await search.run();
  const ticketOf = (index: number): { refund: SignedRefund | undefined; isFolded: boolean } => ({
    refund: search.refunds.get(index),
    isFolded: search.folded.has(index),
  });
  const pending: Pick<FoldRecord, "indices" | "request">[] = [];
  for (const { base, tickets } of search.pending) {
    const indices = tickets.map(({ index }) => index);
    pending.push({ indices, request: await proveFold(context, base, tickets) });
  }
  records.restore(search.states, new Map([...search.used].map((index) => [index, ticketOf(index)])), pending);
  const { nextIndex } = records.account;
  const folds = search.states.length - 1 + pending.length;
  return { isEnrolled, nextIndex, refunds: search.refunds.size, folds };
}
