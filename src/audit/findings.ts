// SPDX-License-Identifier: GPL-3.0-or-later
/** What an audit can find. Codes are stable. The table in docs/audit-report.md is held to this one by a test. */

/** violation: a rule was broken, or the sources contradict each other. warning: to be looked at. note: to be known. */
export type Severity = "violation" | "warning" | "note";

interface Kind {
  readonly severity: Severity;
  /** What it means, as a sentence without its full stop. */
  readonly meaning: string;
}

const violation = (meaning: string): Kind => ({ severity: "violation", meaning });
const warning = (meaning: string): Kind => ({ severity: "warning", meaning });
const note = (meaning: string): Kind => ({ severity: "note", meaning });

export const FINDINGS = {
  // The history as it was read.
  LOG_UNKNOWN: violation("a contract of the pool emitted what is none of its events"),
  BLOCK_MISMATCH: violation("an event names another block than the one of its number"),
  TRANSACTION_MISMATCH: violation("an event's transaction is not there, or is of another block"),
  // The tree.
  LEAF_OUT_OF_ORDER: violation("an account's leaf does not follow the last one"),
  ROOT_MISMATCH: violation("the leaves give another root, or another number of leaves, than the contract announced"),
  ROOT_MISSING: violation("accounts were opened, and no root was announced"),
  // Accounts.
  COMMITMENT_INVALID: violation("an identity commitment is zero or no field element"),
  COMMITMENT_REUSED: violation("an identity commitment was used a second time"),
  DEPOSIT_OUT_OF_RANGE: violation("a deposit is less than one ticket's hold, or more than an account can spend"),
  STAKE_MISMATCH: violation("a stake is not what the formula gives for the deposit"),
  ACCOUNT_NOT_OPEN: violation("something ended an account that was never opened, or had ended before"),
  CLOSE_REPEATED: violation("a close was started while another one was pending"),
  CLOSE_OUT_OF_RANGE: violation("a close claims more than its tickets allow, or names nobody who can be paid"),
  CLOSE_WINDOW_MISMATCH: violation("a close's challenge window is not the pool's"),
  CLOSE_TOO_EARLY: violation("a close was made final within its challenge window, without the provider's consent"),
  CLOSE_UNKNOWN: violation("a close was made final that was never started"),
  PAYOUT_MISMATCH: violation("an account paid out something else than the rules give, to the unit"),
  RELEASE_UNEXPLAINED: violation("an account's money was released without a close or a slash"),
  RELEASE_MISSING: violation("an account was closed or slashed, and its money was not released"),
  EXPIRY_TOO_EARLY: violation("an account was expired before its lifetime, or while it was closing"),
  EXPIRY_MISMATCH: violation("an expiry moved another sum than the deposit, or moved it without its event"),
  // Money.
  LEDGER_NEGATIVE: violation("more was taken out of an account of the ledger than was in it"),
  TOKENS_MISSING: violation("tokens that the pool's events say moved did not move"),
  TOKENS_TAKEN: violation("tokens left the pool, and no event of the pool says why"),
  TOKENS_GIVEN: note("tokens came to the pool that belong to nobody"),
  INSOLVENT: violation("the pool held fewer tokens than it owed"),
  CREDIT_MISMATCH: violation("a credit was claimed that nobody has, or recorded for a payout that was not due"),
  // Disputes, violations, bond and revenue.
  DISPUTE_REPEATED: violation("a ticket was disputed a second time"),
  DISPUTE_UNKNOWN: violation("a dispute was answered, lost or paid that is not in a state for it"),
  DISPUTE_WINDOW_MISMATCH: violation("a dispute's window is not the pool's"),
  ANSWER_TOO_LATE: violation("a dispute was answered after its window"),
  ANSWER_OUT_OF_RANGE: violation("an answer refunds what no refund ticket may"),
  LOST_TOO_EARLY: violation("a dispute was lost before its window had passed"),
  AWARD_MISMATCH: violation("an award, or the penalty beside it, is not what bond, revenue and debts give"),
  FUNDS_ENCUMBERED: violation("the provider took out what open disputes and awards could need"),
  BOND_TOO_EARLY: violation("bond was withdrawn without its notice, or before it"),
  VIOLATION_REPEATED: violation("a policy violation was reported twice of one ticket, or without evidence"),
  VIOLATION_TOO_LATE: violation("a policy violation was reported after the ticket was disputed"),
  // Certified folds.
  FOLD_REPEATED: violation("a state was certified that was known before"),
  FOLD_BASE_MISSING: violation("a fold or a close builds on a state that the chain had not certified"),
  FOLD_WINDOW_MISMATCH: violation("a certified fold's window is not the pool's"),
  FOLD_NULLIFIER_HELD: violation("a fold uses a refund that another fold holds for good"),
  FOLD_NOT_PENDING: violation("a fold was made final, or fell, that was not pending"),
  FOLD_TOO_EARLY: violation("a fold was made final within its window"),
  FOLD_CHALLENGE_MISMATCH: violation("a challenge let something else fall, or stand, than the rules say"),
  // Proofs and signatures, checked again off chain.
  PROOF_INVALID: violation("a proof that the chain accepted does not verify"),
  SIGNATURE_INVALID: violation("a signature that the chain accepted does not verify"),
  CALL_MISMATCH: violation("a transaction's call says something else than its event"),
  CALL_NOT_SEEN: note("sent through a contract: the call cannot be seen, and its proof was not checked again"),
  NOT_PROVIDER: violation("somebody else did what only the provider may"),
  CONSENT_NOT_CHECKED: note("the provider is a contract, whose signature of then cannot be asked for any more"),
  VERIFIER_KEY_MISMATCH: violation("a deployed verifier does not hold the verification key of this key set"),
  // The deployed code.
  CODE_DIFFERS: violation("a contract that decides over the pool's money is not the code of this build"),
  CODE_SOURCES_DIFFER: note("a contract has this build's instructions, compiled from sources with another text"),
  CODE_NOT_COMPARED: note("code was not compared: there is no build of these sources here"),
  // The contracts' own books at the last block, and before.
  STATE_LEDGER: violation("the contract's ledger is not what its events give"),
  STATE_BALANCE: violation("the pool's token balance is not what the token's transfers give"),
  BALANCE_NOT_KNOWN: warning(
    "the pool holds more tokens than the transfers give, and what it held before cannot be read: not checked",
  ),
  STATE_TREE: violation("the contract's tree is not what its events give"),
  STATE_ACCOUNT: violation("an account stands otherwise in the contract than its events give"),
  STATE_CLOSE: violation("a pending close stands otherwise in the contract than its events give"),
  STATE_DISPUTE: violation("a dispute or a violation stands otherwise in the contract than its events give"),
  STATE_FOLD: violation("a certified fold stands otherwise in the contract than its events give"),
  STATE_CREDIT: violation("a recipient's credit is not what the events give"),
  STATE_OBLIGATIONS: violation("what the provider answers for is not what the events give"),
  STATE_UNREADABLE: note("the endpoint no longer has the state of a block: it was not compared there"),
  END_UNREADABLE: warning("the contracts' own books could not be read at the last block: they were not compared there"),
  // The provider's store and feed.
  RECORD_MALFORMED: violation("a record cannot be read"),
  RECORD_MISSING: violation("a record is named by another one, and is not there"),
  TICKET_REPEATED: violation("a ticket was entered twice"),
  TICKET_MESSAGE_MISMATCH: violation("a ticket's message does not follow from its session"),
  REFUND_REPEATED: violation("a ticket has more than one refund"),
  REFUND_OUT_OF_RANGE: violation("a refund and its charge are not the ticket's price, or no multiple of the unit"),
  REFUND_HOLD_KEPT: violation("a hold was not returned, and the chain has no violation of the ticket"),
  REFUND_SIGNATURE_INVALID: violation("a refund's signature does not verify"),
  CHARGE_NOT_COVERED: violation("a charge has no voucher of its session that covers it"),
  STATE_SIGNATURE_INVALID: violation("the signature of an enrolment's or a fold's state does not verify"),
  ENROLMENT_REPEATED: violation("an account was enrolled twice, or two enrolments have one state"),
  ENROLMENT_ROOT_UNKNOWN: violation("an enrolment shows a root that the pool never had"),
  ENROLMENTS_TOO_MANY: violation("there are more enrolments than the pool ever had accounts"),
  RECORD_PROOF_INVALID: violation("the proof of an enrolment or a fold does not verify"),
  FOLD_REFUND_REPEATED: violation("a refund was folded twice"),
  FOLD_STATE_NOT_CERTIFIED: violation("a signed fold builds on a state that the chain has not certified"),
  FEED_GAP: violation("the feed's positions have a gap"),
  FEED_REPEATED: violation("the feed shows a record twice"),
  FEED_DIFFERS: violation("the feed shows something else than the store"),
  DISPUTE_NOT_RECORDED: violation("a dispute on chain is not in the provider's books, or is there otherwise"),
  ANSWER_DIFFERS: violation("a dispute was answered with another refund than the ticket's own"),
  VIOLATION_NOT_REPORTED: warning("the store holds a violation that the chain does not have"),
  CLOSED_TICKET_MISSING: violation("a ticket that a close revealed is not in the provider's books"),
  CLOSE_UNCHALLENGED: warning("an account closed as if it had not used a ticket that the store has as spent"),
  OFFENCE_UNREPORTED: warning("the store holds proof against an account that nobody slashed"),
  CHARGES_EXCEED_DEPOSITS: violation("spent tickets cost more than all accounts ever deposited"),
  CHARGES_EXCEED_ESCROW: warning("the provider charged more than closed accounts paid it and open ones hold"),
  STORE_BEHIND: note("the store has not followed the chain to the audit's last block"),
} as const satisfies Readonly<Record<string, Kind>>;

