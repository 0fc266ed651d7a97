// SPDX-License-Identifier: GPL-3.0-or-later
/** An audit as a page to look at. Names, symbols and addresses come from the chain, whoever wrote them there: src/report shows them as text. */
import { histogramOf, shortNumber } from "../report/index.ts";
import type { Block, Chart, ReportDocument, Section, Tile, Tone } from "../report/index.ts";
import { FINDINGS } from "./findings.ts";
import type { FindingCode, Severity } from "./findings.ts";
import type { AuditReport } from "./report-data.ts";
import {
  count,
  counted,
  dateText,
  differenceText,
  median,
  percent,
  placeText,
  spanText,
  tokenNumber,
  tokens,
} from "./text.ts";
import type { Sample } from "./timeline.ts";

const TONES: Readonly<Record<Severity, Tone>> = { violation: "bad", warning: "warning", note: "neutral" };

export function documentOf(report: AuditReport): ReportDocument {
  const { pool, range, milliseconds } = report;
  return {
    title: "Audit of a Jeton pool",
    subtitle: `${pool.address} on chain ${pool.chainId}\nBlocks ${count(range.fromBlock)} to ${count(range.toBlock)}, as of ${dateText(range.timestamp)}`,
    tiles: tilesOf(report),
    sections: [
      found(report),
      money(report),
      people(report),
      leaving(report),
      provider(report),
      looked(report),
      parameters(report),
    ],
    footer: `Made by jeton audit in ${spanText(milliseconds / 1_000)} from an endpoint alone, at block ${range.toBlock} with hash ${range.blockHash}. Amounts are in ${pool.token.symbol}.`,
  };
}

function tilesOf({ result, accounts, money: { balance, owed, totals }, disputes, pool }: AuditReport): Tile[] {
  const amount = (units: bigint): string => tokens(units, pool.token);
  const rounded = (units: bigint): string => `${shortNumber(tokenNumber(units, pool.token))} ${pool.token.symbol}`;
  return [
    {
      label: "Result",
      value: result.isClean ? "Clean" : counted(result.violations, "violation"),
      note: `${counted(result.warnings, "warning")}, ${counted(result.notes, "note")}`,
      tone: result.isClean ? "good" : "bad",
    },
    {
      label: "Held for what is owed",
      value: rounded(balance),
      note: `${amount(balance)} for ${amount(owed)}`,
      tone: balance >= owed ? "good" : "bad",
    },
    { label: "Accounts", value: count(accounts.active), note: `active, of ${count(accounts.opened)} ever opened` },
    {
      label: "Provider earned",
      value: rounded(totals["earned"] ?? 0n),
      note: `${rounded(totals["withdrawn"] ?? 0n)} withdrawn`,
    },
    { label: "To be burned, in all", value: rounded(totals["toBurn"] ?? 0n), note: "stakes, holds and penalties" },
    {
      label: "Disputes lost",
      value: count(disputes.lost),
      note: `of ${count(disputes.opened)} opened`,
      tone: disputes.lost === 0 ? "neutral" : "warning",
    },
  ];
}

function found({ findings, counts }: AuditReport): Section {
  const items = findings.map((finding) => {
    const { code, severity, subject, place } = finding;
    const difference = differenceText(finding);
    return {
      tone: TONES[severity],
      title: `${code}: ${FINDINGS[code].meaning}`,
      detail: difference === "" ? subject : `${subject}: ${difference}`,
      where: placeText(place),
    };
  });
  const more = Object.entries(counts).filter(
    ([code, number]) => number > findings.filter((finding) => finding.code === code).length,
  );
  const blocks: Block[] = [{ kind: "findings", items, none: "Nothing: no violation, no warning, no note." }];
  if (more.length > 0) {
    blocks.push({
      kind: "table",
      caption: "Findings that are too many to list",
      columns: [{ title: "Finding", content: "code" }, { title: "Times", content: "number" }, { title: "Meaning" }],
      rows: more.map(([code, number]) => [code, count(number), FINDINGS[code as FindingCode].meaning]),
    });
  }
  return { title: "What was found", blocks };
}

