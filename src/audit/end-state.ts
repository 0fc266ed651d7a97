// SPDX-License-Identifier: GPL-3.0-or-later
/** The contracts' own books at one block, held against what the events up to it give. */
import type { PoolClient } from "../chain/index.ts";
import type { AccountModel } from "./account-model.ts";
import { short } from "./context.ts";
import type { DisputeModel } from "./dispute-model.ts";
import { valueText } from "./findings.ts";
import type { FindingCode, Findings, Place, Value } from "./findings.ts";
import type { FoldModel } from "./fold-model.ts";
import type { Money, Purpose } from "./money.ts";
import type { Progress } from "./progress.ts";

/** Accounts that are asked for together: the client asks in several calls at once. */
const BATCH = 800;
const NOBODY = `0x${"0".repeat(40)}`;

export interface Models {
  readonly client: PoolClient;
  readonly findings: Findings;
  readonly accounts: AccountModel;
  readonly disputes: DisputeModel;
  readonly folds: FoldModel;
  readonly money: Money;
}

interface At {
  readonly blockTag: number;
}

/** A block at which ledger, balance and tree were compared. */
export interface Compared {
  readonly block: number;
  /** What could be compared there: nothing where the endpoint has no longer its state. */
  readonly isRead: boolean;
}

class Comparison {
  readonly #findings: Findings;
  readonly #place: Place;

  constructor(findings: Findings, { blockTag }: At) {
    this.#findings = findings;
    this.#place = { block: blockTag };
  }

  same(code: FindingCode, subject: string, found: Value, expected: Value): void {
    const [left, right] = [valueText(found).toLowerCase(), valueText(expected).toLowerCase()];
    if (left !== right) this.#findings.add(code, subject, this.#place, { expected: right, found: left });
  }
}

/** Ledger, balance and tree. The token's transfers before the first block that was looked at are in `initialBalance`, if that is known. */
export async function compareHeads(models: Models, at: At, initialBalance: bigint | undefined): Promise<Compared> {
  const { client, findings, accounts, money } = models;
  const block = at.blockTag;
  try {
    const [ledger, balance, tree] = await Promise.all([
      client.ledger(at),
      client.token.balanceOf(client.pool.address, at),
      client.tree(at),
    ]);
    const comparison = new Comparison(findings, at);
    for (const [name, amount] of Object.entries(money.ledger)) {
      comparison.same("STATE_LEDGER", name, ledger[name as Purpose], amount);
    }
    comparison.same(...balanceCheck(balance, money.balance, initialBalance));
    const own = [accounts.tree.root, accounts.tree.count, accounts.tree.depth];
    comparison.same("STATE_TREE", "root, leaves and depth", [tree.root, tree.leafCount, tree.depth], own);
    return { block, isRead: true };
  } catch (error) {
    findings.add("STATE_UNREADABLE", "ledger, balance and tree", { block }, { found: (error as Error).message });
    return { block, isRead: false };
  }
}

/** Whoever sent tokens to the address before there was a pool made its balance more than its transfers give, and never less. */
function balanceCheck(found: bigint, moved: bigint, before: bigint | undefined): [FindingCode, string, bigint, bigint] {
  const isUnknown = before === undefined && found > moved;
  return [isUnknown ? "BALANCE_NOT_KNOWN" : "STATE_BALANCE", "the pool's tokens", found, moved + (before ?? 0n)];
}

/** Everything that has a getter: accounts, pending closes, disputes, violations, folds, credits, obligations. */
export async function compareAll(models: Models, at: At, progress: Progress): Promise<void> {
  const comparison = new Comparison(models.findings, at);
  const parts: readonly (readonly [string, () => Promise<void>])[] = [
    ["accounts", () => compareAccounts(models, at, comparison, progress)],
    ["disputes and violations", () => compareDisputes(models, at, comparison)],
    ["certified folds", () => compareFolds(models, at, comparison)],
    ["credits", () => compareCredits(models, at, comparison)],
    ["obligations", () => compareObligations(models, at, comparison)],
  ];
  for (const [name, compare] of parts) {
    try {
      await compare();
    } catch (error) {
      const found = (error as Error).message;
      models.findings.add("END_UNREADABLE", name, { block: at.blockTag }, { found });
    }
  }
}

