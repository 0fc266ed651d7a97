// SPDX-License-Identifier: GPL-3.0-or-later
/** An audit at a glance, for a terminal: what was found first, then what was looked at, then the pool's figures. */
import { CODE_TEXTS } from "./code.ts";
import type { CodeReport } from "./code.ts";
import { FINDINGS } from "./findings.ts";
import type { FindingCode } from "./findings.ts";
import type { AuditReport } from "./report-data.ts";
import { count, counted, dateText, differenceText, median, percent, placeText, spanText, tokens } from "./text.ts";

type Lines = Readonly<Record<string, string | number | object | undefined>>;

export function resultText({ result: { isClean, violations, warnings, notes } }: AuditReport): string {
  const rest = `${counted(warnings, "warning")}, ${counted(notes, "note")}`;
  return isClean ? `clean: no violation, ${rest}` : `NOT CLEAN: ${counted(violations, "violation")}, ${rest}`;
}

function findingLines({ counts, findings }: AuditReport): Lines | undefined {
  const entries = Object.entries(counts).map(([code, number]): [string, string] => {
    const { severity, meaning } = FINDINGS[code as FindingCode];
    const first = findings.find((finding) => finding.code === code);
    const told = first === undefined ? [] : [first.subject, placeText(first.place), differenceText(first)];
    const example = told.filter((part) => part !== "").join("; ");
    return [code, `${severity}, ${count(number)} times: ${meaning}.${example === "" ? "" : ` First: ${example}`}`];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function checkedLines({ checked, range }: AuditReport): Lines {
  const { events, transactions, roots, proofs, signatures, leftOut, throughContracts, verifiers, code, states } =
    checked;
  const read = states.filter(({ isRead }) => isRead);
  const byStatement = Object.entries(proofs).map(([statement, number]) => `${statement} ${count(number)}`);
  return {
    blocks: `${range.fromBlock} to ${range.toBlock} (${dateText(range.timestamp)})`,
    events: `${count(events)} of ${count(transactions)} transactions; every token that moved; ${count(roots)} roots`,
    proofs: byStatement.join(", ") || "none",
    signatures: count(signatures),
    leftOutBySample: leftOut === 0 ? undefined : count(leftOut),
    sentThroughContracts:
      throughContracts.seen + throughContracts.unseen === 0
        ? undefined
        : `${count(throughContracts.seen)} seen, ${count(throughContracts.unseen)} not seen`,
    verifiers: verifiers
      .map(({ statement, holdsKey }) => `${statement} ${holdsKey ? "holds its key" : "WRONG"}`)
      .join(", "),
    code: codeText(code),
    contractsOwnBooks:
      read.length === 0 ? "could not be read" : `compared at ${read.map(({ block }) => `block ${block}`).join(", ")}`,
  };
}

/** All that is as it should be in one word each, and whatever is not. */
function codeText({ notCompared, contracts }: CodeReport): string {
  if (notCompared !== undefined) return `code was not compared: ${notCompared}`;
  const namesOf = (all: CodeReport["contracts"]): string => all.map(({ contract }) => contract).join(", ");
  return Object.entries(CODE_TEXTS)
    .map(([match, text]) => [contracts.filter((of) => of.match === match), text] as const)
    .flatMap(([of, text]) => (of.length === 0 ? [] : [`${namesOf(of)}: ${text}`]))
    .join("; ");
}

function bookLines({ books: { store, feed }, pool }: AuditReport): Lines | undefined {
  if (store === undefined && feed === undefined) return undefined;
  const amount = (units: bigint): string => tokens(units, pool.token);
  return {
    store:
      store &&
      `${count(store.tickets.open + store.tickets.ended)} tickets spent, ${amount(store.charged)} charged, ${count(store.enrolments)} enrolments, ${count(store.folds)} folds; followed the chain to block ${store.chainPosition}`,
    feed:
      feed &&
      `${count(feed.tickets)} tickets, ${count(feed.refunds)} refunds, ${amount(feed.charged)} charged, ${count(feed.enrolments)} enrolments, ${count(feed.folds)} folds`,
  };
}

export function summaryOf(report: AuditReport): Lines {
  const { pool, accounts, closing, money, disputes, folds } = report;
  const amount = (units: bigint): string => tokens(units, pool.token);
  const answered = median(disputes.answerTimes);
  return {
    result: resultText(report),
    findings: findingLines(report),
    pool: `${pool.address} on chain ${pool.chainId}`,
    checked: checkedLines(report),
    accounts: `${count(accounts.opened)} opened, ${count(accounts.active)} active (${count(accounts.closing)} closing), ${count(accounts.closed)} closed, ${count(accounts.slashed)} slashed, ${count(accounts.expired)} expired`,
    money: `${amount(money.balance)} held, ${amount(money.owed)} owed${money.surplus === 0n ? "" : `, ${amount(money.surplus)} of nobody`}`,
    ledger: Object.fromEntries(Object.entries(money.ledger).map(([name, units]) => [name, amount(units)])),
    provider: `${amount(money.totals["earned"] ?? 0n)} earned, ${amount(money.totals["withdrawn"] ?? 0n)} withdrawn`,
    closes: `${count(closing.closes)} (${count(closing.consented)} with consent): ${count(closing.tickets)} tickets paid for; refunded ${amount(closing.refundedCharges)} of charges and ${amount(closing.refundedHolds)} of holds; ${percent(closing.toProvider, closing.deposits)} of the deposits to the provider, ${percent(closing.toBurn, closing.deposits)} burned`,
    disputes: `${count(disputes.opened)} opened, ${count(disputes.answered)} answered${answered === undefined ? "" : ` (after ${spanText(answered)} in the middle)`}, ${count(disputes.lost)} lost, ${count(disputes.open)} open; ${count(disputes.violations)} policy violations reported`,
    certifiedFolds: `${count(folds.certified)}: ${count(folds.final)} final, ${count(folds.pending)} pending, ${count(folds.fallen)} fallen`,
    books: bookLines(report),
    took: spanText(report.milliseconds / 1_000),
  };
}
