// SPDX-License-Identifier: GPL-3.0-or-later
/** Things that follow each other as their owners do. */
import { leafOf, moved, ownerOf, things } from "./plant.ts";
import type { Leak } from "./plant.ts";

/** Where tickets stand in an order of time. */
const TICKET_SOURCES: readonly string[] = ["feed.ticket", "feed.refund", "message.call", "message.endSession"];
const FOLD_SOURCES: readonly string[] = ["feed.fold", "message.fold"];

export const ORDER_LEAKS: readonly Leak[] = [
  {
    name: "enrolments in the order of deposits",
    finders: ["same order, feed and tree"],
    relation: "enrolment – account",
    plant: (world) =>
      moved(world, ({ source }, owner) => (source === "feed.enrolment" ? leafOf(world, owner) : undefined)),
  },
  {
    name: "enrolments in the opposite order of deposits",
    finders: ["opposite order, feed and tree"],
    relation: "enrolment – account",
    plant: (world) =>
      moved(world, ({ source }, owner) => (source === "feed.enrolment" ? -leafOf(world, owner) : undefined)),
  },
  {
    name: "tickets in the order of enrolments",
    finders: ["same order, feed and tree", "same order, messages and closes"],
    relation: "ticket – enrolment",
    plant: (world) => {
      const places = new Map(
        world.records
          .filter(({ source }) => source === "message.enroll")
          .map((record) => [ownerOf(world, record) ?? 0, record.position]),
      );
      return moved(world, ({ source, position }, owner) =>
        TICKET_SOURCES.includes(source) ? (places.get(owner) as number) * 10_000 + position : undefined,
      );
    },
  },
  {
    name: "rows of tickets in the order of rows of enrolments",
    finders: ["same order, tables"],
    relation: "ticket – enrolment",
    plant: (world) => {
      const rows = new Map(
        world.records
          .filter(({ source }) => source === "enrolments")
          .map((record) => [ownerOf(world, record) ?? 0, record.position]),
      );
      return moved(world, ({ source, position }, owner) =>
        source === "tickets" ? (rows.get(owner) as number) * 10_000 + position : undefined,
      );
    },
  },
  {
    name: "users that take turns, one ticket each",
    finders: ["rounds"],
    relation: "ticket – account",
    plant: (world) => {
      const accounts = world.owners.account.size;
      const order = things(world, "ticket").sort(
        (a, b) => a.index - b.index || leafOf(world, a.owner) - leafOf(world, b.owner),
      );
      const places = new Map(order.map(({ key, owner, index }) => [key, index * accounts + leafOf(world, owner)]));
      return moved(world, ({ source, subject }) =>
        source === "feed.ticket" && subject !== undefined ? places.get(subject.key) : undefined,
      );
    },
  },
  {
    name: "everybody calls in one sitting, and folds at once",
    finders: ["neighbours in the feed", "next in the feed", "neighbours in time"],
    relation: "ticket – fold",
    plant: (world) =>
      moved(world, ({ source, position }, owner) => {
        if (TICKET_SOURCES.includes(source)) return owner * 100_000 + position;
        return FOLD_SOURCES.includes(source) ? owner * 100_000 + 50_000 : undefined;
      }),
  },
  {
    name: "sessions of a length that is the user's own",
    finders: ["lengths of sessions"],
    relation: "ticket – ticket",
    plant: (world) => {
      const starts = new Map(
        world.records
          .filter(({ source }) => source === "feed.ticket")
          .map(({ subject, position }) => [subject?.key ?? 0n, position]),
      );
      return moved(world, ({ source, subject }, owner) =>
        source === "feed.refund" && subject !== undefined ? (starts.get(subject.key) ?? 0) + owner + 1 : undefined,
      );
    },
  },
];