async function compareAccounts(
  { client, accounts }: Models,
  at: At,
  comparison: Comparison,
  progress: Progress,
): Promise<void> {
  const { table, pending } = accounts;
  for (let start = 0; start < table.size; start += BATCH) {
    const indices = Array.from({ length: Math.min(BATCH, table.size - start) }, (_, offset) => start + offset);
    const keys = indices.map((index) => table.commitmentAt(index));
    const found = await client.accountsOf(keys, at);
    for (const [position, index] of indices.entries()) {
      const { status, deposit, stake, openedAt } = found[position] ?? {
        status: "none",
        deposit: 0n,
        stake: 0n,
        openedAt: 0n,
      };
      comparison.same(
        "STATE_ACCOUNT",
        `account ${short(table.commitmentAt(index))}`,
        [status, deposit, stake, openedAt],
        [table.statusAt(index), table.depositAt(index), table.stakeAt(index), table.openedAt(index)],
      );
    }
    progress.tell(
      () => `compared ${start + indices.length} of ${table.size} accounts with the contract at block ${at.blockTag}`,
    );
  }
  const keys = [...pending.keys()];
  const found = await client.pendingClosesOf(keys, at);
  for (const [position, key] of keys.entries()) {
    const { split, recipient, relayer, finalizableAt } = pending.get(key) as NonNullable<
      ReturnType<typeof pending.get>
    >;
    const known = found[position];
    const named = split.toRelayer === 0n ? NOBODY : relayer;
    comparison.same(
      "STATE_CLOSE",
      `account ${short(key)}`,
      known === undefined
        ? "none"
        : [known.toRecipient, known.toProvider, known.finalizableAt, known.recipient, known.fee, known.relayer],
      [split.toRecipient, split.toProvider, finalizableAt, recipient, split.toRelayer, named],
    );
  }
}

async function compareDisputes({ client, disputes }: Models, at: At, comparison: Comparison): Promise<void> {
  const keys = [...disputes.disputes.keys()];
  const found = await client.disputesOf(keys, at);
  for (const [position, key] of keys.entries()) {
    const { sessionAddress, resolvableAt, status, recipient, unpaid } = disputes.disputes.get(key) as NonNullable<
      ReturnType<typeof disputes.disputes.get>
    >;
    const known = found[position];
    comparison.same(
      "STATE_DISPUTE",
      `ticket ${short(key)}`,
      known === undefined
        ? "none"
        : [known.sessionAddress, known.resolvableAt, known.status, known.recipient, known.unpaid],
      [sessionAddress, resolvableAt, status, recipient, unpaid],
    );
  }
  const reported = [...disputes.violations.keys()];
  const hashes = await client.violationsOf(reported, at);
  for (const [position, key] of reported.entries()) {
    comparison.same(
      "STATE_DISPUTE",
      `ticket ${short(key)}`,
      hashes[position],
      disputes.violations.get(key)?.evidenceHash,
    );
  }
}

async function compareFolds({ client, folds }: Models, at: At, comparison: Comparison): Promise<void> {
  const states = [...folds.folds.keys()];
  const found = await client.foldsOf(states, at);
  for (const [position, state] of states.entries()) {
    const { status, finalizableAt } = folds.folds.get(state) as NonNullable<ReturnType<typeof folds.folds.get>>;
    const known = found[position];
    const told = known === undefined ? "none" : [known.status, known.finalizableAt];
    comparison.same("STATE_FOLD", `fold ${short(state)}`, told, [status, finalizableAt]);
  }
  if (folds.isUncertain) return;
  const nullifiers = [
    ...new Set([...folds.folds.values()].flatMap((fold) => [...fold.foldNullifiers]).concat([...folds.holders.keys()])),
  ];
  const holders = await client.foldHoldersOf(nullifiers, at);
  for (const [position, nullifier] of nullifiers.entries()) {
    comparison.same("STATE_FOLD", `refund ${short(nullifier)}`, holders[position], folds.holders.get(nullifier) ?? 0n);
  }
}

async function compareCredits({ client, money }: Models, at: At, comparison: Comparison): Promise<void> {
  for (const [recipient, amount] of money.credits) {
    comparison.same("STATE_CREDIT", recipient, await client.creditOf(recipient, at), amount);
  }
}

async function compareObligations({ client, disputes }: Models, at: At, comparison: Comparison): Promise<void> {
  const found = await client.obligations(at);
  const { openDisputes, unpaidAwards, unpaidPenalties, encumbered, free, notice } = disputes;
  comparison.same(
    "STATE_OBLIGATIONS",
    "open disputes, unpaid awards and penalties, encumbered, free, announced",
    [
      found.openDisputes,
      found.unpaidAwards,
      found.unpaidPenalties,
      found.encumbered,
      found.free,
      found.announcedWithdrawal,
      found.withdrawableAt,
    ],
    [openDisputes, unpaidAwards, unpaidPenalties, encumbered, free, notice.amount, notice.availableAt],
  );
}
