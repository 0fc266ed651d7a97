// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Decides what the shares prove. An accusation needs a secret that opens an account of the pool which was neither slashed nor paid out, and a
 * ticket of that account: all of it is computed here, before any proof is made. A secret lives no longer than the function that recovers it.
 */
import { setImmediate } from "node:timers/promises";

import {
  TICKET_COUNT,
  findTicketKey,
  holdOf,
  identityCommitmentOf,
  nullifierOf,
  recoverFromKey,
  recoverFromShares,
  ticketKeyFromCover,
  ticketRootOf,
} from "../protocol/index.ts";
import type { Pool, Share } from "../protocol/index.ts";
import type { CloseRow } from "./chain-records.ts";
import { accountName } from "./claim-records.ts";
import type { Condition, WatcherLog } from "./ports.ts";
import { CHAIN, revealedShares } from "./shares.ts";
import type { ShareFinding } from "./shares.ts";
import type { WatcherStore } from "./store.ts";

/** How many tickets to derive before other work has its turn, and before they are written down. */
const DERIVED_PER_TURN = 32;
const DERIVED_PER_WRITE = 1_024;
/** A deposit that a reorganization took away is usually back at once; what is suspected of its account is kept for so long. */
const MISSING_SECONDS = 86_400;

export interface JudgeOptions {
  readonly store: WatcherStore;
  /** The pool's row in the store. */
  readonly id: number;
  readonly pool: Pool;
  readonly now: () => number;
  readonly finalBlock: () => number;
  /** Whether the chain was read to its head in this pass. */
  readonly isChainCurrent: () => boolean;
  readonly log: WatcherLog;
  /** Something happened that somebody should look at. */
  readonly onIncident: (condition: Condition) => void;
}

export class Judge {
  readonly #options: JudgeOptions;
  /** Suspicions of accounts that are not there, and since when. */
  readonly #missing = new Map<string, number>();

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  /** What a share turned out to be beside the others. A part of the transaction that keeps the share. */
  take(finding: ShareFinding): void {
    if (finding.kind === "pair") this.#suspect(finding.nullifier, finding.shares);
    else if (finding.kind === "revealed") this.#convict(finding);
  }

  /** Derives what closes reveal, and compares it with what was seen; then looks into suspicions, one for each account. */
  async deliberate(): Promise<void> {
    const { store, id } = this.#options;
    for (const close of store.chain.openCloses(id)) {
      if (!close.isDerived) await this.#derive(close);
    }
    // An account that is not known may have been opened since the chain was last read.
    if (!this.#options.isChainCurrent()) return;
    for (const suspicion of store.claims.suspicions(id)) await this.#investigate(suspicion);
  }

  /** Neither slashed nor paid out, as far as that can still be undone. */
  #isOpen(commitment: bigint): boolean {
    const { store, id, finalBlock } = this.#options;
    const release = store.chain.release(id, commitment);
    return release === undefined || release.block > finalBlock();
  }

  #suspect(nullifier: bigint, shares: readonly [Share, Share]): void {
    const { store, id } = this.#options;
    const commitment = identityCommitmentOf(recoverFromShares(...shares).identitySecret);
    const isStranger = store.chain.account(id, commitment) === undefined && this.#options.isChainCurrent();
    if (isStranger || !this.#isOpen(commitment) || store.claims.of(id, commitment) !== undefined) return;
    store.claims.suspect(id, { commitment, nullifier, shares });
  }

