// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The provider's public feed. It is read whole, page by page, so that nothing of one's own is named. Positions are asked for later, so a
 * provider must not choose them: they have no gaps, and a reading begins at a page's border, where everybody's does. Who follows the feed
 * counts the enrolments: the accounts among which one's own calls hide, as far as the provider says. Each signed state counts once, and no
 * more of them than the pool has accounts; that a provider enrols accounts of its own cannot be seen.
 */
import { verifySignature } from "../protocol/index.ts";
import { feedPage } from "../wire/index.ts";
import type { FeedEntry } from "../wire/index.ts";
import { readAnswer } from "./checks.ts";
import { number } from "./columns.ts";
import { WalletError } from "./errors.ts";
import type { WalletContext } from "./ports.ts";
import { persist } from "./sending.ts";

export interface FeedStep {
  /** At least one. */
  readonly entries: readonly FeedEntry[];
  /** The position of the last entry. */
  readonly next: number;
}

/** Readings begin after a multiple of this. */
const PAGE = 1_000;

/** Kept of enrolments where the pool's number of accounts is not known. */
const MOST_ENROLMENTS = 1_000_000;

function requireInOrder(isInOrder: boolean): void {
  if (!isInOrder) throw new WalletError("PROVIDER_DISHONEST", "the provider's feed has gaps, or does not go on");
}

/**
 * The entries after a position, page by page, to the end as it is now.
 * @throws WalletError PROVIDER_DISHONEST, UNANSWERED; GatewayError
 */
export async function* feedPages(context: WalletContext, from: number): AsyncGenerator<FeedStep, void, void> {
  for (let after = from - (from % PAGE); ;) {
    const request = { after };
    const page = readAnswer(feedPage, await persist(context, () => context.provider.publicFeed(request)));
    const first = after + 1;
    requireInOrder(page.entries.every(({ position }, place) => position === first + place));
    after += page.entries.length;
    requireInOrder(page.next === after && (page.isEnd || page.entries.length > 0));
    const entries = page.entries.filter(({ position }) => position > from);
    if (entries.length > 0) yield { entries, next: after };
    if (page.isEnd) return;
  }
}

export class FeedFollower {
  readonly #context: WalletContext;

  constructor(context: WalletContext) {
    this.#context = context;
  }

  /** The last position that was read; 0 before the first. */
  get position(): number {
    const row = this.#context.store.get("SELECT position FROM feeds WHERE pool_hash = ?", this.#pool);
    return row === undefined ? 0 : number(row["position"]);
  }

  /** How many accounts have enrolled, as far as the feed was read. */
  get enrolments(): number {
    const query = "SELECT COUNT(*) AS count FROM feed_enrolments WHERE pool_hash = ?";
    return number(this.#context.store.get(query, this.#pool)?.["count"]);
  }

  /** Reads on, from where the last reading ended, also after a restart. @throws WalletError PROVIDER_DISHONEST, UNANSWERED */
  async follow(): Promise<void> {
    const { store, pool, chain } = this.#context;
    const { providerKey } = pool.parameters;
    const most = (await chain.accountCount?.()) ?? MOST_ENROLMENTS;
    for await (const { entries, next } of feedPages(this.#context, this.position)) {
      const enrolled = entries.filter(
        (entry): entry is Extract<FeedEntry, { kind: "enrolment" }> =>
          entry.kind === "enrolment" && verifySignature(entry.state, entry.signature, providerKey),
      );
      store.transaction(() => {
        let room = most - this.enrolments;
        for (const { nullifier, state } of enrolled) {
          if (room <= 0) break;
          const row = [this.#pool, state.toString(), nullifier.toString()];
          room -= store.run("INSERT INTO feed_enrolments VALUES (?, ?, ?) ON CONFLICT DO NOTHING", ...row);
        }
        store.run(
          "INSERT INTO feeds VALUES (?, ?) ON CONFLICT DO UPDATE SET position = excluded.position",
          ...[this.#pool, next],
        );
      });
    }
  }

  get #pool(): string {
    return this.#context.pool.poolHash.toString();
  }
}
