// SPDX-License-Identifier: GPL-3.0-or-later
/** The whole order of events of some users: sponsors put deposits together, and the provider posts its bond and withdraws each month. */
import type { Charges } from "./charges.ts";
import type { SimulatedAccount, SimulatedEvent } from "./events.ts";
import { liveLife } from "./lives.ts";
import type { PoolMoney } from "./money.ts";
import { MONTH } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";

/** A sponsor opens the accounts of the coming period at its beginning, in batches as large as a transaction takes. */
function batchesOf({ sponsored }: Scenario, accounts: readonly SimulatedAccount[]): SimulatedEvent[] {
  const beginOf = ({ openedAt }: SimulatedAccount): number => openedAt - (openedAt % sponsored.everySeconds);
  const periods = Map.groupBy(accounts, beginOf);
  return [...periods].flatMap(([at, opened]) =>
    Array.from({ length: Math.ceil(opened.length / sponsored.batch) }, (_, index): SimulatedEvent => {
      const from = index * sponsored.batch;
      return { kind: "depositBatch", at, accounts: opened.slice(from, from + sponsored.batch) };
    }),
  );
}

export interface Script {
  readonly scenario: Scenario;
  readonly accounts: readonly SimulatedAccount[];
  /** In order. */
  readonly events: readonly SimulatedEvent[];
}

/** What the users do, by time; what comes at the same second keeps the order in which each user does it. */
export function scriptOf(scenario: Scenario, charges: Charges, users: Iterable<number>): Script {
  const accounts: SimulatedAccount[] = [];
  const events: SimulatedEvent[] = [{ kind: "postBond", at: 0, amount: scenario.bond }];
  const own: SimulatedEvent[] = [];
  for (const user of users) {
    const life = liveLife(scenario, charges, user);
    for (const account of life.accounts) accounts.push(account);
    for (const event of life.events) if (event.kind !== "deposit" || !event.account.isSponsored) own.push(event);
  }
  events.push(
    ...batchesOf(
      scenario,
      accounts.filter(({ isSponsored }) => isSponsored),
    ),
  );
  for (const event of own) events.push(event);
  events.sort((one, other) => one.at - other.at);
  return { scenario, accounts, events };
}

/** Applies the events month by month, with the provider's withdrawal and the burn at each month's end, and hands each one out. */
export function* playedOut({ scenario, events }: Script, money: PoolMoney): Generator<SimulatedEvent, void, void> {
  let next = 0;
  for (let month = 1; month <= scenario.months; month++) {
    const end = month * MONTH - 1;
    for (; next < events.length; next++) {
      const event = events[next];
      if (event === undefined || event.at > end) break;
      money.apply(event);
      yield event;
    }
    const ending: SimulatedEvent[] = [];
    if (money.withdrawable > 0n) ending.push({ kind: "withdrawRevenue", at: end, amount: money.withdrawable });
    if (money.balances.awaitingBurn > 0n) ending.push({ kind: "burn", at: end });
    for (const event of ending) {
      money.apply(event);
      yield event;
    }
  }
}
