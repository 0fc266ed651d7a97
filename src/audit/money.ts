// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The pool's ledger as its events give it, and every token that moved held against it: each transfer in or out is explained by an event of the
 * same transaction, and each event by its transfer. Amounts in token base units.
 */
import type { PoolEvent } from "../chain/index.ts";
import type { Context } from "./context.ts";
import type { Transfer } from "./source.ts";

const BURN_ADDRESS = "0x000000000000000000000000000000000000dEaD";

export type Purpose = "escrowed" | "undelivered" | "revenue" | "bond" | "awaitingBurn";

interface Movement {
  /** Undefined where anybody may have paid. */
  readonly party: string | undefined;
  readonly amount: bigint;
  readonly what: string;
}

const isSame = (a: string | undefined, b: string): boolean => a === undefined || a.toLowerCase() === b.toLowerCase();

export class Money {
  readonly #context: Context;
  readonly ledger: Record<Purpose, bigint> = { escrowed: 0n, undelivered: 0n, revenue: 0n, bond: 0n, awaitingBurn: 0n };
  /** What can be claimed, by address. */
  readonly credits = new Map<string, bigint>();
  /** By the token's transfers. */
  balance = 0n;
  /** What no event of the pool explains. */
  surplus = 0n;
  /** Totals of all time. */
  readonly totals = { earned: 0n, withdrawn: 0n, burned: 0n, toBurn: 0n, bondPosted: 0n, bondPaid: 0n, awards: 0n };
  #dueIn: Movement[] = [];
  #dueOut: Movement[] = [];
  #credited: Movement[] = [];
  #moved: Transfer[] = [];
  #isInsolvent = false;

  constructor(context: Context) {
    this.#context = context;
  }

  get owed(): bigint {
    return Object.values(this.ledger).reduce((sum, amount) => sum + amount, 0n);
  }

  /** Bond and revenue together: what disputes are paid from. */
  get funds(): bigint {
    return this.ledger.bond + this.ledger.revenue;
  }

  add(purpose: Purpose, amount: bigint): void {
    this.ledger[purpose] += amount;
    if (this.ledger[purpose] >= 0n) return;
    this.#context.find("LEDGER_NEGATIVE", purpose, { found: this.ledger[purpose] });
    this.ledger[purpose] = 0n;
  }

  earn(amount: bigint): void {
    this.add("revenue", amount);
    this.totals.earned += amount;
  }

  setAside(amount: bigint): void {
    this.add("awaitingBurn", amount);
    this.totals.toBurn += amount;
  }

  dueIn(amount: bigint, what: string, party?: string): void {
    if (amount !== 0n) this.#dueIn.push({ party, amount, what });
  }

  dueOut(party: string, amount: bigint, what: string): void {
    if (amount !== 0n) this.#dueOut.push({ party, amount, what });
  }

  transfer(transfer: Transfer): void {
    if (transfer.value !== 0n) this.#moved.push(transfer);
  }

  /** The events that are about money alone. */
  apply({ name, args }: PoolEvent): void {
    switch (name) {
      case "PayoutCredited":
        this.add("undelivered", args.amount);
        this.credits.set(args.recipient, (this.credits.get(args.recipient) ?? 0n) + args.amount);
        this.#credited.push({ party: args.recipient, amount: args.amount, what: "a credited payout" });
        return;
      case "Claimed": {
        const credit = this.credits.get(args.account) ?? 0n;
        this.#context.same("CREDIT_MISMATCH", args.account, args.amount, credit);
        this.credits.delete(args.account);
        this.add("undelivered", -args.amount);
        this.dueOut(args.to, args.amount, "a claim");
        return;
      }
      case "Burned":
        this.#context.same("LEDGER_NEGATIVE", "what was burned", args.amount, this.ledger.awaitingBurn);
        this.add("awaitingBurn", -args.amount);
        this.totals.burned += args.amount;
        this.dueOut(BURN_ADDRESS, args.amount, "what awaited burning");
        return;
      case "BondPosted":
        this.add("bond", args.amount);
        this.totals.bondPosted += args.amount;
        this.dueIn(args.amount, "a bond", args.from);
        return;
      case "BondPaid":
        this.add("bond", -args.amount);
        this.totals.bondPaid += args.amount;
        this.dueOut(args.to, args.amount, "withdrawn bond");
        return;
      case "RevenuePaid":
        this.add("revenue", -args.amount);
        this.totals.withdrawn += args.amount;
        this.dueOut(args.to, args.amount, "withdrawn revenue");
        return;
      case "ProviderCharged": {
        const taken = args.award + args.penalty;
        const fromBond = taken < this.ledger.bond ? taken : this.ledger.bond;
        this.add("bond", -fromBond);
        this.add("revenue", fromBond - taken);
        this.setAside(args.penalty);
        this.totals.awards += args.award;
        this.dueOut(args.to, args.award, "an award");
        return;
      }
      default:
    }
  }

  /** The end of a transaction: what should have moved against what did. */
  settle(): void {
    for (const credit of this.#credited) {
      const position = this.#dueOut.findIndex(
        (due) => due.amount === credit.amount && isSame(due.party, credit.party ?? ""),
      );
      if (position === -1) this.#context.find("CREDIT_MISMATCH", credit.party ?? "", { found: credit.amount });
      else this.#dueOut.splice(position, 1);
    }
    for (const { from, to, value } of this.#moved) this.#explain(from, to, value);
    for (const { amount, what } of [...this.#dueIn, ...this.#dueOut]) {
      this.#context.find("TOKENS_MISSING", what, { expected: amount });
    }
    [this.#dueIn, this.#dueOut, this.#credited, this.#moved] = [[], [], [], []];
    this.#compare();
  }

  #explain(from: string, to: string, value: bigint): void {
    const pool = this.#context.pool.address;
    const isOut = isSame(from, pool);
    const isIn = isSame(to, pool);
    if (isIn && isOut) return;
    this.balance += isIn ? value : -value;
    const due = isIn ? this.#dueIn : this.#dueOut;
    const other = isIn ? from : to;
    const position = due.findIndex(({ party, amount }) => amount === value && isSame(party, other));
    if (position !== -1) {
      due.splice(position, 1);
      return;
    }
    this.surplus += isIn ? value : -value;
    if (isIn) this.#context.find("TOKENS_GIVEN", `from ${from}`, { found: value });
    else this.#context.find("TOKENS_TAKEN", `to ${to}`, { found: value });
  }

  /** Told once: what is missing stays missing. */
  #compare(): void {
    const isInsolvent = this.balance < this.owed;
    if (isInsolvent && !this.#isInsolvent) {
      this.#context.find("INSOLVENT", "the pool", { expected: this.owed, found: this.balance });
    }
    this.#isInsolvent = isInsolvent;
  }
}
