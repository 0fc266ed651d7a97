// SPDX-License-Identifier: GPL-3.0-or-later
/** Where a watcher stands, from its file alone: the watcher may run meanwhile, and no endpoint is asked. */
import type { ClaimOutcome } from "./claim-records.ts";
import { accountName } from "./claim-records.ts";
import { number, text } from "./columns.ts";
import type { WatcherStore } from "./store.ts";

export interface CloseStatus {
  readonly account: string;
  readonly firstUnused: number;
  /** Unix seconds of the chain. */
  readonly deadline: number;
  /** "open": not every feed was read since it is final. */
  readonly verdict: "open" | "honest" | "understated" | "double-spend";
}

export interface ClaimStatus {
  readonly account: string;
  readonly kind: string;
  readonly bounty: bigint;
  readonly state: ClaimOutcome | "found" | "proved" | "sent" | "mined";
  readonly deadline: number | undefined;
  readonly transactions: readonly string[];
  /** In the chain's smallest unit. */
  readonly gasSpent: bigint;
}

export interface PoolStatus {
  readonly name: string;
  readonly address: string | undefined;
  readonly chainId: string | undefined;
  readonly token: { readonly symbol: string; readonly decimals: number } | undefined;
  /** The last block that was read. */
  readonly block: number | undefined;
  readonly readAt: number | undefined;
  readonly feeds: readonly { readonly name: string; readonly position: number; readonly readAt: number | undefined }[];
  readonly closes: readonly CloseStatus[];
  readonly claims: readonly ClaimStatus[];
  /** Of claims that are in final blocks, in token base units. */
  readonly bountiesEarned: bigint;
  readonly gasSpent: bigint;
}

export function statusOf(store: WatcherStore): PoolStatus[] {
  return store.all("SELECT * FROM pools ORDER BY id").map((row) => {
    const id = number(row["id"]);
    const { cursor, readAt } = store.chain.poolRow(row);
    const feeds = store.feeds.all(id);
    const claims = store.claims.all(id).map((claim): ClaimStatus => {
      const { commitment, kind, bounty, deadline, calldata, outcome } = claim;
      const sent = store.claims.transactionsOf(claim.id);
      const reached = sent.some(({ status }) => status === "mined") ? "mined" : sent.length > 0 ? "sent" : "proved";
      return {
        account: accountName(commitment),
        kind,
        bounty,
        state: outcome ?? (calldata === undefined ? "found" : reached),
        deadline,
        transactions: sent.map(({ hash }) => hash),
        gasSpent: sent.reduce((sum, { cost }) => sum + cost, 0n),
      };
    });
    const closes = store.chain.openCloses(id).map((close): CloseStatus => {
      const { commitment, firstUnused, finalizableAt, isDerived } = close;
      const isRead = feeds.every((feed) => store.feeds.cutoff(id, commitment, feed.id) !== undefined);
      const kind = store.claims.of(id, commitment)?.kind;
      const guilt = kind === "understated-close" ? "understated" : kind;
      const verdict = guilt ?? (isDerived && isRead ? "honest" : "open");
      return { account: accountName(commitment), firstUnused, deadline: finalizableAt, verdict };
    });
    const token = row["token"];
    return {
      name: text(row["name"]),
      address: row["address"] === null ? undefined : text(row["address"]),
      chainId: row["chain_id"] === null ? undefined : text(row["chain_id"]),
      token: typeof token === "string" ? (JSON.parse(token) as { symbol: string; decimals: number }) : undefined,
      block: cursor?.checkpoints.at(-1)?.number,
      readAt,
      feeds: feeds.map((feed) => ({ name: feed.name, position: feed.position, readAt: feed.readAt })),
      closes,
      claims,
      bountiesEarned: claims.reduce((sum, { state, bounty }) => (state === "won" ? sum + bounty : sum), 0n),
      gasSpent: claims.reduce((sum, { gasSpent }) => sum + gasSpent, 0n),
    };
  });
}
