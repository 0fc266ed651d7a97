// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What the chain should say after every call: books kept by the plainest rules, apart from the code under test. Each call has its `refuse…`,
 * which names the custom error that it must end in, and its effect.
 */
import { AccountBook } from "./accounts.ts";
import { DisputeBook } from "./disputes.ts";
import { FoldBook } from "./folds.ts";
import { Journal } from "./journal.ts";

export class Ghost {
  /** The time of the last block, in seconds since 1970. */
  now: bigint;
  readonly journal = new Journal();
  readonly accounts: AccountBook;
  readonly folds = new FoldBook();
  readonly disputes: DisputeBook;

  constructor(now: bigint, provider: string, pool: string) {
    this.now = now;
    this.accounts = new AccountBook(this.journal, pool);
    this.disputes = new DisputeBook(this.journal, provider, pool);
  }
}

export { Status } from "./accounts.ts";
export type { CloseFacts, ShownClose } from "./accounts.ts";
export { DisputeStatus } from "./disputes.ts";
export type { AnswerFacts } from "./disputes.ts";
export { FoldStatus } from "./folds.ts";
export type { FoldFacts } from "./folds.ts";
export * from "./terms.ts";
