// SPDX-License-Identifier: GPL-3.0-or-later
/** Field elements that resemble each other, or depend on each other, within an account. */
import { shareOf, ticketKeyOf, ticketRootOf } from "../../../../src/protocol/index.ts";
import { Dice } from "../dice.ts";
import { SEED, keyOf, numberOf, perTicket, secretsOf } from "./plant.ts";
import type { Leak } from "./plant.ts";

export const NUMBER_LEAKS: readonly Leak[] = [
  {
    name: "nullifiers with a mark of 16 low bits",
    finders: ["equal low bits"],
    relation: "ticket – ticket",
    plant: (world) => {
      const markOf = secretsOf(16);
      return perTicket(world, "tickets.nullifier", (old, owner) => ((old >> 16n) << 16n) | markOf(owner));
    },
  },
  {
    name: "session addresses with a common beginning",
    finders: ["equal high bits"],
    relation: "ticket – ticket",
    plant: (world) => {
      const markOf = secretsOf(24);
      return perTicket(
        world,
        "tickets.session_address",
        (old, owner) => (markOf(owner) << 136n) | (old & ((1n << 136n) - 1n)),
      );
    },
  },
  {
    name: "nullifiers a few bits from the commitment",
    finders: ["bits that differ"],
    relation: "ticket – account",
    plant: (world) => {
      const dice = new Dice(SEED);
      const flip = (value: bigint): bigint =>
        Array.from({ length: 40 }).reduce<bigint>((flipped) => flipped ^ (1n << BigInt(dice.below(250))), value);
      return perTicket(world, "tickets.nullifier", (_, owner) => flip(keyOf(world, "account", owner)));
    },
  },
  {
    name: "nullifiers with a common remainder",
    finders: ["equal remainders"],
    relation: "ticket – enrolment",
    plant: (world) =>
      perTicket(
        world,
        "tickets.nullifier",
        (old, owner) => old - (old % 1_000_000n) + (keyOf(world, "enrolment", owner) % 1_000_000n),
      ),
  },
  {
    name: "messages linear in the ticket's index",
    finders: ["differences, sums, ratios"],
    relation: "ticket – ticket",
    plant: (world) => {
      const baseOf = secretsOf(240);
      const step = baseOf(-1);
      return perTicket(world, "tickets.x", (_, owner, index) => baseOf(owner) + BigInt(index) * step);
    },
  },
  {
    name: "one ticket key for all tickets of an account",
    finders: ["lines through shares"],
    relation: "ticket – ticket",
    plant: (world) =>
      perTicket(world, "tickets.y", (_, owner, __, key) => {
        const secret = world.secrets[owner] as bigint;
        const slope = ticketKeyOf(ticketRootOf(secret, world.pool.poolHash), 0);
        return shareOf(secret, slope, numberOf(world, "ticket", key, "tickets.x")).y;
      }),
  },
];
