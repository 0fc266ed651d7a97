// SPDX-License-Identifier: GPL-3.0-or-later
/** Money, time and moods; and calls that nobody may make. */
import type { CloseRequest } from "../../../../src/chain/index.ts";
import { NO_PROOF } from "../arguments.ts";
import type { Name } from "../chain.ts";
import { AMOUNT_LIMIT, C, DisputeStatus, FIELD, FoldStatus, HOLD, NOBODY, P, TICKETS } from "../ghost/index.ts";
import { DEADLINE } from "../holder.ts";
import { announceBondWithdrawal, burn, claim, postBond, setMood, withdrawBond, withdrawRevenue } from "../money.ts";
import { closeWithConsent, finalizeClose, showOpening, showSlash, startClose } from "../moves.ts";
import type { Scene } from "../scene.ts";
import type { Kind } from "./kind.ts";

const always = (): boolean => true;

const posting: Kind = {
  name: "post bond",
  weight: 1,
  isPossible: always,
  async act(scene, pick) {
    await postBond(scene, pick.of(["provider", "stranger"]), BigInt(1 + pick.below(Number(3n * HOLD))));
  },
};

const announcing: Kind = {
  name: "announce and withdraw bond",
  weight: 2,
  isPossible: ({ ghost }) => ghost.journal.in("bond") > 0n,
  async act(scene, pick) {
    const { disputes, journal } = scene.ghost;
    const provider = scene.addressOf("provider");
    const { amount, availableAt } = disputes.notice;
    if (amount === 0n || pick.oneIn(4)) {
      await announceBondWithdrawal(scene, pick.of(["provider", "provider", "stranger"]), journal.in("bond") + 1n);
      return;
    }
    const [by, to] = pick.of<[Name, string]>([
      ["provider", provider],
      ["provider", provider],
      ["provider", provider],
      ["stranger", scene.addressOf("stranger")],
      ["provider", NOBODY],
      ["provider", scene.chain.address],
    ]);
    const most = disputes.free() < journal.in("bond") ? disputes.free() : journal.in("bond");
    const wanted = pick.of([most, most, disputes.free() + 1n, amount + 1n, most / 2n]);
    await scene.waitUntil(availableAt - 1n);
    if (scene.next < availableAt) await withdrawBond(scene, by, to, wanted);
    await scene.waitUntil(availableAt);
    await withdrawBond(scene, by, to, wanted);
  },
};

const withdrawing: Kind = {
  name: "withdraw revenue",
  weight: 3,
  isPossible: ({ ghost }) => ghost.disputes.funds() > 0n,
  async act(scene, pick) {
    const { disputes, journal } = scene.ghost;
    const provider = scene.addressOf("provider");
    const [by, to] = pick.of<[Name, string]>([
      ["provider", provider],
      ["provider", provider],
      ["stranger", scene.addressOf("stranger")],
      ["provider", NOBODY],
      ["provider", scene.chain.address],
    ]);
    const most = disputes.free() < journal.in("revenue") ? disputes.free() : journal.in("revenue");
    await withdrawRevenue(scene, by, to, pick.of([most, most, disputes.free() + 1n, disputes.free(), most / 2n]));
  },
};

const burning: Kind = {
  name: "burn",
  weight: 1,
  isPossible: always,
  async act(scene) {
    await burn(scene, "stranger");
  },
};

const PAYABLE: readonly Name[] = ["alice", "bob", "oscar", "mallory", "alias", "watcher"];

const isPaidSoon = ({ ghost }: Scene, address: string): boolean =>
  [...ghost.accounts.all.values()].some(({ close }) => close?.recipient === address) ||
  [...ghost.disputes.all.values()].some(
    ({ recipient, status }) => recipient === address && status === DisputeStatus.Open,
  );

const blocking: Kind = {
  name: "the token refuses to pay somebody",
  weight: 3,
  isPossible: ({ ghost }) => ghost.journal.blocked.size < 3,
  async act(scene, pick) {
    const due = PAYABLE.filter((name) => isPaidSoon(scene, scene.addressOf(name)));
    await setMood(scene, pick.of(due.length > 0 ? due : PAYABLE), true, pick.oneIn(2));
  },
};

const claiming: Kind = {
  name: "claim what could not be delivered",
  weight: 6,
  isPossible: ({ ghost }) => ghost.journal.inAll("credit ") > 0n || ghost.journal.blocked.size > 0,
  async act(scene, pick) {
    const { journal } = scene.ghost;
    const owed = PAYABLE.filter((name) => journal.in(`credit ${scene.addressOf(name)}`) > 0n);
    const name = pick.of(owed.length > 0 && !pick.oneIn(4) ? owed : PAYABLE);
    const elsewhere = pick.of([scene.addressOf("stranger"), scene.addressOf("stranger"), NOBODY, scene.chain.address]);
    const to = pick.oneIn(3) ? scene.addressOf(name) : elsewhere;
    if (journal.blocked.has(to)) await setMood(scene, name, false);
    await claim(scene, name, to);
  },
};

