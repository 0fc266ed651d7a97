// SPDX-License-Identifier: GPL-3.0-or-later
/** Everything that the chain says, held against the books: P-01, P-02, and every account, close, fold, dispute and debt. */
import { Fault } from "./fault.ts";
import { NOBODY, DEAD } from "./ghost/index.ts";
import type { Scene } from "./scene.ts";

function same(what: string, found: unknown, expected: unknown): void {
  const [left, right] = [String(found), String(expected)];
  if (left !== right) throw new Fault(`${what}: the chain says ${left}, the books ${right}`);
}

export async function audit(scene: Scene): Promise<void> {
  await Promise.all([auditMoney(scene), auditAccounts(scene), auditFolds(scene), auditDisputes(scene)]);
}

/** P-01: the balance is the ledger's sum, and both are what the books say. P-02: what came in is here or with people. */
async function auditMoney({ chain, ghost: { journal } }: Scene): Promise<void> {
  const { pool, token } = chain.pool;
  const [ledger, balance, burned] = await Promise.all([pool.ledger(), token.balanceOf(pool), token.balanceOf(DEAD)]);
  const books = {
    escrowed: journal.inAll("deposit ") + journal.inAll("stake "),
    undelivered: journal.inAll("credit "),
    revenue: journal.in("revenue"),
    bond: journal.in("bond"),
    awaitingBurn: journal.in("fire"),
  };
  for (const [name, value] of Object.entries(books)) same(name, ledger[name as keyof typeof books], value);
  const owed = Object.values(books).reduce((sum, value) => sum + value, 0n);
  same("P-01: the pool's tokens", balance, owed);
  same("burned", burned, journal.in("ashes"));
  const people = Object.entries(chain.people);
  const held = await Promise.all(
    people.map(async ([name, address]) => {
      const [purse, credit] = await Promise.all([token.balanceOf(address), pool.creditOf(address)]);
      same(`the tokens of ${name}`, purse, journal.in(`purse ${address}`));
      same(`the credit of ${name}`, credit, journal.in(`credit ${address}`));
      return purse;
    }),
  );
  const total = held.reduce((sum, purse) => sum + purse, balance + burned);
  same("P-02: what came in", total, chain.rich * BigInt(people.length));
}

async function auditAccounts({ chain, ghost: { accounts } }: Scene): Promise<void> {
  const ids = [...accounts.all.keys()];
  const { pool, settlement } = chain.pool;
  const [found, pending, leaves] = await Promise.all([
    pool.accountsOf(ids),
    settlement.pendingClosesOf(ids),
    pool.leafCount(),
  ]);
  same("leaves", leaves, ids.length);
  ids.forEach((id, at) => {
    const { deposit, stake, openedAt, status, close } = accounts.all.get(id) as NonNullable<
      ReturnType<typeof accounts.all.get>
    >;
    same(`account ${id}`, found[at], [deposit, stake, openedAt, status]);
    const c = close ?? { toRecipient: 0, toProvider: 0, finalizableAt: 0, recipient: NOBODY, fee: 0, relayer: NOBODY };
    const books = [c.toRecipient, c.toProvider, c.finalizableAt, c.recipient, c.fee, c.relayer];
    same(`the pending close of ${id}`, pending[at], books);
  });
}

async function auditFolds({ chain, ghost: { folds } }: Scene): Promise<void> {
  const states = [...folds.all.keys()];
  const nullifiers = [...new Set([...folds.all.values()].flatMap(({ foldNullifiers }) => [...foldNullifiers]))];
  nullifiers.push(...[...folds.holders.keys()].filter((nullifier) => !nullifiers.includes(nullifier)));
  if (nullifiers.length === 0) return;
  const { settlement } = chain.pool;
  const [found, holders] = await Promise.all([settlement.foldsOf(states), settlement.foldHoldersOf(nullifiers)]);
  states.forEach((state, at) => {
    const { finalizableAt, status } = folds.all.get(state) ?? { finalizableAt: 0n, status: 0n };
    same(`fold ${state}`, [found[at]?.finalizableAt, found[at]?.status], [finalizableAt, status]);
  });
  same(
    "who holds which fold nullifiers",
    holders,
    nullifiers.map((nullifier) => folds.holders.get(nullifier) ?? 0n),
  );
}

async function auditDisputes({ chain, ghost: { disputes } }: Scene): Promise<void> {
  const nullifiers = [...disputes.all.keys()];
  const reported = [...disputes.violations.keys()];
  const { disputes: contract } = chain.pool;
  const [found, violations, obligations] = await Promise.all([
    contract.disputesOf(nullifiers),
    contract.violationsOf(reported),
    contract.obligations(),
  ]);
  nullifiers.forEach((nullifier, at) => {
    const dispute = disputes.all.get(nullifier) as NonNullable<ReturnType<typeof disputes.all.get>>;
    const { sessionAddress, resolvableAt, status, recipient } = dispute;
    const books = [sessionAddress, resolvableAt, status, recipient, disputes.unpaidOf(nullifier)];
    same(`dispute ${nullifier}`, found[at], books);
  });
  same("violations", violations, [...disputes.violations.values()]);
  same("what the provider answers for", obligations, [
    disputes.openDisputes(),
    disputes.unpaidAwards(),
    disputes.unpaidPenalties(),
    disputes.encumbered(),
    disputes.free(),
    disputes.notice.amount,
    disputes.notice.availableAt,
  ]);
}
