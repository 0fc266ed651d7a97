// SPDX-License-Identifier: GPL-3.0-or-later
/** What accounts should hold and how they should end, counted ticket by ticket. Shares no code with the contracts or the library. */
import type { Journal } from "./journal.ts";
import {
  AMOUNT_LIMIT,
  BOUNTY_BPS,
  C,
  CHALLENGE_WINDOW,
  FIELD,
  HOLD,
  LIFETIME,
  NOBODY,
  P,
  STAKE_BPS,
  STAKE_MINIMUM,
  TICKETS,
  firstOf,
  least,
} from "./terms.ts";
import type { Refusal } from "./terms.ts";

export const Status = { None: 0n, Active: 1n, Expired: 2n, Closed: 3n, Slashed: 4n } as const;

export interface GhostClose {
  readonly toRecipient: bigint;
  readonly toProvider: bigint;
  readonly fee: bigint;
  readonly recipient: string;
  readonly relayer: string;
  readonly finalizableAt: bigint;
}

export interface GhostAccount {
  readonly deposit: bigint;
  readonly stake: bigint;
  readonly openedAt: bigint;
  status: bigint;
  close?: GhostClose | undefined;
}

/** What of a close its payout depends on. */
export interface CloseFacts {
  readonly identityCommitment: bigint;
  readonly firstUnused: bigint;
  readonly refundedCharges: bigint;
  readonly refundedHolds: bigint;
  readonly recipient: string;
  readonly relayer: string;
  readonly fee: bigint;
}

/** What else a close is checked for. */
export interface ShownClose extends CloseFacts {
  readonly deadline: bigint;
  readonly coverKeys: readonly bigint[];
  readonly isStateGood: boolean;
  readonly isProven: boolean;
}

export class AccountBook {
  readonly all = new Map<bigint, GhostAccount>();
  readonly #journal: Journal;
  readonly #pool: string;

  constructor(journal: Journal, pool: string) {
    this.#journal = journal;
    this.#pool = pool;
  }

  // ---------------------------------------------------------------- DEPOSIT

  refuseDeposit(id: bigint, amount: bigint): Refusal {
    const most = least(HOLD * TICKETS, AMOUNT_LIMIT - 1n);
    return firstOf(
      [id === 0n || id >= FIELD, "IdentityCommitmentOutOfField"],
      [this.all.has(id), "IdentityCommitmentUsed"],
      [amount < HOLD || amount > most, "DepositOutOfRange"],
    );
  }

  deposit(payer: string, id: bigint, amount: bigint, now: bigint): void {
    const share = (amount * STAKE_BPS - ((amount * STAKE_BPS) % 10_000n)) / 10_000n;
    const account = { deposit: amount, stake: STAKE_MINIMUM + share, openedAt: now, status: Status.Active };
    this.all.set(id, account);
    this.#journal.move(`purse ${payer}`, `deposit ${id}`, amount, "deposit");
    this.#journal.move(`purse ${payer}`, `stake ${id}`, account.stake, "stake");
  }

  // ------------------------------------------------------------------ CLOSE

  isOpen(id: bigint): boolean {
    const status = this.all.get(id)?.status;
    return status === Status.Active || status === Status.Expired;
  }

  isClosing(id: bigint): boolean {
    return this.all.get(id)?.close !== undefined;
  }

  refuseClose(close: ShownClose, now: bigint): Refusal {
    return this.isClosing(close.identityCommitment) ? "CloseIsPending" : this.#refuseShown(close, now);
  }

  refuseConsented(close: ShownClose, consentDeadline: bigint, isSigned: boolean, now: bigint): Refusal {
    const other = this.isClosing(close.identityCommitment) && !this.#isTheSame(close);
    return (
      firstOf([now > consentDeadline, "ConsentDeadlinePassed"], [!isSigned, "ConsentRefused"]) ??
      this.#refuseShown(close, now) ??
      firstOf([other, "CloseIsPending"])
    );
  }

