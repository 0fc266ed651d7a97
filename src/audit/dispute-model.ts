// SPDX-License-Identifier: GPL-3.0-or-later
/** What the provider answers for: disputes, violations, debts, bond and revenue, by the rules of docs/protocol.md. */
import type { PoolEvent, PoolEventArguments } from "../chain/index.ts";
import { short } from "./context.ts";
import type { Context } from "./context.ts";
import type { Money } from "./money.ts";

export interface DisputeEntry {
  readonly y: bigint;
  readonly sessionAddress: string;
  readonly recipient: string;
  readonly openedAt: bigint;
  readonly block: number;
  readonly resolvableAt: bigint;
  status: "open" | "answered" | "lost";
  unpaid: bigint;
  refund: { readonly refundedCharge: bigint; readonly refundedHold: bigint } | undefined;
}

type Of<Name extends keyof PoolEventArguments> = PoolEventArguments[Name];

const atMost = (amount: bigint, limit: bigint): bigint => (amount < limit ? amount : limit);
const notBelowZero = (amount: bigint): bigint => (amount > 0n ? amount : 0n);

/** The bond's notice, in dispute windows. */
const NOTICE_WINDOWS = 2n;

export class DisputeModel {
  readonly #context: Context;
  readonly #money: Money;
  readonly disputes = new Map<bigint, DisputeEntry>();
  /** Evidence hashes, and when, in unix seconds. */
  readonly violations = new Map<bigint, { readonly evidenceHash: string; readonly at: bigint }>();
  openDisputes = 0n;
  unpaidAwards = 0n;
  unpaidPenalties = 0n;
  notice = { amount: 0n, availableAt: 0n };
  /** Seconds from opening to answer, and from the end of the window to the decision. */
  readonly answerTimes: number[] = [];
  readonly lossTimes: number[] = [];
  /** What the next `ProviderCharged` must say: the award of a dispute, or none where penalties are collected. */
  #award: { readonly to: string; readonly award: bigint; readonly penalty: bigint } | undefined;
  #withdrawal: { readonly to: string; readonly amount: bigint } | undefined;

  constructor(context: Context, money: Money) {
    this.#context = context;
    this.#money = money;
  }

  get encumbered(): bigint {
    return this.#reserved + this.unpaidAwards + this.unpaidPenalties;
  }

  get free(): bigint {
    return notBelowZero(this.#money.funds - this.encumbered);
  }

  get #reserved(): bigint {
    return this.openDisputes * 2n * this.#context.hold;
  }

