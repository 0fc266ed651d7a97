// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What wallets and gateways ask of a pool, answered from its whole history: no question names the account, ticket or fold that it is
 * about to the endpoint. Accounts, disputes and folds are as of the newest block; paths, roots and final folds as of what can no longer be
 * reorganized.
 */
import type { AccountPath } from "../protocol/index.ts";
import { AccountTree } from "./account-tree.ts";
import { ChainError } from "./errors.ts";
import { DisputeBook } from "./dispute-book.ts";
import type { DisputeRecord } from "./dispute-book.ts";
import { FoldBook } from "./fold-book.ts";
import type { FoldRecord } from "./fold-book.ts";
import type { PoolEvent } from "./pool-events.ts";
import type { PoolHistory } from "./pool-history.ts";
import type { AccountStatus } from "./pool-types.ts";
import type { Finality } from "./provider.ts";
import { finalBlockOf } from "./provider.ts";

/** An account that was opened, from the pool's events. Amounts in token base units. */
export interface AccountRecord {
  readonly deposit: bigint;
  readonly stake: bigint;
  readonly status: Exclude<AccountStatus, "none">;
  /** A close was started and is not final. */
  readonly isClosing: boolean;
}

/** How often folds are read again because the chain changed under it. */
const RETRIES = 20;

