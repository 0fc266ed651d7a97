// SPDX-License-Identifier: GPL-3.0-or-later
/** What the run as a whole must show, from the chain's events and the provider's public feed. */
import { closePayout } from "../../src/protocol/index.ts";
import type { FeedEntryJson } from "../../src/wire/index.ts";
import type { Cast } from "./cast.ts";
import { dollars, expect, expectEqual } from "./report.ts";
import type { Report } from "./report.ts";
import type { Stage } from "./stage.ts";

/** Who cheated was slashed, and nobody else. */
export async function checkOffenders({ history }: Stage, cast: Cast, report: Report): Promise<void> {
  const slashed = new Set(history.eventsOf("AccountSlashed").map(({ args }) => args.identityCommitment));
  const cheaters = [cast.mallory, cast.trudy].map(({ identityCommitment }) => identityCommitment);
  expect(
    slashed.size === cheaters.length && cheaters.every((cheater) => slashed.has(cheater)),
    "somebody else than the two cheaters was slashed",
  );
  report.checked(
    "P-04",
    "an honest user is never slashed",
    "slashed: Mallory and Trudy; Alice, Bob and Sybil were not",
  );
  report.checked(
    "P-08",
    "nobody else can close, slash or redirect",
    "copies of both claims with another recipient reverted",
  );
}

/** Revenue from the events: what closes owed, and the deposits of the slashed. */
export async function checkRevenue({ history, pool }: Stage, report: Report): Promise<void> {
  const released = history.eventsOf("AccountReleased").map(({ args }) => args);
  const opened = new Map(history.eventsOf("AccountOpened").map(({ args }) => [args.identityCommitment, args]));
  const owedByCloses = history.eventsOf("CloseStarted").map(({ args }) => {
    const account = opened.get(args.identityCommitment);
    const isSlashed = released.some(
      ({ identityCommitment, status }) => identityCommitment === args.identityCommitment && status === "slashed",
    );
    if (account === undefined || isSlashed) return 0n;
    const { toProvider } = closePayout(pool.parameters, {
      ...account,
      ...args,
      firstUnused: BigInt(args.firstUnused),
      isExpired: false,
    });
    return toProvider;
  });
  const forfeited = released
    .filter(({ status }) => status === "slashed")
    .map(({ identityCommitment }) => opened.get(identityCommitment)?.deposit ?? 0n);
  const due = [...owedByCloses, ...forfeited].reduce((sum, amount) => sum + amount, 0n);
  const paid = history.eventsOf("RevenuePaid").reduce((sum, { args }) => sum + args.amount, 0n);
  expectEqual(paid, due, "the provider's revenue");
  report.checked(
    "P-05",
    "the provider is paid for every ticket it served",
    `${dollars(paid)} withdrawn, which is what was owed`,
  );
}

const valuesOf = (entry: FeedEntryJson): readonly string[] => {
  switch (entry.kind) {
    case "ticket":
      return [entry.nullifier, entry.x, entry.y];
    case "enrolment":
      return [entry.nullifier, entry.state];
    case "fold":
      return [...entry.nullifiers, entry.state];
    case "refund":
      return [];
  }
};

/** No number of one ticket, enrolment, fold or account stands anywhere else. */
export async function checkUnlinkable({ provider, history }: Stage, report: Report): Promise<void> {
  const { entries, isEnd } = await provider.publicFeed({ after: 0, limit: 1_000 });
  expect(isEnd, "the feed has more than one page");
  const published = entries.flatMap(valuesOf);
  const onChain = history.eventsOf("AccountOpened").map(({ args }) => args.identityCommitment.toString());
  const all = [...published, ...onChain];
  expectEqual(BigInt(new Set(all).size), BigInt(all.length), "the number of different public values");
  report.checked(
    "P-07",
    "no public value of a ticket equals one of another ticket, a fold or an account",
    `${all.length} values of ${entries.filter(({ kind }) => kind === "ticket").length} tickets and of all enrolments, folds and accounts, all different`,
  );
}
