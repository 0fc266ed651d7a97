// SPDX-License-Identifier: GPL-3.0-or-later
/** The sections of an audit's page that show the pool itself, with their charts. */
import { histogramOf } from "../report/index.ts";
import type { Chart, LineSeries, Point, Section } from "../report/index.ts";
import type { AuditReport } from "./report-data.ts";
import { count, median, percent, spanText, tokenNumber, tokens } from "./text.ts";
import type { Sample } from "./timeline.ts";

interface Line {
  readonly name: string;
  readonly of: (sample: Sample) => number;
}

/** Undefined where there is nothing to draw. */
function overTime(
  report: AuditReport,
  texts: { readonly title: string; readonly description: string },
  y: string,
  lines: readonly Line[],
  more: readonly LineSeries[] = [],
): Chart[] {
  const { timeline } = report;
  if (timeline.length < 2) return [];
  return [
    {
      kind: "line",
      ...texts,
      x: { kind: "time", label: "Time" },
      y: { label: y },
      curve: "step",
      series: lines
        .map(({ name, of }): LineSeries => ({
          name,
          points: timeline.map((sample) => [sample.time, of(sample)] as const),
        }))
        .concat(more),
    },
  ];
}

export function money(report: AuditReport): Section {
  const {
    money: { ledger, balance, owed, surplus },
    pool,
  } = report;
  const amount = (units: bigint): string => tokens(units, pool.token);
  const number = (units: bigint): number => tokenNumber(units, pool.token);
  return {
    title: "Money",
    blocks: [
      ...overTime(
        report,
        { title: "What the pool holds", description: "Deposits and stakes of open accounts, and the provider's bond." },
        pool.token.symbol,
        [
          { name: "in escrow", of: ({ escrowed }) => number(escrowed) },
          { name: "bond", of: ({ bond }) => number(bond) },
        ],
      ),
      ...overTime(
        report,
        {
          title: "What the provider earned",
          description:
            "Paid by closes, slashes and expiries, and what of it was withdrawn; what was set aside to be burned.",
        },
        pool.token.symbol,
        [
          { name: "earned", of: ({ earned }) => number(earned) },
          { name: "withdrawn", of: ({ withdrawn }) => number(withdrawn) },
          { name: "to be burned", of: ({ toBurn }) => number(toBurn) },
        ],
      ),
      {
        kind: "table",
        caption: "The ledger at the last block",
        columns: [{ title: "Part" }, { title: "Amount", content: "number" }],
        rows: [
          ["Held for open accounts", amount(ledger["escrowed"] ?? 0n)],
          ["Payouts that could not be delivered", amount(ledger["undelivered"] ?? 0n)],
          ["The provider's revenue", amount(ledger["revenue"] ?? 0n)],
          ["The provider's bond", amount(ledger["bond"] ?? 0n)],
          ["Awaiting burning", amount(ledger["awaitingBurn"] ?? 0n)],
          ["Owed in all", amount(owed)],
          ["Tokens held", amount(balance)],
          ["Of nobody", amount(surplus)],
        ],
      },
    ],
  };
}

/** What only the provider's books tell: at a time at most so many, for an enrolment may come long after the root that it shows. */
function enrolledLine({ books, range }: AuditReport): LineSeries[] {
  const { enrolled } = books;
  const last = enrolled?.at(-1);
  if (enrolled === undefined || last === undefined) return [];
  const end: readonly Point[] = last[0] < range.timestamp ? [[range.timestamp, last[1]]] : [];
  return [{ name: "enrolled, at most", points: [...enrolled, ...end] }];
}

function bookRows({ books: { store, feed }, pool }: AuditReport): string[][] {
  const amount = (units: bigint): string => tokens(units, pool.token);
  return [
    ...(store === undefined
      ? []
      : [
          ["Store: tickets spent", count(store.tickets.open + store.tickets.ended)],
          ["… of them open", count(store.tickets.open)],
          ["Store: tickets revealed by closes", count(store.tickets.closed)],
          ["Store: charged in all", amount(store.charged)],
          ["Store: refunded in all", amount(store.refunded)],
          ["Store: enrolments", count(store.enrolments)],
          ["Store: folds", count(store.folds)],
          ["Store: signatures, checked again", count(store.signatures)],
          ["Store: closes whose tickets were looked up", count(store.closes)],
          ["Store: has followed the chain to block", count(store.chainPosition)],
        ]),
    ...(feed === undefined
      ? []
      : [
          ["Feed: tickets", count(feed.tickets)],
          ["Feed: refunds", count(feed.refunds)],
          ["Feed: charged in all", amount(feed.charged)],
          ["Feed: enrolments", count(feed.enrolments)],
          ["Feed: folds", count(feed.folds)],
          ["Feed: signatures, checked again", count(feed.signatures)],
        ]),
  ];
}

/** What the provider itself says, held to the chain. */
export function books(report: AuditReport): Section[] {
  const rows = bookRows(report);
  if (rows.length === 0) return [];
  const columns = [{ title: "What" }, { title: "How much", content: "number" as const }];
  return [
    { title: "The provider's books", blocks: [{ kind: "table", caption: "Reconciled with the chain", columns, rows }] },
  ];
}

