// SPDX-License-Identifier: GPL-3.0-or-later
/** One run: the chain, the books of what it should say, everybody's own knowledge, and what was counted. */
import type { TransactionRequest } from "ethers";

import type { CloseRequest } from "../../../src/chain/index.ts";
import { audit } from "./audit.ts";
import type { Chain, Name } from "./chain.ts";
import { Fault } from "./fault.ts";
import { Ghost } from "./ghost/index.ts";
import type { FoldFacts, Refusal } from "./ghost/index.ts";
import type { Holder, RefundSlip, Session } from "./holder.ts";
import type { Proofs } from "./proofs.ts";
import { Provider } from "./provider.ts";
import type { Tally } from "./tally.ts";

/** A transaction, what it must end in, and what it changes. Both are asked at the time of its block. */
export interface Attempt {
  readonly what: string;
  readonly by: Name;
  readonly transaction: Promise<TransactionRequest>;
  readonly refusal: () => Refusal;
  readonly effect: () => void;
}

export class Scene {
  readonly chain: Chain;
  readonly proofs: Proofs;
  readonly ghost: Ghost;
  readonly provider: Provider;
  readonly holders: Holder[] = [];
  readonly tally: Tally;
  /** Closes as they stand in the chain's events, by account. */
  readonly closes = new Map<bigint, CloseRequest>();
  readonly disputed = new Map<bigint, Session>();
  /** Accounts that the provider could have slashed, or folds of theirs challenged, and did not. */
  readonly neglected = new Set<bigint>();
  /** Who won a dispute. */
  readonly winners = new Set<Name>();
  /** What happened, for who must understand a fault. */
  readonly log: string[] = [];

  constructor(chain: Chain, proofs: Proofs, tally: Tally, now: bigint) {
    [this.chain, this.proofs, this.tally] = [chain, proofs, tally];
    this.ghost = new Ghost(now, chain.people.provider, chain.address);
    this.provider = new Provider(this);
    for (const address of Object.values(chain.people)) {
      this.ghost.journal.move("mint", `purse ${address}`, chain.rich, "start");
    }
  }

  addressOf(name: Name): string {
    return this.chain.people[name];
  }

  holderOf(id: bigint): Holder | undefined {
    return this.holders.find((holder) => holder.id === id);
  }

  // ------------------------------------------------- WHAT FOLLOWS FROM CALLS

  /** The provider sees what a close reveals. */
  noteClose(request: CloseRequest): void {
    const holder = this.holderOf(request.identityCommitment);
    if (holder !== undefined) holder.hasClosed = true;
    this.closes.set(request.identityCommitment, request);
    this.provider.observe(request);
  }

  /** A close is about to be final. If the provider could have slashed the account, it did not do its duty. */
  noteFinal(id: bigint): void {
    if (!this.provider.hasConvicted(id)) return;
    if (this.provider.mood === "honest") throw new Error("a provider on duty let a cheater go");
    this.neglected.add(id);
  }

  /** The same for a fold of tickets that it had signed another fold of. */
  noteFinalFold(facts: FoldFacts): void {
    if (!this.provider.hasSignedAnother(facts)) return;
    const holder = this.holders.find(({ heads }) => heads.some(({ hash }) => hash === facts.newState));
    if (holder === undefined) throw new Error("nobody made this fold");
    const couldChallenge = this.provider.contradicted.some(({ pending }) => pending.newState === facts.newState);
    if (couldChallenge && this.provider.mood === "honest") throw new Error("a provider on duty let a second fold pass");
    this.neglected.add(holder.id);
  }

  /** A dispute was lost: who won it has what no duty would have given. */
  noteLoss(nullifier: bigint): void {
    const session = this.disputed.get(nullifier);
    if (session !== undefined) this.winners.add(session.holder.owner);
  }

  /** A refund ticket reaches the owner of its ticket, who keeps the first. */
  deliver({ holder, nullifier, wallet }: Session, refund: RefundSlip): void {
    const ticket = holder.tickets.find((known) => known.nullifier === nullifier);
    if (ticket?.wallet.address === wallet.address) ticket.refund ??= refund;
  }

  // -------------------------------------------------------------------- TIME

  /** The time of the next transaction. */
  get next(): bigint {
    return this.ghost.now + 1n;
  }

  /** Sends it, and holds everything that the chain then says against the books. @returns whether it went through */
  async attempt({ what, by, transaction, refusal, effect }: Attempt): Promise<boolean> {
    const request = await transaction;
    const at = this.next;
    const refused = await this.chain.send(this.addressOf(by), request, at);
    this.ghost.now = at;
    const expected = refusal();
    this.log.push(`${at}: ${by} ${what}${expected === undefined ? "" : `, refused: ${expected}`}`);
    if (refused !== expected) throw new Fault(`${by} ${what}: ${refused ?? "went through"}, not ${expected ?? "so"}`);
    if (expected === undefined) effect();
    this.tally.note(what, expected);
    await audit(this);
    return expected === undefined;
  }

  /** Time passes until the next transaction is at `at`. A provider on duty looks at the chain first. */
  async waitUntil(at: bigint): Promise<void> {
    if (this.provider.mood === "honest") await this.provider.watch();
    if (at > this.next) this.ghost.now = at - 1n;
  }
}
