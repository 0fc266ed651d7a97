// SPDX-License-Identifier: GPL-3.0-or-later
/** The provider: a gateway's table of tickets, what it signed, and its duties on chain. It knows shares and proofs, and nobody's secret. */
import {
  identityCommitmentOf,
  nullifierOf,
  recoverFromKey,
  recoverFromShares,
  refundMessage,
  shareOf,
  ticketKeyFromCover,
} from "../../../src/protocol/index.ts";
import type { Share, Signature } from "../../../src/protocol/index.ts";
import type { CloseRequest } from "../../../src/chain/index.ts";
import { answer, challenge, slash } from "./moves.ts";
import { C, DisputeStatus, FoldStatus, HOLD, P, TICKETS, least } from "./ghost/index.ts";
import type { FoldFacts } from "./ghost/index.ts";
import type { Fold, Head, RefundSlip, Session, Ticket } from "./holder.ts";
import type { Scene } from "./scene.ts";

/** Honest: on duty. Asleep: out of reach, sees nothing. Hostile: serves, and then does whatever might pay. */
export type Mood = "honest" | "asleep" | "hostile";

/** A ticket that was recorded: its share, what its session agreed to, what it was charged. */
interface Entry {
  readonly share: Share;
  readonly sessionAddress: string;
  readonly cap: bigint;
  readonly voucher: string;
  readonly charge: bigint;
  /** Where to the refund goes. */
  readonly ticket: Ticket;
  refund?: RefundSlip;
}

/** Two messages on one ticket. */
export interface Offence {
  readonly identitySecret: bigint;
  readonly id: bigint;
  readonly index: number;
  readonly shares: readonly [Share, Share];
}

export class Provider {
  mood: Mood = "honest";
  /** Set at the end: it signs nothing any more. */
  isSilent = false;
  readonly entries = new Map<bigint, Entry>();
  readonly folds: Fold[] = [];
  readonly #offences: Offence[] = [];
  readonly #revealed = new Set<bigint>();
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  // -------------------------------------------------------------- OFF CHAIN

