// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Reads a provider's public feed, on from where the last reading ended. A feed is a list that only grows: each reading begins with the last
 * entry of the one before, and from time to time a page that was read long ago is read again. A feed that says something else than it did is
 * read anew from its beginning, and what it said before is kept: the two stories may be the two shares of a ticket.
 */
import { createHash } from "node:crypto";

import { canonicalJson, describeIssues, feedPage } from "../wire/index.ts";
import type { FeedEntry, FeedPage, FeedPageJson } from "../wire/index.ts";
import { TICKET_COUNT } from "../protocol/index.ts";
import { WatcherError } from "./errors.ts";
import type { FeedRow } from "./feed-records.ts";
import type { FeedSource } from "./ports.ts";
import type { ShareFinding } from "./shares.ts";
import type { WatcherStore } from "./store.ts";

/** Between two looks at an old page, and between two readings from the beginning. */
const AUDIT_SECONDS = 600;
const RESTART_SECONDS = 3_600;
/** A page as the gateway cuts them. */
const PAGE = 1_000;
/** The most of one reading: other work has its turn. */
const MOST_PAGES = 500;

export interface FeedReading {
  /** The feed did not say what it said before. */
  readonly hasChanged: boolean;
  /** Of what it showed before it changed, it shows so many shares no more. */
  readonly omitted: number;
  readonly isComplete: boolean;
}

interface ReadPage extends FeedPage {
  readonly digests: readonly Uint8Array[];
}

const digestAfter = (digest: Uint8Array, entry: unknown): Uint8Array =>
  createHash("sha256").update(digest).update(canonicalJson(entry)).digest();

const isSame = (first: Uint8Array | undefined, second: Uint8Array | undefined): boolean =>
  first !== undefined && second !== undefined && Buffer.compare(first, second) === 0;

/** The entries after a position, with the hash over all up to each. @throws WatcherError FEED_UNREADABLE */
async function readPage(source: FeedSource, after: number, digest: Uint8Array, limit = PAGE): Promise<ReadPage> {
  const answer = await source.read({ after, limit });
  const result = feedPage.safeParse(answer);
  if (!result.success) {
    throw new WatcherError("FEED_UNREADABLE", `the feed is ${describeIssues(result.error)}`);
  }
  const page = result.data;
  const isInOrder = page.entries.every(({ position }, place) => position === after + 1 + place);
  const goesOn = page.next === after + page.entries.length && (page.isEnd || page.entries.length > 0);
  // An empty page says where the feed ends; one that ends before the position that was asked for is told from gaps by the caller.
  if (!isInOrder || (page.entries.length > 0 && !goesOn)) {
    throw new WatcherError("FEED_UNREADABLE", "the feed has gaps, or does not go on");
  }
  let latest = digest;
  const digests = (answer as FeedPageJson).entries.map((entry) => (latest = digestAfter(latest, entry)));
  return { ...page, digests };
}

export class FeedReader {
  readonly #store: WatcherStore;
  readonly #pool: number;
  readonly #source: FeedSource;
  readonly #now: () => number;

  constructor(store: WatcherStore, pool: number, source: FeedSource, now: () => number) {
    this.#store = store;
    this.#pool = pool;
    this.#source = source;
    this.#now = now;
  }

  get row(): FeedRow {
    return this.#store.feeds.feed(this.#pool, this.#source.name);
  }

  /**
   * To the feed's end, as it is now. What was read until it failed is kept.
   * @param finalBlock up to which the chain was read before. @throws WatcherError FEED_UNREADABLE; what the source throws
   */
  async read(finalBlock: number, onFinding: (finding: ShareFinding) => void): Promise<FeedReading> {
    const { feeds } = this.#store;
    const reading = feeds.begin(this.row.id);
    let hasChanged = !(await this.#isUnchanged());
    if (hasChanged) this.#restart();
    let isComplete = await this.#readOn(reading, onFinding);
    if (!hasChanged && isComplete && !(await this.#passesAudit())) {
      hasChanged = true;
      this.#restart();
      isComplete = await this.#readOn(reading, onFinding);
    }
    const { row } = this;
    if (!isComplete) return { hasChanged, omitted: 0, isComplete };
    const isFirst = row.readAt === undefined || row.restartedAt >= row.readAt;
    const omitted = row.epoch > 0 && (hasChanged || isFirst) ? feeds.omitted(this.#pool, row) : 0;
    feeds.complete(this.#pool, row, finalBlock, this.#now());
    return { hasChanged, omitted, isComplete };
  }

  /** Whether the last entry that was read is still there. */
  async #isUnchanged(): Promise<boolean> {
    const { position, digest, previousDigest } = this.row;
    if (position === 0) return true;
    const page = await readPage(this.#source, position - 1, previousDigest, 1);
    return isSame(page.digests[0], digest);
  }

  /** @throws WatcherError FEED_UNREADABLE when that was done not long ago: a feed that changes all the time is none */
  #restart(): void {
    const { id, epoch, restartedAt } = this.row;
    const now = this.#now();
    if (epoch > 0 && now - restartedAt < RESTART_SECONDS) {
      throw new WatcherError("FEED_UNREADABLE", "the feed has changed again since it was read anew");
    }
    this.#store.feeds.restart(id, now);
  }

  async #readOn(reading: number, onFinding: (finding: ShareFinding) => void): Promise<boolean> {
    const store = this.#store;
    const pool = this.#pool;
    const most = store.chain.accountCount(pool) * TICKET_COUNT;
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const { id, position, digest, previousDigest, tickets, epoch } = this.row;
      const page = await readPage(this.#source, position, digest);
      if (page.entries.length > 0) {
        const shares = page.entries.filter(
          (entry): entry is Extract<FeedEntry, { kind: "ticket" }> => entry.kind === "ticket",
        );
        if (tickets + shares.length > most) {
          throw new WatcherError("FEED_UNREADABLE", "the feed shows more tickets than all accounts together have");
        }
        const pageEnds = new Map<number, Uint8Array>();
        page.entries.forEach((entry, place) => {
          const isEnd = entry.position % PAGE === 0;
          if (isEnd) pageEnds.set(entry.position / PAGE, page.digests[place] as Uint8Array);
        });
        const progress = {
          position: page.next,
          digest: page.digests.at(-1) ?? digest,
          previousDigest: page.digests.at(-2) ?? (page.digests.length === 1 ? digest : previousDigest),
          pageEnds,
          shares: shares.map(({ nullifier, x, y }) => ({
            nullifier,
            share: { x, y },
            source: id,
            seen: reading,
            place: epoch,
          })),
        };
        store.feeds.advance(pool, id, progress, onFinding);
      }
      if (page.isEnd) return true;
      if (page.entries.length === 0) throw new WatcherError("FEED_UNREADABLE", "the feed does not go on");
    }
    return false;
  }

  /** Reads one old page again, when it is time. */
  async #passesAudit(): Promise<boolean> {
    const { feeds } = this.#store;
    const { id, auditedAt, auditPage, position } = this.row;
    const full = Math.floor(position / PAGE);
    const now = this.#now();
    if (full === 0 || now - auditedAt < AUDIT_SECONDS) return true;
    const page = auditPage >= full ? 1 : auditPage + 1;
    const before = feeds.pageDigest(id, page - 1);
    if (before === undefined) return true;
    const { digests } = await readPage(this.#source, (page - 1) * PAGE, before);
    const isUnchanged = isSame(digests.at(-1), feeds.pageDigest(id, page)) && digests.length === PAGE;
    feeds.audited(id, page, now);
    return isUnchanged;
  }
}