function looked({ checked, accounts }: AuditReport): Section {
  const { events, transactions, transfers, roots, proofs, signatures, leftOut, throughContracts, verifiers, states } =
    checked;
  const proofRows = Object.entries(proofs).map(([statement, number]) => [
    `Proofs of ${statement}, verified again`,
    count(number),
  ]);
  const rows = [
    ["Events, each held to the rules", count(events)],
    ["Transactions, each to the unit", count(transactions)],
    ["Transfers of the token, each explained", count(transfers)],
    ["Leaves of the tree, rebuilt", count(accounts.opened)],
    ["Roots, computed again", count(roots)],
    ...proofRows,
    ["Signatures, checked again", count(signatures)],
    ...(leftOut === 0 ? [] : [["Closes and slashes that the sample left out", count(leftOut)]]),
    ["Calls through contracts: seen inside", count(throughContracts.seen)],
    ["Calls through contracts: not seen", count(throughContracts.unseen)],
  ];
  return {
    title: "What was looked at",
    blocks: [
      {
        kind: "paragraph",
        text: "The whole history was replayed through a model of the pool that shares no books with wallets, gateways or contracts, and its end was held against what the contracts themselves say.",
      },
      {
        kind: "table",
        caption: "Checked",
        columns: [{ title: "What" }, { title: "How many", content: "number" }],
        rows,
      },
      {
        kind: "table",
        caption: "Verifiers on chain",
        columns: [{ title: "Statement" }, { title: "Address", content: "code" }, { title: "Key" }, { title: "Code" }],
        rows: verifiers.map(({ statement, address, holdsKey, isOfBuild }) => [
          statement,
          address,
          holdsKey ? "the right one" : "ANOTHER ONE",
          isOfBuild ? "of this build" : "another build",
        ]),
      },
      {
        kind: "table",
        caption: "The contracts' own ledger, balance and tree",
        columns: [{ title: "Block" }, { title: "Compared" }],
        rows: states.map(({ block, isRead }) => [
          count(block),
          isRead ? "yes" : "no: the endpoint has no longer its state",
        ]),
      },
    ],
  };
}

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
      series: lines.map(({ name, of }) => ({
        name,
        points: timeline.map((sample) => [sample.time, of(sample)] as const),
      })),
    },
  ];
}

function money(report: AuditReport): Section {
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

function people(report: AuditReport): Section {
  const { accounts } = report;
  return {
    title: "Accounts",
    blocks: [
      ...overTime(
        report,
        {
          title: "The anonymity set, at most",
          description:
            "Accounts ever opened, and those that are active. A ticket can be of any account that has enrolled; how many have, only the provider's feed or store tells.",
        },
        "accounts",
        [
          { name: "ever opened", of: ({ opened }) => opened },
          { name: "active", of: ({ active }) => active },
        ],
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

function leaving(report: AuditReport): Section {
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

function provider(report: AuditReport): Section {
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

function parameters({ pool }: AuditReport): Section {
  const { token, parameters: of } = pool;
  const amount = (units: bigint): string => tokens(units, token);
  return {
    title: "The pool",
    blocks: [
      {
        kind: "table",
        caption: "Fixed when it was created",
        columns: [{ title: "What" }, { title: "Value", content: "code" }],
        rows: [
          ["Pool", pool.address],
          ["Settlement", pool.settlement],
          ["Disputes", pool.disputes],
          ["Token", `${token.address} (${token.symbol})`],
          ["Provider", of.provider],
          ["Provider's key", of.providerKey.join(", ")],
          ["Price of a ticket, at most", amount(of.ticketPrice)],
          ["Policy hold", amount(of.policyHold)],
          ["Unit", amount(of.unit)],
          ["Stake", `${amount(of.stakeMinimum)} and ${Number(of.stakeBps) / 100} % of the deposit`],
          ["Bounty", `${Number(of.bountyBps) / 100} % of the stake`],
          ["Challenge window", spanText(Number(of.challengeWindow))],
          ["Dispute window", spanText(Number(of.disputeWindow))],
          ["Account lifetime", spanText(Number(of.accountLifetime))],
          ["Hash of the terms", of.termsHash],
        ],
      },
    ],
  };
}
