// SPDX-License-Identifier: GPL-3.0-or-later
/** A user's life: one account after the other, each with its deposit, its tickets, and one of its ends. */
import { TICKET_COUNT } from "../protocol/index.ts";
import type { Charges } from "./charges.ts";
import type { AccountEnd, AccountEvent, CloseTotals, SimulatedAccount, TicketUse } from "./events.ts";
import { Random } from "./random.ts";
import { MONTH } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";

/** After a session's end a wallet waits so long for a refund. */
const PATIENCE = 3_600;
/** What is due is done a little later. */
const DELAY = 600;

/** What a user sends over an account's life: the deposit, and one transaction or two for the close. */
export function lifeMonths({ actionsPerMonth, consentShare, abandonRate }: Scenario): number {
  return (1 + (1 - abandonRate) * (2 - consentShare)) / actionsPerMonth;
}

/** The deposit, in whole units of the pool, within what the contract takes. */
function drawDeposit({ deposits, pool }: Scenario, random: Random): bigint {
  const hold = pool.ticketPrice + pool.policyHold;
  const drawn = BigInt(Math.round(random.lognormal(deposits.median, deposits.sigma)));
  const whole = (drawn / pool.unit) * pool.unit;
  const most = BigInt(TICKET_COUNT) * hold;
  return whole < hold ? hold : whole > most ? most : whole;
}

interface Usage {
  readonly uses: readonly TicketUse[];
  readonly disputes: readonly { readonly ticket: number; readonly isAnswered: boolean }[];
  readonly charged: bigint;
  /** All tickets were used up before the life's end. */
  readonly isExhausted: boolean;
}

/** Uses tickets one by one while the budget covers them: the deposit and the refunds that were folded by then. */
function drawUsage(scenario: Scenario, charges: Charges, random: Random, deposit: bigint, wanted: number): Usage {
  const { pool, disputeRate, answeredShare, violationRate, ticketsPerFold } = scenario;
  const hold = pool.ticketPrice + pool.policyHold;
  const uses: TicketUse[] = [];
  const disputes: { ticket: number; isAnswered: boolean }[] = [];
  let [budget, waiting, charged] = [deposit, 0n, 0n];
  for (let ticket = 0; ticket < wanted; ticket++) {
    const isCovered = ticket < TICKET_COUNT && BigInt(ticket + 1) * hold <= budget;
    if (!isCovered) return { uses, disputes, charged, isExhausted: true };
    const charge = BigInt(charges.draw(random)) * pool.unit;
    const fate = random.uniform();
    const isDisputed = fate < disputeRate;
    const isAnswered = isDisputed && random.chance(answeredShare);
    const isLost = isDisputed && !isAnswered;
    const isViolation = !isDisputed && fate < disputeRate + violationRate;
    if (isDisputed) disputes.push({ ticket, isAnswered });
    uses.push({ charge, isLost, isViolation });
    charged += charge;
    if (!isLost) waiting += pool.ticketPrice - charge + (isViolation ? 0n : pool.policyHold);
    if (ticket % ticketsPerFold !== ticketsPerFold - 1) continue;
    budget += waiting;
    waiting = 0n;
  }
  return { uses, disputes, charged, isExhausted: false };
}

function totalsOf({ pool }: Scenario, uses: readonly TicketUse[]): CloseTotals {
  let [refundedCharges, refundedHolds] = [0n, 0n];
  for (const { charge, isLost, isViolation } of uses) {
    if (isLost) continue;
    refundedCharges += pool.ticketPrice - charge;
    if (!isViolation) refundedHolds += pool.policyHold;
  }
  return { firstUnused: uses.length, refundedCharges, refundedHolds };
}

export interface Life {
  readonly accounts: readonly SimulatedAccount[];
  /** In the order of each account; events of different accounts of one user never overlap but for their settlement. */
  readonly events: readonly AccountEvent[];
}

interface Opened {
  readonly account: SimulatedAccount;
  readonly events: readonly AccountEvent[];
  /** When the user opens the next one. */
  readonly nextAt: number;
}

function drawEnd(scenario: Scenario, random: Random, tickets: number): "closes" | "double spend" | "abandoned" {
  const drawn = random.uniform();
  if (drawn < scenario.abandonRate) return "abandoned";
  return drawn < scenario.abandonRate + scenario.doubleSpendRate && tickets > 0 ? "double spend" : "closes";
}