  /** The line's slope has to be a ticket key of this pool: whoever made up an account and a line of their own could not be slashed. */
  async #investigate({
    commitment,
    nullifier,
    shares,
  }: Parameters<WatcherStore["claims"]["suspect"]>[1]): Promise<void> {
    const { store, id, pool } = this.#options;
    const { identitySecret, ticketKey } = recoverFromShares(...shares);
    const isKnown = store.chain.account(id, commitment) !== undefined;
    const suspicion = `${commitment} ${nullifier}`;
    if (isKnown) this.#missing.delete(suspicion);
    else if (this.#mayReturn(suspicion)) return;
    const isOpen = isKnown && this.#isOpen(commitment);
    const index = isOpen ? await findTicketKey(ticketRootOf(identitySecret, pool.poolHash), ticketKey) : undefined;
    if (index === undefined) {
      store.claims.dismiss(id, { commitment, nullifier, shares });
      return;
    }
    const [share, secondShare] = shares;
    this.#accuse("double-spend", { commitment, nullifier, index, share, secondShare });
  }

  /** Whether a suspicion of an account that is not there is kept for now. */
  #mayReturn(suspicion: string): boolean {
    const now = this.#options.now();
    const since = this.#missing.get(suspicion) ?? now;
    this.#missing.set(suspicion, since);
    if (now - since < MISSING_SECONDS) return true;
    this.#missing.delete(suspicion);
    return false;
  }

  /** The tickets [j, j + ⌊D/hold⌋), cut at 65,536: docs/protocol.md, Closing, says why these are enough. */
  async #derive(close: CloseRow): Promise<void> {
    const { store, id, pool } = this.#options;
    const { commitment, firstUnused, coverKeys } = close;
    const account = store.chain.account(id, commitment);
    if (account === undefined) return;
    const count = account.deposit / holdOf(pool.parameters);
    const end = count > BigInt(TICKET_COUNT - firstUnused) ? TICKET_COUNT : firstUnused + Number(count);
    let derived: { nullifier: bigint; index: number }[] = [];
    for (let index = firstUnused; index < end; index++) {
      derived.push({ nullifier: nullifierOf(ticketKeyFromCover(coverKeys, firstUnused, index)), index });
      if (derived.length % DERIVED_PER_TURN === 0) await setImmediate();
      if (derived.length < DERIVED_PER_WRITE) continue;
      store.chain.reveal(id, close, derived, false);
      derived = [];
    }
    store.chain.reveal(id, close, derived, false);
    for (const finding of revealedShares(store, id, commitment)) this.#convict(finding);
    store.chain.reveal(id, close, [], true);
  }

  /** One share and the ticket's key give k. Nobody but the account's owner can have made such a share. */
  #convict({ commitment, index, seen }: ShareFinding & { kind: "revealed" }): void {
    const { store, id, log, onIncident } = this.#options;
    const close = store.chain.close(id, commitment);
    if (close === undefined || store.claims.of(id, commitment) !== undefined || !this.#isOpen(commitment)) return;
    const key = ticketKeyFromCover(close.coverKeys, close.firstUnused, index);
    if (identityCommitmentOf(recoverFromKey(seen.share, key)) !== commitment) {
      log({ level: "warning", event: "junk-share", account: accountName(commitment), ticket: index });
      return;
    }
    if (this.#isLate(close, seen)) {
      const message = `ticket ${index} of ${accountName(commitment)} was shown after its close had revealed it: it may be a mistake of its owner's, and is not used`;
      onIncident({ code: "LATE_SHARE", subject: accountName(commitment), message });
      return;
    }
    const { nullifier, share } = seen;
    this.#accuse("understated-close", { commitment, nullifier, index, share, secondShare: undefined });
  }

  /** The gateway's own rule: what was recorded after the close was seen in a final block is not used. docs/watching.md says why. */
  #isLate(
    { commitment, block, logIndex }: CloseRow,
    { source, seen, place }: { source: number; seen: number; place: number },
  ): boolean {
    if (source === CHAIN) return seen > block || (seen === block && place > logIndex);
    const { store, id } = this.#options;
    const cutoff = store.feeds.cutoff(id, commitment, source);
    return cutoff !== undefined && seen > cutoff;
  }

  #accuse(
    kind: "double-spend" | "understated-close",
    evidence: {
      readonly commitment: bigint;
      readonly nullifier: bigint;
      readonly index: number;
      readonly share: Share;
      readonly secondShare: Share | undefined;
    },
  ): void {
    const { store, id, pool, now, log } = this.#options;
    const { commitment, index } = evidence;
    const stake = store.chain.account(id, commitment)?.stake ?? 0n;
    const bounty = (stake * pool.parameters.bountyBps) / 10_000n;
    const deadline = store.chain.close(id, commitment)?.finalizableAt;
    if (!store.claims.accuse(id, { ...evidence, kind, bounty, deadline }, now())) return;
    log({ level: "warning", event: "offence", kind, account: accountName(commitment), ticket: index, deadline });
  }
}
