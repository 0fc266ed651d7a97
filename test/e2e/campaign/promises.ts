// SPDX-License-Identifier: GPL-3.0-or-later
/** Whether the promises were kept, at the end of a run, in tokens that people hold. */
import type { Name } from "./chain.ts";
import { Fault } from "./fault.ts";
import { isCareful } from "./finale.ts";
import { Status } from "./ghost/index.ts";
import type { Holder } from "./holder.ts";
import type { Scene } from "./scene.ts";

function demand(isKept: boolean, promise: string): void {
  if (!isKept) throw new Fault(promise);
}

const stakeOf = ({ ghost }: Scene, { id }: Holder): bigint => ghost.accounts.all.get(id)?.stake ?? 0n;
const statusOf = ({ ghost }: Scene, { id }: Holder): bigint => ghost.accounts.all.get(id)?.status ?? Status.None;

/** How much more, or less, some people have than at the start, what they had sent elsewhere included. */
async function gainOf(scene: Scene, names: readonly Name[]): Promise<bigint> {
  const { token } = scene.chain.pool;
  let gain = 0n;
  for (const name of names) {
    const address = scene.addressOf(name);
    gain += (await token.balanceOf(address)) - scene.chain.rich;
    gain += scene.ghost.journal.sum(({ why, to }) => why === `claimed by ${address}` && to !== `purse ${address}`);
  }
  return gain;
}

function priceOf(scene: Scene, isMeant: (holder: Holder) => boolean): bigint {
  return scene.holders.filter(isMeant).reduce((sum, holder) => sum + holder.deposit + stakeOf(scene, holder), 0n);
}

/** What the accounts of somebody cost him, and what a sponsor paid for them. */
const paidBy = (scene: Scene, name: Name): bigint =>
  priceOf(scene, ({ owner, isSponsored }) => owner === name && !isSponsored);
const givenTo = (scene: Scene, name: Name): bigint =>
  priceOf(scene, ({ owner, isSponsored }) => owner === name && isSponsored);

/** P-03 and P-04. */
async function checkHonest(scene: Scene): Promise<void> {
  for (const holder of scene.holders) {
    if (!isCareful(holder) && holder.owner !== "oscar") continue;
    demand(statusOf(scene, holder) !== Status.Slashed, `P-04: an account of ${holder.owner} was slashed`);
    demand(!isCareful(holder) || statusOf(scene, holder) === Status.Closed, `P-03: ${holder.owner} could not leave`);
  }
  for (const name of ["alice", "bob", "oscar"] as const) {
    const closed = scene.holders.filter((each) => each.owner === name && statusOf(scene, each) === Status.Closed);
    const promised = closed.reduce((sum, each) => sum + (each.promise ?? 0n) + stakeOf(scene, each), 0n);
    const gain = await gainOf(scene, [name]);
    const least = promised - paidBy(scene, name);
    demand(gain >= least, `P-03: ${name} is ${gain} up, and at least ${least} was promised`);
    scene.tally.noteEnd(`${name}: paid ${gain === least ? "what" : "more than"} P-03 promises`);
  }
}

/** What the account was charged for tickets that were served. */
const servedTo = ({ provider }: Scene, holder: Holder): bigint =>
  [...provider.entries.values()].reduce(
    (sum, { ticket, charge }) => sum + (ticket.holder === holder ? charge : 0n),
    0n,
  );

/** P-05: where nothing was neglected, every served ticket was paid for out of its own account. */
function checkProvider(scene: Scene): void {
  for (const holder of scene.holders) {
    if (scene.neglected.has(holder.id)) {
      scene.tally.noteEnd("account: the provider missed a window");
      continue;
    }
    const paid = scene.ghost.journal.sum(
      ({ from, to }) => to === "revenue" && (from === `deposit ${holder.id}` || from === `stake ${holder.id}`),
    );
    const served = servedTo(scene, holder);
    demand(paid >= served, `P-05: ${holder.owner} paid ${paid} for tickets of ${served}`);
    const names = ["never opened", "open", "expired", "closed", "slashed"];
    scene.tally.noteEnd(`account: ${names[Number(statusOf(scene, holder))]}, the provider paid in full`);
  }
}

/** P-06: a cheater with an alias never has more than an honest user would, and less once it was caught. */
async function checkCheater(scene: Scene): Promise<void> {
  const own = scene.holders.filter(({ owner }) => owner === "mallory");
  if (scene.winners.has("mallory") || own.some(({ id }) => scene.neglected.has(id))) {
    scene.tally.noteEnd("cheater: the provider missed a window");
    return;
  }
  const given = givenTo(scene, "mallory");
  const served = own.reduce((sum, holder) => sum + servedTo(scene, holder), 0n);
  const gain = (await gainOf(scene, ["mallory", "alias"])) - given;
  const wasSlashed = own.some((holder) => statusOf(scene, holder) === Status.Slashed);
  demand(gain <= -served, `P-06: the cheater is ${gain} up, having had ${served} of services`);
  demand(!wasSlashed || gain < -served, "P-06: being slashed cost nothing");
  scene.tally.noteEnd(wasSlashed ? "cheater: slashed, and lost" : "cheater: gained nothing");
}

/** P-06: a provider and its own account have no more than others paid to it, less what its lost disputes had burned. */
async function checkShill(scene: Scene): Promise<void> {
  const { journal } = scene.ghost;
  const shills = scene.holders.filter(({ owner }) => owner === "shill").map(({ id }) => id);
  const isOthers = (pot: string): boolean =>
    /^(deposit|stake) /.test(pot) && !shills.some((id) => pot.endsWith(` ${id}`));
  const provider = `purse ${scene.addressOf("provider")}`;
  const earned = journal.sum(({ from, to }) => isOthers(from) && (to === "revenue" || to === provider));
  const donated = journal.sum(({ to, from }) => to === "bond" && from !== provider);
  const penalties = journal.sum(({ why }) => why === "penalty");
  const left = journal.in("bond") + journal.in("revenue");
  const gain = (await gainOf(scene, ["provider", "shill"])) + left - givenTo(scene, "shill");
  demand(gain <= earned + donated - penalties, `P-06: the provider is ${gain} up, having earned ${earned}`);
  if (scene.winners.has("shill")) scene.tally.noteEnd("provider: lost a dispute to itself, and paid");
}

export async function checkPromises(scene: Scene): Promise<void> {
  await checkHonest(scene);
  checkProvider(scene);
  await checkCheater(scene);
  await checkShill(scene);
}
