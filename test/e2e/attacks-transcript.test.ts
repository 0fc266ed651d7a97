// SPDX-License-Identifier: GPL-3.0-or-later
/** What somebody who sees every public number can do with them: try to link them, and to get at a secret. */
import { expect } from "chai";

import {
  FIELD_MODULUS,
  coverKeysOf,
  enrollNullifierOf,
  foldNullifierOf,
  identityCommitmentOf,
  initialState,
  leafOf,
  nullifierOf,
  poseidon,
  recoverFromKey,
  recoverFromShares,
  shareOf,
  stateHash,
  ticketKeyOf,
  ticketMessage,
  ticketRootOf,
} from "../../src/protocol/index.ts";
import { sessionKeyOf } from "../../src/wallet/index.ts";
import { DEPOSIT, POOL, secretOf } from "../src/support/session-world.ts";

const TICKETS = 64;
const inverse = (value: bigint): bigint => {
  let [result, base, exponent] = [1n, value, FIELD_MODULUS - 2n];
  for (; exponent > 0n; exponent >>= 1n, base = (base * base) % FIELD_MODULUS)
    if (exponent & 1n) result = (result * base) % FIELD_MODULUS;
  return result;
};
const mod = (value: bigint): bigint => ((value % FIELD_MODULUS) + FIELD_MODULUS) % FIELD_MODULUS;

interface Seen {
  readonly nullifier: bigint;
  readonly foldNullifier: bigint;
  readonly x: bigint;
  readonly y: bigint;
}

/** What an account shows of its first tickets. */
function transcripts(account: number): Seen[] {
  const secret = secretOf(account);
  return Array.from({ length: TICKETS }, (_, index) => {
    const ticketKey = ticketKeyOf(ticketRootOf(secret, POOL.poolHash), index);
    const x = ticketMessage(POOL.scope, sessionKeyOf(secret, index).address);
    const { y } = shareOf(secret, ticketKey, x);
    return { nullifier: nullifierOf(ticketKey), foldNullifier: foldNullifierOf(ticketKey), x, y };
  });
}

describe("what everybody sees of tickets", function () {
  this.timeout(60_000);
  const alices = transcripts(0);
  const bobs = transcripts(1);

  it("has no number twice: among tickets of one account, of two, and beside account, deposit and state", () => {
    const numbers = [...alices, ...bobs].flatMap(({ nullifier, foldNullifier, x, y }) => [
      nullifier,
      foldNullifier,
      x,
      y,
    ]);
    for (const account of [0, 1]) {
      const secret = secretOf(account);
      const commitment = identityCommitmentOf(secret);
      numbers.push(commitment, leafOf(commitment, DEPOSIT), enrollNullifierOf(secret, POOL.poolHash));
      numbers.push(stateHash(POOL.poolHash, initialState(POOL.poolHash, secret, DEPOSIT)));
      numbers.push(poseidon([commitment]), poseidon([commitment, POOL.poolHash]));
    }
    expect(new Set(numbers).size).to.equal(numbers.length);
  });

  it("fits every secret: each share lies on one line for any k, and only the nullifier's hash tells which", () => {
    const [seen] = alices as [Seen];
    for (const guess of [1n, 2n, secretOf(1), FIELD_MODULUS - 1n]) {
      const slope = mod((seen.y - guess) * inverse(seen.x));
      expect(recoverFromKey(seen, slope)).to.equal(guess);
      expect(nullifierOf(slope)).not.to.equal(seen.nullifier);
    }
  });

  it("gives no secret from one ticket, nor from any two of one account", () => {
    const [first] = alices as [Seen];
    expect(() => recoverFromShares(first, first)).to.throw("same message");
    const commitment = identityCommitmentOf(secretOf(0));
    for (const [at, one] of alices.entries()) {
      for (const other of alices.slice(at + 1, at + 5)) {
        const { identitySecret, ticketKey } = recoverFromShares(one, other);
        expect(identityCommitmentOf(identitySecret)).not.to.equal(commitment);
        expect([one.nullifier, other.nullifier]).not.to.include(nullifierOf(ticketKey));
      }
    }
  });

  it("stays closed below j when a close reveals all keys from j on", () => {
    const cover = coverKeysOf(ticketRootOf(secretOf(0), POOL.poolHash), TICKETS).filter((key) => key !== 0n);
    const commitment = identityCommitmentOf(secretOf(0));
    for (const seen of alices) {
      for (const key of cover) {
        expect(nullifierOf(key)).not.to.equal(seen.nullifier);
        expect(identityCommitmentOf(recoverFromKey(seen, key))).not.to.equal(commitment);
      }
    }
  });
});
