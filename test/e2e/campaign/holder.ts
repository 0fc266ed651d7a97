// SPDX-License-Identifier: GPL-3.0-or-later
/** An account as its owner has it: the secret, the tickets that were handed in, the states. No honest wallet is used: cheaters need the same. */
import { Wallet } from "ethers";

import {
  CALL_TYPES,
  closeClaim,
  deriveSessionKey,
  domainOf,
  foldClaim,
  foldedState,
  identityCommitmentOf,
  initialState,
  nullifierOf,
  requestClaim,
  shareOf,
  stateHash,
  ticketKeyOf,
  ticketMessage,
  ticketRootOf,
} from "../../../src/protocol/index.ts";
import type { Claim, Pool, Share, Signature, State } from "../../../src/protocol/index.ts";
import { HOLD, NOBODY } from "./ghost/index.ts";
import type { FoldFacts } from "./ghost/index.ts";
import type { Name } from "./chain.ts";

/** A session: one message on one ticket. */
export interface Session {
  readonly holder: Holder;
  readonly index: number;
  readonly nullifier: bigint;
  readonly wallet: Wallet;
  readonly share: Share;
  readonly claim: Claim;
}

export interface RefundSlip {
  readonly refundedCharge: bigint;
  readonly refundedHold: bigint;
  readonly signature: Signature;
}

/** A ticket whose share has left. */
export interface Ticket extends Session {
  /** The most that its session agreed to pay. */
  readonly cap: bigint;
  refund?: RefundSlip;
}

/** A state, what it is built on, and what makes it good. */
export interface Head {
  readonly state: State;
  readonly hash: bigint;
  /** Every ticket whose refund is in it. */
  readonly folded: readonly Ticket[];
  /** Undefined for the first state. */
  readonly fold?: Fold;
  signature?: Signature;
}

export interface Fold {
  readonly facts: FoldFacts;
  readonly claim: Claim;
}

/** What a close is to say; the rest is the account's. */
export interface ClosePlan {
  readonly firstUnused: number;
  readonly head?: Head | undefined;
  readonly refundedCharges: bigint;
  readonly refundedHolds: bigint;
  readonly recipient: string;
  readonly relayer?: string;
  readonly fee?: bigint;
}

/** 2100-01-01. */
export const DEADLINE = 4_102_444_800n;
const NO_SIGNATURE: Signature = { r8: [0n, 1n], s: 0n };

export class Holder {
  readonly owner: Name;
  readonly address: string;
  readonly secret: bigint;
  readonly id: bigint;
  readonly deposit: bigint;
  /** Somebody else paid for it. */
  readonly isSponsored: boolean;
  readonly first: Head;
  /** All states that the owner knows; the last is the latest. */
  readonly heads: Head[];
  readonly tickets: Ticket[] = [];
  /** The lowest index that was not handed in, skipped ones included. */
  next = 0;
  /** Set when a close has left: no ticket from `next` on may ever be used. */
  hasClosed = false;
  /** Second shares, low closes, regrouped tickets: from here on the account is fair game. */
  hasCheated = false;
  /** What its last close was to say. */
  plan?: ClosePlan;
  /** What of D an honest owner must get back: fixed when its close is made. */
  promise?: bigint;
  readonly #pool: Pool;
  readonly #root: bigint;

