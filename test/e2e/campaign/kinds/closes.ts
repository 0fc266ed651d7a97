// SPDX-License-Identifier: GPL-3.0-or-later
/** Closes of every sort, with and without the provider's consent; slashes; expiry. */
import type { CloseRequest } from "../../../../src/chain/index.ts";
import { shareOf } from "../../../../src/protocol/index.ts";
import { signCloseConsent } from "../../../../src/chain/index.ts";
import type { Name } from "../chain.ts";
import { C, DisputeStatus, FIELD, LIFETIME, P, Status, TICKETS, least } from "../ghost/index.ts";
import { chargesOf, holdsOf } from "../holder.ts";
import type { ClosePlan, Head, Holder } from "../holder.ts";
import { closeWithConsent, expire, finalizeClose, proveClose, slash, startClose } from "../moves.ts";
import type { Offence } from "../provider.ts";
import type { Scene } from "../scene.ts";
import type { Kind, Pick } from "./kind.ts";

// ------------------------------------------------------------------- PLANS

/** Signed, or certified and final. */
export const isClosable = ({ ghost }: Scene, { signature, hash }: Head): boolean =>
  signature !== undefined || ghost.folds.isFinal(hash);

/** The true j, and every refund of the latest state. */
export function honestPlan(scene: Scene, holder: Holder): ClosePlan {
  const head = isClosable(scene, holder.head) ? holder.head : undefined;
  const refunds = head === undefined ? [0n, 0n] : [chargesOf(head), holdsOf(head)];
  const [refundedCharges = 0n, refundedHolds = 0n] = refunds;
  return { firstUnused: holder.next, head, refundedCharges, refundedHolds, recipient: holder.address };
}

/** Nothing is lost by closing now. */
const isSettled = (scene: Scene, holder: Holder): boolean =>
  holder.unfolded.length === 0 &&
  (holder.head === holder.first || isClosable(scene, holder.head)) &&
  !holder.tickets.some(({ nullifier }) => scene.ghost.disputes.statusOf(nullifier) === DisputeStatus.Open);

/** What may pay and must not: a low j, another state, fewer refunds, a relayer, the alias for a recipient. */
export function anyPlan(scene: Scene, holder: Holder, pick: Pick): ClosePlan {
  const heads = holder.heads.filter((each) => isClosable(scene, each));
  const head = pick.oneIn(5) ? undefined : pick.of([...heads, heads.at(-1)]);
  const { next } = holder;
  const firstUnused = pick.of([
    next,
    next,
    Math.max(next - 1, 0),
    pick.below(next + 1),
    next + 3,
    pick.of([next, 65_536]),
  ]);
  const most = { charges: BigInt(firstUnused) * C, holds: BigInt(firstUnused) * P };
  const charges = head === undefined ? 0n : least(chargesOf(head), most.charges);
  const holds = head === undefined ? 0n : least(holdsOf(head), most.holds);
  const recipient = scene.addressOf(pick.of([holder.owner, accompliceOf(holder)]));
  const isPaid = pick.oneIn(3);
  return {
    firstUnused,
    head,
    refundedCharges: pick.oneIn(4) ? charges / 2n : charges,
    refundedHolds: pick.oneIn(4) ? holds / 2n : holds,
    recipient,
    ...(isPaid ? { relayer: scene.addressOf("watcher"), fee: pick.of([1n, 777n, 10n ** 9n]) } : {}),
  };
}

const accompliceOf = ({ owner }: Holder): Name => (owner === "mallory" ? "alias" : owner);

// ------------------------------------------------------------------ CLOSES

/** What the stranger makes of a close that he sees before it is mined: any part of it changed is refused. */
function copied(scene: Scene, request: CloseRequest, pick: Pick): CloseRequest {
  const stranger = scene.addressOf("stranger");
  const slot = pick.below(64);
  const coverKeys = request.coverKeys.map((key, at) => (at === slot ? (key + 1n) % FIELD : key));
  const other = scene.holders.find((holder) => holder.id !== request.identityCommitment && isOpen(scene, holder));
  return {
    ...request,
    ...pick.of([
      { recipient: stranger },
      { relayer: stranger, fee: request.fee + 1n },
      { relayer: stranger },
      { fee: request.fee + 1n, relayer: scene.addressOf("watcher") },
      { deadline: request.deadline - 1n },
      { firstUnused: request.firstUnused + 1n },
      { refundedCharges: request.refundedCharges + 1n, firstUnused: request.firstUnused + 1n },
      { refundedHolds: request.refundedHolds + 1n, firstUnused: request.firstUnused + 1n },
      { coverKeys },
      other === undefined ? { coverKeys } : { identityCommitment: other.id },
    ]),
  };
}

