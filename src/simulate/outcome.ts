// SPDX-License-Identifier: GPL-3.0-or-later
/** Runs a scenario: a sample of its users event by event, and what follows for all of them. */
import { Charges } from "./charges.ts";
import { VERBS } from "./events.ts";
import type { SimulatedAccount, SimulatedEvent, Verb } from "./events.ts";
import { GasModel } from "./gas.ts";
import { bytesPerTicket } from "./measured.ts";
import type { Measured } from "./measured.ts";
import { PoolMoney } from "./money.ts";
import { MONTH } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";
import { playedOut, scriptOf } from "./script.ts";
import type { Script } from "./script.ts";

/** Of all users, at the end of a month; money in dollars. */
export interface MonthFigures {
  readonly month: number;
  readonly accountsOpened: number;
  readonly tickets: number;
  readonly folds: number;
  readonly enrolments: number;
  /** Transactions and gas of the month, all verbs. */
  readonly transactions: number;
  readonly gas: number;
  readonly escrowed: number;
  /** Charged by then, whether settled or not. */
  readonly earned: number;
  /** Earned, and still in open accounts. */
  readonly unsettled: number;
  readonly withdrawn: number;
}

export interface Outcome {
  readonly scenario: Scenario;
  readonly sample: number;
  /** Users for each one that was simulated. */
  readonly scale: number;
  readonly accounts: number;
  readonly months: readonly MonthFigures[];
  /** Of all users over the whole time. */
  readonly counts: Readonly<Record<Verb, number>>;
  readonly gas: Readonly<Record<Verb, number>>;
  readonly actionsPerUserMonth: number;
  readonly depositsInDollars: readonly number[];
  /** Days from a call to the day on which its price can be withdrawn, one mean for each settled account. */
  readonly daysToRevenue: readonly number[];
  readonly meanCharge: number;
  /** What the most open disputes at once need of the bond, in dollars. */
  readonly bondNeeded: number;
  readonly burned: number;
  readonly resources: Resources;
}

export interface Resources {
  readonly storeBytesPerMonth: readonly (readonly [database: string, bytes: number])[];
  readonly proverMinutesPerUserMonth: number;
  readonly verificationsPerSecond: number;
  readonly verifierCores: number;
}

const DAY = 86_400;

/** 0 of nothing. */
export const medianOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** How much of an account's tickets is used by a time: they are spread evenly over its life. */
function usedBy({ openedAt, activeUntil, tickets }: SimulatedAccount, time: number): number {
  if (time <= openedAt || tickets === 0) return 0;
  if (time >= activeUntil) return tickets;
  return Math.floor((tickets * (time - openedAt)) / (activeUntil - openedAt));
}

function resourcesOf(
  scenario: Scenario,
  measured: Measured,
  totals: { readonly tickets: number; readonly folds: number; readonly enrolments: number; readonly closes: number },
): Resources {
  const { users, months, peakFactor } = scenario;
  const { enroll, request, fold, close } = measured.proving.singleThread;
  const milliseconds = ({ witness, prove }: typeof enroll): number => witness + prove;
  const proving =
    totals.enrolments * milliseconds(enroll) +
    totals.tickets * milliseconds(request) +
    totals.folds * milliseconds(fold) +
    totals.closes * milliseconds(close);
  const verified = totals.tickets + totals.folds + totals.enrolments;
  const perSecond = (verified / (months * MONTH)) * peakFactor;
  const perCore = Math.min(...measured.verification.rates.map(({ perCoreSecond }) => perCoreSecond));
  // A fold and an enrolment keep a proof too, and are counted as a ticket each.
  const storeBytesPerMonth = bytesPerTicket(measured).map(
    ([database, bytes]) => [database, (bytes * verified) / months] as const,
  );
  return {
    storeBytesPerMonth,
    proverMinutesPerUserMonth: proving / 60_000 / users / months,
    verificationsPerSecond: perSecond,
    verifierCores: perSecond / perCore,
  };
}

/** The places in the tree that an event's accounts take, stretched from the sample to all users. */
class Places {
  readonly #scale: number;
  #taken = 0;

  constructor(scale: number) {
    this.#scale = scale;
  }

