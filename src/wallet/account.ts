// SPDX-License-Identifier: GPL-3.0-or-later
/** One account of a wallet: everything its owner can do. */
import { ticketsCovered } from "../protocol/index.ts";
import type { AccountView, CloseConsent, CloseRequest, DisputeFile, DisputeView, FoldFile } from "../wire/index.ts";
import { prepareCertifiedFold, settleFolds } from "./certifying.ts";
import type { SettledFold } from "./certifying.ts";
import { buildClose, checkClose, requestConsent } from "./closing.ts";
import type { CloseOptions, PreparedClose } from "./closing.ts";
import type { Grievance } from "./dispute-records.ts";
import { Disputes } from "./disputes.ts";
import type { DisputeOptions, SettledDispute } from "./disputes.ts";
import { enroll } from "./enrolling.ts";
import { WalletError } from "./errors.ts";
import { fold } from "./folding.ts";
import type { Folded } from "./folding.ts";
import type { Plans } from "./plans.ts";
import type { AccountContext } from "./ports.ts";
import { Refunds } from "./refunds.ts";
import { restore } from "./restoring.ts";
import type { Restored } from "./restoring.ts";
import { Sessions } from "./sessions.ts";
import type { CallOptions, CallResult, Resumed, Session } from "./sessions.ts";
import { Stock } from "./stock.ts";

export interface AccountSummary {
  readonly identityCommitment: bigint;
  readonly isEnrolled: boolean;
  /** This file may not know every ticket that was used: it did not begin the account (`beginDeposit`), or another copy of it was met. */
  readonly isRestored: boolean;
  /** j, once a close has left. */
  readonly closingFrom: number | undefined;
  /** Deposit and folded refunds of the newest signed state, in token base units; 0 before the enrolment. */
  readonly budget: bigint;
  /** How many tickets the budget covers, used ones included. */
  readonly covered: number;
  readonly used: number;
  /** Proved ahead and not used. */
  readonly inStock: number;
  /** Used, and without a refund yet; disputed ones included, awarded ones not. */
  readonly unsettled: number;
  /** Whose dispute has left the wallet and brought neither refund nor award yet. */
  readonly disputed: number;
  /** Whose dispute the provider lost: there is no refund to expect. */
  readonly awarded: number;
  /** Refunds that wait for a fold, in token base units. */
  readonly unfolded: bigint;
  /** Refunds in certified folds that are final and not signed: a close claims them, tickets do not use them. In token base units. */
  readonly certified: bigint;
  /** Folds that fell on chain. */
  readonly fallenFolds: number;
}

/** Whether calls can be made, without a look at the chain. */
export interface Readiness {
  readonly isEnrolled: boolean;
  /** Enrolled, and not closing. */
  readonly isUsable: boolean;
  readonly inStock: number;
  /** Tickets that the budget still covers, proved or not. */
  readonly left: number;
}

export class Account {
  readonly #context: AccountContext;
  readonly #stock: Stock;
  readonly #sessions: Sessions;
  readonly #disputes: Disputes;
  #folding: Promise<unknown> = Promise.resolve();

