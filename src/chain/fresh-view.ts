// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A pool's view that is kept fresh in the background, so that asking for an account, which every call does, costs no round trip. Questions
 * about disputes, violations, folds, roots and paths sync first, as always.
 */
import type { AccountPath } from "../protocol/index.ts";
import type { DisputeRecord } from "./dispute-book.ts";
import type { FoldRecord } from "./fold-book.ts";
import type { AccountRecord, PoolView } from "./pool-view.ts";

export interface FreshViewOptions {
  /** Between two syncs in the background. Default: 5 s. */
  readonly everyMilliseconds?: number;
  /** What is older is not answered from: the question then waits for a sync. Default: 15 s. */
  readonly maxAgeMilliseconds?: number;
  /** Told when a sync in the background fails. Questions that need one then fail by themselves. */
  readonly onFault?: (error: unknown) => void;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

export class FreshView {
  readonly #view: PoolView;
  readonly #everyMilliseconds: number;
  readonly #maxAgeMilliseconds: number;
  readonly #onFault: (error: unknown) => void;
  readonly #now: () => number;
  /** When the last sync that succeeded began. */
  #freshSince = Number.NEGATIVE_INFINITY;
  #syncing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;

  constructor(view: PoolView, options: FreshViewOptions = {}) {
    this.#view = view;
    this.#everyMilliseconds = options.everyMilliseconds ?? 5_000;
    this.#maxAgeMilliseconds = options.maxAgeMilliseconds ?? 15_000;
    this.#onFault = options.onFault ?? (() => undefined);
    this.#now = options.now ?? (() => performance.now());
  }

  /** Begins to sync in the background. It does not keep the process alive. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#keepFresh();
  }

  /** Ends the background sync, and waits for one that runs. */
  async close(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    await this.#syncing?.catch(() => undefined);
  }

  /** As of at most `maxAgeMilliseconds` ago. */
  async account(identityCommitment: bigint): Promise<AccountRecord | undefined> {
    if (this.#now() - this.#freshSince > this.#maxAgeMilliseconds) await this.sync();
    return this.#view.knownAccount(identityCommitment);
  }

  /** Catches up now; everybody who asks meanwhile waits for the same sync. */
  sync(): Promise<void> {
    this.#syncing ??= this.#sync().finally(() => (this.#syncing = undefined));
    return this.#syncing;
  }

  accountCount(): Promise<number> {
    return this.#view.accountCount();
  }

  pathOf(identityCommitment: bigint): Promise<AccountPath> {
    return this.#view.pathOf(identityCommitment);
  }

  isFinalRoot(root: bigint): Promise<boolean> {
    return this.#view.isFinalRoot(root);
  }

  dispute(nullifier: bigint): Promise<DisputeRecord | undefined> {
    return this.#view.dispute(nullifier);
  }

  violation(nullifier: bigint): Promise<string | undefined> {
    return this.#view.violation(nullifier);
  }

  fold(state: bigint): Promise<FoldRecord | undefined> {
    return this.#view.fold(state);
  }

  finalFold(state: bigint): Promise<boolean> {
    return this.#view.finalFold(state);
  }

  async #sync(): Promise<void> {
    const began = this.#now();
    await this.#view.sync();
    this.#freshSince = began;
  }

  async #keepFresh(): Promise<void> {
    await this.sync().catch(this.#onFault);
    if (!this.#isRunning) return;
    this.#timer = setTimeout(() => void this.#keepFresh(), this.#everyMilliseconds).unref();
  }
}