/** One account from its deposit to its end. */
function openAccount(scenario: Scenario, charges: Charges, user: number, number: number, openedAt: number): Opened {
  const { pool, calls, ticketsPerFold } = scenario;
  const id = `${user}.${number}`;
  const random = new Random(scenario.seed, `account ${id}`);
  const isSponsored = random.chance(scenario.sponsored.share);
  const deposit = drawDeposit(scenario, random);
  const life = PATIENCE + random.exponential(lifeMonths(scenario) * MONTH);
  const wanted = random.poisson((random.gamma(calls.shape, calls.perMonth) * life) / MONTH);
  const { uses, disputes, charged, isExhausted } = drawUsage(scenario, charges, random, deposit, wanted);
  const tickets = uses.length;
  const activeSeconds = Math.round(isExhausted ? life * (tickets / wanted) : life);
  const activeUntil = openedAt + activeSeconds;
  const timeOf = (ticket: number): number => openedAt + Math.round(activeSeconds * ((ticket + 0.5) / tickets));
  const fate = drawEnd(scenario, random, tickets);
  const isConsented = random.chance(scenario.consentShare);
  const disputed = disputes.map(({ ticket, isAnswered }) => {
    const at = timeOf(ticket) + PATIENCE;
    const endsAt = at + (isAnswered ? Math.floor(pool.disputeWindow / 2) : pool.disputeWindow + DELAY);
    return { ticket, isAnswered, at, endsAt };
  });
  const leavesAt = disputed.reduce((latest, { endsAt }) => Math.max(latest, endsAt + DELAY), activeUntil + DELAY);
  const expiresAt = Math.max(openedAt + pool.accountLifetime + DELAY, leavesAt);
  const ends: Readonly<Record<typeof fate, readonly [AccountEnd, number]>> = {
    closes: ["closed", isConsented ? leavesAt : leavesAt + pool.challengeWindow + DELAY],
    "double spend": ["slashed", leavesAt],
    abandoned: ["expired", expiresAt],
  };
  const [end, settledAt] = ends[fate];
  const folds = Math.ceil(uses.filter(({ isLost }) => !isLost).length / ticketsPerFold);
  const account: SimulatedAccount = {
    ...{ id, user, deposit, openedAt, isSponsored, tickets, charged, folds, activeUntil, settledAt, end, uses },
  };
  const events: AccountEvent[] = [{ kind: "deposit", at: openedAt, account }];
  for (const { ticket, isAnswered, at, endsAt } of disputed) {
    events.push({ kind: "openDispute", at, account, ticket });
    const charge = uses[ticket]?.charge ?? 0n;
    if (isAnswered) events.push({ kind: "answerDispute", at: endsAt, account, ticket, charge });
    else events.push({ kind: "resolveDispute", at: endsAt, account, ticket });
  }
  uses.forEach(({ isViolation }, ticket) => {
    if (isViolation) events.push({ kind: "reportViolation", at: timeOf(ticket) + DELAY, account, ticket });
  });
  const totals = totalsOf(scenario, uses);
  if (end === "slashed") events.push({ kind: "slash", at: settledAt, account, ticket: tickets - 1 });
  else if (end === "expired") events.push({ kind: "expire", at: settledAt, account });
  else if (isConsented) events.push({ kind: "closeWithConsent", at: leavesAt, account, ...totals });
  else {
    events.push({ kind: "startClose", at: leavesAt, account, ...totals });
    events.push({ kind: "finalizeClose", at: settledAt, account, ...totals });
  }
  return { account, events, nextAt: leavesAt + DELAY };
}

/** All accounts that a user opens before the horizon, and what happens to them before it. */
export function liveLife(scenario: Scenario, charges: Charges, user: number): Life {
  const horizon = scenario.months * MONTH;
  const random = new Random(scenario.seed, `user ${user}`);
  const accounts: SimulatedAccount[] = [];
  const events: AccountEvent[] = [];
  // Users come over the first month.
  let at = Math.round(random.uniform() * MONTH);
  for (let number = 0; at < horizon; number++) {
    const opened = openAccount(scenario, charges, user, number, at);
    accounts.push(opened.account);
    events.push(...opened.events.filter((event) => event.at < horizon));
    at = opened.nextAt;
  }
  return { accounts, events };
}