  constructor(context: AccountContext) {
    this.#context = context;
    this.#stock = new Stock(context);
    const refunds = new Refunds(context, this.#stock);
    this.#sessions = new Sessions(context, this.#stock, refunds);
    this.#disputes = new Disputes(context, this.#stock, this.#sessions, refunds);
  }

  /** What a deposit is made for. */
  get identityCommitment(): bigint {
    return this.#context.identityCommitment;
  }

  /** What this account is to do later, and when. */
  get plans(): Plans {
    return this.#context.records.plans;
  }

  /** The account as the chain has it; undefined when nobody has deposited for it. */
  onChain(): Promise<AccountView | undefined> {
    const { chain, identityCommitment } = this.#context;
    return chain.account(identityCommitment);
  }

  /**
   * For before a deposit is sent, by whomever: records that the account begins with this file, which then knows every ticket that is used.
   * An account for which this was not done counts as restored. Repeats do nothing.
   * @throws WalletError ACCOUNT_EXISTS when the chain has the account already, and this was not done before
   */
  async beginDeposit(): Promise<void> {
    const { records } = this.#context;
    if (records.account.isOwn) return;
    if ((await this.onChain()) !== undefined) {
      const message = "the account has its deposit already: this file cannot know whether its tickets were used";
      throw new WalletError("ACCOUNT_EXISTS", message);
    }
    records.markOwn();
  }

  readiness(): Readiness {
    const { records, pool, identitySecret } = this.#context;
    const { nextIndex, closingFrom } = records.account;
    const budget = records.folds.newestSigned(identitySecret)?.state.budget;
    const isUsable = budget !== undefined && closingFrom === undefined;
    return {
      isEnrolled: budget !== undefined,
      isUsable,
      inStock: isUsable ? records.provedTickets().length : 0,
      left: isUsable ? Math.max(0, ticketsCovered(pool.parameters, budget) - nextIndex) : 0,
    };
  }

  summary(): AccountSummary {
    const { records, pool, identitySecret, identityCommitment } = this.#context;
    const { nextIndex, closingFrom, isRestored } = records.account;
    const budget = records.folds.newestSigned(identitySecret)?.state.budget;
    const newest = records.folds.newest(identitySecret)?.state.budget;
    const disputed = records.disputes.indices("open", "answered").length;
    const refunds = records.foldableTickets().map(({ refund }) => refund);
    return {
      identityCommitment,
      isEnrolled: budget !== undefined,
      isRestored,
      closingFrom,
      budget: budget ?? 0n,
      covered: budget === undefined ? 0 : ticketsCovered(pool.parameters, budget),
      used: nextIndex,
      inStock: records.provedTickets().length,
      unsettled: records.openTickets().length + disputed,
      disputed,
      awarded: records.disputes.indices("lost").length,
      unfolded: refunds.reduce(
        (sum, refund) => sum + (refund?.refundedCharge ?? 0n) + (refund?.refundedHold ?? 0n),
        0n,
      ),
      certified: (newest ?? 0n) - (budget ?? 0n),
      fallenFolds: records.folds.fallen(),
    };
  }

  /** Gets the provider's signature of the account's first state. Repeats do nothing. */
  async enroll(): Promise<void> {
    await enroll(this.#context);
  }

  /** Proves until `count` unused tickets are in stock, or as many as the budget covers. Resolves to the stock. */
  proveTickets(count: number, onProgress?: (proved: number, wanted: number) => void): Promise<number> {
    return this.#stock.fill(count, onProgress);
  }

  /** One paid call, on a ticket of its own. Several may run at once. */
  call(payload: string, options: CallOptions = {}): Promise<CallResult> {
    return this.#sessions.call(payload, options);
  }

  /** A session of several calls on one ticket; they can be linked with each other. */
  openSession(): Promise<Session> {
    return this.#sessions.open();
  }

  /**
   * After a crash, or a lost answer: sends the same bytes again and fetches what is due. Calls that run are left alone.
   * @param resend false: interrupted calls are not sent again; their sessions are ended, and what was not served is refunded whole.
   */
  resume({ resend = true }: { readonly resend?: boolean } = {}): Promise<Resumed> {
    return this.#sessions.resume(resend);
  }

  /** Tickets that were used, have no refund and no dispute, and that no call of this process is at work with. */
  overdue(): readonly number[] {
    return this.#sessions.overdue();
  }

  /** Fetches the refunds that are due. @throws WalletError REFUND_WITHHELD: no further ticket is used while one is missing */
  requireRefunds(): Promise<void> {
    return this.#sessions.requireRefunds();
  }

  /** How many refunds wait for a fold, those in a fold that the provider did not sign yet left out. */
  foldable(): number {
    return this.#context.records.foldableTickets().length;
  }

  /** Whether a refund is missing: of a used ticket, or of a disputed one. */
  isOwed(): boolean {
    const { records } = this.#context;
    return records.openTickets().length > 0 || records.disputes.indices("open", "answered").length > 0;
  }

  /** How many folds the provider did not sign yet. */
  unsignedFolds(): number {
    return this.#context.records.folds.unsigned().length;
  }

  /** Has the provider sign the oldest fold that it did not sign, or folds up to four refunds; undefined when there is nothing to fold. */
  fold(): Promise<Folded | undefined> {
    return this.#inTurn(() => fold(this.#context));
  }

  /**
   * A fold for `certifyFold`, when the provider will not sign: the one under way if it is not on chain, or up to four refunds on top of the
   * newest state, pending ones included. Undefined when there is nothing to fold.
   */
  prepareCertifiedFold(): Promise<FoldFile | undefined> {
    return this.#inTurn(() => prepareCertifiedFold(this.#context));
  }

  /** What the chain has of the folds that the provider did not sign. A final one becomes the newest state, for closes and further folds. */
  settleFolds(): Promise<readonly SettledFold[]> {
    return this.#inTurn(() => settleFolds(this.#context));
  }

  /** A dispute over a used ticket whose refund is withheld, for `openDispute`. From here on its session is used no more. */
  prepareDispute(options: DisputeOptions): Promise<DisputeFile> {
    return this.#disputes.prepare(options);
  }

  /** Refuses what `prepareDispute` would refuse as things stand, and signs nothing. Resolves to what the chain has already. */
  checkDispute(options: DisputeOptions): Promise<DisputeView | undefined> {
    return this.#disputes.check(options);
  }

  /** What the chain has of this account's disputes: takes refunds that came by answer, and writes off those that were awarded. */
  settleDisputes(): Promise<readonly SettledDispute[]> {
    return this.#disputes.settle();
  }

  /** Proves a close. From here on the account uses no ticket, and every further close has the same j. */
  /** Refuses what `buildClose` would refuse of these options, changes nothing, and says which j it would have. */
  checkClose(options: CloseOptions): number {
    return checkClose(this.#context, options).firstUnused;
  }

  buildClose(options: CloseOptions): Promise<PreparedClose> {
    return buildClose(this.#context, options, () => this.settleFolds());
  }

  /** The provider's consent to a close, for `closeWithConsent`. */
  requestConsent(request: CloseRequest): Promise<CloseConsent> {
    return requestConsent(this.#context, request);
  }

  /** Fills an empty account from the provider's public feed. */
  restore(): Promise<Restored> {
    return restore(this.#context);
  }

  /** Tells the wallet that its file is an old copy, or that another device may have used the account. It cannot be taken back. */
  treatAsRestored(): void {
    this.#context.records.markRestored();
  }

  /** What the provider sent that it should not have. */
  grievances(): readonly Grievance[] {
    return this.#context.records.disputes.grievances();
  }

  /** What groups refunds or reads how they are grouped comes one after the other. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const next = this.#folding.then(task);
    this.#folding = next.catch(() => undefined);
    return next;
  }
}