const travelling: Kind = {
  name: "time passes",
  weight: 3,
  isPossible: always,
  async act(scene, pick) {
    await scene.waitUntil(scene.next + pick.of([600n, 2_400n, 3_600n, 5_000n, 9_000n]));
  },
};

const changing: Kind = {
  name: "the provider changes its mind",
  weight: 4,
  isPossible: always,
  async act(scene, pick) {
    scene.provider.mood = pick.of(["honest", "honest", "asleep", "hostile"] as const);
    if (scene.provider.mood === "honest") await scene.provider.watch();
  },
};

// --------------------------------------------------------- NOBODY MAY DO IT

const usurping: Kind = {
  name: "call what is for the rules alone",
  weight: 1,
  isPossible: ({ holders }) => holders.length > 0,
  async act(scene, pick) {
    const { pool } = scene.chain.pool;
    const stranger = scene.addressOf("stranger");
    const { id, deposit } = pick.of(scene.holders);
    const nothing = { relayer: NOBODY, toRelayer: 0n, toProvider: 0n, toBurn: 0n };
    const [what, transaction, refusal] = pick.of([
      [
        "release",
        pool.release.populateTransaction(id, 3n, { ...nothing, recipient: stranger, toRecipient: deposit }),
        "NotSettlement",
      ],
      ["expire (pool)", pool.expire.populateTransaction(id), "NotSettlement"],
      ["payBond", pool.payBond.populateTransaction(stranger, 1n), "NotDisputes"],
      ["payRevenue", pool.payRevenue.populateTransaction(stranger, 1n), "NotDisputes"],
      ["payAward", pool.payAward.populateTransaction(stranger, 1n, 0n), "NotDisputes"],
    ] as const);
    const by = pick.of(["stranger", "provider"] as const);
    await scene.attempt({ what, by, transaction, refusal: () => refusal, effect: () => undefined });
  },
};

/** A close that is wrong before its proof is looked at, or that has none. */
const inventing: Kind = {
  name: "close without a right to",
  weight: 4,
  isPossible: ({ holders }) => holders.length > 0,
  async act(scene, pick) {
    const recipient = scene.addressOf("stranger");
    const request: CloseRequest = {
      identityCommitment: pick.of([...scene.holders.map(({ id }) => id), 5n]),
      firstUnused: 2n,
      refundedCharges: 0n,
      refundedHolds: 0n,
      certified: 0n,
      recipient,
      relayer: NOBODY,
      fee: 0n,
      deadline: DEADLINE,
      coverKeys: new Array<bigint>(64).fill(1n),
      proof: NO_PROOF,
    };
    const folds = [...scene.ghost.folds.all.values()].filter(({ status }) => status !== FoldStatus.Final);
    const change = pick.of<Partial<CloseRequest>>([
      {},
      { recipient: NOBODY },
      { recipient: scene.chain.address },
      { relayer: scene.chain.address, fee: 1n },
      { fee: 1n },
      { relayer: recipient, fee: AMOUNT_LIMIT },
      { firstUnused: TICKETS + 1n },
      { refundedCharges: 2n * C + 1n },
      { refundedHolds: 2n * P + 1n },
      { certified: pick.of([7n, ...folds.map(({ newState }) => newState)]) },
      { coverKeys: [...request.coverKeys.slice(1), FIELD] },
      { deadline: scene.ghost.now },
    ]);
    const shown = { request: { ...request, ...change }, isProven: false };
    if (pick.oneIn(4)) {
      const consent = { deadline: DEADLINE, signature: `0x${"11".repeat(65)}`, isSigned: false };
      await closeWithConsent(scene, "stranger", shown, consent);
    } else if (pick.oneIn(6)) await finalizeClose(scene, "stranger", request.identityCommitment);
    else await startClose(scene, "stranger", shown);
  },
};

const accusing: Kind = {
  name: "slash or dispute without a proof",
  weight: 2,
  isPossible: ({ holders }) => holders.length > 0,
  async act(scene, pick) {
    const stranger = scene.addressOf("stranger");
    const { id } = pick.of(scene.holders);
    const facts = { id, nullifier: 3n, recipient: stranger, proof: NO_PROOF, isProven: false };
    await showSlash(scene, "stranger", { ...facts, ...pick.of(wrongSlashes(scene)) });
    const session = pick.of(scene.holders).tickets[0];
    if (session === undefined) return;
    const opening = {
      session,
      recipient: stranger,
      signature: "0x",
      proof: NO_PROOF,
      isSigned: false,
      isProven: false,
    };
    await showOpening(scene, "stranger", opening);
  },
};

const wrongSlashes = (scene: Scene): object[] => [
  {},
  {},
  { recipient: NOBODY },
  { recipient: scene.chain.address },
  { nullifier: FIELD },
  { id: 5n },
];

export const WORLD_KINDS: readonly Kind[] = [
  posting,
  announcing,
  withdrawing,
  burning,
  blocking,
  claiming,
  travelling,
  changing,
  usurping,
  inventing,
  accusing,
];
