// SPDX-License-Identifier: GPL-3.0-or-later
/** One account of a wallet: everything its owner can do. */
import { ticketsCovered } from "../protocol/index.ts";
import type { CloseConsent, CloseRequest } from "../wire/index.ts";
import { buildClose, requestConsent } from "./closing.ts";
import type { CloseOptions, PreparedClose } from "./closing.ts";
import { enroll } from "./enrolling.ts";
import { fold } from "./folding.ts";
import type { Folded } from "./folding.ts";
import type { AccountContext } from "./ports.ts";
import type { Grievance } from "./records.ts";
import { restore } from "./restoring.ts";
import type { Restored } from "./restoring.ts";
import { Sessions } from "./sessions.ts";
import type { CallOptions, CallResult, Resumed, Session } from "./sessions.ts";
import { Stock } from "./stock.ts";

export interface AccountSummary {
  readonly identityCommitment: bigint;
  readonly isEnrolled: boolean;
  readonly isRestored: boolean;
  /** j, once a close has left. */
  readonly closingFrom: number | undefined;
  /** Deposit and folded refunds, in token base units; 0 before the enrolment. */
  readonly budget: bigint;
  /** How many tickets the budget covers, used ones included. */
  readonly covered: number;
  readonly used: number;
  /** Proved ahead and not used. */
  readonly inStock: number;
  /** Used, and without a refund yet. */
  readonly unsettled: number;
  /** Refunds that wait for a fold, in token base units. */
  readonly unfolded: bigint;
}

export class Account {
  readonly #context: AccountContext;
  readonly #stock: Stock;
  readonly #sessions: Sessions;
  #folding: Promise<unknown> = Promise.resolve();

  constructor(context: AccountContext) {
    this.#context = context;
    this.#stock = new Stock(context);
    this.#sessions = new Sessions(context, this.#stock);
  }

  /** What a deposit is made for. */
  get identityCommitment(): bigint {
    return this.#context.identityCommitment;
  }

  summary(): AccountSummary {
    const { records, pool, identitySecret, identityCommitment } = this.#context;
    const { nextIndex, closingFrom, isRestored } = records.account;
    const budget = records.state(identitySecret)?.state.budget;
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
      unsettled: records.openTickets().length,
      unfolded: refunds.reduce(
        (sum, refund) => sum + (refund?.refundedCharge ?? 0n) + (refund?.refundedHold ?? 0n),
        0n,
      ),
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

  /** After a crash, or a lost answer: sends the same bytes again and fetches what is due. Calls that run are left alone. */
  resume(): Promise<Resumed> {
    return this.#sessions.resume();
  }

  /** Finishes the fold under way, or folds up to four refunds; undefined when there is nothing to fold. */
  fold(): Promise<Folded | undefined> {
    const next = this.#folding.then(() => fold(this.#context));
    this.#folding = next.catch(() => undefined);
    return next;
  }

  /** Proves a close. From here on the account uses no ticket, and every further close has the same j. */
  buildClose(options: CloseOptions): Promise<PreparedClose> {
    return buildClose(this.#context, options);
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
    return this.#context.records.grievances();
  }
}