export function people(report: AuditReport): Section {
  const { accounts } = report;
  return {
    title: "Accounts",
    blocks: [
      ...overTime(
        report,
        {
          title: "The anonymity set",
          description:
            "Accounts ever opened, and those that are active. A ticket can be of any account that has enrolled; how many have, only the provider's feed or store tells.",
        },
        "accounts",
        [
          { name: "ever opened", of: ({ opened }) => opened },
          { name: "active", of: ({ active }) => active },
        ],
        enrolledLine(report),
      ),
      {
        kind: "table",
        caption: "Accounts at the last block",
        columns: [{ title: "State" }, { title: "Accounts", content: "number" }],
        rows: [
          ["Active", count(accounts.active)],
          ["… of them closing", count(accounts.closing)],
          ["Expired", count(accounts.expired)],
          ["Closed", count(accounts.closed)],
          ["Slashed", count(accounts.slashed)],
        ],
      },
    ],
  };
}

export function leaving(report: AuditReport): Section {
  const { closing, pool } = report;
  const amount = (units: bigint): string => tokens(units, pool.token);
  const number = (units: bigint): number => tokenNumber(units, pool.token);
  const sums = [closing.toRecipients, closing.toRelayers, closing.toProvider, closing.toBurn];
  const chart: Chart = {
    kind: "bars",
    direction: "horizontal",
    arrangement: "grouped",
    title: "What closed accounts paid out",
    description: "Deposits and stakes of all accounts that closed, by where they went.",
    categories: ["to the owners", "to relayers", "to the provider", "burned"],
    y: { label: pool.token.symbol },
    series: [{ name: "paid out", values: sums.map(number) }],
  };
  return {
    title: "Closes and slashes",
    blocks: [
      ...(closing.closes === 0 ? [] : [chart]),
      {
        kind: "table",
        caption: "How accounts ended",
        columns: [{ title: "What" }, { title: "How much", content: "number" }],
        rows: [
          ["Closes", count(closing.closes)],
          ["… with the provider's consent", count(closing.consented)],
          ["Tickets paid for", count(closing.tickets)],
          ["Charges refunded", amount(closing.refundedCharges)],
          ["Holds returned", amount(closing.refundedHolds)],
          ["Share of the deposits that the provider got", percent(closing.toProvider, closing.deposits)],
          ["Share of the deposits that burned", percent(closing.toBurn, closing.deposits)],
          ["Slashes", count(closing.slashes)],
          ["… within a close's window", count(closing.slashedWhileClosing)],
          ["Bounties", amount(closing.bounties)],
          ["Stakes burned", amount(closing.stakesBurned)],
          ["Expiries", count(closing.expiries)],
        ],
      },
    ],
  };
}

/** Seconds in the largest unit that the longest of them fills. */
function timesChart(title: string, description: string, seconds: readonly number[]): Chart[] {
  if (seconds.length === 0) return [];
  const longest = Math.max(...seconds);
  const [unit, name] = longest >= 172_800 ? [86_400, "days"] : longest >= 7_200 ? [3_600, "hours"] : [60, "minutes"];
  return [
    {
      kind: "histogram",
      title,
      description,
      x: { kind: "number", label: name },
      y: { label: "disputes" },
      ...histogramOf(seconds.map((value) => value / unit)),
    },
  ];
}

export function provider(report: AuditReport): Section {
  const { disputes, folds, pool } = report;
  const amount = (units: bigint): string => tokens(units, pool.token);
  const middle = (seconds: readonly number[]): string => {
    const value = median(seconds);
    return value === undefined ? "–" : spanText(value);
  };
  return {
    title: "Disputes, violations, folds",
    blocks: [
      ...timesChart(
        "How long answers took",
        "From the opening of a dispute to the provider's answer.",
        disputes.answerTimes,
      ),
      ...(disputes.opened + disputes.violations === 0
        ? []
        : overTime(report, { title: "Disputes and violations", description: "Since the beginning." }, "count", [
            { name: "disputes opened", of: (sample) => sample.disputes },
            { name: "disputes lost", of: (sample) => sample.lost },
            { name: "violations reported", of: (sample) => sample.violations },
          ])),
      {
        kind: "table",
        caption: "What the provider answers for",
        columns: [{ title: "What" }, { title: "How much", content: "number" }],
        rows: [
          ["Disputes opened", count(disputes.opened)],
          ["… answered", count(disputes.answered)],
          ["… lost", count(disputes.lost)],
          ["… open", count(disputes.open)],
          ["Time to the answer, in the middle", middle(disputes.answerTimes)],
          ["Time from the window's end to the decision, in the middle", middle(disputes.lossTimes)],
          ["Awards not paid yet", amount(disputes.unpaidAwards)],
          ["Penalties not collected yet", amount(disputes.unpaidPenalties)],
          ["Policy violations reported", count(disputes.violations)],
          ["Folds certified", count(folds.certified)],
          ["… final", count(folds.final)],
          ["… fallen", count(folds.fallen)],
        ],
      },
    ],
  };
}
