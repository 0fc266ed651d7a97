// SPDX-License-Identifier: GPL-3.0-or-later
/** Several accounts of one wallet, used as one: an account cannot be topped up, so a wallet opens another one and spends from all. */
import type { Terms } from "../wire/index.ts";
import type { Account, AccountSummary } from "./account.ts";
import { WalletError } from "./errors.ts";
import type { WalletErrorCode } from "./errors.ts";
import type { FeedFollower } from "./feed.ts";
import type { CallOptions, CallResult } from "./sessions.ts";
import type { Wallet } from "./wallet.ts";

export interface PurseOptions {
  /** Default: all that the wallet's file knows of this pool. */
  readonly accounts?: readonly number[];
}

export interface PurseStatus {
  readonly accounts: readonly (AccountSummary & { readonly number: number })[];
  /** Tickets that are proved ahead, over all accounts that can be used. */
  readonly inStock: number;
  /** Tickets that the budgets still cover, proved or not. */
  readonly left: number;
  /** Used, without a refund yet. */
  readonly unsettled: number;
  /** Refunds that wait for a fold, in token base units. */
  readonly unfolded: bigint;
  readonly callsInFlight: number;
}

export type PurseResult = CallResult & {
  /** The number of the account that paid. */
  readonly account: number;
};

/** Said before any ticket was taken: another account may do. */
const UNABLE: ReadonlySet<WalletErrorCode> = new Set([
  "ACCOUNT_NOT_OPEN",
  "ACCOUNT_CLOSING",
  "NOT_ENROLLED",
  "BUDGET_SPENT",
]);

export class Purse {
  readonly #wallet: Wallet;
  readonly #accounts = new Map<number, Account>();
  /** Calls that have chosen an account and not taken its ticket yet. */
  readonly #choosing = new Map<number, number>();
  #inFlight = 0;

  constructor(wallet: Wallet, { accounts = wallet.knownAccounts() }: PurseOptions = {}) {
    this.#wallet = wallet;
    for (const number of accounts) this.add(number);
  }

  /** By number. */
  get accounts(): ReadonlyMap<number, Account> {
    return this.#accounts;
  }

  /** Uses one more account from now on. */
  add(number: number): Account {
    const account = this.#wallet.account(number);
    this.#accounts.set(number, account);
    return account;
  }

  /** The lowest number that neither this purse nor the wallet's file knows: for the next deposit. */
  next(): number {
    const known = new Set([...this.#wallet.knownAccounts(), ...this.#accounts.keys()]);
    let number = 0;
    while (known.has(number)) number += 1;
    return number;
  }

  terms(): Promise<Terms> {
    return this.#wallet.terms();
  }

  /** The provider's public feed, as far as it was read. */
  get feed(): FeedFollower {
    return this.#wallet.feed;
  }

  /**
   * One paid call, by an account with a proved ticket if there is one. Several may run at once. A payload that left with a ticket is never
   * tried on another one.
   * @throws WalletError as `Account.call`. REFUND_WITHHELD while any account waits for a refund: it is one provider. What makes one account
   * unable (NOT_ENROLLED, BUDGET_SPENT, ACCOUNT_CLOSING, ACCOUNT_NOT_OPEN) only when it makes all of them unable.
   */
  async call(payload: string, options: CallOptions = {}): Promise<PurseResult> {
    this.#inFlight += 1;
    try {
      for (const account of this.#accounts.values()) await account.requireRefunds();
      return await this.#callWithAny(payload, options);
    } finally {
      this.#inFlight -= 1;
    }
  }

  status(): PurseStatus {
    const accounts = [...this.#accounts].map(([number, account]) => ({ number, ...account.summary() }));
    const usable = [...this.#accounts.values()]
      .map((account) => account.readiness())
      .filter(({ isUsable }) => isUsable);
    return {
      accounts,
      inStock: usable.reduce((sum, { inStock }) => sum + inStock, 0),
      left: usable.reduce((sum, { left }) => sum + left, 0),
      unsettled: accounts.reduce((sum, { unsettled }) => sum + unsettled, 0),
      unfolded: accounts.reduce((sum, { unfolded }) => sum + unfolded, 0n),
      callsInFlight: this.#inFlight,
    };
  }

  async #callWithAny(payload: string, options: CallOptions): Promise<PurseResult> {
    const unable = new Set<number>();
    let reason: WalletError | undefined;
    for (;;) {
      const number = this.#choose(unable);
      if (number === undefined) throw reason ?? this.#nobody();
      try {
        return { ...(await this.#callWith(number, payload, options)), account: number };
      } catch (error) {
        if (!(error instanceof WalletError) || !UNABLE.has(error.code)) throw error;
        reason = reason?.code === "BUDGET_SPENT" ? reason : error;
        unable.add(number);
      }
    }
  }

  async #callWith(number: number, payload: string, options: CallOptions): Promise<CallResult> {
    const account = this.#accounts.get(number) as Account;
    const change = (by: number): void => void this.#choosing.set(number, (this.#choosing.get(number) ?? 0) + by);
    let isChoosing = true;
    const chosen = (): void => {
      if (isChoosing) change(-1);
      isChoosing = false;
    };
    change(1);
    const onTicket = (index: number): void => {
      chosen();
      options.onTicket?.(index);
    };
    return account.call(payload, { ...options, onTicket }).finally(chosen);
  }

  /** Proved tickets first, then any; among equals the lowest number. */
  #choose(unable: ReadonlySet<number>): number | undefined {
    let best: { readonly number: number; readonly rank: number } | undefined;
    for (const [number, account] of this.#accounts) {
      const { isUsable, inStock, left } = account.readiness();
      if (!isUsable || unable.has(number)) continue;
      const taken = this.#choosing.get(number) ?? 0;
      const rank = inStock > taken ? 2 : left > taken ? 1 : 0;
      if (best === undefined || rank > best.rank) best = { number, rank };
    }
    return best?.number;
  }

  #nobody(): WalletError {
    const isClosing = [...this.#accounts.values()].some((account) => account.summary().closingFrom !== undefined);
    return isClosing
      ? new WalletError("ACCOUNT_CLOSING", "every account of the wallet that was enrolled is closing")
      : new WalletError("NOT_ENROLLED", "no account of the wallet is enrolled with the provider yet");
  }
}
