// SPDX-License-Identifier: GPL-3.0-or-later
/** What failed in the background, and when it is tried again: each pause is twice the one before it, up to an hour. */

/** "watch" looks whether a deposit was made. */
export type KeeperTask = "watch" | "resume" | "enrol" | "prove" | "fold" | "settle-disputes" | "settle-folds" | "feed";

export interface KeeperFault {
  readonly task: KeeperTask;
  /** The account's number; undefined of what is no account's. */
  readonly account: number | undefined;
  readonly error: unknown;
}

interface Known extends KeeperFault {
  readonly failures: number;
  /** Unix seconds. */
  readonly at: number;
  readonly notBefore: number;
}

const LONGEST_SECONDS = 3_600;

export class Faults {
  readonly #known = new Map<string, Known>();
  readonly #firstPauseSeconds: number;

  constructor(firstPauseSeconds: number) {
    this.#firstPauseSeconds = firstPauseSeconds;
  }

  /** The last of each task that has not succeeded since. */
  get all(): readonly Known[] {
    return [...this.#known.values()];
  }

  isPausing(task: KeeperTask, account: number | undefined, now: number): boolean {
    const known = this.#known.get(keyOf(task, account));
    return known !== undefined && now < known.notBefore;
  }

  add(fault: KeeperFault, now: number): void {
    const key = keyOf(fault.task, fault.account);
    const failures = (this.#known.get(key)?.failures ?? 0) + 1;
    const pause = Math.min(this.#firstPauseSeconds * 2 ** (failures - 1), LONGEST_SECONDS);
    this.#known.set(key, { ...fault, failures, at: now, notBefore: now + pause });
  }

  clear(task: KeeperTask, account: number | undefined): void {
    this.#known.delete(keyOf(task, account));
  }
}

const keyOf = (task: KeeperTask, account: number | undefined): string => `${task} ${account ?? ""}`;
