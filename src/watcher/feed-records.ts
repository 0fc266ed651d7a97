// SPDX-License-Identifier: GPL-3.0-or-later
/** What a watcher keeps of each feed: how far it was read, a hash over what it said, and which of its readings came before a close was final. */
import type { Row, SqliteFile } from "../storage/index.ts";
import { bytes, number, text, toField } from "./columns.ts";
import { addShare } from "./shares.ts";
import type { SeenShare, ShareFinding } from "./shares.ts";

export interface FeedRow {
  readonly id: number;
  readonly position: number;
  readonly digest: Uint8Array;
  readonly previousDigest: Uint8Array;
  readonly reading: number;
  readonly epoch: number;
  readonly restartedAt: number;
  /** How many shares it showed. */
  readonly tickets: number;
  /** When a reading last came to the feed's end; unix seconds. */
  readonly readAt: number | undefined;
  readonly auditedAt: number;
  readonly auditPage: number;
}

/** What a page adds. */
export interface FeedProgress {
  readonly position: number;
  readonly digest: Uint8Array;
  readonly previousDigest: Uint8Array;
  readonly shares: readonly SeenShare[];
  /** The full page that ends here, if one does. */
  readonly pageEnds: ReadonlyMap<number, Uint8Array>;
}

const feedOf = (row: Row | undefined): FeedRow => ({
  id: number(row?.["id"]),
  position: number(row?.["position"]),
  digest: bytes(row?.["digest"]),
  previousDigest: bytes(row?.["previous_digest"]),
  reading: number(row?.["reading"]),
  epoch: number(row?.["epoch"]),
  restartedAt: number(row?.["restarted_at"]),
  tickets: number(row?.["tickets"]),
  readAt: typeof row?.["read_at"] === "number" ? row["read_at"] : undefined,
  auditedAt: number(row?.["audited_at"]),
  auditPage: number(row?.["audit_page"]),
});

export class FeedRecords {
  readonly #file: SqliteFile;

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  feed(pool: number, name: string): FeedRow {
    this.#file.run("INSERT INTO feeds (pool, name) VALUES (?, ?) ON CONFLICT DO NOTHING", pool, name);
    return feedOf(this.#file.get("SELECT * FROM feeds WHERE pool = ? AND name = ?", pool, name));
  }

  all(pool: number): (FeedRow & { readonly name: string })[] {
    const rows = this.#file.all("SELECT * FROM feeds WHERE pool = ? ORDER BY id", pool);
    return rows.map((row) => ({ ...feedOf(row), name: text(row["name"]) }));
  }

  /** The number of a new reading. */
  begin(feed: number): number {
    this.#file.run("UPDATE feeds SET reading = reading + 1 WHERE id = ?", feed);
    return number(this.#file.get("SELECT reading FROM feeds WHERE id = ?", feed)?.["reading"]);
  }

  /** Keeps a page's shares, what follows from them, and that it was read: all or nothing. */
  advance(
    pool: number,
    feed: number,
    { shares, pageEnds, ...to }: FeedProgress,
    onFinding: (finding: ShareFinding) => void,
  ): void {
    this.#file.transaction(() => {
      for (const share of shares) addShare(this.#file, pool, share).forEach(onFinding);
      for (const [page, digest] of pageEnds) {
        this.#file.run("INSERT INTO feed_pages VALUES (?, ?, ?) ON CONFLICT DO NOTHING", feed, page, digest);
      }
      this.#file.run(
        "UPDATE feeds SET position = ?, digest = ?, previous_digest = ?, tickets = tickets + ? WHERE id = ?",
        ...[to.position, to.digest, to.previousDigest, shares.length, feed],
      );
    });
  }

  /** The feed will be read from its beginning. What it showed before is kept. */
  restart(feed: number, now: number): void {
    this.#file.transaction(() => {
      this.#file.run("DELETE FROM feed_pages WHERE feed = ?", feed);
      this.#file.run(
        `UPDATE feeds SET position = 0, digest = x'', previous_digest = x'', tickets = 0, audit_page = 0,
         epoch = epoch + 1, restarted_at = ? WHERE id = ?`,
        ...[now, feed],
      );
    });
  }

  /** A reading came to the feed's end: of closes that were final before it began, nothing later counts. */
  complete(pool: number, feed: FeedRow, finalBlock: number, now: number): void {
    this.#file.transaction(() => {
      this.#file.run("UPDATE feeds SET read_at = ? WHERE id = ?", now, feed.id);
      this.#file.run(
        `INSERT INTO cutoffs SELECT pool, commitment, ?, ? FROM closes AS c WHERE pool = ? AND block <= ?
         AND NOT EXISTS (SELECT 1 FROM releases AS r WHERE r.pool = c.pool AND r.commitment = c.commitment AND r.block <= ?)
         ON CONFLICT DO NOTHING`,
        ...[feed.id, feed.reading, pool, finalBlock, finalBlock],
      );
    });
  }

  /** How many of the shares that the feed once showed are not in its last epoch. Reads them all: for the first reading of an epoch. */
  omitted(pool: number, { id, epoch }: FeedRow): number {
    const query = "SELECT COUNT(*) AS count FROM shares WHERE pool = ? AND source = ? AND place < ?";
    return number(this.#file.get(query, pool, id, epoch)?.["count"]);
  }

  cutoff(pool: number, commitment: bigint, feed: number): number | undefined {
    const query = "SELECT reading FROM cutoffs WHERE pool = ? AND commitment = ? AND feed = ?";
    const row = this.#file.get(query, pool, toField(commitment), feed);
    return row === undefined ? undefined : number(row["reading"]);
  }

  pageDigest(feed: number, page: number): Uint8Array | undefined {
    if (page === 0) return new Uint8Array();
    const row = this.#file.get("SELECT digest FROM feed_pages WHERE feed = ? AND page = ?", feed, page);
    return row === undefined ? undefined : bytes(row["digest"]);
  }

  /** The first full page on which two feeds differ: gateways of one provider share one store. */
  differingPage(first: number, second: number): number | undefined {
    const row = this.#file.get(
      `SELECT MIN(a.page) AS page FROM feed_pages AS a JOIN feed_pages AS b ON a.page = b.page
       WHERE a.feed = ? AND b.feed = ? AND a.digest <> b.digest`,
      ...[first, second],
    );
    return typeof row?.["page"] === "number" ? row["page"] : undefined;
  }

  audited(feed: number, page: number, now: number): void {
    this.#file.run("UPDATE feeds SET audit_page = ?, audited_at = ? WHERE id = ?", page, now, feed);
  }

  shareCount(pool: number): number {
    return number(this.#file.get("SELECT COUNT(*) AS count FROM shares WHERE pool = ?", pool)?.["count"]);
  }
}
