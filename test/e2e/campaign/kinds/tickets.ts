// SPDX-License-Identifier: GPL-3.0-or-later
/** Accounts are opened, tickets handed in, refunds and violations given; and tickets used in ways that no wallet does. */
import { identityCommitmentOf } from "../../../../src/protocol/index.ts";
import type { Name } from "../chain.ts";
import { Fault } from "../fault.ts";
import { C, DisputeStatus, FIELD, HOLD, TICKETS, UNIT } from "../ghost/index.ts";
import { Holder, signVoucher } from "../holder.ts";
import type { Session } from "../holder.ts";
import { deposit, depositBatch } from "../money.ts";
import { reportViolation } from "../moves.ts";
import type { Scene } from "../scene.ts";
import type { Kind, Pick } from "./kind.ts";

const MOST_ACCOUNTS = 7;
const EVIDENCE = `0x${"e7".repeat(32)}`;

/** Opens accounts for people: one by one, or all paid by one of them. The provider signs a first state unless it is out of reach. */
export async function open(scene: Scene, opened: readonly (readonly [Name, bigint])[], payer?: Name): Promise<void> {
  const { chain, holders, provider } = scene;
  const fresh = opened.map(([name, amount], at) => {
    const earlier = opened.slice(0, at).filter(([other]) => other === name).length;
    const number = holders.filter(({ owner }) => owner === name).length + earlier;
    return new Holder(chain.description, name, scene.addressOf(name), number, amount, payer !== undefined);
  });
  const entries = fresh.map(({ id, deposit: amount }) => ({ id, amount }));
  if (payer !== undefined) await depositBatch(scene, payer, entries);
  else for (const [at, entry] of entries.entries()) await deposit(scene, opened[at]?.[0] as Name, entry);
  for (const holder of fresh) {
    holders.push(holder);
    if (provider.mood === "honest") enrol(scene, holder);
  }
}

/** The provider signs the account's first state. */
function enrol({ provider, proofs }: Scene, holder: Holder): void {
  const signature = provider.sign(holder.first);
  if (signature === undefined) throw new Error("a first state was not signed");
  holder.first.signature = signature;
  proofs.proveAhead("request", () => holder.session(0).claim);
}

const isToEnrol = ({ first, hasClosed }: Holder): boolean => first.signature === undefined && !hasClosed;

const lateEnrolment: Kind = {
  name: "enrol late",
  weight: 3,
  isPossible: ({ holders, provider }) => provider.mood === "honest" && holders.some(isToEnrol),
  async act(scene) {
    for (const holder of scene.holders.filter(isToEnrol)) enrol(scene, holder);
  },
};

const opening: Kind = {
  name: "open an account",
  weight: 2,
  isPossible: ({ holders }) => holders.length < MOST_ACCOUNTS,
  async act(scene, pick) {
    const name = pick.of(["alice", "mallory", "shill", "mallory"] as const);
    const amount = HOLD * BigInt(2 + pick.below(4)) + BigInt(pick.below(Number(HOLD)));
    if (pick.oneIn(3))
      await open(
        scene,
        [
          [name, amount],
          ["mallory", HOLD],
        ],
        "watcher",
      );
    else await open(scene, [[name, amount]]);
  },
};

const wrongOpening: Kind = {
  name: "open an account that must not be",
  weight: 1,
  isPossible: ({ holders }) => holders.length > 0,
  async act(scene, pick) {
    const used = pick.of(scene.holders).id;
    const free = identityCommitmentOf(Holder.secretOf("stranger", 0));
    const [good, low, high] = [HOLD, HOLD - 1n, HOLD * TICKETS + 1n];
    const wrong = pick.of([
      [{ id: used, amount: good }],
      [{ id: 0n, amount: good }],
      [{ id: FIELD, amount: good }],
      [{ id: free, amount: low }],
      [{ id: free, amount: high }],
      [{ id: free, amount: 0n }],
    ]);
    const first = wrong[0] as (typeof wrong)[number];
    if (pick.oneIn(2)) return void (await deposit(scene, "stranger", first));
    const batch = pick.of([
      [],
      wrong,
      [{ id: free, amount: good }, first],
      [
        { id: free, amount: good },
        { id: free, amount: good },
      ],
    ]);
    await depositBatch(scene, "stranger", batch);
  },
};

/** The owner can hand in its next ticket. */
const canSpend = ({ ghost }: Scene, holder: Holder): boolean =>
  !holder.hasClosed && ghost.accounts.isOpen(holder.id) && holder.canProve(holder.next);

/** Hands a ticket in. @returns whether the call was served */
async function handIn(scene: Scene, session: Session, pick: Pick): Promise<boolean> {
  const cap = UNIT * BigInt(pick.below(Number(C / UNIT) + 1));
  const charge = UNIT * BigInt(pick.below(Number(cap / UNIT) + 1));
  const ticket = { ...session, cap };
  const { holder, index } = session;
  if (index >= holder.next) {
    holder.next = index + 1;
    holder.tickets.push(ticket);
  }
  return scene.provider.receive(ticket, await signVoucher(scene.chain.description, session, cap), charge);
}

