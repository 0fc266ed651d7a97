// SPDX-License-Identifier: GPL-3.0-or-later
/** An audit as a page to look at. Names, symbols and addresses come from the chain, whoever wrote them there: src/report shows them as text. */
import { shortNumber } from "../report/index.ts";
import type { Block, ReportDocument, Section, Tile, Tone } from "../report/index.ts";
import { CODE_TEXTS } from "./code.ts";
import { FINDINGS } from "./findings.ts";
import type { FindingCode, Severity } from "./findings.ts";
import { books, leaving, money, people, provider } from "./page-pool.ts";
import type { AuditReport } from "./report-data.ts";
import { count, counted, dateText, differenceText, placeText, spanText, tokenNumber, tokens } from "./text.ts";

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
      ...books(report),
      looked(report),
      parameters(report),
    ],
    footer: `Made by jeton audit in ${spanText(milliseconds / 1_000)} at block ${range.toBlock} with hash ${range.blockHash}. Amounts are in ${pool.token.symbol}.`,
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
  const {
    events,
    transactions,
    transfers,
    roots,
    proofs,
    signatures,
    leftOut,
    throughContracts,
    verifiers,
    code,
    states,
  } = checked;
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
        columns: [{ title: "Statement" }, { title: "Address", content: "code" }, { title: "Key" }],
        rows: verifiers.map(({ statement, address, holdsKey }) => [
          statement,
          address,
          holdsKey ? "the right one" : "ANOTHER ONE",
        ]),
      },
      codeBlock(code),
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

function codeBlock({ notCompared, contracts }: AuditReport["checked"]["code"]): Block {
  if (notCompared !== undefined) return { kind: "paragraph", text: `Code was not compared: ${notCompared}.` };
  return {
    kind: "table",
    caption: "Code on chain, against this build",
    columns: [{ title: "Contract" }, { title: "Address", content: "code" }, { title: "Code" }],
    rows: contracts.map(({ contract, address, match }) => [contract, address, CODE_TEXTS[match]]),
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
