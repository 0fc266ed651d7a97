// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A pool with the real verifiers, three accounts, and the proofs that all tests of test/contracts/settlement-*.test.ts share: they are made
 * once in a run, and `networkHelpers.loadFixture(settlementWorld)` takes the chain back to where nobody has used them yet.
 */
import { ZeroAddress, getAddress } from "ethers";
import { network } from "hardhat";

import { closeRequestOf } from "../../../src/chain/index.ts";
import type { CloseRequest } from "../../../src/chain/index.ts";
import {
  closeClaim,
  identityCommitmentOf,
  initialState,
  nullifierOf,
  recoverFromKey,
  shareOf,
  slashClaim,
  stateHash,
  ticketKeyFromCover,
  ticketKeyOf,
  ticketRootOf,
} from "../../../src/protocol/index.ts";
import type { Proof, Share, SignedState } from "../../../src/protocol/index.ts";
import { Prover } from "../../../src/prover/index.ts";
import { provingOnce } from "../../support/proofs.ts";
import { createLocalPool } from "../../../scripts/support/local-pool.ts";
import type { LocalPool, LocalSigner } from "../../../scripts/support/local-pool.ts";
import type { CloseRequestStruct } from "../../../typechain-types/contracts/CreditSettlement.js";
import type { CreditPool, CreditSettlement } from "../../../typechain-types/index.js";

export const connection = await network.create();
export const { ethers, networkHelpers } = connection;

/** C, P and hold of the local pool, and what all accounts here hold: 100 tickets, S = 1 + 1 %. */
export const C = 10_000n;
export const P = 1_000n;
export const HOLD = C + P;
export const D = 100n * HOLD;
export const S = 1_000_000n + D / 100n;
/** Half of S. */
export const BOUNTY = S / 2n;
export const WINDOW = 3_600n;
export const LIFETIME = 86_400n;
/** 2100-01-01. */
export const DEADLINE = 4_102_444_800n;
export const FEE = 7_000n;

const addressAt = (nibble: string): string => getAddress(`0x${nibble.repeat(20)}`);
export const RECIPIENT = addressAt("a1");
export const RELAYER = addressAt("b2");
export const WATCHER = addressAt("c3");

/** Anybody can read these secrets: the accounts are worth nothing. */
const ALICE = 1_234_567_890_123_456_789_012_345_678_901_234_567_890n;
const BOB = ALICE + 1n;
const CAROL = ALICE + 2n;
export const [alice, bob, carol] = [ALICE, BOB, CAROL].map(identityCommitmentOf) as [bigint, bigint, bigint];

export interface SlashRequest {
  readonly identityCommitment: bigint;
  readonly nullifier: bigint;
  readonly recipient: string;
  readonly proof: Proof;
}

/** What a gateway records of a ticket that it served. */
export interface Transcript extends Share {
  readonly nullifier: bigint;
}

export interface SettlementProofs {
  /** Alice's closes. No ticket used, no state. */
  readonly fresh: CloseRequest;
  /** 20 tickets used, the exact refunds of the latest state, a relayer. */
  readonly middle: CloseRequest;
  /** 20 tickets used, fewer refunds than an older state holds. */
  readonly older: CloseRequest;
  /** 105 tickets used and no state: more is owed than D. */
  readonly owing: CloseRequest;
  /** Every ticket used, no state. */
  readonly exhausted: CloseRequest;
  /** Slashes to WATCHER: Alice's tickets 20 and 30, Bob's ticket 3. */
  readonly ticket20: SlashRequest;
  readonly ticket30: SlashRequest;
  readonly bobsTicket: SlashRequest;
  /** The one message that Alice put on ticket 20, and on ticket 30, as the gateway saw them. */
  readonly transcript20: Transcript;
  readonly transcript30: Transcript;
}

export interface SettlementWorld extends LocalPool {
  readonly proofs: SettlementProofs;
  /** The same parameters, keys and accounts once more. */
  readonly second: { readonly pool: CreditPool; readonly settlement: CreditSettlement };
  readonly stranger: LocalSigner;
}

let proofs: Promise<SettlementProofs> | undefined;

/** Alice, Bob and Carol have deposited in both pools. The token can be told to refuse a receiver, and does not yet. */
export async function settlementWorld(): Promise<SettlementWorld> {
  const local = await createLocalPool(connection, { tokenContract: "MoodyToken" });
  const { factory, pool, token, user, providerKey, client } = local;
  const [stranger] = local.others;
  if (stranger === undefined) throw new Error("the network has too few accounts");
  const parameters = { ...client.parameters, providerKey: [...client.parameters.providerKey] as [bigint, bigint] };
  await factory.createPool(parameters, [...providerKey.eighth]);
  const [address = ""] = await factory.poolsFrom(1n, 1n);
  const secondPool = await ethers.getContractAt("CreditPool", address, user);
  const secondRules = await ethers.getContractAt("CreditSettlement", await secondPool.settlement(), user);
  await token.approve(address, 10n ** 15n);
  for (const target of [pool, secondPool]) await target.depositBatch([alice, bob, carol], [D, D, D]);
  proofs ??= prove(local);
  return { ...local, proofs: await proofs, second: { pool: secondPool, settlement: secondRules }, stranger };
}

