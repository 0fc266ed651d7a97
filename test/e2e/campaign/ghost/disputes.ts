// SPDX-License-Identifier: GPL-3.0-or-later
/** What the provider should answer for: every sum recounted from the disputes and the journal. */
import type { Journal } from "./journal.ts";
import { C, DISPUTE_WINDOW, FIELD, HOLD, NOBODY, P, UNIT, firstOf, least } from "./terms.ts";
import type { Refusal } from "./terms.ts";

export const DisputeStatus = { None: 0n, Open: 1n, Answered: 2n, Lost: 3n } as const;

interface GhostDispute {
  readonly sessionAddress: string;
  readonly recipient: string;
  readonly resolvableAt: bigint;
  status: bigint;
}

/** What is shown as an answer. */
export interface AnswerFacts {
  readonly nullifier: bigint;
  readonly refundedCharge: bigint;
  readonly refundedHold: bigint;
  readonly cap: bigint;
  readonly isVoucherSigned: boolean;
  readonly isProven: boolean;
}

export class DisputeBook {
  readonly all = new Map<bigint, GhostDispute>();
  readonly violations = new Map<bigint, string>();
  notice = { amount: 0n, availableAt: 0n };
  readonly #journal: Journal;
  readonly #provider: string;
  readonly #pool: string;

  constructor(journal: Journal, provider: string, pool: string) {
    this.#journal = journal;
    this.#provider = provider;
    this.#pool = pool;
  }

  statusOf(nullifier: bigint): bigint {
    return this.all.get(nullifier)?.status ?? DisputeStatus.None;
  }

  // ------------------------------------------------------------------- SUMS

