// SPDX-License-Identifier: GPL-3.0-or-later
/** The calls that only move money: deposits, the bond, revenue, claims, the fire; and whom the token refuses to pay. */
import type { Name } from "./chain.ts";
import { Fault } from "./fault.ts";
import { NOBODY, firstOf } from "./ghost/index.ts";
import type { Scene } from "./scene.ts";

export interface Opened {
  readonly id: bigint;
  readonly amount: bigint;
}

export function deposit(scene: Scene, by: Name, { id, amount }: Opened): Promise<boolean> {
  const { accounts } = scene.ghost;
  return scene.attempt({
    what: "deposit",
    by,
    transaction: scene.chain.pool.pool.deposit.populateTransaction(id, amount),
    refusal: () => accounts.refuseDeposit(id, amount),
    effect: () => accounts.deposit(scene.addressOf(by), id, amount, scene.ghost.now),
  });
}

export function depositBatch(scene: Scene, by: Name, opened: readonly Opened[]): Promise<boolean> {
  const { accounts } = scene.ghost;
  const ids = opened.map(({ id }) => id);
  const amounts = opened.map(({ amount }) => amount);
  return scene.attempt({
    what: "depositBatch",
    by,
    transaction: scene.chain.pool.pool.depositBatch.populateTransaction(ids, amounts),
    refusal() {
      const repeated = ids.findIndex((id, at) => ids.indexOf(id) < at);
      const refusals = opened.map(({ id, amount }, at) =>
        at === repeated ? "IdentityCommitmentUsed" : accounts.refuseDeposit(id, amount),
      );
      return firstOf([opened.length === 0, "BatchIsEmpty"]) ?? refusals.find((refusal) => refusal !== undefined);
    },
    effect() {
      for (const { id, amount } of opened) accounts.deposit(scene.addressOf(by), id, amount, scene.ghost.now);
    },
  });
}

export function postBond(scene: Scene, by: Name, amount: bigint): Promise<boolean> {
  return scene.attempt({
    what: "postBond",
    by,
    transaction: scene.chain.pool.pool.postBond.populateTransaction(amount),
    refusal: () => undefined,
    effect: () => scene.ghost.journal.move(`purse ${scene.addressOf(by)}`, "bond", amount, "bond posted"),
  });
}

export function announceBondWithdrawal(scene: Scene, by: Name, amount: bigint): Promise<boolean> {
  return scene.attempt({
    what: "announceBondWithdrawal",
    by,
    transaction: scene.chain.pool.disputes.announceBondWithdrawal.populateTransaction(amount),
    refusal: () => firstOf([by !== "provider", "NotProvider"]),
    effect: () => scene.ghost.disputes.announce(amount, scene.ghost.now),
  });
}

export function withdrawBond(scene: Scene, by: Name, to: string, amount: bigint): Promise<boolean> {
  const { disputes } = scene.ghost;
  return scene.attempt({
    what: "withdrawBond",
    by,
    transaction: scene.chain.pool.disputes.withdrawBond.populateTransaction(to, amount),
    refusal: () => disputes.refuseWithdrawBond(scene.addressOf(by), to, amount, scene.ghost.now),
    effect: () => disputes.withdrawBond(to, amount),
  });
}

export function withdrawRevenue(scene: Scene, by: Name, to: string, amount: bigint): Promise<boolean> {
  const { disputes, journal } = scene.ghost;
  return scene.attempt({
    what: "withdrawRevenue",
    by,
    transaction: scene.chain.pool.disputes.withdrawRevenue.populateTransaction(to, amount),
    refusal: () => disputes.refuseWithdrawRevenue(scene.addressOf(by), to, amount),
    effect: () => journal.move("revenue", `purse ${to}`, amount, "revenue withdrawn"),
  });
}

export function burn(scene: Scene, by: Name): Promise<boolean> {
  const { journal } = scene.ghost;
  return scene.attempt({
    what: "burn",
    by,
    transaction: scene.chain.pool.pool.burn.populateTransaction(),
    refusal: () => firstOf([journal.in("fire") === 0n, "NothingToBurn"]),
    effect: () => journal.move("fire", "ashes", journal.in("fire"), "burned"),
  });
}

/** `to` must be one whom the token pays. */
export function claim(scene: Scene, by: Name, to: string): Promise<boolean> {
  const { journal } = scene.ghost;
  const credit = `credit ${scene.addressOf(by)}` as const;
  return scene.attempt({
    what: "claim",
    by,
    transaction: scene.chain.pool.pool.claim.populateTransaction(to),
    refusal: () =>
      firstOf(
        [to === NOBODY || to === scene.chain.address, "RecipientRefused"],
        [journal.in(credit) === 0n, "NothingToClaim"],
        [journal.blocked.has(to), "Blocked"],
      ),
    effect: () => journal.move(credit, `purse ${to}`, journal.in(credit), `claimed by ${scene.addressOf(by)}`),
  });
}

/** From now on the token refuses to pay this person, by reverting or by saying false; or pays again. */
export async function setMood(scene: Scene, name: Name, isBlocked: boolean, isQuiet = false): Promise<void> {
  const { blocked } = scene.ghost.journal;
  const address = scene.addressOf(name);
  const refused = await scene.chain.send(
    scene.addressOf("stranger"),
    await scene.chain.setMood(address, isBlocked, isQuiet ? 2 : 1),
    scene.next,
  );
  if (refused !== undefined) throw new Fault(`the token's mood cannot be set: ${refused}`);
  scene.ghost.now = scene.next;
  if (isBlocked) blocked.add(address);
  else blocked.delete(address);
}