  take(event: SimulatedEvent): readonly [from: number, to: number] {
    const count = event.kind === "deposit" ? 1 : event.kind === "depositBatch" ? event.accounts.length : 0;
    const from = Math.round(this.#taken * this.#scale);
    this.#taken += count;
    const to = Math.round(this.#taken * this.#scale);
    return count === 0 ? [0, 0] : [from, Math.max(to, from + 1)];
  }
}

const zeros = (): Record<Verb, number> => Object.fromEntries(VERBS.map((verb) => [verb, 0])) as Record<Verb, number>;

interface Tally {
  readonly counts: Record<Verb, number>;
  readonly gas: Record<Verb, number>;
}

/** Batches count by their accounts: those of a sample are not as full as those of all users. */
function tallied(
  tally: Tally,
  event: SimulatedEvent,
  model: GasModel,
  places: Places,
  scale: number,
  scenario: Scenario,
): void {
  const [from, to] = places.take(event);
  if (event.kind === "postBond" || event.kind === "withdrawRevenue" || event.kind === "burn") {
    tally.counts[event.kind] += 1;
    tally.gas[event.kind] += model.of(event, 0, 0);
  } else if (event.kind === "depositBatch" && scale > 1) {
    const batches = (event.accounts.length * scale) / scenario.sponsored.batch;
    tally.counts.depositBatch += batches;
    tally.gas.depositBatch += batches * model.of(event, 0, scenario.sponsored.batch);
  } else {
    tally.counts[event.kind] += scale;
    tally.gas[event.kind] += scale * model.of(event, from, to);
  }
}

function monthFigures(
  script: Script,
  month: number,
  money: PoolMoney,
  scale: number,
  tally: Tally,
  before: Tally,
): MonthFigures {
  const { scenario, accounts } = script;
  const [begin, end] = [(month - 1) * MONTH, month * MONTH];
  const dollars = (units: bigint): number => (Number(units) / Number(scenario.unitsPerDollar)) * scale;
  let [tickets, folds, opened, earned, settled] = [0, 0, 0, 0, 0];
  for (const account of accounts) {
    if (account.openedAt >= end) continue;
    const [was, now] = [usedBy(account, begin), usedBy(account, end)];
    tickets += now - was;
    if (account.tickets > 0) {
      folds += (account.folds * (now - was)) / account.tickets;
      earned += (Number(account.charged) * now) / account.tickets;
    }
    if (account.openedAt >= begin) opened += 1;
    if (account.settledAt < end) settled += Number(account.charged);
  }
  const sum = (record: Record<Verb, number>): number => VERBS.reduce((total, verb) => total + record[verb], 0);
  const perDollar = Number(scenario.unitsPerDollar);
  return {
    month,
    accountsOpened: opened * scale,
    tickets: tickets * scale,
    folds: folds * scale,
    enrolments: opened * scale,
    transactions: sum(tally.counts) - sum(before.counts),
    gas: sum(tally.gas) - sum(before.gas),
    escrowed: dollars(money.balances.escrowed),
    earned: (earned / perDollar) * scale,
    unsettled: (Math.max(0, earned - settled) / perDollar) * scale,
    withdrawn: dollars(money.withdrawn),
  };
}

const copied = ({ counts, gas }: Tally): Tally => ({ counts: { ...counts }, gas: { ...gas } });

export interface SimulationOptions {
  /** How many users are simulated one by one; the rest is like them. */
  readonly sample: number;
  readonly measured: Measured;
}

export function simulate(scenario: Scenario, { sample: wanted, measured }: SimulationOptions): Outcome {
  const sample = Math.min(wanted, scenario.users);
  const scale = scenario.users / sample;
  const charges = new Charges(scenario);
  const script = scriptOf(scenario, charges, Array.from({ length: sample }, (_, user) => user).values());
  const money = new PoolMoney(scenario);
  const model = new GasModel(measured);
  const places = new Places(scale);
  const tally: Tally = { counts: zeros(), gas: zeros() };
  tally.counts.approve = scenario.users;
  tally.gas.approve = scenario.users * model.of({ kind: "approve" }, 0, 0);
  const months: MonthFigures[] = [];
  let before: Tally = { counts: zeros(), gas: zeros() };
  let month = 1;
  const endMonth = (): void => {
    months.push(monthFigures(script, month, money, scale, tally, before));
    before = copied(tally);
    month += 1;
  };
  for (const event of playedOut(script, money)) {
    while (event.at >= month * MONTH) endMonth();
    tallied(tally, event, model, places, scale, scenario);
  }
  while (month <= scenario.months) endMonth();

  const perDollar = Number(scenario.unitsPerDollar);
  const horizon = scenario.months * MONTH;
  const settled = script.accounts.filter(({ settledAt, tickets }) => settledAt < horizon && tickets > 0);
  const userActions =
    tally.counts.deposit + tally.counts.startClose + tally.counts.closeWithConsent + tally.counts.finalizeClose;
  const sponsoredAccounts = script.accounts.filter(({ isSponsored }) => isSponsored).length * scale;
  const total = (of: (figures: MonthFigures) => number): number =>
    months.reduce((sum, figures) => sum + of(figures), 0);
  const hold = scenario.pool.ticketPrice + scenario.pool.policyHold;
  return {
    scenario,
    sample,
    scale,
    accounts: script.accounts.length * scale,
    months,
    counts: tally.counts,
    gas: tally.gas,
    actionsPerUserMonth: (userActions + sponsoredAccounts) / scenario.users / scenario.months,
    depositsInDollars: script.accounts.map(({ deposit }) => Number(deposit) / perDollar),
    daysToRevenue: settled.map(
      ({ openedAt, activeUntil, settledAt }) => (settledAt - (openedAt + activeUntil) / 2) / DAY,
    ),
    meanCharge: (charges.mean * Number(scenario.pool.unit)) / perDollar,
    bondNeeded: (Number(money.mostDisputes * 2n * hold) / perDollar) * scale,
    burned: (Number(money.burned) / perDollar) * scale,
    resources: resourcesOf(scenario, measured, {
      tickets: total(({ tickets }) => tickets),
      folds: total(({ folds }) => folds),
      enrolments: total(({ enrolments }) => enrolments),
      closes: tally.counts.startClose + tally.counts.closeWithConsent,
    }),
  };
}