const isOpen = ({ ghost }: Scene, { id }: Holder): boolean => ghost.accounts.isOpen(id);
const isClosing = ({ ghost }: Scene, { id }: Holder): boolean => ghost.accounts.isClosing(id);

/** The provider agrees where no ticket that it recorded is revealed; a hostile one agrees to everything. */
function isAgreeable({ provider }: Scene, request: CloseRequest, { deposit }: Holder): boolean {
  if (provider.isSilent) return false;
  if (provider.mood !== "honest") return provider.mood === "hostile";
  const id = request.identityCommitment;
  return !provider.hasConvicted(id) && !provider.wouldConvict(request, deposit);
}

async function consented(scene: Scene, request: CloseRequest, pick: Pick): Promise<boolean> {
  const { pool } = scene.chain;
  const deadline = scene.next + BigInt(pick.of([0, 1_000]));
  const signature = await signCloseConsent(pool.provider, scene.chain.description, request, deadline);
  const shown = { request, isProven: true };
  if (pick.oneIn(2)) {
    const others = pick.of([
      {
        deadline: scene.ghost.now,
        signature: await signCloseConsent(pool.provider, scene.chain.description, request, scene.ghost.now),
        isSigned: true,
      },
      { deadline: deadline + 2n, signature, isSigned: false },
      {
        deadline: deadline + 2n,
        signature: await signCloseConsent(pool.user, scene.chain.description, request, deadline + 2n),
        isSigned: false,
      },
    ]);
    await closeWithConsent(scene, "stranger", shown, others);
  }
  const [late, again] = [
    scene.next + 500n,
    await signCloseConsent(pool.provider, scene.chain.description, request, scene.next + 500n),
  ];
  return closeWithConsent(scene, "watcher", shown, { deadline: late, signature: again, isSigned: true });
}

/** Proves a close and sends it, after the stranger tried to make it his. */
export async function close(scene: Scene, holder: Holder, plan: ClosePlan, pick: Pick): Promise<void> {
  if (plan.firstUnused < holder.next) holder.hasCheated = true;
  [holder.hasClosed, holder.plan] = [true, plan];
  const { status } = scene.ghost.accounts.all.get(holder.id) ?? {};
  holder.promise = status === Status.Active ? promiseOf(holder) : 0n;
  const request = await proveClose(scene, holder, plan);
  await startClose(scene, "stranger", { request: copied(scene, request, pick), isProven: false });
  if (pick.oneIn(4) && isAgreeable(scene, request, holder)) await consented(scene, request, pick);
  else await startClose(scene, pick.of([holder.owner, "watcher"]), { request, isProven: true });
}

/** P-03: D + S − j·hold + Rc + Rp, with every refund ticket that the account holds. The stake is what was paid beside D. */
function promiseOf({ deposit, next, tickets }: Holder): bigint {
  let promise = deposit;
  for (let ticket = 0; ticket < next; ticket++) promise -= C + P;
  for (const { refund } of tickets) promise += (refund?.refundedCharge ?? 0n) + (refund?.refundedHold ?? 0n);
  return promise;
}

const HONEST = new Set(["alice", "bob", "oscar"]);
export const isHonest = ({ owner }: Holder): boolean => HONEST.has(owner);

const mayClose = (scene: Scene, holder: Holder): boolean =>
  isOpen(scene, holder) &&
  !isClosing(scene, holder) &&
  !holder.hasClosed &&
  (!isHonest(holder) || isSettled(scene, holder));

const closing: Kind = {
  name: "close",
  weight: 8,
  isPossible: (scene) => scene.holders.some((holder) => mayClose(scene, holder)),
  async act(scene, pick) {
    const candidates = scene.holders.filter((holder) => mayClose(scene, holder));
    const dishonest = candidates.filter((holder) => !isHonest(holder));
    const holder = pick.of(dishonest.length > 0 && !pick.oneIn(4) ? dishonest : candidates);
    await close(scene, holder, isHonest(holder) ? honestPlan(scene, holder) : anyPlan(scene, holder, pick), pick);
  },
};

const pendingCloses = (scene: Scene): bigint[] =>
  scene.holders.filter((holder) => isClosing(scene, holder)).map(({ id }) => id);

const secondClose: Kind = {
  name: "touch a pending close",
  weight: 14,
  isPossible: (scene) => pendingCloses(scene).length > 0,
  async act(scene, pick) {
    const id = pick.of(pendingCloses(scene));
    const [request, holder] = [scene.closes.get(id) as CloseRequest, scene.holderOf(id) as Holder];
    if (pick.oneIn(4)) return void (await expire(scene, "stranger", id));
    // A provider and a cheater may act together.
    if (!isHonest(holder) && pick.oneIn(2)) scene.provider.mood = "hostile";
    if (scene.provider.mood === "hostile" && !isHonest(holder) && pick.oneIn(2)) {
      await consented(scene, await proveClose(scene, holder, otherPlan(scene, holder, pick)), pick);
    } else if (isAgreeable(scene, request, holder) && pick.oneIn(2)) await consented(scene, request, pick);
    else await startClose(scene, holder.owner, { request, isProven: true });
  },
};

