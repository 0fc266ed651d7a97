/**
 * The ticket tree: a GGM tree (Goldreich, Goldwasser, Micali 1986) of arity 16 and depth 4. Its 65,536 leaves are the ticket
 * keys; the keys of some inner nodes reveal exactly the tickets below them, which is what an exit publishes.
 */
import { setImmediate } from "node:timers/promises";

import { ProtocolError } from "./errors.ts";
import { assertField, assertIndex } from "./field.ts";
import { COVER_SLOTS, TAG, TICKET_ARITY, TICKET_COUNT, TICKET_DEPTH } from "./parameters.generated.ts";
import { poseidon } from "./poseidon.ts";

/** ticketRoot = H(k, Π). */
export function ticketRootOf(identitySecret: bigint, poolHash: bigint): bigint {
  return poseidon([assertField(identitySecret, "identity secret"), assertField(poolHash, "pool hash")]);
}

const childOf = (node: bigint, level: number, child: number): bigint =>
  poseidon([node, BigInt(TICKET_ARITY * level + child)]);

/** The number of tickets below a node of `level` (0 is the root, 4 a ticket). */
const ticketsBelow = (level: number): number => TICKET_ARITY ** (TICKET_DEPTH - level);

/** The child that leads to ticket `index` from a node of level - 1: a nibble, the most significant first. */
const nibbleOf = (index: number, level: number): number => Math.floor(index / ticketsBelow(level)) % TICKET_ARITY;

/** Walks from a node of `level` down to the key of ticket `index`. */
function descend(node: bigint, level: number, index: number): bigint {
  let key = node;
  for (let next = level + 1; next <= TICKET_DEPTH; next++) key = childOf(key, next, nibbleOf(index, next));
  return key;
}

/** a_i, the key of ticket i and slope of its line. */
export function ticketKeyOf(ticketRoot: bigint, index: number): bigint {
  return descend(ticketRoot, 0, assertIndex(index));
}

/** The keys of the tickets below a node of `level`, in order. */
function* keysBelow(node: bigint, level: number): Generator<bigint> {
  if (level === TICKET_DEPTH) {
    yield node;
    return;
  }
  for (let child = 0; child < TICKET_ARITY; child++) yield* keysBelow(childOf(node, level + 1, child), level + 1);
}

/** The index of the ticket with this key, or undefined. Walks the whole tree (70,000 hashes, some 6 s) for a key that is none. */
export function indexOfTicketKey(ticketRoot: bigint, ticketKey: bigint): number | undefined {
  let index = 0;
  for (const key of keysBelow(ticketRoot, 0)) {
    if (key === ticketKey) return index;
    index += 1;
  }
  return undefined;
}

/** How many tickets to derive before other work has its turn: some ms. */
const TICKETS_PER_TURN = 32;

/** As `indexOfTicketKey`, for a process that has other work: it holds up the event loop for some ms at a time. */
export async function findTicketKey(ticketRoot: bigint, ticketKey: bigint): Promise<number | undefined> {
  let index = 0;
  for (const key of keysBelow(ticketRoot, 0)) {
    if (key === ticketKey) return index;
    index += 1;
    if (index % TICKETS_PER_TURN === 0) await setImmediate();
  }
  return undefined;
}

/** nullifier = H(a_i). */
export const nullifierOf = (ticketKey: bigint): bigint => poseidon([ticketKey]);

/** foldNullifier = H(a_i, TAG_FOLD). */
export const foldNullifierOf = (ticketKey: bigint): bigint => poseidon([ticketKey, TAG.FOLD]);

/** What an unused slot of a fold shows in place of a fold nullifier: H(newRho, TAG_FILL + slot). */
export const fillerOf = (newRho: bigint, slot: number): bigint => poseidon([newRho, TAG.FILL + BigInt(slot)]);

/** @throws ProtocolError INDEX_RANGE unless 0 <= firstUnused <= 65,536. */
function assertFirstUnused(firstUnused: number): void {
  if (!Number.isInteger(firstUnused) || firstUnused < 0 || firstUnused > TICKET_COUNT) {
    throw new ProtocolError(
      "INDEX_RANGE",
      `the first unused ticket is between 0 and ${TICKET_COUNT}, and not ${firstUnused}`,
    );
  }
}

/** True if slot (level, child) is in the cover of the tickets [firstUnused, 65536). */
function isCovered(firstUnused: number, level: number, child: number): boolean {
  if (firstUnused === TICKET_COUNT) return false;
  const step = nibbleOf(firstUnused, level);
  return level === TICKET_DEPTH ? child >= step : child > step;
}

/**
 * The 64 cover slots of the tickets [firstUnused, 65536): slot 16·(level - 1) + child holds the key of that child on the path to
 * firstUnused where it is in the cover, and 0 where it is not.
 */
export function coverKeysOf(ticketRoot: bigint, firstUnused: number): bigint[] {
  assertFirstUnused(firstUnused);
  const slots = new Array<bigint>(COVER_SLOTS).fill(0n);
  if (firstUnused === TICKET_COUNT) return slots;
  let node = ticketRoot;
  for (let level = 1; level <= TICKET_DEPTH; level++) {
    for (let child = 0; child < TICKET_ARITY; child++) {
      if (isCovered(firstUnused, level, child)) slots[TICKET_ARITY * (level - 1) + child] = childOf(node, level, child);
    }
    if (level < TICKET_DEPTH) node = childOf(node, level, nibbleOf(firstUnused, level));
  }
  return slots;
}

/**
 * The key of ticket `index` from the cover keys that a close published.
 * @throws ProtocolError INDEX_RANGE for a ticket below firstUnused, which no cover key reveals.
 */
export function ticketKeyFromCover(slots: readonly bigint[], firstUnused: number, index: number): bigint {
  assertFirstUnused(firstUnused);
  assertIndex(index);
  if (index < firstUnused)
    throw new ProtocolError("INDEX_RANGE", `ticket ${index} lies below the cover, which starts at ${firstUnused}`);
  for (let level = 1; level <= TICKET_DEPTH; level++) {
    const child = nibbleOf(index, level);
    if (isCovered(firstUnused, level, child))
      return descend(slots[TICKET_ARITY * (level - 1) + child] as bigint, level, index);
  }
  throw new ProtocolError("INDEX_RANGE", `no cover key leads to ticket ${index}`);
}