  /** Before the money of the same event is moved. */
  apply({ name, args }: PoolEvent): void {
    switch (name) {
      case "DisputeOpened":
        return this.#open(args);
      case "DisputeAnswered":
        return this.#answer(args);
      case "DisputeLost":
        return this.#lose(args);
      case "AwardPaid":
        return this.#pay(args);
      case "ProviderCharged":
        return this.#charge(args);
      case "ViolationReported":
        return this.#report(args);
      case "BondWithdrawalAnnounced":
        return this.#announce(args);
      case "BondPaid":
        return this.#withdrawBond(args);
      case "RevenueWithdrawn":
        this.#context.require(args.amount <= this.free, "FUNDS_ENCUMBERED", "revenue", {
          expected: `at most ${this.free}`,
          found: args.amount,
        });
        this.#withdrawal = args;
        return;
      case "RevenuePaid":
        this.#context.same(
          "FUNDS_ENCUMBERED",
          "revenue",
          `${args.to} ${args.amount}`,
          `${this.#withdrawal?.to} ${this.#withdrawal?.amount}`,
        );
        this.#withdrawal = undefined;
        return;
      default:
    }
  }

  /** The end of a transaction. */
  settle(): void {
    if (this.#award !== undefined) this.#context.find("AWARD_MISMATCH", "an award", { expected: this.#award.award });
    if (this.#withdrawal !== undefined && this.#withdrawal.amount !== 0n) {
      this.#context.find("FUNDS_ENCUMBERED", "revenue", { expected: this.#withdrawal.amount, found: "nothing paid" });
    }
    [this.#award, this.#withdrawal] = [undefined, undefined];
  }

  #open({ nullifier, y, sessionAddress, recipient, resolvableAt }: Of<"DisputeOpened">): void {
    const [context, subject] = [this.#context, `ticket ${short(nullifier)}`];
    if (this.disputes.has(nullifier)) {
      context.find("DISPUTE_REPEATED", subject);
      return;
    }
    context.same("DISPUTE_WINDOW_MISMATCH", subject, resolvableAt, context.now + context.pool.parameters.disputeWindow);
    const unpaid = 0n;
    const { blockNumber: block } = context.moment;
    const opened = {
      y,
      sessionAddress,
      recipient,
      openedAt: context.now,
      block,
      resolvableAt,
      unpaid,
      refund: undefined,
    };
    this.disputes.set(nullifier, { ...opened, status: "open" });
    this.openDisputes += 1n;
  }

  /** The dispute, if it is open. */
  #openOne(nullifier: bigint): DisputeEntry | undefined {
    const dispute = this.disputes.get(nullifier);
    if (dispute?.status === "open") return dispute;
    this.#context.find("DISPUTE_UNKNOWN", `ticket ${short(nullifier)}`, { found: dispute?.status ?? "never opened" });
    return undefined;
  }

  #answer({ nullifier, refundedCharge, refundedHold }: Of<"DisputeAnswered">): void {
    const [context, subject] = [this.#context, `ticket ${short(nullifier)}`];
    const dispute = this.#openOne(nullifier);
    if (dispute === undefined) return;
    const { ticketPrice, policyHold, unit } = context.pool.parameters;
    context.require(context.now < dispute.resolvableAt, "ANSWER_TOO_LATE", subject, {
      expected: `before ${dispute.resolvableAt}`,
      found: context.now,
    });
    const isCharge = refundedCharge <= ticketPrice && (ticketPrice - refundedCharge) % unit === 0n;
    const isHold = refundedHold === policyHold || (refundedHold === 0n && this.violations.has(nullifier));
    context.require(isCharge && isHold, "ANSWER_OUT_OF_RANGE", subject, {
      found: `${refundedCharge} and ${refundedHold}`,
    });
    dispute.status = "answered";
    dispute.refund = { refundedCharge, refundedHold };
    this.openDisputes -= 1n;
    this.answerTimes.push(Number(context.now - dispute.openedAt));
  }

  #lose({ nullifier, recipient, award }: Of<"DisputeLost">): void {
    const [context, subject] = [this.#context, `ticket ${short(nullifier)}`];
    const dispute = this.#openOne(nullifier);
    if (dispute === undefined) return;
    context.require(context.now >= dispute.resolvableAt, "LOST_TOO_EARLY", subject, {
      expected: `from ${dispute.resolvableAt} on`,
      found: context.now,
    });
    context.same("AWARD_MISMATCH", subject, `${award} to ${recipient}`, `${context.hold} to ${dispute.recipient}`);
    dispute.status = "lost";
    dispute.unpaid = context.hold;
    this.openDisputes -= 1n;
    this.unpaidAwards += context.hold;
    this.unpaidPenalties += context.hold;
    this.lossTimes.push(Number(context.now - dispute.resolvableAt));
  }

  /** As much of the award as bond and revenue pay; of the penalties what no open dispute and no other award needs. */
  #pay({ nullifier, recipient, amount }: Of<"AwardPaid">): void {
    const [context, subject] = [this.#context, `ticket ${short(nullifier)}`];
    const dispute = this.disputes.get(nullifier);
    if (dispute?.status !== "lost") {
      context.find("DISPUTE_UNKNOWN", subject, { found: dispute?.status ?? "never opened" });
      return;
    }
    const { funds } = this.#money;
    const due = atMost(dispute.unpaid, funds);
    context.same("AWARD_MISMATCH", subject, `${amount} to ${recipient}`, `${due} to ${dispute.recipient}`);
    dispute.unpaid -= due;
    this.unpaidAwards -= due;
    this.#award = { to: dispute.recipient, award: due, penalty: this.#takePenalty(funds - due) };
  }

  #takePenalty(left: bigint): bigint {
    const penalty = atMost(this.unpaidPenalties, notBelowZero(left - this.#reserved - this.unpaidAwards));
    this.unpaidPenalties -= penalty;
    return penalty;
  }

  #charge({ to, award, penalty }: Of<"ProviderCharged">): void {
    const due = this.#award ?? { to, award: 0n, penalty: this.#takePenalty(this.#money.funds) };
    this.#award = undefined;
    this.#context.same(
      "AWARD_MISMATCH",
      "the provider",
      `${to} ${award} ${penalty}`,
      `${due.to} ${due.award} ${due.penalty}`,
    );
  }

  #report({ nullifier, evidenceHash }: Of<"ViolationReported">): void {
    const [context, subject] = [this.#context, `ticket ${short(nullifier)}`];
    const isNew = !this.violations.has(nullifier) && BigInt(evidenceHash) !== 0n;
    context.require(isNew, "VIOLATION_REPEATED", subject);
    context.require(!this.disputes.has(nullifier), "VIOLATION_TOO_LATE", subject);
    if (isNew) this.violations.set(nullifier, { evidenceHash: evidenceHash.toLowerCase(), at: context.now });
  }

  #announce({ amount, availableAt }: Of<"BondWithdrawalAnnounced">): void {
    const due = this.#context.now + NOTICE_WINDOWS * this.#context.pool.parameters.disputeWindow;
    this.#context.same("BOND_TOO_EARLY", "the notice", availableAt, due);
    this.notice = { amount, availableAt };
  }

  #withdrawBond({ amount }: Of<"BondPaid">): void {
    const context = this.#context;
    const isDue = amount <= this.notice.amount && context.now >= this.notice.availableAt;
    context.require(isDue, "BOND_TOO_EARLY", "the bond", {
      expected: `at most ${this.notice.amount} from ${this.notice.availableAt} on`,
      found: `${amount} at ${context.now}`,
    });
    context.require(amount <= this.free, "FUNDS_ENCUMBERED", "bond", {
      expected: `at most ${this.free}`,
      found: amount,
    });
    this.notice = { ...this.notice, amount: notBelowZero(this.notice.amount - amount) };
  }
}