export class PoolView {
  readonly #history: PoolHistory;
  readonly #finality: Finality;
  readonly #accounts = new Map<bigint, AccountRecord>();
  readonly #disputes = new DisputeBook();
  readonly #folds = new FoldBook();
  /** How many events are in the three books. */
  #recorded = 0;
  #newestEvent: PoolEvent | undefined;
  /** Holds final leaves only, so it never rolls back. */
  readonly #finalTree = new AccountTree();
  #finalEvents = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(history: PoolHistory, finality: Finality) {
    this.#history = history;
    this.#finality = finality;
  }

  /** Catches up with the head of the chain. */
  sync(): Promise<void> {
    return this.#inTurn(() => this.#catchUp());
  }

  /** As of the last time that anything was asked or synced: nothing is read for it. */
  knownAccount(identityCommitment: bigint): AccountRecord | undefined {
    return this.#accounts.get(identityCommitment);
  }

  /** Undefined when no such account was ever opened. */
  account(identityCommitment: bigint): Promise<AccountRecord | undefined> {
    return this.#inTurn(async () => {
      await this.#catchUp();
      return this.#accounts.get(identityCommitment);
    });
  }

  /** How many accounts were ever opened. */
  accountCount(): Promise<number> {
    return this.#inTurn(async () => {
      await this.#catchUp();
      return this.#accounts.size;
    });
  }

  /** The account's path to the newest final root. @throws ChainError UNKNOWN_ACCOUNT while its deposit is not final */
  pathOf(identityCommitment: bigint): Promise<AccountPath> {
    return this.#inTurn(async () => {
      const finalBlock = await finalBlockOf(this.#history.client.provider, this.#finality);
      await this.#catchUp();
      const { events } = this.#history;
      const next = events.findIndex(({ blockNumber }, index) => index >= this.#finalEvents && blockNumber > finalBlock);
      const end = next === -1 ? events.length : next;
      this.#finalTree.apply(events.slice(this.#finalEvents, end));
      this.#finalEvents = end;
      if (!this.#finalTree.has(identityCommitment) && this.#history.tree.has(identityCommitment)) {
        throw new ChainError("UNKNOWN_ACCOUNT", "the account's deposit can still be reorganized: try again later");
      }
      return this.#finalTree.pathOf(identityCommitment).path;
    });
  }

  /** True if the contract had this root in a block that can no longer be reorganized. */
  isFinalRoot(root: bigint): Promise<boolean> {
    return this.#inTurn(async () => {
      const isFinal = await this.#history.isFinalRoot(root);
      await this.#catchUp();
      return isFinal;
    });
  }

  /** Undefined when no dispute was opened over this ticket. */
  dispute(nullifier: bigint): Promise<DisputeRecord | undefined> {
    return this.#inTurn(async () => {
      await this.#catchUp();
      return this.#disputes.dispute(nullifier);
    });
  }

  /** The evidence hash of the violation that the provider reported of this ticket, in lower case. */
  violation(nullifier: bigint): Promise<string | undefined> {
    return this.#inTurn(async () => {
      await this.#catchUp();
      return this.#disputes.violation(nullifier);
    });
  }

  /** Undefined when this state was never certified. */
  fold(state: bigint): Promise<FoldRecord | undefined> {
    return this.#inTurn(async () => {
      await this.#catchUpWithHolders();
      return this.#folds.fold(state);
    });
  }

  /** True if the state is certified and final in a block that can no longer be reorganized. */
  finalFold(state: bigint): Promise<boolean> {
    return this.#inTurn(async () => {
      const finalBlock = await finalBlockOf(this.#history.client.provider, this.#finality);
      await this.#catchUp();
      const blockNumber = this.#folds.finalBlockOf(state);
      return blockNumber !== undefined && blockNumber <= finalBlock;
    });
  }

  /** As of the last time that anything was asked or synced, for a block that can no longer be reorganized: nothing is read for it. */
  isKnownFinalFold(state: bigint, finalBlock: number): boolean {
    const blockNumber = this.#folds.finalBlockOf(state);
    return blockNumber !== undefined && blockNumber <= finalBlock;
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(task);
    this.#queue = run.catch(() => undefined);
    return run;
  }

  /** Somebody else may have synced the history: whether the newest event that was read still stands where it stood says if a reorganization came between. */
  async #catchUp(): Promise<void> {
    await this.#history.sync();
    const { events } = this.#history;
    if (this.#recorded > 0 && events[this.#recorded - 1] !== this.#newestEvent) {
      this.#accounts.clear();
      this.#disputes.clear();
      this.#folds.clear();
      this.#recorded = 0;
    }
    for (const event of events.slice(this.#recorded)) {
      this.#record(event);
      this.#disputes.record(event);
      this.#folds.record(event);
    }
    this.#recorded = events.length;
    this.#newestEvent = events.at(-1);
  }

  /** As `#catchUp`, with the holders of the pending folds' nullifiers as of the same events: only events change them. */
  async #catchUpWithHolders(): Promise<void> {
    for (let attempt = 0; attempt <= RETRIES; attempt++) {
      await this.#catchUp();
      const asked = this.#folds.unknownNullifiers;
      if (asked.length === 0) return;
      const holders = await this.#history.readAt((at) => this.#history.client.foldHoldersOf(asked, at));
      const { events } = this.#history;
      const isSame = events.length === this.#recorded && events.at(-1) === this.#newestEvent;
      if (holders === undefined || !isSame) continue;
      this.#folds.setHolders(asked, holders);
      return;
    }
    throw new ChainError("INCONSISTENT", "the chain changed faster than its folds could be read; try again later");
  }

  #record(event: PoolEvent): void {
    switch (event.name) {
      case "AccountOpened": {
        const { identityCommitment, deposit, stake } = event.args;
        this.#accounts.set(identityCommitment, { deposit, stake, status: "active", isClosing: false });
        return;
      }
      case "CloseStarted":
        this.#change(event.args.identityCommitment, { isClosing: true });
        return;
      case "DepositForfeited":
        this.#change(event.args.identityCommitment, { status: "expired" });
        return;
      case "AccountReleased": {
        const { identityCommitment, status } = event.args;
        if (status !== "none") this.#change(identityCommitment, { status, isClosing: false });
        return;
      }
      default:
    }
  }

  #change(identityCommitment: bigint, change: Partial<AccountRecord>): void {
    const known = this.#accounts.get(identityCommitment);
    if (known === undefined) throw new ChainError("INCONSISTENT", "an event is about an account that was never opened");
    this.#accounts.set(identityCommitment, { ...known, ...change });
  }
}