export type FindingCode = keyof typeof FINDINGS;

/** Where something was found: on chain, or in the provider's books. */
export interface Place {
  readonly block?: number;
  readonly transaction?: string;
  readonly logIndex?: number;
  /** A table of the store, or "feed". */
  readonly table?: string;
  /** The record's key, or the feed's position. */
  readonly key?: string;
}

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** What it is about, in a few words: an account, a ticket, a sum. */
  readonly subject: string;
  readonly place: Place;
  readonly expected?: string;
  readonly found?: string;
}

/** What is compared: told as text. */
export type Value = string | number | bigint | boolean | undefined | readonly Value[];

export interface Difference {
  readonly expected?: Value;
  readonly found?: Value;
}

/** Lists are joined by blanks. */
export function valueText(value: Value): string {
  return typeof value === "object" ? value.map(valueText).join(" ") : String(value);
}

/** How many findings of one code are kept whole; the rest is counted. */
const KEPT_OF_A_CODE = 100;

/** Keeps what was found, in the order of its place, and counts what is more than anybody reads. */
export class Findings {
  readonly #kept: Finding[] = [];
  readonly #counts = new Map<FindingCode, number>();

  add(code: FindingCode, subject: string, place: Place, { expected, found }: Difference = {}): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count > KEPT_OF_A_CODE) return;
    this.#kept.push({
      code,
      severity: FINDINGS[code].severity,
      subject,
      place,
      ...(expected === undefined ? {} : { expected: valueText(expected) }),
      ...(found === undefined ? {} : { found: valueText(found) }),
    });
  }

  /** Violations first, then warnings, then notes; each in the order of the chain. */
  get all(): readonly Finding[] {
    const rank: Record<Severity, number> = { violation: 0, warning: 1, note: 2 };
    const block = ({ place }: Finding): number => place.block ?? Number.MAX_SAFE_INTEGER;
    return [...this.#kept].sort(
      (a, b) =>
        rank[a.severity] - rank[b.severity] || block(a) - block(b) || (a.place.logIndex ?? 0) - (b.place.logIndex ?? 0),
    );
  }

  /** How many of each code, those that are not kept included. */
  get counts(): ReadonlyMap<FindingCode, number> {
    return this.#counts;
  }

  countOf(severity: Severity): number {
    return [...this.#counts].reduce(
      (sum, [code, count]) => sum + (FINDINGS[code].severity === severity ? count : 0),
      0,
    );
  }
}
