// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A pool with the real verifiers and three accounts, and everything that parties of a dispute hold: tickets, session keys, refund tickets,
 * vouchers, closes. A proof is made when a test first asks for it, once in a run: every run of the world has the same addresses.
 */
import { Wallet, ZeroHash, id } from "ethers";
import { network } from "hardhat";

import { closeRequestOf } from "../../../src/chain/index.ts";
import type { CloseRequest } from "../../../src/chain/index.ts";
import {
  CALL_TYPES,
  closeClaim,
  describePool,
  domainOf,
  identityCommitmentOf,
  initialState,
  refundClaim,
  refundMessage,
  requestClaim,
  stateHash,
} from "../../../src/protocol/index.ts";
import type { Claim, Pool, Proof, Signature, SignedState, State, Statement } from "../../../src/protocol/index.ts";
import { Prover } from "../../../src/prover/index.ts";
import { provingOnce } from "../../support/proofs.ts";
import { createLocalPool } from "../../../scripts/support/local-pool.ts";
import type { LocalPool, LocalSigner } from "../../../scripts/support/local-pool.ts";
import type { RefundTicketStruct, VoucherStruct } from "../../../typechain-types/contracts/CreditDisputes.js";
import type { CreditDisputes, CreditPool, CreditSettlement } from "../../../typechain-types/index.js";
import { D, DEADLINE, RECIPIENT } from "./settlement-world.ts";

export { C, D, DEADLINE, HOLD, P, RECIPIENT, S, WATCHER, WINDOW, closeArgument } from "./settlement-world.ts";

export const connection = await network.create();
export const { ethers, networkHelpers } = connection;

/** Every price of the local pool is a multiple of it. */
export const UNIT = 10n;
export const DEAD = "0x000000000000000000000000000000000000dEaD";
/** What the provider's wallet holds before it posts a bond. */
export const PURSE = 1_000_000n;

/** Anybody can read these secrets: the accounts are worth nothing. */
export const ALICE = 5_234_567_890_123_456_789_012_345_678_901_234_567_890n;
export const BOB = ALICE + 1n;
/** The provider's own account under another name. */
export const ALIAS = ALICE + 2n;
export const [alice, bob, alias] = [ALICE, BOB, ALIAS].map(identityCommitmentOf) as [bigint, bigint, bigint];

export interface DisputeWorld extends LocalPool {
  /** The same parameters, keys and accounts once more. */
  readonly second: {
    readonly pool: CreditPool;
    readonly settlement: CreditSettlement;
    readonly disputes: CreditDisputes;
    readonly description: Pool;
  };
  readonly stranger: LocalSigner;
}

/** Three accounts in both pools, no bond, no revenue. The token can be told to refuse a receiver, and does not yet. */
export async function disputeWorld(): Promise<DisputeWorld> {
  const local = await createLocalPool(connection, { tokenContract: "MoodyToken" });
  const { factory, pool, token, user, provider, providerKey, description } = local;
  const [stranger] = local.others;
  if (stranger === undefined) throw new Error("the network has too few accounts");
  const parameters = { ...description.parameters, providerKey: [...providerKey.publicKey] as [bigint, bigint] };
  await factory.createPool(parameters, [...providerKey.eighth]);
  const [address = ""] = await factory.poolsFrom(1n, 1n);
  const second = await ethers.getContractAt("CreditPool", address, user);
  await token.approve(address, 10n ** 15n);
  await token.mint(provider, PURSE);
  await token.connect(provider).approve(pool, PURSE);
  for (const target of [pool, second]) await target.depositBatch([alice, bob, alias], [D, D, D]);
  return {
    ...local,
    stranger,
    second: {
      pool: second,
      settlement: await ethers.getContractAt("CreditSettlement", await second.settlement(), user),
      disputes: await ethers.getContractAt("CreditDisputes", await second.disputes(), user),
      description: describePool(description.chainId, address, description.parameters),
    },
  };
}

// ----------------------------------------------------------------------------- proofs

let prover: Promise<Prover> | undefined;
const proveOnce = provingOnce(() => (prover ??= Prover.create()));

/** The proof of a claim. */
export async function prove(statement: Statement, { input }: Claim): Promise<Proof> {
  return (await proveOnce(statement, input)).proof;
}

export async function stopProving(): Promise<void> {
  const running = await prover;
  prover = undefined;
  await running?.close();
}

export const proofArgument = ({ a, b, c }: Proof) => ({
  a: [...a] as [bigint, bigint],
  b: [[...b[0]], [...b[1]]] as [[bigint, bigint], [bigint, bigint]],
  c: [...c] as [bigint, bigint],
});

// ----------------------------------------------------------------------------- the user's side

/** A ticket that was handed in: its session key, what it showed, and its proof. */
export interface Ticket {
  readonly index: number;
  readonly session: Wallet;
  readonly nullifier: bigint;
  readonly y: bigint;
  readonly proof: Proof;
}

export const sessionOf = (secret: bigint, index: number): Wallet => new Wallet(id(`session ${secret} ${index}`));

export const signed = ({ providerKey }: LocalPool, { poolHash }: Pool, state: State): SignedState => ({
  state,
  signature: providerKey.sign(stateHash(poolHash, state)),
});

/** The state of an account that folded nothing yet. */
export const firstState = (w: LocalPool, secret: bigint, pool: Pool = w.description): SignedState =>
  signed(w, pool, initialState(pool.poolHash, secret, D));

