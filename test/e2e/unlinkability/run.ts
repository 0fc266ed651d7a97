// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A run of many honest users: everybody deposits, enrols, calls, folds, calls again; some close. What is done within one of these
 * stretches is done in random order, several things at a time: who is online when is for the network's layer to hide, and a wallet
 * delays its enrolments, folds and closes (docs/protocol.md, Privacy). Sessions of all users are drawn alike.
 */
import { randomBytes } from "node:crypto";

import { hexlify } from "ethers";

import {
  enrollNullifierOf,
  foldNullifierOf,
  identityCommitmentOf,
  nullifierOf,
  ticketKeyOf,
  ticketRootOf,
} from "../../../src/protocol/index.ts";
import type { Pool } from "../../../src/protocol/index.ts";
import { Dice } from "./dice.ts";
import { assignSubjects, readEvents, readFeed, readTables, readTransactions } from "./observer.ts";
import { HOLD, Parties, TICKET_PRICE } from "./parties.ts";
import type { User } from "./parties.ts";
import { PUBLIC_TOPIC, payloadOf, statusOf } from "./prompts.ts";
import type { Bucket } from "./prompts.ts";
import type { Kind, ObservedRecord } from "./records.ts";

export interface Size {
  /** Accounts with the deposit that most have. */
  readonly equal: number;
  /** Accounts with other deposits. */
  readonly others: number;
  /** Accounts that fold; who closes with refunds is one of them. */
  readonly folding: number;
  readonly closing: number;
  /** How many tickets one uses before it is time to fold, from and to. Who closes has used four. */
  readonly before: readonly [number, number];
  /** And afterwards. */
  readonly after: readonly [number, number];
}

/** The observer's records, and apart from them the truth. */
export interface World {
  readonly pool: Pool;
  readonly records: readonly ObservedRecord[];
  /** Whose each thing is: a user's number, by kind and key. */
  readonly owners: Readonly<Record<Kind, ReadonlyMap<bigint, number>>>;
  /** Tickets cut in two halves for matching tickets with tickets, so that everybody has some in both. */
  readonly halves: ReadonlyMap<bigint, 0 | 1>;
  /** k of every user. */
  readonly secrets: readonly bigint[];
  /** The refund tickets that each account folded, by their nullifiers. */
  readonly folded: ReadonlyMap<number, readonly bigint[]>;
}

interface Plan extends User {
  readonly number: number;
  readonly deposit: bigint;
  readonly folds: boolean;
  readonly closes: boolean;
  /** Tickets used before and after the time of folding. */
  readonly before: number;
  readonly after: number;
}

const EQUAL_DEPOSIT = 10n * HOLD;
const FOLD_SLOTS = 4;
/** No two closes of four folded tickets differ after this rounding: a ticket gives between 0.5 and 0.9 of its price back. */
const ROUNDING = 2n * TICKET_PRICE;
/** Far: a deadline that is told apart by nothing. */
const DEADLINE = 4_000_000_000n;
const AT_ONCE = 4;

function plan(size: Size, parties: Parties, dice: Dice): Plan[] {
  const { equal, others, folding, closing } = size;
  const between = ([from, to]: readonly [number, number]): number => from + dice.below(to - from + 1);
  return Array.from({ length: equal + others }, (_, number) => {
    const closes = number < closing;
    const folds = number < folding;
    return {
      ...parties.newUser(),
      number,
      deposit: number < equal ? EQUAL_DEPOSIT : EQUAL_DEPOSIT + BigInt(1 + dice.below(20)) * HOLD,
      folds,
      closes,
      before: closes ? FOLD_SLOTS : between(size.before),
      after: between(size.after),
    };
  });
}

type Action = () => Promise<unknown>;

