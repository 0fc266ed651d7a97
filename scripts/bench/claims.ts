// SPDX-License-Identifier: GPL-3.0-or-later
/** One true claim of each statement, for timing: a wallet in the middle of its life, in a pool of 1,000 accounts. */
import { LeanIMT } from "@zk-kit/lean-imt";
import { ZeroAddress } from "ethers";

import type { Claim, RefundTicket, SignedState, State, Statement } from "../../src/protocol/index.ts";
import {
  closeClaim,
  describePool,
  enrollClaim,
  foldClaim,
  foldedState,
  initialState,
  leafOf,
  nullifierOf,
  poseidon,
  providerKey,
  refundClaim,
  refundMessage,
  requestClaim,
  slashClaim,
  stateHash,
  ticketKeyOf,
  ticketRootOf,
} from "../../src/protocol/index.ts";
import { localParameters } from "../support/local-pool.ts";
import { accountAt, DEPOSIT, doubleSpendOf, FAR_FUTURE, freshAddress } from "./accounts.ts";

const ACCOUNTS = 1_000;
const OWN_ACCOUNT = 617;

/** Leaves of the pool's first accounts. */
export const leavesOf = (count: number): bigint[] =>
  Array.from({ length: count }, (_, index) => leafOf(accountAt(index).identityCommitment, DEPOSIT));

export const treeOf = (leaves: readonly bigint[]): LeanIMT =>
  new LeanIMT((left, right) => poseidon([left, right]), [...leaves]);

export interface BenchClaims extends Readonly<Record<Statement, Claim>> {
  /** Requests of other tickets of the same account. */
  readonly requestOf: (index: number) => Claim;
}

export function makeClaims(): BenchClaims {
  const key = providerKey(Uint8Array.from({ length: 32 }, (_, index) => index + 1));
  const parameters = localParameters(freshAddress("token"), freshAddress("provider"), key);
  const pool = describePool(31_337n, freshAddress("pool"), parameters);
  const { poolHash } = pool;
  const account = accountAt(OWN_ACCOUNT);
  const { identitySecret } = account;
  const signed = (state: State): SignedState => ({ state, signature: key.sign(stateHash(poolHash, state)) });

  const { root, index, siblings } = treeOf(leavesOf(ACCOUNTS)).generateProof(OWN_ACCOUNT);
  const first = signed(initialState(poolHash, identitySecret, DEPOSIT));
  const ticketRoot = ticketRootOf(identitySecret, poolHash);
  const refunds = [0, 1, 2, 3].map((ticket): RefundTicket => {
    const refund = { refundedCharge: 2_500n, refundedHold: parameters.policyHold };
    const nullifier = nullifierOf(ticketKeyOf(ticketRoot, ticket));
    return { index: ticket, ...refund, signature: key.sign(refundMessage(poolHash, { nullifier, ...refund })) };
  });
  const [refund] = refunds;
  if (refund === undefined) throw new Error("there is a refund ticket");
  const refunded = { ...refund, nullifier: nullifierOf(ticketKeyOf(ticketRoot, refund.index)) };
  const folded = signed(foldedState(poolHash, first.state, refunds));
  const requestOf = (ticket: number): Claim => requestClaim(pool, folded, ticket, freshAddress(`session ${ticket}`));
  return {
    enroll: enrollClaim(pool, identitySecret, DEPOSIT, { root, index, siblings }),
    request: requestOf(4),
    requestOf,
    fold: foldClaim(pool, first, refunds),
    close: closeClaim(pool, identitySecret, folded, {
      deposit: DEPOSIT,
      firstUnused: 4,
      refundedCharges: 10_000n,
      refundedHolds: 4_000n,
      terms: { recipient: freshAddress("recipient"), relayer: ZeroAddress, fee: 0n, deadline: FAR_FUTURE },
    }),
    slash: slashClaim(pool, doubleSpendOf(pool, account), freshAddress("slasher")),
    refund: refundClaim(pool, refunded),
  };
}
