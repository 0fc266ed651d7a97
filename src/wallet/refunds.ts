// SPDX-License-Identifier: GPL-3.0-or-later
/** What a wallet takes as a refund, and what it keeps of a provider that gives another one. */
import { refundTicket } from "../wire/index.ts";
import type { SignedRefund } from "../wire/index.ts";
import { checkRefund, readAnswer } from "./checks.ts";
import type { ExpectedCharge } from "./checks.ts";
import { WalletError } from "./errors.ts";
import type { AccountContext } from "./ports.ts";
import type { Stock } from "./stock.ts";

export class Refunds {
  readonly #context: AccountContext;
  readonly #stock: Stock;

  constructor(context: AccountContext, stock: Stock) {
    this.#context = context;
    this.#stock = stock;
  }

  /** What the refund of a session must be. Only of a ticket without a call in this file may another copy have signed vouchers. */
  expected(index: number): ExpectedCharge {
    const { records, pool } = this.#context;
    const calls = records.calls(index);
    if (calls.length === 0 && records.account.isRestored) {
      return { cap: pool.parameters.ticketPrice, charged: undefined };
    }
    const cap = calls.reduce((most, call) => (call.cap > most ? call.cap : most), 0n);
    const isAnswered = calls.every(({ charged }) => charged !== undefined);
    return { cap, charged: isAnswered ? (calls.at(-1)?.charged ?? 0n) : undefined };
  }

  /** @throws WalletError PROVIDER_DISHONEST; what was sent is kept */
  check(index: number, answer: unknown, expected: ExpectedCharge = this.expected(index)): Promise<SignedRefund> {
    return this.judge(index, answer, () => this.#check(index, answer, expected));
  }

  /**
   * A refund that the chain has checked, and the only one that there will be: taken for what it is worth where it is not what it must be.
   * Undefined for one that is worth nothing. What is wrong with it is kept once.
   */
  async salvage(index: number, answer: unknown, isNew: boolean): Promise<SignedRefund | undefined> {
    const anyCharge = { cap: this.#context.pool.parameters.ticketPrice, charged: undefined };
    try {
      const check = (): Promise<SignedRefund> => this.#check(index, answer, this.expected(index));
      return await (isNew ? this.judge(index, answer, check) : check());
    } catch (error) {
      if (!isDishonest(error)) throw error;
      return this.#check(index, answer, anyCharge).catch(() => undefined);
    }
  }

  /** Keeps what a dishonest provider sent. */
  async judge<T>(index: number, evidence: unknown, check: () => Promise<T>): Promise<T> {
    try {
      return await check();
    } catch (error) {
      if (isDishonest(error)) {
        this.complain(index, error.message, evidence);
      }
      throw error;
    }
  }

  complain(index: number, reason: string, evidence: unknown): void {
    const { records, clock } = this.#context;
    records.disputes.addGrievance({ index, reason, evidence, notedAt: clock() });
  }

  async #check(index: number, answer: unknown, expected: ExpectedCharge): Promise<SignedRefund> {
    const { pool, chain } = this.#context;
    const refund = readAnswer(refundTicket, answer);
    const nullifier = this.#stock.nullifierAt(index);
    const isWhole = refund.refundedHold === pool.parameters.policyHold;
    const isViolation = !isWhole && (await chain.violation(nullifier)) !== undefined;
    return checkRefund(pool, nullifier, expected, refund, isViolation);
  }
}

const isDishonest = (error: unknown): error is WalletError =>
  error instanceof WalletError && error.code === "PROVIDER_DISHONEST";