/** All of them in random order, some at a time, each after a while. */
async function inRandomOrder(actions: readonly Action[], { clock }: Parties, dice: Dice): Promise<void> {
  const queue = dice.shuffled(actions).values();
  const work = async (): Promise<void> => {
    for (const action of queue) {
      clock.pass(dice.next());
      await action();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Prices of a session's calls: never more than half of a ticket, as ROUNDING wants it. */
const SESSIONS: readonly (readonly Bucket[])[] = [
  ...[["tiny"], ["small"], ["middle"], ["large"], ["tiny"], ["small"]],
  ...[
    ["tiny", "small"],
    ["small", "small"],
    ["tiny", "tiny", "tiny"],
  ],
] as readonly (readonly Bucket[])[];

/** One session, ended by its last call or afterwards; or left open, as by a wallet that crashed. */
function session({ account, identitySecret }: Plan, mayStayOpen: boolean, dice: Dice): Action {
  const buckets = dice.pick(SESSIONS);
  const endsWithCall = dice.chance(0.7);
  const staysOpen = mayStayOpen && dice.chance(0.1);
  const isAboutAccount = buckets.map(() => dice.chance(0.5));
  const knowsPrice = dice.chance(0.5);
  return async () => {
    const opened = await account.openSession();
    for (const [place, bucket] of buckets.entries()) {
      const topic = isAboutAccount[place] ? statusOf(identityCommitmentOf(identitySecret)) : PUBLIC_TOPIC;
      const isLast = endsWithCall && !staysOpen && place === buckets.length - 1;
      const options = knowsPrice ? { isLast, cap: TICKET_PRICE / 2n } : { isLast };
      await opened.call(payloadOf(bucket, topic), options);
    }
    if (!staysOpen) await opened.end();
  };
}

async function close({ account }: Plan, parties: Parties, withConsent: boolean): Promise<void> {
  const { request } = await account.buildClose({
    recipient: hexlify(randomBytes(20)),
    deadline: DEADLINE,
    roundDownTo: ROUNDING,
  });
  if (withConsent) {
    const { consentDeadline, signature } = await account.requestConsent(request);
    await parties.relayer.closeWithConsent(request, consentDeadline, signature);
  } else {
    await parties.relayer.startClose(request);
    if (!(await parties.gateway.observeClose(request))) throw new Error("an honest close was called understated");
  }
}

async function perform(plans: readonly Plan[], parties: Parties, dice: Dice): Promise<void> {
  for (const { account, deposit } of dice.shuffled(plans)) {
    await account.beginDeposit();
    await parties.sponsor.deposit({ identityCommitment: account.identityCommitment, amount: deposit });
  }
  await inRandomOrder(
    plans.map(
      ({ account }) =>
        () =>
          account.enroll(),
    ),
    parties,
    dice,
  );
  await Promise.all(plans.map(({ account, before, after }) => account.proveTickets(before + after)));

  const sessionsOf = (count: (user: Plan) => number, mayStayOpen: boolean): Action[] =>
    plans.flatMap((user) =>
      Array.from({ length: count(user) }, () => session(user, mayStayOpen && !user.closes, dice)),
    );
  await inRandomOrder(
    sessionsOf(({ before }) => before, false),
    parties,
    dice,
  );
  const folds = plans
    .filter((user) => user.folds)
    .map(
      ({ account }) =>
        () =>
          account.fold(),
    );
  await inRandomOrder([...folds, ...sessionsOf(({ after }) => after, true)], parties, dice);

  for (const [place, user] of dice.shuffled(plans.filter(({ closes }) => closes)).entries()) {
    await close(user, parties, place % 3 === 0);
  }
}

export async function run(size: Size, path: string, seed: number): Promise<World> {
  const parties = await Parties.meet(path);
  try {
    const dice = new Dice(seed);
    const plans = plan(size, parties, dice);
    await perform(plans, parties, dice);
    await parties.history.sync();
    const feed = await parties.gateway.publicFeed({ after: 0 });
    if (!feed.isEnd) throw new Error("the feed has more than one page");
    const { description: pool, connection } = parties.local;
    const records = assignSubjects([
      ...readTables(path),
      ...readFeed(feed.entries),
      ...parties.wiretap.records,
      ...readEvents(parties.history.events),
      ...(await readTransactions(connection.ethers.provider)),
    ]);
    return { pool, records, ...truthOf(plans, pool, records, dice) };
  } finally {
    await parties.leave();
  }
}

/** Computed from the users' secrets; of the records only folds are looked at, for the states that their nullifiers stand by. */
function truthOf(
  plans: readonly Plan[],
  pool: Pool,
  records: readonly ObservedRecord[],
  dice: Dice,
): Pick<World, "owners" | "halves" | "secrets" | "folded"> {
  const ticket = new Map<bigint, number>();
  const fold = new Map<bigint, number>();
  const enrolment = new Map<bigint, number>();
  const account = new Map<bigint, number>();
  const halves = new Map<bigint, 0 | 1>();
  const byFoldNullifier = new Map<bigint, { readonly number: number; readonly nullifier: bigint }>();
  for (const { identitySecret, number, before, after } of plans) {
    account.set(identityCommitmentOf(identitySecret), number);
    enrolment.set(enrollNullifierOf(identitySecret, pool.poolHash), number);
    const root = ticketRootOf(identitySecret, pool.poolHash);
    const keys = Array.from({ length: before + after }, (_, index) => ticketKeyOf(root, index));
    for (const [place, key] of dice.shuffled(keys).entries()) {
      const nullifier = nullifierOf(key);
      ticket.set(nullifier, number);
      halves.set(nullifier, place % 2 === 0 ? 0 : 1);
      byFoldNullifier.set(foldNullifierOf(key), { number, nullifier });
    }
  }
  const folded = new Map<number, readonly bigint[]>();
  for (const { subject, values } of records.filter(({ source }) => source === "feed.fold")) {
    const members = values.map(({ value }) => byFoldNullifier.get(value)).filter((member) => member !== undefined);
    const owner = members[0]?.number;
    if (subject === undefined || owner === undefined) throw new Error("a fold without a ticket");
    fold.set(subject.key, owner);
    folded.set(owner, [...(folded.get(owner) ?? []), ...members.map(({ nullifier }) => nullifier)]);
  }
  const secrets = plans.map(({ identitySecret }) => identitySecret);
  return { owners: { ticket, fold, enrolment, account }, halves, secrets, folded };
}