/** Tickets that were served and refunded before a run begins. */
export async function warmUp(scene: Scene, holder: Holder, count: number, pick: Pick): Promise<void> {
  for (let at = 0; at < count && canSpend(scene, holder); at++) {
    await handIn(scene, holder.session(holder.next), pick);
    const entry = scene.provider.entries.get(holder.tickets.at(-1)?.nullifier ?? 0n);
    if (entry !== undefined) scene.deliver(entry.ticket, scene.provider.refund(entry));
  }
}

const ticket: Kind = {
  name: "hand in a ticket",
  weight: 14,
  isPossible: (scene) => scene.holders.some((holder) => canSpend(scene, holder)),
  async act(scene, pick) {
    const able = scene.holders.filter((each) => canSpend(scene, each));
    const cheaters = able.filter(({ owner }) => owner === "mallory");
    const holder = pick.of(cheaters.length > 0 && pick.oneIn(3) ? cheaters : able);
    if (holder.owner === "mallory" && pick.oneIn(5) && holder.canProve(holder.next + 1)) holder.next++;
    const isServed = await handIn(scene, holder.session(holder.next), pick);
    if (isServed !== (scene.provider.mood !== "asleep")) throw new Fault("a good ticket was refused");
    if (canSpend(scene, holder)) scene.proofs.proveAhead("request", () => holder.session(holder.next).claim);
  },
};

const doubleSpend: Kind = {
  name: "put a second message on a ticket",
  weight: 2,
  isPossible: ({ holders, provider }) =>
    provider.mood !== "asleep" && holders.some((each) => each.owner === "mallory" && each.tickets.length > 0),
  async act(scene, pick) {
    const holder = pick.of(scene.holders.filter((each) => each.owner === "mallory" && each.tickets.length > 0));
    const { index, nullifier } = pick.of(holder.tickets);
    holder.hasCheated = true;
    const isKnown = scene.provider.entries.has(nullifier);
    if ((await handIn(scene, holder.session(index, 1n), pick)) && isKnown) throw new Fault("a ticket was served twice");
  },
};

/** Tickets that the account could pay for, had it not closed below them. */
const lateTickets = ({ holders, closes }: Scene): { holder: Holder; index: number }[] =>
  holders
    .filter(({ owner, hasClosed, hasCheated }) => owner === "mallory" && hasClosed && !hasCheated)
    .map((holder) => ({ holder, index: Math.max(holder.next, Number(closes.get(holder.id)?.firstUnused ?? 0n)) }))
    .filter(({ holder, index }) => holder.canProve(index));

const lateTicket: Kind = {
  name: "use a ticket after closing",
  weight: 1,
  isPossible: (scene) => lateTickets(scene).length > 0,
  async act(scene, pick) {
    const { holder, index } = pick.of(lateTickets(scene));
    if (await scene.provider.receive({ ...holder.session(index), cap: C }, "0x", C)) {
      throw new Fault("a ticket was served after its account closed");
    }
  },
};

const refund: Kind = {
  name: "refund a ticket",
  weight: 14,
  isPossible: (scene) => scene.provider.mood === "honest" && unrefunded(scene).length > 0,
  async act(scene, pick) {
    const entry = pick.of(unrefunded(scene));
    const { nullifier } = entry.ticket;
    if (pick.oneIn(5)) await reportViolation(scene, "provider", nullifier, EVIDENCE);
    scene.deliver(entry.ticket, scene.provider.refund(entry));
  },
};

const unrefunded = ({ provider, ghost }: Scene) =>
  [...provider.entries.values()].filter(
    ({ refund: known, ticket: { nullifier } }) =>
      known === undefined && ghost.disputes.statusOf(nullifier) === DisputeStatus.None,
  );

const wrongViolation: Kind = {
  name: "report a violation that must not be",
  weight: 1,
  isPossible: ({ provider }) => provider.entries.size > 0,
  async act(scene, pick) {
    const { violations, all } = scene.ghost.disputes;
    const known = pick.of([...violations.keys(), ...all.keys(), 7n]);
    const [by, nullifier, evidence] = pick.of([
      ["stranger", known, EVIDENCE],
      ["provider", FIELD, EVIDENCE],
      ["provider", known, `0x${"0".repeat(64)}`],
      ["provider", known === 7n ? FIELD : known, EVIDENCE],
    ] as const);
    await reportViolation(scene, by, nullifier, evidence);
  },
};

export const TICKET_KINDS: readonly Kind[] = [
  opening,
  lateEnrolment,
  wrongOpening,
  ticket,
  doubleSpend,
  lateTicket,
  refund,
  wrongViolation,
];