  #count(status: bigint): bigint {
    return BigInt([...this.all.values()].filter((dispute) => dispute.status === status).length);
  }

  openDisputes(): bigint {
    return this.#count(DisputeStatus.Open);
  }

  unpaidOf(nullifier: bigint): bigint {
    if (this.statusOf(nullifier) !== DisputeStatus.Lost) return 0n;
    return HOLD - this.#journal.sum(({ why }) => why === `award ${nullifier}`);
  }

  unpaidAwards(): bigint {
    return [...this.all.keys()].reduce((sum, nullifier) => sum + this.unpaidOf(nullifier), 0n);
  }

  unpaidPenalties(): bigint {
    return HOLD * this.#count(DisputeStatus.Lost) - this.#journal.sum(({ why }) => why === "penalty");
  }

  funds(): bigint {
    return this.#journal.in("bond") + this.#journal.in("revenue");
  }

  encumbered(): bigint {
    return this.openDisputes() * 2n * HOLD + this.unpaidAwards() + this.unpaidPenalties();
  }

  free(): bigint {
    const [funds, encumbered] = [this.funds(), this.encumbered()];
    return funds > encumbered ? funds - encumbered : 0n;
  }

  /** What of the penalties nobody else needs. */
  #payablePenalty(): bigint {
    const spare = this.funds() - this.openDisputes() * 2n * HOLD - this.unpaidAwards();
    return least(this.unpaidPenalties(), spare > 0n ? spare : 0n);
  }

  /** Bond first, then revenue. */
  #takeOut(amount: bigint, move: (pot: "bond" | "revenue", part: bigint) => void): void {
    const fromBond = least(amount, this.#journal.in("bond"));
    move("bond", fromBond);
    move("revenue", amount - fromBond);
  }

  #setPenaltyAside(): void {
    this.#takeOut(this.#payablePenalty(), (pot, part) => this.#journal.move(pot, "fire", part, "penalty"));
  }

  // --------------------------------------------------------------- DISPUTES

  refuseOpen(nullifier: bigint, recipient: string, isSigned: boolean, isProven: boolean): Refusal {
    return firstOf(
      [this.all.has(nullifier), "DisputeIsKnown"],
      [recipient === NOBODY || recipient === this.#pool, "RecipientRefused"],
      [!isSigned, "SessionSignatureRefused"],
      [!isProven, "ProofRefused"],
    );
  }

  open(nullifier: bigint, sessionAddress: string, recipient: string, now: bigint): void {
    const resolvableAt = now + DISPUTE_WINDOW;
    this.all.set(nullifier, { sessionAddress, recipient, resolvableAt, status: DisputeStatus.Open });
  }

  refuseAnswer(answer: AnswerFacts, now: bigint): Refusal {
    const dispute = this.all.get(answer.nullifier);
    if (dispute?.status !== DisputeStatus.Open) return "DisputeIsNotOpen";
    const charge = C - answer.refundedCharge;
    const isHoldLost = answer.refundedHold === 0n && this.violations.has(answer.nullifier);
    return firstOf(
      [now >= dispute.resolvableAt, "AnswerWindowPassed"],
      [charge < 0n, "RefundedChargeOutOfRange"],
      [charge % UNIT !== 0n, "ChargeIsNoMultiple"],
      [charge > 0n && charge > answer.cap, "ChargeNotCovered"],
      [charge > 0n && !answer.isVoucherSigned, "VoucherRefused"],
      [answer.refundedHold !== P && !isHoldLost, "HoldWithheld"],
      [!answer.isProven, "ProofRefused"],
    );
  }

  answer(nullifier: bigint): void {
    this.#disputeOf(nullifier).status = DisputeStatus.Answered;
  }

  refuseResolve(nullifier: bigint, now: bigint): Refusal {
    const dispute = this.all.get(nullifier);
    if (dispute?.status !== DisputeStatus.Open) return "DisputeIsNotOpen";
    return firstOf([now < dispute.resolvableAt, "AnswerWindowOpen"]);
  }

  resolve(nullifier: bigint): void {
    this.#disputeOf(nullifier).status = DisputeStatus.Lost;
    if (this.funds() > 0n) this.payAward(nullifier);
  }

  refusePayAward(nullifier: bigint): Refusal {
    return firstOf([this.unpaidOf(nullifier) === 0n || this.funds() === 0n, "NothingUnpaid"]);
  }

  payAward(nullifier: bigint): void {
    const { recipient } = this.#disputeOf(nullifier);
    const award = least(this.unpaidOf(nullifier), this.funds());
    this.#takeOut(award, (pot, part) => this.#journal.pay(pot, recipient, part, `award ${nullifier}`));
    this.#setPenaltyAside();
  }

  refuseCollect(): Refusal {
    return firstOf([this.#payablePenalty() === 0n, "NothingToCollect"]);
  }

  collectPenalties(): void {
    this.#setPenaltyAside();
  }

  refuseViolation(by: string, nullifier: bigint, evidence: string): Refusal {
    return firstOf(
      [by !== this.#provider, "NotProvider"],
      [nullifier >= FIELD, "NullifierOutOfField"],
      [BigInt(evidence) === 0n, "EvidenceHashIsZero"],
      [this.violations.has(nullifier), "ViolationIsKnown"],
      [this.all.has(nullifier), "DisputeIsKnown"],
    );
  }

  // ------------------------------------------------------------------ FUNDS

  announce(amount: bigint, now: bigint): void {
    this.notice = { amount, availableAt: now + 2n * DISPUTE_WINDOW };
  }

  #isWrong(recipient: string): boolean {
    return recipient === NOBODY || recipient === this.#pool;
  }

  refuseWithdrawBond(by: string, to: string, amount: bigint, now: bigint): Refusal {
    return firstOf(
      [by !== this.#provider, "NotProvider"],
      [amount > this.notice.amount, "WithdrawalNotAnnounced"],
      [now < this.notice.availableAt, "WithdrawalTooEarly"],
      [amount > this.free(), "FundsEncumbered"],
      [this.#isWrong(to), "RecipientRefused"],
      [amount > this.#journal.in("bond"), "BondExceeded"],
    );
  }

  withdrawBond(to: string, amount: bigint): void {
    this.notice = { ...this.notice, amount: this.notice.amount - amount };
    this.#journal.move("bond", `purse ${to}`, amount, "bond withdrawn");
  }

  refuseWithdrawRevenue(by: string, to: string, amount: bigint): Refusal {
    return firstOf(
      [by !== this.#provider, "NotProvider"],
      [amount > this.free(), "FundsEncumbered"],
      [this.#isWrong(to), "RecipientRefused"],
      [amount > this.#journal.in("revenue"), "RevenueExceeded"],
    );
  }

  #disputeOf(nullifier: bigint): GhostDispute {
    const dispute = this.all.get(nullifier);
    if (dispute === undefined) throw new Error("the books have no such dispute");
    return dispute;
  }
}
