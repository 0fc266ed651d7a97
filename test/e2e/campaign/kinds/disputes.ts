// SPDX-License-Identifier: GPL-3.0-or-later
/** Disputes: over refunds that were withheld, and over tickets that deserve none; answers right and wrong. */
import { Wallet } from "ethers";

import { CALL_TYPES, domainOf } from "../../../../src/protocol/index.ts";
import { NO_PROOF } from "../arguments.ts";
import { C, DisputeStatus, NOBODY, P, UNIT } from "../ghost/index.ts";
import { REQUEST_HASH } from "../holder.ts";
import type { Holder, RefundSlip, Session } from "../holder.ts";
import { answer, collectPenalties, payAward, proveOpening, reportViolation, resolve, showOpening } from "../moves.ts";
import type { Opening, VoucherShown } from "../moves.ts";
import type { Scene } from "../scene.ts";
import type { Kind, Pick } from "./kind.ts";

const isUndisputed = ({ ghost }: Scene, { nullifier }: Session): boolean =>
  ghost.disputes.statusOf(nullifier) === DisputeStatus.None;

/** An honest user, whose ticket was taken and not refunded, by a provider that does not answer. */
function grievances(scene: Scene): Session[] {
  const { provider, ghost } = scene;
  return scene.holders
    .filter(
      ({ owner, id, hasClosed }) =>
        ["alice", "bob", "oscar"].includes(owner) && ghost.accounts.isOpen(id) && !hasClosed,
    )
    .flatMap(({ tickets }) => tickets)
    .filter((ticket) => ticket.refund === undefined && isUndisputed(scene, ticket))
    .filter(({ nullifier }) => provider.mood !== "honest" || !provider.entries.has(nullifier));
}

/** Tickets of cheaters, and of the provider's own account: refunded ones, ones of closed accounts, ones that were never handed in. */
function pretexts(scene: Scene): Session[] {
  return scene.holders
    .filter(({ owner }) => owner === "mallory" || owner === "shill")
    .flatMap((holder) => [...holder.tickets, ...unused(holder)])
    .filter((session) => isUndisputed(scene, session));
}

const unused = (holder: Holder): Session[] => (holder.canProve(holder.next) ? [holder.session(holder.next)] : []);

/** What the stranger makes of a dispute that he sees before it is mined. */
function copied(scene: Scene, opening: Opening, pick: Pick): Opening {
  const stranger = scene.addressOf("stranger");
  const { session } = opening;
  const wallet = new Wallet(`0x${"77".repeat(32)}`);
  const share = { ...session.share, y: session.share.y + 1n };
  return pick.of<Opening>([
    { ...opening, recipient: stranger, isSigned: false },
    { ...opening, session: { ...session, wallet }, isSigned: false },
    { ...opening, session: { ...session, nullifier: session.nullifier + 1n }, isSigned: false },
    { ...opening, session: { ...session, share }, isProven: false },
    { ...opening, recipient: NOBODY, isSigned: false },
    { ...opening, proof: NO_PROOF, isProven: false },
  ]);
}

export async function dispute(scene: Scene, session: Session, recipient: string, pick: Pick): Promise<void> {
  const opening = await proveOpening(scene, session, recipient);
  await showOpening(scene, "stranger", copied(scene, opening, pick));
  await showOpening(scene, session.holder.owner, opening);
  session.holder.next = Math.max(session.holder.next, session.index + 1);
  await wrongAnswer(scene, session, pick);
}

const grieving: Kind = {
  name: "dispute a refund that is due",
  weight: 8,
  isPossible: (scene) => grievances(scene).length > 0,
  async act(scene, pick) {
    const session = pick.of(grievances(scene));
    await dispute(scene, session, session.holder.address, pick);
  },
};

const pretending: Kind = {
  name: "dispute without a reason",
  weight: 4,
  isPossible: (scene) => pretexts(scene).length > 0,
  async act(scene, pick) {
    const session = pick.of(pretexts(scene));
    const { holder, index } = session;
    const isDouble = holder.owner === "mallory" && holder.spendable !== undefined && pick.oneIn(4);
    if (isDouble) holder.hasCheated = true;
    const chosen = isDouble ? holder.session(index, 1n) : session;
    const recipient = pick.of([holder.owner, holder.owner === "mallory" ? "alias" : holder.owner] as const);
    await dispute(scene, chosen, scene.addressOf(recipient), pick);
  },
};

const known = ({ ghost }: Scene, status: bigint): bigint[] =>
  [...ghost.disputes.all].filter(([, each]) => each.status === status).map(([nullifier]) => nullifier);

