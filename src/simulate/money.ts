// SPDX-License-Identifier: GPL-3.0-or-later
/** The pool's money, event by event, as docs/protocol.md says: who is paid what, and what the provider could withdraw. Token units. */
import type { CloseTotals, SimulatedAccount, SimulatedEvent } from "./events.ts";
import { SimulationError } from "./errors.ts";
import type { Scenario } from "./scenario.ts";

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const above = (a: bigint, b: bigint): bigint => (a > b ? a - b : 0n);

/** What became of one account's D + S. */
export interface Settlement {
  readonly toUser: bigint;
  readonly toProvider: bigint;
  readonly toBurn: bigint;
  /** The bounty of a slash. */
  readonly toSlasher: bigint;
}

export interface Balances {
  readonly escrowed: bigint;
  readonly revenue: bigint;
  readonly bond: bigint;
  readonly awaitingBurn: bigint;
}

export const stakeOf = ({ pool }: Scenario, deposit: bigint): bigint =>
  pool.stakeMinimum + (deposit * BigInt(pool.stakeBps)) / 10_000n;

export class PoolMoney {
  readonly #scenario: Scenario;
  readonly settlements = new Map<string, Settlement>();
  /** Of disputes that were lost, by account. */
  readonly awards = new Map<string, bigint>();
  #escrowed = 0n;
  #revenue = 0n;
  #bond = 0n;
  #awaitingBurn = 0n;
  #burned = 0n;
  #withdrawn = 0n;
  #awardsOwed = 0n;
  #penaltiesOwed = 0n;
  #openDisputes = 0n;
  /** The most that open disputes needed at once. */
  #mostDisputes = 0n;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  get balances(): Balances {
    return {
      escrowed: this.#escrowed,
      revenue: this.#revenue,
      bond: this.#bond,
      awaitingBurn: this.#awaitingBurn,
    };
  }

  get burned(): bigint {
    return this.#burned;
  }

  get withdrawn(): bigint {
    return this.#withdrawn;
  }

  get mostDisputes(): bigint {
    return this.#mostDisputes;
  }

  get #hold(): bigint {
    return this.#scenario.pool.ticketPrice + this.#scenario.pool.policyHold;
  }

  /** What the provider may withdraw of its revenue now. */
  get withdrawable(): bigint {
    const needed = this.#openDisputes * 2n * this.#hold + this.#awardsOwed + this.#penaltiesOwed;
    return smaller(this.#revenue, above(this.#bond + this.#revenue, needed));
  }

  /** @throws SimulationError SCENARIO_INVALID when a withdrawal is larger than what is there */
  apply(event: SimulatedEvent): void {
    switch (event.kind) {
      case "deposit":
        this.#open(event.account);
        return;
      case "depositBatch":
        for (const account of event.accounts) this.#open(account);
        return;
      case "startClose":
      case "reportViolation":
        return;
      case "closeWithConsent":
      case "finalizeClose":
        this.#close(event.account, event);
        return;
      case "slash":
        this.#slash(event.account);
        return;
      case "expire":
        this.#escrowed -= event.account.deposit;
        this.#revenue += event.account.deposit;
        return;
      case "openDispute":
        this.#openDisputes += 1n;
        if (this.#openDisputes > this.#mostDisputes) this.#mostDisputes = this.#openDisputes;
        return;
      case "answerDispute":
        this.#openDisputes -= 1n;
        return;
      case "resolveDispute":
        this.#lose(event.account);
        return;
      case "postBond":
        this.#bond += event.amount;
        return;
      case "withdrawRevenue":
        if (event.amount > this.withdrawable)
          throw new SimulationError("SCENARIO_INVALID", "the provider withdraws more revenue than it can");
        this.#revenue -= event.amount;
        this.#withdrawn += event.amount;
        return;
      case "burn":
        this.#burned += this.#awaitingBurn;
        this.#awaitingBurn = 0n;
        return;
    }
  }

  #open({ deposit }: SimulatedAccount): void {
    this.#escrowed += deposit + stakeOf(this.#scenario, deposit);
  }

  /** docs/protocol.md, "The close". */
  #close(account: SimulatedAccount, { firstUnused, refundedCharges, refundedHolds }: CloseTotals): void {
    const { ticketPrice, policyHold } = this.#scenario.pool;
    const { deposit } = account;
    const used = BigInt(firstUnused);
    let toProvider = used * ticketPrice - refundedCharges;
    let toBurn = used * policyHold - refundedHolds;
    if (toProvider + toBurn > deposit) {
      toProvider = smaller(toProvider, deposit);
      toBurn = deposit - toProvider;
    }
    const toUser = deposit + stakeOf(this.#scenario, deposit) - toProvider - toBurn;
    this.#settle(account, { toUser, toProvider, toBurn, toSlasher: 0n });
  }

  #slash(account: SimulatedAccount): void {
    const stake = stakeOf(this.#scenario, account.deposit);
    const toSlasher = (stake * BigInt(this.#scenario.pool.bountyBps)) / 10_000n;
    this.#settle(account, { toUser: 0n, toProvider: account.deposit, toBurn: stake - toSlasher, toSlasher });
  }

  #settle({ id, deposit }: SimulatedAccount, settlement: Settlement): void {
    this.settlements.set(id, settlement);
    this.#escrowed -= deposit + stakeOf(this.#scenario, deposit);
    this.#revenue += settlement.toProvider;
    this.#awaitingBurn += settlement.toBurn;
  }

  /** docs/protocol.md, "Who comes first": the award, out of the bond and then of the revenue; then penalties of what no dispute needs. */
  #lose({ id }: SimulatedAccount): void {
    this.#openDisputes -= 1n;
    this.#awardsOwed += this.#hold;
    this.#penaltiesOwed += this.#hold;
    const funds = this.#bond + this.#revenue;
    const award = smaller(this.#hold, funds);
    this.#awardsOwed -= award;
    const needed = this.#openDisputes * 2n * this.#hold + this.#awardsOwed;
    const penalty = award === 0n ? 0n : smaller(this.#penaltiesOwed, above(funds - award, needed));
    this.#penaltiesOwed -= penalty;
    const fromBond = smaller(award + penalty, this.#bond);
    this.#bond -= fromBond;
    this.#revenue -= award + penalty - fromBond;
    this.#awaitingBurn += penalty;
    this.awards.set(id, (this.awards.get(id) ?? 0n) + award);
  }
}