export async function ticketOf(
  w: LocalPool,
  secret: bigint,
  index: number,
  { pool = w.description, session = sessionOf(secret, index) }: { pool?: Pool; session?: Wallet } = {},
): Promise<Ticket> {
  const claim = requestClaim(pool, firstState(w, secret, pool), index, session.address);
  const [nullifier, y] = claim.publicSignals as [bigint, bigint];
  return { index, session, nullifier, y, proof: await prove("request", claim) };
}

/** EIP-712, as section Disputes of docs/protocol.md has it: the library is not asked. */
const DISPUTE_TYPES = {
  Dispute: [
    { name: "nullifier", type: "uint256" },
    { name: "recipient", type: "address" },
  ],
};

/** A dispute as it is sent, and may be changed on the way. */
export interface Opening {
  readonly nullifier: bigint;
  readonly y: bigint;
  readonly sessionAddress: string;
  readonly recipient: string;
  readonly proof: Proof;
  readonly signature: string;
}

export async function openingOf(
  w: LocalPool,
  { session, nullifier, y, proof }: Ticket,
  recipient = RECIPIENT,
  pool: Pool = w.description,
): Promise<Opening> {
  const signature = await session.signTypedData(domainOf(pool), DISPUTE_TYPES, { nullifier, recipient });
  return { nullifier, y, sessionAddress: session.address, recipient, proof, signature };
}

export const openingArguments = ({ nullifier, y, sessionAddress, recipient, proof, signature }: Opening) =>
  [nullifier, y, sessionAddress, recipient, proofArgument(proof), signature] as const;

/** The order of secp256k1. */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The same signature in its other form, and others that are none: too short, too long, compact (ERC-2098), without its v. */
export function formsOf(signature: string): string[] {
  const { r, s, yParityAndS } = ethers.Signature.from(signature);
  const otherV = signature.endsWith("1b") ? "1c" : "1b";
  return [
    "0x",
    signature.slice(0, -2),
    `${signature}00`,
    ethers.concat([r, yParityAndS]),
    ethers.concat([r, ethers.toBeHex(N - BigInt(s), 32), `0x${otherV}`]),
    ethers.concat([r, s, `0x${otherV}`]),
    ethers.concat([r, s, "0x00"]),
    ethers.concat([ethers.ZeroHash, ethers.ZeroHash, "0x1b"]),
  ];
}

export interface CloseOptions {
  readonly firstUnused: number;
  readonly base?: SignedState;
  readonly refundedCharges?: bigint;
  readonly refundedHolds?: bigint;
  readonly recipient?: string;
  readonly isCertified?: boolean;
}

export async function closeOf(w: LocalPool, secret: bigint, options: CloseOptions): Promise<CloseRequest> {
  const { firstUnused, base, refundedCharges = 0n, refundedHolds = 0n, recipient = RECIPIENT } = options;
  const terms = { recipient, relayer: ethers.ZeroAddress, fee: 0n, deadline: DEADLINE };
  const input = { deposit: D, firstUnused, refundedCharges, refundedHolds, terms };
  const claim = closeClaim(w.description, secret, base, input, options.isCertified);
  const request = closeRequestOf(identityCommitmentOf(secret), input, claim.coverKeys, await prove("close", claim));
  return { ...request, certified: claim.publicSignals[5] ?? 0n };
}

// ----------------------------------------------------------------------------- the provider's side

/** A refund ticket as the provider signs it. */
export function refundTicketOf(
  { providerKey }: LocalPool,
  { poolHash }: Pool,
  nullifier: bigint,
  refundedCharge: bigint,
  refundedHold: bigint,
): { nullifier: bigint; refundedCharge: bigint; refundedHold: bigint; signature: Signature } {
  const refund = { nullifier, refundedCharge, refundedHold };
  return { ...refund, signature: providerKey.sign(refundMessage(poolHash, refund)) };
}

export const NO_VOUCHER: VoucherStruct = { sequence: 0n, cap: 0n, requestHash: ZeroHash, signature: "0x" };

/** A voucher of the ticket's session key, or of another one. */
export async function voucherOf(
  w: LocalPool,
  nullifier: bigint,
  session: Wallet,
  cap: bigint,
  pool: Pool = w.description,
): Promise<VoucherStruct> {
  const call = { sequence: 3n, cap, requestHash: id("a salted request") };
  const signature = await session.signTypedData(domainOf(pool), CALL_TYPES, { nullifier, ...call });
  return { ...call, signature };
}

/** An answer as it is sent, and may be changed on the way. */
export interface Answer {
  readonly refund: RefundTicketStruct;
  readonly proof: Proof;
  readonly voucher: VoucherStruct;
}

export async function answerOf(
  w: LocalPool,
  { nullifier }: Pick<Ticket, "nullifier">,
  refundedCharge: bigint,
  refundedHold: bigint,
  voucher: VoucherStruct = NO_VOUCHER,
  pool: Pool = w.description,
): Promise<Answer> {
  const ticket = refundTicketOf(w, pool, nullifier, refundedCharge, refundedHold);
  const { r8, s } = ticket.signature;
  return {
    refund: { nullifier, refundedCharge, refundedHold, signatureR8: [...r8], signatureS: s },
    proof: await prove("refund", refundClaim(pool, ticket)),
    voucher,
  };
}

export const answerArguments = ({ refund, proof, voucher }: Answer) => [refund, proofArgument(proof), voucher] as const;