const redisputing: Kind = {
  name: "dispute a ticket again",
  weight: 1,
  isPossible: ({ disputed }) => disputed.size > 0,
  async act(scene, pick) {
    const session = pick.of([...scene.disputed.values()]);
    await showOpening(scene, "alias", await proveOpening(scene, session, session.holder.address));
  },
};

const answering: Kind = {
  name: "answer a dispute",
  weight: 10,
  isPossible: (scene) => scene.provider.mood !== "asleep" && known(scene, DisputeStatus.Open).length > 0,
  async act(scene, pick) {
    const nullifier = pick.of(known(scene, DisputeStatus.Open));
    for (let wrong = 0; wrong < 3; wrong++) await wrongAnswer(scene, scene.disputed.get(nullifier) as Session, pick);
    const { resolvableAt } = scene.ghost.disputes.all.get(nullifier) as { resolvableAt: bigint };
    if (pick.oneIn(3)) await scene.waitUntil(resolvableAt - 1n);
    const isOpen = scene.ghost.disputes.statusOf(nullifier) === DisputeStatus.Open;
    if (isOpen && scene.provider.canAnswer(nullifier) && (scene.provider.mood === "honest" || pick.oneIn(2))) {
      await scene.provider.answer(nullifier);
    }
  },
};

/** A voucher for more than the session agreed to, signed by somebody else. */
async function forgedVoucher(scene: Scene, { nullifier }: Session): Promise<string> {
  const call = { nullifier, sequence: 1n, cap: C, requestHash: REQUEST_HASH };
  return new Wallet(`0x${"77".repeat(32)}`).signTypedData(domainOf(scene.chain.description), CALL_TYPES, call);
}

async function wrongAnswer(scene: Scene, session: Session, pick: Pick): Promise<void> {
  const entry = scene.provider.entries.get(session.nullifier);
  const isSame = entry?.sessionAddress === session.wallet.address;
  const voucher = isSame ? { cap: entry.cap, voucher: entry.voucher } : { cap: 0n, voucher: "0x" };
  const slip = (refundedCharge: bigint, refundedHold: bigint): RefundSlip =>
    scene.provider.signRefund(session.nullifier, refundedCharge, refundedHold);
  const send = (refund: RefundSlip, shown: VoucherShown = voucher): Promise<boolean> =>
    answer(scene, "stranger", session, refund, shown, false);
  const forged = { cap: C, voucher: await forgedVoucher(scene, session), isVoucherSigned: false };
  await pick.of([
    () => send(slip(C + UNIT, P)),
    () => send(slip(C - 1n, P)),
    () => send(slip(C - voucher.cap - UNIT < 0n ? C - UNIT : C - voucher.cap - UNIT, P)),
    () => send(slip(C - UNIT, P), forged),
    () => send(slip(C - UNIT, P), { ...voucher, cap: C, isVoucherSigned: isSame && voucher.cap === C }),
    () => send(slip(C, P / 2n)),
    () => send(slip(C, 0n)),
    () => send(slip(C, P)),
    () => send({ ...slip(C, P), refundedCharge: C - UNIT }),
    () => reportViolation(scene, "provider", session.nullifier, `0x${"e8".repeat(32)}`),
  ])();
}

const resolving: Kind = {
  name: "resolve a dispute",
  weight: 6,
  isPossible: (scene) => known(scene, DisputeStatus.Open).length > 0,
  async act(scene, pick) {
    const nullifier = pick.of(known(scene, DisputeStatus.Open));
    const { resolvableAt } = scene.ghost.disputes.all.get(nullifier) as { resolvableAt: bigint };
    await scene.waitUntil(resolvableAt - 1n);
    if (scene.next < resolvableAt) await resolve(scene, "watcher", nullifier);
    await scene.waitUntil(resolvableAt);
    const isLate = scene.provider.mood === "hostile" && pick.oneIn(2);
    // It was open for a whole window: an answer now is too late.
    if (isLate) await scene.provider.answer(nullifier);
    await resolve(scene, "watcher", nullifier);
  },
};

const paying: Kind = {
  name: "pay an award or a penalty",
  weight: 4,
  isPossible: (scene) => scene.disputed.size > 0,
  async act(scene, pick) {
    const unpaid = known(scene, DisputeStatus.Lost).filter(
      (nullifier) => scene.ghost.disputes.unpaidOf(nullifier) > 0n,
    );
    if (pick.oneIn(3)) return void (await collectPenalties(scene, "stranger"));
    await payAward(scene, "stranger", pick.of(unpaid.length > 0 ? unpaid : [...scene.disputed.keys()]));
  },
};

export const DISPUTE_KINDS: readonly Kind[] = [grieving, pretending, redisputing, answering, resolving, paying];