async function prove({ description: pool, providerKey }: LocalPool): Promise<SettlementProofs> {
  const { poolHash } = pool;
  let prover: Promise<Prover> | undefined;
  const proveOnce = provingOnce(() => (prover ??= Prover.create()));

  /** A state with refunds, as the provider would have signed it after some folds. */
  const signed = (refundedCharges: bigint, refundedHolds: bigint): SignedState => {
    const state = {
      ...initialState(poolHash, ALICE, D),
      budget: D + refundedCharges + refundedHolds,
      returnedHolds: refundedHolds,
    };
    return { state, signature: providerKey.sign(stateHash(poolHash, state)) };
  };

  const close = async (
    firstUnused: number,
    state?: SignedState,
    refundedCharges = 0n,
    refundedHolds = 0n,
    [relayer, fee] = [ZeroAddress, 0n],
  ): Promise<CloseRequest> => {
    const terms = { recipient: RECIPIENT, relayer, fee, deadline: DEADLINE };
    const input = { deposit: D, firstUnused, refundedCharges, refundedHolds, terms };
    const claim = closeClaim(pool, ALICE, state, input);
    const { proof } = await proveOnce("close", claim.input);
    return closeRequestOf(alice, input, claim.coverKeys, proof);
  };

  const transcript = (identitySecret: bigint, index: number): Transcript => {
    const ticketKey = ticketKeyOf(ticketRootOf(identitySecret, poolHash), index);
    return { nullifier: nullifierOf(ticketKey), ...shareOf(identitySecret, ticketKey, BigInt(1_000 + index)) };
  };

  const slash = async (
    identitySecret: bigint,
    index: number,
    shares: readonly [Share, Share],
  ): Promise<SlashRequest> => {
    const { input, publicSignals } = slashClaim(pool, { index, shares, identitySecret }, WATCHER);
    const { proof } = await proveOnce("slash", input);
    const [identityCommitment, nullifier] = publicSignals as [bigint, bigint];
    return { identityCommitment, nullifier, recipient: WATCHER, proof };
  };

  /** One share and the cover key that a close publishes give the rest. */
  const convict = async (closed: CloseRequest, index: number, seen: Transcript): Promise<SlashRequest> => {
    const ticketKey = ticketKeyFromCover(closed.coverKeys, Number(closed.firstUnused), index);
    const identitySecret = recoverFromKey(seen, ticketKey);
    return slash(identitySecret, index, [seen, shareOf(identitySecret, ticketKey, 1n)]);
  };

  const bobsKey = ticketKeyOf(ticketRootOf(BOB, poolHash), 3);
  const [transcript20, transcript30] = [transcript(ALICE, 20), transcript(ALICE, 30)];
  try {
    const [fresh, middle, older, owing, exhausted, bobsTicket] = await Promise.all([
      close(0),
      close(20, signed(150_000n, 18_000n), 150_000n, 18_000n, [RELAYER, FEE]),
      close(20, signed(50_000n, 6_000n), 40_000n, 6_000n),
      close(105),
      close(65_536),
      slash(BOB, 3, [shareOf(BOB, bobsKey, 5n), shareOf(BOB, bobsKey, 6n)]),
    ]);
    const [ticket20, ticket30] = await Promise.all([
      convict(middle, 20, transcript20),
      convict(middle, 30, transcript30),
    ]);
    return { fresh, middle, older, owing, exhausted, ticket20, ticket30, bobsTicket, transcript20, transcript30 };
  } finally {
    await (await prover)?.close();
  }
}

const mutable = ({ a, b, c }: Proof) => ({
  a: [...a] as [bigint, bigint],
  b: [[...b[0]], [...b[1]]] as [[bigint, bigint], [bigint, bigint]],
  c: [...c] as [bigint, bigint],
});

/** A close as typechain's types take it, with some fields changed. */
export function closeArgument(request: CloseRequest, changes: Partial<CloseRequest> = {}): CloseRequestStruct {
  const { proof, coverKeys, ...rest } = { ...request, ...changes };
  return { ...rest, coverKeys: [...coverKeys], proof: mutable(proof) };
}

/** A slash's arguments, with some changed. */
export function slashArguments(
  request: SlashRequest,
  changes: Partial<SlashRequest> = {},
): [identityCommitment: bigint, nullifier: bigint, recipient: string, proof: ReturnType<typeof mutable>] {
  const { identityCommitment, nullifier, recipient, proof } = { ...request, ...changes };
  return [identityCommitment, nullifier, recipient, mutable(proof)];
}
