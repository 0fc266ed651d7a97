// SPDX-License-Identifier: GPL-3.0-or-later
/** Keys, hashes and amounts made without a secret, or with the same one twice. */
import { SigningKey, toBeHex } from "ethers";

import { TAG, deriveSessionKey } from "../../../../src/protocol/index.ts";
import { sessionKeyFrom } from "../../../../src/wallet/index.ts";
import { requestHashOf } from "../../../../src/wire/index.ts";
import { Dice } from "../dice.ts";
import { GUESSABLE_SALTS } from "../matchers/guesses.ts";
import { hash } from "../matchers/matcher.ts";
import { POLICY_HOLD, TICKET_PRICE, UNIT } from "../parties.ts";
import { payloadOf, statusOf } from "../prompts.ts";
import { SEED, changed, keyOf, leafOf, numberOf, ownerOf, perTicket, secretsOf, substituted, things } from "./plant.ts";
import type { World } from "../run.ts";
import type { Leak } from "./plant.ts";

/** What the observer had seen, had nobody rounded, and had the provider taken these marks off its refunds. */
function withExactSums(world: World, marks: ReadonlyMap<bigint, bigint>): World {
  const markOf = (nullifier: bigint): bigint => marks.get(nullifier) ?? 0n;
  return changed(world, ({ subject }, { name, value }) => {
    if (subject?.kind === "ticket" && /\.(refunded_charge|refundedCharge)$/.test(name))
      return value - markOf(subject.key);
    const owner = subject?.kind === "account" ? world.owners.account.get(subject.key) : undefined;
    const folded = (owner === undefined ? undefined : world.folded.get(owner)) ?? [];
    if (owner !== undefined && name.endsWith(".refundedHolds")) return BigInt(folded.length) * POLICY_HOLD;
    if (owner === undefined || !name.endsWith(".refundedCharges")) return value;
    return folded.reduce(
      (sum, key) => sum + numberOf(world, "ticket", key, "tickets.refunded_charge") - markOf(key),
      0n,
    );
  });
}

/** No leak but a choice: closes that claim all that they can. */
export const exactSums = (world: World): World => withExactSums(world, new Map());

export const SECRET_LEAKS: readonly Leak[] = [
  {
    name: "enrolment nullifiers made of the commitment, without k",
    finders: ["known functions"],
    relation: "enrolment – account",
    plant: (world) =>
      substituted(
        world,
        new Map(
          things(world, "enrolment").map(({ key, owner }) => [key, hash([keyOf(world, "account", owner), TAG.ENROLL])]),
        ),
      ),
  },
  {
    name: "fillers of folds made of the enrolment nullifier in place of rho",
    finders: ["known functions"],
    relation: "enrolment – fold",
    plant: (world) =>
      substituted(
        world,
        new Map(
          things(world, "fold").map(({ key, owner }) => [
            numberOf(world, "fold", key, "fold.nullifiers[3]"),
            hash([keyOf(world, "enrolment", owner), TAG.FILL + 3n]),
          ]),
        ),
      ),
  },
  {
    name: "session keys derived from the account's number, without k",
    finders: ["guessed secrets"],
    relation: "ticket – account",
    plant: (world) =>
      perTicket(world, "tickets.session_address", (_, owner, index) =>
        BigInt(sessionKeyFrom(deriveSessionKey(BigInt(leafOf(world, owner)), index)).address),
      ),
  },
  {
    name: "session keys counted up from one secret key",
    finders: ["related session keys"],
    relation: "ticket – ticket",
    plant: (world) => {
      const secretOf = secretsOf(240);
      const publicKey = (owner: number, index: number): string =>
        SigningKey.computePublicKey(toBeHex(secretOf(owner) + BigInt(index) + 1n, 32), false).slice(4);
      const withX = perTicket(world, "publicKey[0]", (_, owner, index) =>
        BigInt(`0x${publicKey(owner, index).slice(0, 64)}`),
      );
      return perTicket(withX, "publicKey[1]", (_, owner, index) => BigInt(`0x${publicKey(owner, index).slice(64)}`));
    },
  },
  {
    name: "proofs of an account with the same blinding",
    finders: ["equal values"],
    relation: "ticket – ticket",
    plant: (world) => {
      const pointOf = secretsOf(250);
      return perTicket(world, "ticket.proof.a[0]", (_, owner) => pointOf(owner));
    },
  },
  {
    name: "request hashes with a constant salt, of prompts that can be guessed",
    finders: ["guessed prompts"],
    relation: "ticket – account",
    plant: (world) =>
      perTicket(world, "tickets.voucher_request_hash", (_, owner) => {
        const payload = payloadOf("small", statusOf(keyOf(world, "account", owner)));
        return BigInt(requestHashOf({ salt: GUESSABLE_SALTS[0], isLast: true, payload }));
      }),
  },
  {
    name: "refunds marked by charges below the unit, and closes with exact sums",
    finders: ["sums of refunds"],
    relation: "ticket – account",
    plant: (world) => {
      const dice = new Dice(SEED);
      return withExactSums(
        world,
        new Map(things(world, "ticket").map(({ key }) => [key, BigInt(dice.below(Number(UNIT)))])),
      );
    },
  },
  {
    name: "a cap of one's own",
    finders: ["amounts and counts"],
    relation: "ticket – ticket",
    plant: (world) =>
      changed(world, (record, { name, value }) => {
        const owner = record.subject?.kind === "ticket" ? ownerOf(world, record) : undefined;
        return owner !== undefined && /(\.|_)cap$/.test(name) ? TICKET_PRICE - BigInt(owner) : value;
      }),
  },
];
