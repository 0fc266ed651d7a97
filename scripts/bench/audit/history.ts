// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A long history of a pool that never was: accounts that are opened, closes that are started and made final, every root and every transfer
 * right, some closes with a real proof. Nothing is kept but the roots: each event is made when it is asked for.
 */
import { ZeroAddress } from "ethers";

import { Frontier } from "../../../src/audit/frontier.ts";
import {
  closeClaim,
  closePayout,
  describePool,
  identityCommitmentOf,
  leafOf,
  providerKey,
  stakeOf,
} from "../../../src/protocol/index.ts";
import type { CircuitInput, Payout, Pool, PoolParameters, Proof } from "../../../src/protocol/index.ts";

export interface HistorySize {
  readonly deposits: number;
  readonly closes: number;
  /** Accounts that one transaction opens. */
  readonly batch: number;
  /** How many closes have a real proof. */
  readonly proofs: number;
}

export type ProveClose = (input: CircuitInput) => Promise<Proof>;

const address = (digit: string): string => `0x${digit.repeat(40)}`;

export const CHAIN = 31_337n;
export const PARTIES = {
  pool: address("1"),
  settlement: address("2"),
  disputes: address("3"),
  token: address("4"),
  provider: address("5"),
  payer: address("6"),
} as const;
export const DEPOSIT = 1_100_000n;
export const FIRST_UNUSED = 40n;
export const DEADLINE = 4_102_444_800n;
const CLOSES_A_BLOCK = 100;
const START = 1_800_000_000;
const WINDOW = 3_600;
/** Of accounts without a secret: as large as commitments are, and one number finds the account again. */
const COMMITMENTS = 1n << 250n;

const PARAMETERS: PoolParameters = {
  token: PARTIES.token,
  provider: PARTIES.provider,
  providerKey: providerKey(Uint8Array.from({ length: 32 }, (_, index) => index + 1)).publicKey,
  ticketPrice: 10_000n,
  policyHold: 1_000n,
  unit: 10n,
  stakeMinimum: 1_000_000n,
  stakeBps: 100n,
  bountyBps: 5_000n,
  challengeWindow: BigInt(WINDOW),
  disputeWindow: BigInt(WINDOW),
  accountLifetime: 315_360_000n,
  termsHash: `0x${"9".repeat(64)}`,
};

/** A close that was proved: what its transaction carries. */
export interface ProvedClose {
  readonly secret: bigint;
  readonly coverKeys: readonly bigint[];
  readonly proof: Proof;
}

type Accounts = readonly [first: number, end: number];

/** Block 0 is empty; then deposits, one transaction a block; then closes, two blocks for each hundred. */
export class History {
  readonly pool: Pool = describePool(CHAIN, PARTIES.pool, PARAMETERS);
  readonly stake = stakeOf(PARAMETERS, DEPOSIT);
  readonly size: HistorySize;
  readonly #roots: bigint[] = [];
  readonly #proved = new Map<number, ProvedClose>();
  readonly #accountOf = new Map<bigint, number>();
  #depth = 0;

  private constructor(size: HistorySize) {
    this.size = size;
  }

  static async make(size: HistorySize, prove: ProveClose): Promise<History> {
    const history = new History(size);
    for (let number = 0; number < size.proofs; number++) await history.#prove(number, prove);
    history.#build();
    return history;
  }

  get depositBlocks(): number {
    return this.#roots.length;
  }

  get lastBlock(): number {
    return this.depositBlocks + 2 * Math.ceil(this.size.closes / CLOSES_A_BLOCK);
  }

  get depth(): number {
    return this.#depth;
  }

  /** What every close pays. */
  get split(): Payout {
    const sums = { firstUnused: FIRST_UNUSED, refundedCharges: 0n, refundedHolds: 0n, fee: 0n, isExpired: false };
    return closePayout(PARAMETERS, { deposit: DEPOSIT, stake: this.stake, ...sums });
  }

  get provedCommitments(): bigint[] {
    return [...this.#accountOf.keys()];
  }

  provedClose(account: number): ProvedClose | undefined {
    return this.#proved.get(account);
  }

  commitmentOf(account: number): bigint {
    const proved = this.#proved.get(account);
    return proved === undefined ? COMMITMENTS + BigInt(account) : identityCommitmentOf(proved.secret);
  }

  accountOf(identityCommitment: bigint): number {
    return this.#accountOf.get(identityCommitment) ?? Number(identityCommitment - COMMITMENTS);
  }

  rootAfter(block: number): bigint {
    return this.#roots[block - 1] ?? 0n;
  }

  /** Unix seconds. */
  timeOf(block: number): number {
    const late = block - this.depositBlocks;
    return START + 2 * block + (late > 0 ? Math.floor(late / 2) * WINDOW : 0);
  }

  openedAt(account: number): number {
    return this.timeOf(1 + Math.floor(account / this.size.batch));
  }

  opened(block: number): Accounts {
    const { batch, deposits } = this.size;
    return [(block - 1) * batch, Math.min(block * batch, deposits)];
  }

  /** The closes of a block after the deposits; they start in every other block, and are final in the next. */
  closes(block: number): { readonly accounts: Accounts; readonly isStart: boolean } {
    const late = block - this.depositBlocks - 1;
    const first = Math.floor(late / 2) * CLOSES_A_BLOCK;
    return { accounts: [first, Math.min(first + CLOSES_A_BLOCK, this.size.closes)], isStart: late % 2 === 0 };
  }

  startBlockOf(account: number): number {
    return this.depositBlocks + 1 + 2 * Math.floor(account / CLOSES_A_BLOCK);
  }

  finalizableAt(block: number): number {
    return this.timeOf(block) + WINDOW;
  }

  coverKeysOf(account: number): readonly bigint[] {
    const first = COMMITMENTS + BigInt(account) * 64n;
    return this.#proved.get(account)?.coverKeys ?? Array.from({ length: 64 }, (_, slot) => first + BigInt(slot));
  }

  /** Evenly over those that close. */
  async #prove(number: number, prove: ProveClose): Promise<void> {
    const { closes, proofs } = this.size;
    const account = Math.floor((number * closes) / proofs);
    const secret = 7_000_000_000_000n + BigInt(number);
    const terms = { recipient: PARTIES.payer, relayer: ZeroAddress, fee: 0n, deadline: DEADLINE };
    const sums = { deposit: DEPOSIT, firstUnused: Number(FIRST_UNUSED), refundedCharges: 0n, refundedHolds: 0n, terms };
    const { input, coverKeys } = closeClaim(this.pool, secret, undefined, sums);
    this.#proved.set(account, { secret, coverKeys, proof: await prove(input) });
    this.#accountOf.set(identityCommitmentOf(secret), account);
  }

  #build(): void {
    const { deposits, batch } = this.size;
    const tree = new Frontier();
    for (let account = 0; account < deposits;) {
      for (const end = Math.min(account + batch, deposits); account < end; account++) {
        tree.add(leafOf(this.commitmentOf(account), DEPOSIT));
      }
      this.#roots.push(tree.root);
    }
    this.#depth = tree.depth;
  }
}
