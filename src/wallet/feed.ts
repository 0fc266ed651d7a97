// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The provider's public feed. It is read whole, page by page, so that nothing of one's own is named. Who follows it counts the enrolments:
 * the accounts among which one's own calls hide, as far as the provider says. Entries with a signature that is not the provider's do not
 * count; that a provider enrols accounts of its own cannot be seen.
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
  readonly entries: readonly FeedEntry[];
  /** Where the next page begins. */
  readonly next: number;
}

/**
 * The pages after a position, to the end as it is now.
 * @throws WalletError PROVIDER_DISHONEST, UNANSWERED; GatewayError
 */
export async function* feedPages(context: WalletContext, from: number): AsyncGenerator<FeedStep, void, void> {
  for (let after = from; ;) {
    const request = { after };
    const page = readAnswer(feedPage, await persist(context, () => context.provider.publicFeed(request)));
    yield { entries: page.entries, next: page.next };
    if (page.isEnd) return;
    if (page.next <= after) throw new WalletError("PROVIDER_DISHONEST", "the provider's feed does not go on");
    after = page.next;
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
    const { store, pool } = this.#context;
    const { providerKey } = pool.parameters;
    for await (const { entries, next } of feedPages(this.#context, this.position)) {
      const enrolled = entries.filter(
        (entry): entry is Extract<FeedEntry, { kind: "enrolment" }> =>
          entry.kind === "enrolment" && verifySignature(entry.state, entry.signature, providerKey),
      );
      if (entries.length === 0) continue;
      store.transaction(() => {
        for (const { nullifier } of enrolled) {
          store.run(
            "INSERT INTO feed_enrolments VALUES (?, ?) ON CONFLICT DO NOTHING",
            this.#pool,
            nullifier.toString(),
          );
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
