// SPDX-License-Identifier: GPL-3.0-or-later
/** How a run begins and ends: who opens accounts; everybody out. */
import type { Name } from "./chain.ts";
import { DisputeStatus, FoldStatus, HOLD, LIFETIME, Status, least } from "./ghost/index.ts";
import type { Holder } from "./holder.ts";
import { anyPlan, close, honestPlan, isHonest, slashOneself } from "./kinds/closes.ts";
import { fold } from "./kinds/folds.ts";
import type { Pick } from "./kinds/kind.ts";
import { open, warmUp } from "./kinds/tickets.ts";
import { announceBondWithdrawal, burn, claim, postBond, setMood, withdrawBond, withdrawRevenue } from "./money.ts";
import { collectPenalties, expire, finalizeClose, finalizeFold, payAward, resolve } from "./moves.ts";
import type { Scene } from "./scene.ts";

/** Alice and Bob do everything right; Oscar does too, but forgets to close in time. */
export const isCareful = ({ owner }: Holder): boolean => owner === "alice" || owner === "bob";

export interface Beginning {
  readonly deposits: readonly [bigint, bigint, bigint, bigint];
  readonly bond: bigint;
  /** How many tickets each account has used. */
  readonly used: readonly number[];
}

/** The accounts of Oscar and of the cheater are almost at the end of their lives when the others open theirs. */
export async function prologue(scene: Scene, { deposits, bond, used }: Beginning, pick: Pick): Promise<void> {
  const [oscar, alice, bob, mallory] = deposits;
  await open(
    scene,
    [
      ["oscar", oscar],
      ["mallory", 2n * HOLD],
    ],
    "watcher",
  );
  await scene.waitUntil(scene.next + LIFETIME - 5n * 3_600n);
  await open(scene, [
    ["alice", alice],
    ["bob", bob],
    ["mallory", mallory],
  ]);
  await postBond(scene, "provider", bond);
  for (const [at, holder] of scene.holders.entries()) await warmUp(scene, holder, used[at] ?? 0, pick);
}

// ------------------------------------------------------------- THE WAY OUT

/** From now on the provider signs nothing; it looks at the chain, or not even that. Everybody leaves. */
export async function epilogue(scene: Scene, pick: Pick): Promise<void> {
  scene.provider.mood = pick.oneIn(4) ? "asleep" : "honest";
  scene.provider.isSilent = true;
  await settleDisputes(scene);
  await leave(scene, pick);
  await settleAccounts(scene, pick);
  await empty(scene);
}

const isActive = ({ ghost }: Scene, { id }: Holder): boolean =>
  ghost.accounts.all.get(id)?.status === Status.Active && !ghost.accounts.isClosing(id);

async function settleDisputes(scene: Scene): Promise<void> {
  for (const [nullifier, { resolvableAt }] of scene.ghost.disputes.all) {
    const isOpen = (): boolean => scene.ghost.disputes.statusOf(nullifier) === DisputeStatus.Open;
    if (isOpen()) await scene.waitUntil(resolvableAt);
    if (isOpen()) await resolve(scene, "stranger", nullifier);
  }
}

/** Honest users certify what refunds they have, wait, and close; of the others some close. */
async function leave(scene: Scene, pick: Pick): Promise<void> {
  const honest = scene.holders.filter((each) => isCareful(each) && isActive(scene, each));
  for (const holder of honest) {
    while (holder.unfolded.length > 0) await fold(scene, holder, holder.head, holder.unfolded.slice(0, 4));
  }
  await finishFolds(scene);
  for (const holder of honest) await close(scene, holder, honestPlan(scene, holder), pick);
  for (const holder of scene.holders) {
    if (holder.owner !== "oscar" && isActive(scene, holder) && pick.oneIn(2)) {
      await close(scene, holder, anyPlan(scene, holder, pick), pick);
    }
  }
}

/** In the order in which they were certified: what builds on another comes after it. */
async function finishFolds(scene: Scene): Promise<void> {
  const { all } = scene.ghost.folds;
  for (const state of [...all.keys()]) {
    await scene.waitUntil(all.get(state)?.finalizableAt ?? 0n);
    const shown = all.get(state);
    if (shown?.status === FoldStatus.Pending) await finalizeFold(scene, "stranger", shown);
  }
}

/** What is closing is closed; what nobody closes expires, and may then be closed for its stake. */
async function settleAccounts(scene: Scene, pick: Pick): Promise<void> {
  const { accounts } = scene.ghost;
  const finish = async (id: bigint): Promise<void> => {
    await scene.waitUntil(accounts.all.get(id)?.close?.finalizableAt ?? 0n);
    if (accounts.isClosing(id)) await finalizeClose(scene, "stranger", id);
  };
  for (const id of accounts.all.keys()) await finish(id);
  for (const [id, account] of accounts.all) {
    if (account.status !== Status.Active) continue;
    await scene.waitUntil(account.openedAt + LIFETIME);
    if (accounts.all.get(id)?.status === Status.Active) await expire(scene, "stranger", id);
  }
  const late = scene.holders.filter(({ id }) => accounts.all.get(id)?.status === Status.Expired);
  for (const holder of late.slice(0, 1 + pick.below(2))) {
    if (isHonest(holder) || pick.oneIn(2)) {
      await close(
        scene,
        holder,
        { ...honestPlan(scene, holder), head: undefined, refundedCharges: 0n, refundedHolds: 0n },
        pick,
      );
      await finish(holder.id);
    } else await slashOneself(scene, holder);
  }
}

/** Awards are paid, credits claimed, the provider takes what is free, the rest is burned. */
async function empty(scene: Scene): Promise<void> {
  const { disputes, journal } = scene.ghost;
  for (const name of Object.keys(scene.chain.people) as Name[]) {
    const address = scene.addressOf(name);
    if (journal.blocked.has(address)) await setMood(scene, name, false);
    if (journal.in(`credit ${address}`) > 0n) await claim(scene, name, address);
  }
  for (const nullifier of disputes.all.keys()) {
    if (disputes.refusePayAward(nullifier) === undefined) await payAward(scene, "stranger", nullifier);
  }
  if (disputes.refuseCollect() === undefined) await collectPenalties(scene, "stranger");
  const provider = scene.addressOf("provider");
  const free = (pot: "bond" | "revenue"): bigint => least(disputes.free(), journal.in(pot));
  await announceBondWithdrawal(scene, "provider", journal.in("bond"));
  await scene.waitUntil(disputes.notice.availableAt);
  await withdrawBond(scene, "provider", provider, free("bond"));
  await withdrawRevenue(scene, "provider", provider, free("revenue"));
  if (journal.in("fire") > 0n) await burn(scene, "stranger");
}