  /** Takes a ticket in, with its call. @returns whether the call was served */
  async receive(ticket: Ticket, voucher: string, charge: bigint): Promise<boolean> {
    const { nullifier, share, claim, wallet, cap } = ticket;
    if (this.mood === "asleep" || this.#revealed.has(nullifier)) return false;
    const proof = await this.#scene.proofs.prove("request", claim);
    if (!(await this.#scene.proofs.verify("request", claim, proof))) throw new Error("a ticket's proof does not hold");
    const entry = this.entries.get(nullifier);
    if (entry === undefined) {
      this.entries.set(nullifier, { share, sessionAddress: wallet.address, cap, voucher, charge, ticket });
      return true;
    }
    this.#compare(entry.share, share, ticket);
    return false;
  }

  #compare(one: Share, other: Share, { index }: Session): void {
    if (one.x === other.x) return;
    const { identitySecret } = recoverFromShares(one, other);
    this.#offences.push({ identitySecret, id: identityCommitmentOf(identitySecret), index, shares: [one, other] });
  }

  signRefund(nullifier: bigint, refundedCharge: bigint, refundedHold: bigint): RefundSlip {
    const message = refundMessage(this.#scene.chain.description.poolHash, { nullifier, refundedCharge, refundedHold });
    return { refundedCharge, refundedHold, signature: this.#scene.chain.providerKey.sign(message) };
  }

  /** The one refund of a ticket that was served; without its hold where a violation was reported. */
  refund(entry: Entry): RefundSlip {
    const { nullifier } = entry.ticket;
    const hold = this.#scene.ghost.disputes.violations.has(nullifier) ? 0n : P;
    entry.refund ??= this.signRefund(nullifier, C - entry.charge, hold);
    return entry.refund;
  }

  /**
   * Signs a fold unless one of its tickets stands in another one, signed, or pending or final on chain. A gateway verifies the fold's proof
   * first; here it is made once the chain has to see it, because nobody in the campaign makes a fold that is no fold.
   */
  sign(head: Head): Signature | undefined {
    if (this.isSilent) return undefined;
    const { fold, hash } = head;
    if (fold !== undefined) {
      const { folds } = this.#scene.ghost;
      const { certified } = fold.facts;
      if (certified !== 0n && !folds.isFinal(certified)) return undefined;
      const known = [...this.folds.map(({ facts }) => facts), ...folds.all.values()];
      if (known.some((other) => other.newState !== hash && this.#overlap(other, fold.facts))) return undefined;
      if (!this.folds.some(({ facts }) => facts.newState === hash)) this.folds.push(fold);
    }
    return this.#scene.chain.providerKey.sign(hash);
  }

  #overlap(one: FoldFacts, other: FoldFacts): boolean {
    return one.foldNullifiers.some((nullifier) => other.foldNullifiers.includes(nullifier));
  }

  // ----------------------------------------------------------------- DUTIES

  /** The tickets that a close reveals and that the account could have paid for. */
  revealedBy({ coverKeys, firstUnused }: CloseRequest, deposit: bigint): { index: number; key: bigint }[] {
    const end = least(firstUnused + deposit / HOLD, TICKETS);
    const indices = Array.from({ length: Number(end - least(firstUnused, end)) }, (_, at) => Number(firstUnused) + at);
    return indices.map((index) => ({ index, key: ticketKeyFromCover(coverKeys, Number(firstUnused), index) }));
  }

  /** A close has shown its tickets: one that was recorded before gives the secret away, the others are refused from now on. */
  observe(close: CloseRequest): void {
    const deposit = this.#scene.ghost.accounts.all.get(close.identityCommitment)?.deposit ?? 0n;
    for (const { index, key } of this.revealedBy(close, deposit)) {
      const entry = this.entries.get(nullifierOf(key));
      if (entry === undefined) this.#revealed.add(nullifierOf(key));
      else this.#convict(entry.share, key, index);
    }
  }

  #convict(share: Share, key: bigint, index: number): void {
    const identitySecret = recoverFromKey(share, key);
    const second = shareOf(identitySecret, key, share.x === 1n ? 2n : 1n);
    this.#offences.push({ identitySecret, id: identityCommitmentOf(identitySecret), index, shares: [share, second] });
  }

  /** Accounts that it can slash. */
  get convicted(): Offence[] {
    return this.#offences.filter(({ id }) => this.#scene.ghost.accounts.isOpen(id));
  }

  /** Whether this close reveals a ticket that was recorded. */
  wouldConvict(close: CloseRequest, deposit: bigint): boolean {
    return this.revealedBy(close, deposit).some(({ key }) => this.entries.has(nullifierOf(key)));
  }

  get hasDuties(): boolean {
    const { disputes } = this.#scene.ghost;
    return this.convicted.length > 0 || this.contradicted.length > 0 || disputes.openDisputes() > 0n;
  }

  hasConvicted(id: bigint): boolean {
    return this.#offences.some((offence) => offence.id === id);
  }

  /** Pending folds that share a ticket with one that it signed. */
  get contradicted(): { pending: FoldFacts; signed: Fold }[] {
    const pending = [...this.#scene.ghost.folds.all.values()].filter(({ status }) => status === FoldStatus.Pending);
    return pending.flatMap((fold) => {
      const signed = this.folds.find(
        ({ facts }) =>
          facts.newState !== fold.newState &&
          this.#overlap(facts, fold) &&
          this.#scene.ghost.folds.statusOf(facts.newState) !== FoldStatus.Fallen,
      );
      return signed === undefined ? [] : [{ pending: fold, signed }];
    });
  }

  /** Whether a fold of other tickets with one of these was ever signed. */
  hasSignedAnother(facts: FoldFacts): boolean {
    return this.folds.some(({ facts: known }) => known.newState !== facts.newState && this.#overlap(known, facts));
  }

  /** Does on chain whatever is to be done, once per window. */
  async watch(): Promise<void> {
    for (let offence = this.convicted[0]; offence !== undefined; offence = this.convicted[0]) {
      await slash(this.#scene, "provider", offence, this.#scene.addressOf("provider"));
    }
    for (let found = this.contradicted[0]; found !== undefined; found = this.contradicted[0]) {
      await challenge(this.#scene, "provider", found.pending, found.signed);
    }
    for (const [nullifier, { status }] of this.#scene.ghost.disputes.all) {
      if (status === DisputeStatus.Open && this.canAnswer(nullifier)) await this.answer(nullifier);
    }
    if (this.convicted.length > 0) await this.watch();
  }

  canAnswer(nullifier: bigint): boolean {
    const dispute = this.#scene.ghost.disputes.all.get(nullifier);
    return dispute !== undefined && this.#scene.next < dispute.resolvableAt;
  }

  /** With the refund as it was, or would have been, signed; with a whole one for a ticket that it never saw, or saw with another message. */
  async answer(nullifier: bigint): Promise<void> {
    const session = this.#scene.disputed.get(nullifier);
    if (session === undefined) throw new Error("there is no such dispute");
    let entry = this.entries.get(nullifier);
    if (entry === undefined) {
      const ticket: Ticket = { ...session, cap: 0n };
      entry = {
        share: session.share,
        sessionAddress: session.wallet.address,
        cap: 0n,
        voucher: "0x",
        charge: 0n,
        ticket,
      };
      this.entries.set(nullifier, entry);
    }
    const isSame = entry.sessionAddress === session.wallet.address;
    if (!isSame) this.#compare(entry.share, session.share, session);
    const refund = isSame ? this.refund(entry) : this.signRefund(nullifier, C, P);
    await answer(this.#scene, "provider", session, refund, isSame ? entry : { cap: 0n, voucher: "0x" });
  }
}
