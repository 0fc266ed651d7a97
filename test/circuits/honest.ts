// SPDX-License-Identifier: GPL-3.0-or-later
/** Every kind of honest witness of each circuit, for searches that look at all signals of a witness. */
import { p } from "../vectors/model/hash.ts";
import {
  commitmentOf,
  firstState,
  hashOf,
  leafOf,
  nullifierOf,
  pathOf,
  poolOf,
  refundMessageOf,
  refundOf,
  ticketKeyOf,
} from "../vectors/model/protocol.ts";
import { UNSIGNED, close, enroll, fold, refund, request, slash } from "../vectors/model/statements.ts";
import type { Statement } from "../vectors/model/statements.ts";
import { CHAIN_ID, DEPOSIT, HOLD, RECIPIENT, alice, pool, provider, secret, signed } from "./world.ts";

const { poolHash } = pool;
const { state, signature } = signed({ budget: DEPOSIT + 1_000n, returnedHolds: 100n });
const refunds = [3, 1, 4_000, 9].map((index) => refundOf(provider, poolHash, alice, index, 5n, 6n));
const nullifier = nullifierOf(ticketKeyOf(alice, poolHash, 3));
const terms = {
  deposit: DEPOSIT,
  firstUnused: 0x1a5e,
  refundedCharges: 900n,
  refundedHolds: 50n,
  recipient: RECIPIENT,
  relayer: RECIPIENT,
  fee: 1n,
  deadline: 1n,
};
const nothing = { refundedCharges: 0n, refundedHolds: 0n };
const first = firstState(poolHash, alice, DEPOSIT);
const leaf = leafOf(commitmentOf(alice), DEPOSIT);
const leaves = [secret("a"), secret("b"), leaf, secret("c"), secret("d")];
const deepPath = {
  siblings: Array.from({ length: 32 }, (_, level) => secret(`level ${level}`)),
  index: 2n ** 32n - 1n,
};
const certified = hashOf(poolHash, state);

/** Where as many signals as can be are 0: most of what can be loose is what is multiplied with a 0. */
const free = poolOf(CHAIN_ID, pool.address, 0n, pool.key);
const empty = signed({ budget: 0n, rho: 0n }, free);
const exact = signed({ budget: 65_536n * HOLD, returnedHolds: 0n });
const ofRefund = (of: bigint, charge: bigint, hold: bigint): Statement =>
  refund(pool, of, charge, hold, provider.sign(refundMessageOf(poolHash, of, charge, hold)));

/** By statement and kind. */
export const HONEST = {
  enroll: {
    "a path": enroll(pool, first, DEPOSIT, pathOf(leaves, 2)),
    "the only leaf": enroll(pool, first, DEPOSIT, pathOf([leaf], 0)),
    "the deepest path": enroll(pool, first, 2n ** 96n - 1n, deepPath),
    "a path of zeros": enroll(pool, { ...first, rho: 0n }, 0n, { siblings: [0n, 0n], index: 0n }),
  },
  request: {
    "a ticket": request(pool, state, signature, 77, secret("x")),
    "the last ticket, paid to the unit": request(pool, exact.state, exact.signature, 65_535, p - 1n),
    "the first ticket of a pool that holds nothing": request(free, empty.state, empty.signature, 0, 1n),
  },
  fold: {
    "four tickets": fold(pool, state, signature, refunds),
    "one ticket": fold(pool, state, signature, refunds.slice(0, 1)),
    "a certified state": fold(pool, state, UNSIGNED, refunds.slice(0, 2), certified),
    "a ticket that refunds nothing": fold(pool, state, signature, [refundOf(provider, poolHash, alice, 0, 0n, 0n)]),
  },
  close: {
    "a signed state": close(pool, state, signature, terms),
    "a certified state": close(pool, state, UNSIGNED, { ...terms, certified }),
    "no state": close(pool, state, UNSIGNED, { ...terms, ...nothing, firstUnused: 0 }),
    "every ticket used": close(pool, state, UNSIGNED, { ...terms, ...nothing, firstUnused: 65_536 }),
    "one ticket left, and all claimed": close(pool, state, signature, {
      ...terms,
      firstUnused: 65_535,
      refundedHolds: 100n,
    }),
  },
  slash: {
    "two shares": slash(pool, alice, 77, [4n, 5n], RECIPIENT),
    "shares of the first ticket, one of them k itself": slash(pool, alice, 0, [0n, 1n], RECIPIENT),
  },
  refund: {
    "a refund ticket": ofRefund(nullifier, 5n, 6n),
    "a refund ticket of zeros": ofRefund(0n, 0n, 0n),
  },
} as const satisfies Record<string, Record<string, Statement>>;
