// SPDX-License-Identifier: GPL-3.0-or-later
/** Secrets and prompts that can be guessed, and session keys that are related. */
import { SigningKey, toBeHex } from "ethers";

import {
  deriveSessionKey,
  enrollNullifierOf,
  nullifierOf,
  ticketKeyOf,
  ticketRootOf,
} from "../../../../src/protocol/index.ts";
import { sessionKeyFrom } from "../../../../src/wallet/index.ts";
import { requestHashOf } from "../../../../src/wire/index.ts";
import type { Entity, Sight } from "../entities.ts";
import { BUCKETS, payloadOf, statusOf } from "../prompts.ts";
import { scoreAll } from "./matcher.ts";
import type { Matcher } from "./matcher.ts";

/** Indices that are tried with every guess. */
const INDICES = 8;
const made = new Map<string, ReadonlySet<bigint>>();

/** Everything that a guessed k would give: session addresses, nullifiers. */
function publicOf({ pool }: Sight, secret: bigint): ReadonlySet<bigint> {
  const key = `${pool.poolHash}:${secret}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const root = ticketRootOf(secret, pool.poolHash);
  const values = new Set([enrollNullifierOf(secret, pool.poolHash)]);
  for (let index = 0; index < INDICES; index++) {
    values.add(BigInt(sessionKeyFrom(deriveSessionKey(secret, index)).address));
    values.add(nullifierOf(ticketKeyOf(root, index)));
  }
  made.set(key, values);
  return values;
}

/** What is known of an account and could have been taken for its secret: its number in the tree, its commitment. */
function guessesOf(entity: Entity): readonly bigint[] {
  const leafIndex = entity.places.get("event.AccountOpened");
  const number = entity.small.find(({ tag }) => tag === "leafIndex")?.value ?? BigInt(leafIndex ?? 0);
  return entity.kind === "account" ? [number, entity.key] : [entity.key];
}

/** A key derived from something public finds the account. */
export const guessedSecrets: Matcher = {
  name: "guessed secrets",
  score: (sight, lefts, rights) => {
    // Guessing costs a multiplication on a curve each: only from enrolments and accounts.
    if (rights[0]?.kind !== "account" && rights[0]?.kind !== "enrolment") return scoreAll(lefts, rights, () => 0);
    return scoreAll(lefts, rights, (left, right) => {
      const own = new Set(left.large.map(({ value }) => value));
      return guessesOf(right).some((guess) => [...publicOf(sight, guess)].some((value) => own.has(value))) ? 1 : 0;
    });
  },
};

/** Salts of a wallet that takes none. */
export const GUESSABLE_SALTS = [`0x${"00".repeat(32)}`, `0x${"11".repeat(32)}`, `0x${"5a".repeat(32)}`] as const;

/** Prompts about an account, hashed with salts that are none, against the hashes in vouchers. */
export const guessedPrompts: Matcher = {
  name: "guessed prompts",
  score: (_, lefts, rights) => {
    const hashesOf = new Map(
      rights
        .filter(({ kind }) => kind === "account")
        .map((account) => {
          const payloads = BUCKETS.map((bucket) => payloadOf(bucket, statusOf(account.key)));
          const hashes = GUESSABLE_SALTS.flatMap((salt) =>
            payloads.flatMap((payload) =>
              [true, false].map((isLast) => BigInt(requestHashOf({ salt, isLast, payload }))),
            ),
          );
          return [account, new Set(hashes)] as const;
        }),
    );
    return scoreAll(lefts, rights, (left, right) =>
      left.large.some(({ value }) => hashesOf.get(right)?.has(value)) ? 1 : 0,
    );
  },
};

/** Secp256k1's field, in which a point is negated. */
const CURVE_PRIME = 2n ** 256n - 2n ** 32n - 977n;
const STEPS = 16;
const pointOf = (x: bigint, y: bigint): string => `0x04${toBeHex(x, 32).slice(2)}${toBeHex(y, 32).slice(2)}`;
const multiplesOfBase = new Set(
  Array.from({ length: STEPS }, (_, step) => SigningKey.computePublicKey(toBeHex(step + 1, 32), false).slice(4, 68)),
);

/** Session keys whose difference is small, or comes back between other sessions: keys counted up from one that is secret. */
export const relatedSessionKeys: Matcher = {
  name: "related session keys",
  score: (_, lefts, rights) => {
    const keyOf = ({ large }: Entity): readonly [bigint, bigint] | undefined => {
      const [x, y] = ["publicKey[0]", "publicKey[1]"].map((tag) => large.find((value) => value.tag === tag)?.value);
      return x === undefined || y === undefined ? undefined : [x, y];
    };
    const differences = lefts.map((left) =>
      rights.map((right): string | undefined => {
        const [a, b] = [keyOf(left), keyOf(right)];
        if (a === undefined || b === undefined || a[0] === b[0]) return undefined;
        return SigningKey.addPoints(pointOf(...a), pointOf(b[0], CURVE_PRIME - b[1]), false).slice(4, 68);
      }),
    );
    const counts = new Map<string | undefined, number>();
    for (const difference of differences.flat()) counts.set(difference, (counts.get(difference) ?? 0) + 1);
    return differences.map((row) =>
      row.map((difference) => {
        if (difference === undefined) return 0;
        return (multiplesOfBase.has(difference) ? 2 : 0) + ((counts.get(difference) ?? 1) > 1 ? 1 : 0);
      }),
    );
  },
};