  #refuseShown(close: ShownClose, now: bigint): Refusal {
    const j = close.firstUnused;
    return firstOf(
      [now > close.deadline, "DeadlinePassed"],
      [close.recipient === NOBODY || close.recipient === this.#pool, "RecipientRefused"],
      [close.relayer === this.#pool, "RelayerRefused"],
      [close.relayer === NOBODY && close.fee > 0n, "FeeWithoutRelayer"],
      [close.fee >= AMOUNT_LIMIT, "FeeOutOfRange"],
      [!this.isOpen(close.identityCommitment), "AccountNotOpen"],
      [j > TICKETS, "FirstUnusedOutOfRange"],
      [close.refundedCharges > j * C, "RefundedChargesOutOfRange"],
      [close.refundedHolds > j * P, "RefundedHoldsOutOfRange"],
      [!close.isStateGood, "StateNotCertified"],
      [close.coverKeys.some((key) => key >= FIELD), "CoverKeyOutOfField"],
      [!close.isProven, "ProofRefused"],
    );
  }

  startClose(close: CloseFacts, now: bigint): void {
    this.#accountOf(close.identityCommitment).close = this.#splitOf(close, now + CHALLENGE_WINDOW);
  }

  closeWithConsent(close: CloseFacts, now: bigint): void {
    const account = this.#accountOf(close.identityCommitment);
    account.close ??= this.#splitOf(close, now);
    this.finalize(close.identityCommitment);
  }

  /** Out of a purse that D is put in, the provider is paid for each ticket, then the fire is fed for each; the rest goes back with S. */
  #splitOf(close: CloseFacts, finalizableAt: bigint): GhostClose {
    const { deposit, stake, status } = this.#accountOf(close.identityCommitment);
    let [charges, holds] = [0n, 0n];
    for (let ticket = 0n; ticket < close.firstUnused; ticket++) [charges, holds] = [charges + C, holds + P];
    let purse = status === Status.Expired ? 0n : deposit;
    const toProvider = least(charges - close.refundedCharges, purse);
    purse -= toProvider;
    purse -= least(holds - close.refundedHolds, purse);
    const fee = least(close.fee, purse + stake);
    const { recipient } = close;
    const relayer = fee === 0n ? NOBODY : close.relayer;
    return { toRecipient: purse + stake - fee, toProvider, fee, recipient, relayer, finalizableAt };
  }

  #isTheSame(close: CloseFacts): boolean {
    const pending = this.#accountOf(close.identityCommitment).close as GhostClose;
    const other = this.#splitOf(close, pending.finalizableAt);
    return Object.entries(pending).every(([name, value]) => other[name as keyof GhostClose] === value);
  }

  refuseFinalize(id: bigint, now: bigint): Refusal {
    const close = this.all.get(id)?.close;
    if (close === undefined) return "NoPendingClose";
    return firstOf([now < close.finalizableAt, "ChallengeWindowOpen"]);
  }

  finalize(id: bigint): void {
    const account = this.#accountOf(id);
    const { toProvider, toRecipient, recipient, fee, relayer } = account.close as GhostClose;
    const rest = this.#journal.in(`deposit ${id}`) + this.#journal.in(`stake ${id}`);
    const toFire = rest - toProvider - toRecipient - fee;
    this.#spend(id, toProvider, (pot, amount) => this.#journal.move(pot, "revenue", amount, `tickets ${id}`));
    this.#spend(id, toFire, (pot, amount) => this.#journal.move(pot, "fire", amount, `holds ${id}`));
    this.#spend(id, toRecipient, (pot, amount) => this.#journal.pay(pot, recipient, amount, `rest ${id}`));
    this.#spend(id, fee, (pot, amount) => this.#journal.pay(pot, relayer, amount, `fee ${id}`));
    [account.status, account.close] = [Status.Closed, undefined];
  }

  /** D first, then S. */
  #spend(id: bigint, amount: bigint, move: (pot: `deposit ${bigint}` | `stake ${bigint}`, part: bigint) => void): void {
    const fromDeposit = least(amount, this.#journal.in(`deposit ${id}`));
    move(`deposit ${id}`, fromDeposit);
    move(`stake ${id}`, amount - fromDeposit);
  }

  // -------------------------------------------------------- SLASH AND EXPIRE

  refuseSlash(id: bigint, nullifier: bigint, recipient: string, isProven: boolean): Refusal {
    return firstOf(
      [recipient === NOBODY || recipient === this.#pool, "RecipientRefused"],
      [!this.isOpen(id), "AccountNotOpen"],
      [nullifier >= FIELD, "NullifierOutOfField"],
      [!isProven, "ProofRefused"],
    );
  }

  slash(id: bigint, recipient: string): void {
    const account = this.#accountOf(id);
    const bounty = (account.stake * BOUNTY_BPS - ((account.stake * BOUNTY_BPS) % 10_000n)) / 10_000n;
    this.#journal.move(`deposit ${id}`, "revenue", this.#journal.in(`deposit ${id}`), `slash ${id}`);
    this.#journal.pay(`stake ${id}`, recipient, bounty, `bounty ${id}`);
    this.#journal.move(`stake ${id}`, "fire", this.#journal.in(`stake ${id}`), `slash ${id}`);
    [account.status, account.close] = [Status.Slashed, undefined];
  }

  refuseExpire(id: bigint, now: bigint): Refusal {
    const account = this.all.get(id);
    return firstOf(
      [account?.close !== undefined, "CloseIsPending"],
      [account !== undefined && now < account.openedAt + LIFETIME, "AccountNotExpirable"],
      [account?.status !== Status.Active, "AccountNotActive"],
    );
  }

  expire(id: bigint): void {
    this.#journal.move(`deposit ${id}`, "revenue", this.#journal.in(`deposit ${id}`), `expiry ${id}`);
    this.#accountOf(id).status = Status.Expired;
  }

  #accountOf(id: bigint): GhostAccount {
    const account = this.all.get(id);
    if (account === undefined) throw new Error("the books have no such account");
    return account;
  }
}
