// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Restoring an account from the seed and the provider's public feed, read whole so that nothing of one's own is named (docs/protocol.md, What a wallet never does).
 * A feed can lie by omission: what is missing from it stays unknown, and the account counts as restored for ever.
 */
import {
  enrollNullifierOf,
  foldNullifierOf,
  foldedState,
  initialState,
  nullifierOf,
  refundMessage,
  stateHash,
  ticketKeyOf,
  ticketsCovered,
  verifySignature,
} from "../protocol/index.ts";
import type { Point, SignedState } from "../protocol/index.ts";
import { feedPage } from "../wire/index.ts";
import type { FeedEntry, SignedRefund } from "../wire/index.ts";
import { readAnswer } from "./checks.ts";
import { WalletError } from "./errors.ts";
import type { AccountContext } from "./ports.ts";
import { persist } from "./sending.ts";

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
  for (let after = 0; ;) {
    const request = { after };
    const page = readAnswer(feedPage, await persist(context, () => context.provider.publicFeed(request)));
    for (const entry of page.entries) {
      if (entry.kind === "enrolment") enrolments.set(entry.nullifier, entry);
      if (entry.kind === "ticket") tickets.add(entry.nullifier);
      if (entry.kind === "refund") refunds.set(entry.nullifier, entry);
      if (entry.kind === "fold") for (const nullifier of entry.nullifiers) folds.set(nullifier, entry);
    }
    if (page.isEnd) return { enrolments, tickets, refunds, folds };
    if (page.next <= after) throw new WalletError("PROVIDER_DISHONEST", "the provider's feed does not go on");
    after = page.next;
  }
}

/** Finds one account in a feed. Budget, and with it the number of tickets to look for, grows with every fold that is found. */
class Search {
  readonly states: SignedState[];
  readonly refunds = new Map<number, SignedRefund>();
  readonly used = new Set<number>();
  readonly folded = new Set<number>();
  readonly #context: AccountContext;
  readonly #feed: Feed;
  readonly #key: Point;
  /** Fold nullifiers of the refunds found. */
  readonly #foldable = new Map<bigint, number>();
  #searched = 0;

  constructor(context: AccountContext, feed: Feed, enrolled: SignedState) {
    this.#context = context;
    this.#feed = feed;
    this.#key = context.pool.parameters.providerKey;
    this.states = [enrolled];
  }

  run(): void {
    do this.#searchTickets();
    while (this.#applyFold());
  }

  get #newest(): SignedState {
    return this.states.at(-1) as SignedState;
  }

  #searchTickets(): void {
    const { pool, ticketRoot } = this.#context;
    const covered = ticketsCovered(pool.parameters, this.#newest.state.budget);
    for (; this.#searched < covered; this.#searched++) {
      const index = this.#searched;
      const ticketKey = ticketKeyOf(ticketRoot, index);
      const nullifier = nullifierOf(ticketKey);
      const entry = this.#feed.refunds.get(nullifier);
      if (entry !== undefined || this.#feed.tickets.has(nullifier)) this.used.add(index);
      if (entry === undefined || !this.#isGood(entry)) continue;
      const { kind: _, position: __, ...refund } = entry;
      this.refunds.set(index, refund);
      this.#foldable.set(foldNullifierOf(ticketKey), index);
    }
  }

  #isGood(refund: EntryOf<"refund">): boolean {
    const { pool } = this.#context;
    return verifySignature(refundMessage(pool.poolHash, refund), refund.signature, this.#key);
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
      const tickets = indices.map((index) => ({ index, ...(this.refunds.get(index) as SignedRefund) }));
      const state = foldedState(poolHash, this.#newest.state, tickets);
      const isNext =
        stateHash(poolHash, state) === entry.state && verifySignature(entry.state, entry.signature, this.#key);
      if (!isNext) continue;
      this.states.push({ state, signature: entry.signature });
      for (const slot of entry.nullifiers) this.#foldable.delete(slot);
      for (const index of indices) this.folded.add(index);
      return true;
    }
    return false;
  }
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
  search.run();
  const ticketOf = (index: number): { refund: SignedRefund | undefined; isFolded: boolean } => ({
    refund: search.refunds.get(index),
    isFolded: search.folded.has(index),
  });
  records.restore(search.states, new Map([...search.used].map((index) => [index, ticketOf(index)])));
  const { nextIndex } = records.account;
  return { isEnrolled, nextIndex, refunds: search.refunds.size, folds: search.states.length - 1 };
}
