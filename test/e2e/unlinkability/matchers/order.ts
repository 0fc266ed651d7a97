// SPDX-License-Identifier: GPL-3.0-or-later
/** What stands near what: in the feed, in the log of messages, in the tables, in the tree. */
import type { Entity } from "../entities.ts";
import { scoreAll } from "./matcher.ts";
import type { Matcher } from "./matcher.ts";

type Place = (entity: Entity) => number | undefined;

const placeIn =
  (...sources: readonly string[]): Place =>
  ({ places }) =>
    sources.map((source) => places.get(source)).find((place) => place !== undefined);

const inFeed = placeIn("feed.ticket", "feed.fold", "feed.enrolment");
const inTree = placeIn("event.AccountOpened");
const inTables = placeIn("tickets", "folds", "enrolments", "event.CloseStarted");
const byArrival = placeIn("message.call", "message.endSession", "message.fold", "message.enroll", "event.CloseStarted");
const ofRefund = placeIn("feed.refund", "feed.fold", "feed.enrolment");
const inFeedOrTree: Place = (entity) => inFeed(entity) ?? inTree(entity);

/** A thing's place among its kind, from 0 to 1. */
function ranks(entities: readonly Entity[], place: Place): Map<Entity, number> {
  const placed = entities.filter((entity) => place(entity) !== undefined);
  const sorted = placed.sort((a, b) => (place(a) as number) - (place(b) as number));
  return new Map(sorted.map((entity, index) => [entity, sorted.length === 1 ? 0 : index / (sorted.length - 1)]));
}

/** Scores places of both, and nothing where one has none. */
const byPlace = (name: string, place: Place, score: (a: number, b: number) => number): Matcher => ({
  name,
  score: (_, lefts, rights) =>
    scoreAll(lefts, rights, (left, right) => {
      const [a, b] = [place(left), place(right)];
      return a === undefined || b === undefined ? -Infinity : score(a, b);
    }),
});

/** Scores ranks among all of each kind. */
const byRank = (name: string, place: Place, score: (a: number, b: number, columns: number) => number): Matcher => ({
  name,
  score: ({ entities }, lefts, rights) => {
    const [leftKind, rightKind] = [lefts[0]?.kind ?? "ticket", rights[0]?.kind ?? "ticket"];
    const leftRanks = ranks([...entities[leftKind]], place);
    const rightRanks = ranks([...entities[rightKind]], place);
    return scoreAll(lefts, rights, (left, right) => {
      const [a, b] = [leftRanks.get(left), rightRanks.get(right)];
      return a === undefined || b === undefined ? -Infinity : score(a, b, rightRanks.size);
    });
  },
});

const near = (a: number, b: number): number => -Math.abs(a - b);

export const orderMatchers: readonly Matcher[] = [
  byPlace("neighbours in the feed", inFeed, near),
  byPlace("next in the feed", ofRefund, (a, b) => (b > a ? a - b : -Infinity)),
  byPlace("neighbours in time", byArrival, near),
  byRank("same order, feed and tree", inFeedOrTree, near),
  byRank("opposite order, feed and tree", inFeedOrTree, (a, b) => near(a, 1 - b)),
  byRank("same order, tables", inTables, near),
  byRank("same order, messages and closes", byArrival, near),
];

/** One after the other, round after round: the place modulo the number of candidates. */
export const rounds: Matcher = {
  name: "rounds",
  score: ({ entities }, lefts, rights) => {
    const cycle = entities.account.length;
    const leftOrder = ranks([...entities[lefts[0]?.kind ?? "ticket"]], inFeedOrTree);
    const rightOrder = ranks([...entities[rights[0]?.kind ?? "ticket"]], inFeedOrTree);
    const roundOf = (order: ReadonlyMap<Entity, number>, entity: Entity): number =>
      Math.round((order.get(entity) ?? 0) * (order.size - 1)) % cycle;
    return scoreAll(lefts, rights, (left, right) => near(roundOf(leftOrder, left), roundOf(rightOrder, right)));
  },
};

/** How long a session's refund took, in entries of the feed. */
export const gaps: Matcher = {
  name: "lengths of sessions",
  score: (_, lefts, rights) => {
    const gapOf = ({ places }: Entity): number | undefined => {
      const [ticket, refund] = [places.get("feed.ticket"), places.get("feed.refund")];
      return ticket === undefined || refund === undefined ? undefined : refund - ticket;
    };
    return scoreAll(lefts, rights, (left, right) => {
      const [a, b] = [gapOf(left), gapOf(right)];
      return a === undefined || b === undefined ? 0 : near(a, b);
    });
  },
};