  constructor(pool: Pool, owner: Name, address: string, number: number, deposit: bigint, isSponsored: boolean) {
    [this.owner, this.address, this.deposit, this.#pool] = [owner, address, deposit, pool];
    this.isSponsored = isSponsored;
    this.secret = Holder.secretOf(owner, number);
    this.id = identityCommitmentOf(this.secret);
    this.#root = ticketRootOf(this.secret, pool.poolHash);
    const state = initialState(pool.poolHash, this.secret, deposit);
    this.first = { state, hash: stateHash(pool.poolHash, state), folded: [] };
    this.heads = [this.first];
  }

  /** Anybody can compute these secrets. The same in every run, so that most proofs are made once. */
  static secretOf(owner: Name, number: number): bigint {
    return BigInt(`0x${Buffer.from(`campaign ${owner} ${number}`, "utf8").toString("hex")}`);
  }

  get head(): Head {
    return this.heads.at(-1) as Head;
  }

  /** The richest state that the provider signed: tickets are proved on it. */
  get spendable(): Head | undefined {
    return this.heads.filter(({ signature }) => signature !== undefined).at(-1);
  }

  /** Refunds that the latest state does not hold. */
  get unfolded(): Ticket[] {
    return this.tickets.filter((ticket) => ticket.refund !== undefined && !this.head.folded.includes(ticket));
  }

  canProve(index: number): boolean {
    const { spendable } = this;
    return spendable !== undefined && BigInt(index + 1) * HOLD <= spendable.state.budget;
  }

  ticketKey(index: number): bigint {
    return ticketKeyOf(this.#root, index);
  }

  /** `salt` 0 is the only message that an honest wallet ever puts on the ticket. */
  session(index: number, salt = 0n): Session {
    const { spendable: head } = this;
    if (head?.signature === undefined) throw new Error("without a signed state there is no ticket");
    const key = this.ticketKey(index);
    const wallet = new Wallet(`0x${Buffer.from(deriveSessionKey(this.secret + salt, index)).toString("hex")}`);
    const share = shareOf(this.secret, key, ticketMessage(this.#pool.scope, wallet.address));
    const claim = requestClaim(this.#pool, { state: head.state, signature: head.signature }, index, wallet.address);
    return { holder: this, index, nullifier: nullifierOf(key), wallet, share, claim };
  }

  /** Adds the refunds of one to four tickets to a state. A state without a signature must be certified. */
  fold(base: Head, tickets: readonly Ticket[]): Head {
    const slips = tickets.map(({ index, refund }) => {
      if (refund === undefined) throw new Error("a ticket without a refund cannot be folded");
      return { index, ...refund };
    });
    const state = foldedState(this.#pool.poolHash, base.state, slips);
    const signed = { state: base.state, signature: base.signature ?? NO_SIGNATURE };
    const claim = foldClaim(this.#pool, signed, slips, base.signature === undefined);
    const [newState = 0n, ...rest] = claim.publicSignals;
    const [certified = 0n] = rest.splice(4);
    const facts = { newState, foldNullifiers: rest as [bigint, bigint, bigint, bigint], certified };
    return { state, hash: newState, folded: [...base.folded, ...tickets], fold: { facts, claim } };
  }

  close(plan: ClosePlan): { claim: Claim; coverKeys: readonly bigint[]; certified: bigint } {
    const { head, firstUnused, refundedCharges, refundedHolds, recipient, relayer = NOBODY, fee = 0n } = plan;
    const terms = { recipient, relayer, fee, deadline: DEADLINE };
    const base = head && { state: head.state, signature: head.signature ?? NO_SIGNATURE };
    const isCertified = head !== undefined && head.signature === undefined;
    const input = { deposit: this.deposit, firstUnused, refundedCharges, refundedHolds, terms };
    const claim = closeClaim(this.#pool, this.secret, base, input, isCertified);
    return { claim, coverKeys: claim.coverKeys, certified: isCertified ? head.hash : 0n };
  }
}

export const chargesOf = ({ folded }: Head): bigint =>
  folded.reduce((sum, { refund }) => sum + (refund?.refundedCharge ?? 0n), 0n);
export const holdsOf = ({ folded }: Head): bigint =>
  folded.reduce((sum, { refund }) => sum + (refund?.refundedHold ?? 0n), 0n);

/** The session agrees to be charged up to `cap`. */
export function signVoucher(pool: Pool, { wallet, nullifier }: Session, cap: bigint): Promise<string> {
  return wallet.signTypedData(domainOf(pool), CALL_TYPES, { nullifier, sequence: 1n, cap, requestHash: REQUEST_HASH });
}

/** Of no importance to the chain. */
export const REQUEST_HASH = `0x${"5a".repeat(32)}`;