/** Another close than the one that is pending: it pays somebody else, or another amount. */
function otherPlan(scene: Scene, holder: Holder, pick: Pick): ClosePlan {
  const plan = holder.plan ?? honestPlan(scene, holder);
  return {
    ...plan,
    ...pick.of([
      { recipient: scene.addressOf("shill") },
      { refundedCharges: 0n },
      { firstUnused: Math.min(plan.firstUnused + 1, Number(TICKETS)) },
      { relayer: scene.addressOf("watcher"), fee: (plan.fee ?? 0n) + 1n },
    ]),
  };
}

const finalizing: Kind = {
  name: "make a close final",
  weight: 5,
  isPossible: (scene) => pendingCloses(scene).length > 0,
  async act(scene, pick) {
    const id = pick.of(pendingCloses(scene));
    const { finalizableAt = 0n } = scene.ghost.accounts.all.get(id)?.close ?? {};
    await scene.waitUntil(finalizableAt - 1n);
    if (scene.next < finalizableAt) await finalizeClose(scene, "stranger", id);
    await scene.waitUntil(finalizableAt);
    await finalizeClose(scene, "watcher", id);
    if (pick.oneIn(3)) await finalizeClose(scene, "alias", id);
  },
};

// -------------------------------------------------------- SLASH AND EXPIRE

const watching: Kind = {
  name: "watch",
  weight: 6,
  isPossible: ({ provider }) => provider.convicted.length > 0 || (provider.mood === "honest" && provider.hasDuties),
  async act(scene, pick) {
    const { provider } = scene;
    if (provider.mood === "honest" && !pick.oneIn(3)) return provider.watch();
    const offence = provider.convicted[0];
    if (offence !== undefined) await slash(scene, "watcher", offence, scene.addressOf("watcher"));
  },
};

/** For the bounty, which an accomplice gets. */
export async function slashOneself(scene: Scene, holder: Holder): Promise<void> {
  const [index, key] = [holder.next, holder.ticketKey(holder.next)];
  const shares = [shareOf(holder.secret, key, 5n), shareOf(holder.secret, key, 6n)] as const;
  const offence: Offence = { identitySecret: holder.secret, id: holder.id, index, shares };
  holder.hasCheated = true;
  await slash(scene, "alias", offence, scene.addressOf(accompliceOf(holder)));
}

const mayBeSlashed = (scene: Scene, holder: Holder): boolean => !isHonest(holder) && isOpen(scene, holder);

const selfSlash: Kind = {
  name: "slash oneself for the bounty",
  weight: 2,
  isPossible: (scene) => scene.holders.some((each) => mayBeSlashed(scene, each)),
  async act(scene, pick) {
    const able = scene.holders.filter((each) => mayBeSlashed(scene, each));
    const expired = able.filter(({ id }) => scene.ghost.accounts.all.get(id)?.status === Status.Expired);
    const holder = pick.of(expired.length > 0 ? expired : able);
    await slashOneself(scene, holder);
    if (pick.oneIn(2)) await slashOneself(scene, holder);
  },
};

const expiring: Kind = {
  name: "expire an account",
  weight: 2,
  isPossible: ({ holders }) => holders.length > 0,
  async act(scene, pick) {
    const old = scene.holders.filter(({ id }) => {
      const { openedAt = 0n, status } = scene.ghost.accounts.all.get(id) ?? {};
      return status === Status.Active && openedAt + LIFETIME < scene.next + 8n * 3_600n;
    });
    const closing = scene.holders.filter((holder) => isClosing(scene, holder));
    const { id } = pick.of(
      [old, closing, scene.holders].find((some) => some.length > 0 && pick.oneIn(2)) ?? scene.holders,
    );
    const { openedAt = 0n } = scene.ghost.accounts.all.get(id) ?? {};
    const expirableAt = openedAt + LIFETIME;
    if (old.some((each) => each.id === id)) {
      await scene.waitUntil(expirableAt - 1n);
      if (scene.next < expirableAt) await expire(scene, "stranger", id);
      await scene.waitUntil(expirableAt);
    }
    await expire(scene, "stranger", id);
  },
};

export const CLOSE_KINDS: readonly Kind[] = [closing, secondClose, finalizing, watching, selfSlash, expiring];
