// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Keeps the books of disputes, bond and closes in the most naive way: piles of coins that go from one hand to another. Nothing of the contracts'
 * or the library's arithmetic is used.
 */
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import type { CloseRequest } from "../../../src/chain/index.ts";
import {
  C,
  D,
  DEAD,
  HOLD,
  P,
  PURSE,
  RECIPIENT,
  S,
  WATCHER,
  alias,
  alice,
  answerArguments,
  bob,
  closeArgument,
  disputeWorld,
  ethers,
  networkHelpers,
  openingArguments,
  openingOf,
  stopProving,
} from "./dispute-world.ts";
import type { Answer, DisputeWorld, Ticket } from "./dispute-world.ts";

interface Purse {
  deposit: bigint;
  readonly stake: bigint;
  close?: CloseRequest;
}

/** An award that is owed. */
interface Award {
  readonly recipient: string;
  unpaid: bigint;
}

const total = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((sum, amount) => sum + amount, 0n);
const least = (one: bigint, other: bigint): bigint => (one < other ? one : other);

/** Lets time pass, unless that time has come. */
async function waitUntil(time: bigint): Promise<void> {
  if (BigInt(await networkHelpers.time.latest()) < time) await networkHelpers.time.increaseTo(time);
}

/** Piles of coins by owner. */
class Piles extends Map<string, bigint> {
  add(owner: string, amount: bigint): void {
    this.set(owner, (this.get(owner) ?? 0n) + amount);
  }
}

export class Referee {
  readonly #world: DisputeWorld;
  readonly #purses = new Map<bigint, Purse>([alice, bob, alias].map((id) => [id, { deposit: D, stake: S }]));
  readonly #hands = new Piles([RECIPIENT, WATCHER, DEAD].map((address) => [address, 0n]));
  readonly #credits = new Piles();
  readonly #blocked = new Set<string>();
  readonly #open = new Map<bigint, string>();
  readonly #awards = new Map<bigint, Award>();
  #penalties = 0n;
  #bond = 0n;
  #revenue = 0n;
  #fire = 0n;

  constructor(world: DisputeWorld) {
    this.#world = world;
    this.#hands.set(world.provider.address, PURSE);
  }

  // --------------------------------------------------------------------------- bond and revenue

  async postBond(amount: bigint): Promise<void> {
    const { pool, provider } = this.#world;
    await pool.connect(provider).postBond(amount);
    this.#hands.add(provider.address, -amount);
    this.#bond += amount;
  }

  /** Money for the provider: somebody closes, and the window passes. */
  async earn(request: CloseRequest): Promise<void> {
    await this.startClose(request);
    await this.finalizeAfterWindow(request.identityCommitment);
  }

  async withdrawBond(amount: bigint): Promise<void> {
    const { disputes, provider } = this.#world;
    await disputes.connect(provider).withdrawBond(provider, amount);
    this.#bond -= amount;
    this.#pay(provider.address, amount);
  }

  async withdrawRevenue(amount: bigint): Promise<void> {
    const { disputes, provider } = this.#world;
    await disputes.connect(provider).withdrawRevenue(provider, amount);
    this.#revenue -= amount;
    this.#pay(provider.address, amount);
  }

  async burn(): Promise<void> {
    await this.#world.pool.burn();
    this.#pay(DEAD, this.#fire);
    this.#fire = 0n;
  }

  // --------------------------------------------------------------------------- disputes

  /** Anyone submits it: a stranger does. */
  async open(ticket: Ticket, recipient = RECIPIENT): Promise<ContractTransactionResponse> {
    const { disputes, stranger } = this.#world;
    const opening = await openingOf(this.#world, ticket, recipient);
    const sent = await disputes.connect(stranger).openDispute(...openingArguments(opening));
    this.#open.set(ticket.nullifier, recipient);
    return sent;
  }

  async answer(answer: Answer, sender = this.#world.provider): Promise<ContractTransactionResponse> {
    const sent = await this.#world.disputes.connect(sender).answerDispute(...answerArguments(answer));
    this.#open.delete(BigInt(answer.refund.nullifier));
    return sent;
  }

  async passAnswerWindow(nullifier: bigint): Promise<void> {
    const [dispute] = await this.#world.disputes.disputesOf([nullifier]);
    await waitUntil(dispute?.resolvableAt ?? 0n);
  }

  async resolve({ nullifier }: Pick<Ticket, "nullifier">): Promise<ContractTransactionResponse> {
    const sent = await this.#world.disputes.connect(this.#world.stranger).resolveDispute(nullifier);
    this.#awards.set(nullifier, { recipient: this.#open.get(nullifier) ?? "nobody", unpaid: HOLD });
    this.#open.delete(nullifier);
    this.#penalties += HOLD;
    this.#payAward(nullifier);
    return sent;
  }

  async resolveAfterWindow(ticket: Ticket): Promise<ContractTransactionResponse> {
    await this.passAnswerWindow(ticket.nullifier);
    return this.resolve(ticket);
  }

  async payAward({ nullifier }: Pick<Ticket, "nullifier">): Promise<void> {
    await this.#world.disputes.connect(this.#world.stranger).payAward(nullifier);
    this.#payAward(nullifier);
  }

  async collectPenalties(): Promise<void> {
    await this.#world.disputes.connect(this.#world.stranger).collectPenalties();
    this.#collect();
  }

  unpaid({ nullifier }: Pick<Ticket, "nullifier">): bigint {
    return this.#awards.get(nullifier)?.unpaid ?? 0n;
  }

  // --------------------------------------------------------------------------- closes

  async startClose(request: CloseRequest): Promise<void> {
    await this.#world.settlement.connect(this.#world.stranger).startClose(closeArgument(request));
    this.noteClose(request);
  }

  /** Books a close that a test sent by itself. */
  noteClose(request: CloseRequest): void {
    this.#purseOf(request.identityCommitment).close = request;
  }

  async finalizeAfterWindow(id: bigint): Promise<void> {
    const [pending] = await this.#world.settlement.pendingClosesOf([id]);
    await waitUntil(pending?.finalizableAt ?? 0n);
    await this.#world.settlement.connect(this.#world.stranger).finalizeClose(id);
    this.notePayout(id);
  }

  /** Books the payout of a close that a test made final by itself. */
  notePayout(id: bigint): void {
    const { deposit, stake, close } = this.#purseOf(id);
    if (close === undefined) throw new Error("there is no close to pay out");
    this.#purses.delete(id);
    let [charges, holds] = [-close.refundedCharges, -close.refundedHolds];
    for (let ticket = 0n; ticket < close.firstUnused; ticket++) [charges, holds] = [charges + C, holds + P];
    this.#revenue += charges;
    this.#fire += holds;
    this.#pay(close.recipient, deposit - charges - holds + stake);
  }

  /** Books a slash that a test sent by itself. */
  noteSlash(id: bigint, recipient: string): void {
    const { deposit, stake } = this.#purseOf(id);
    this.#purses.delete(id);
    this.#revenue += deposit;
    const bounty = (stake - (stake % 2n)) / 2n;
    this.#pay(recipient, bounty);
    this.#fire += stake - bounty;
  }

  // --------------------------------------------------------------------------- hands

  /** The token refuses to pay this address from now on, or pays it again. */
  async block(address: string, isBlocked = true): Promise<void> {
    const token = await ethers.getContractAt("MoodyToken", this.#world.token);
    await token.getFunction("setMood")(address, isBlocked ? 1 : 0);
    if (isBlocked) this.#blocked.add(address);
    else this.#blocked.delete(address);
  }

  async claim(account: string): Promise<void> {
    await networkHelpers.impersonateAccount(account);
    await networkHelpers.setBalance(account, 10n ** 18n);
    await this.#world.pool.connect(await ethers.getSigner(account)).claim(account);
    this.#pay(account, this.#credits.get(account) ?? 0n);
    this.#credits.delete(account);
  }

  received(address: string): bigint {
    return this.#hands.get(address) ?? 0n;
  }

  get bond(): bigint {
    return this.#bond;
  }

  get revenue(): bigint {
    return this.#revenue;
  }

  get fire(): bigint {
    return this.#fire;
  }

  /** P-01 and P-02: every balance, every member of the ledger and every obligation is what the books say. */
  async expectBooks(): Promise<void> {
    const { pool, disputes, token, second } = this.#world;
    const escrowed = total([...this.#purses.values()].map(({ deposit, stake }) => deposit + stake));
    const undelivered = total(this.#credits.values());
    const owed = [escrowed, undelivered, this.#revenue, this.#bond, this.#fire];
    const { escrowed: e, undelivered: u, revenue: r, bond: b, awaitingBurn: a } = await pool.ledger();
    expect([e, u, r, b, a], "escrowed, undelivered, revenue, bond, awaiting burn").to.deep.equal(owed);
    expect(await token.balanceOf(pool), "the pool's tokens").to.equal(total(owed));
    for (const [address, amount] of this.#hands) expect(await token.balanceOf(address), address).to.equal(amount);
    for (const [address, amount] of this.#credits) expect(await pool.creditOf(address), address).to.equal(amount);
    const paidIn = 3n * (D + S) + PURSE;
    expect(total(this.#hands.values()) + total(owed), "what was paid in").to.equal(paidIn);
    expect(await token.balanceOf(second.pool), "the other pool").to.equal(3n * (D + S));

    const is = await disputes.obligations();
    const unpaid = total([...this.#awards.values()].map((award) => award.unpaid));
    const encumbered = total([...this.#open.keys()].map(() => HOLD + HOLD)) + unpaid + this.#penalties;
    const funds = this.#bond + this.#revenue;
    expect([is.openDisputes, is.unpaidAwards, is.unpaidPenalties, is.encumbered, is.free]).to.deep.equal([
      BigInt(this.#open.size),
      unpaid,
      this.#penalties,
      encumbered,
      funds > encumbered ? funds - encumbered : 0n,
    ]);
    const lost = [...this.#awards.entries()];
    const said = await disputes.disputesOf(lost.map(([nullifier]) => nullifier));
    expect(said.map((dispute) => dispute.unpaid)).to.deep.equal(lost.map(([, award]) => award.unpaid));
  }

  /** As much of the amount as bond, then revenue, hold; taken. */
  #take(amount: bigint): bigint {
    const fromBond = least(amount, this.#bond);
    this.#bond -= fromBond;
    const fromRevenue = least(amount - fromBond, this.#revenue);
    this.#revenue -= fromRevenue;
    return fromBond + fromRevenue;
  }

  #payAward(nullifier: bigint): void {
    const award = this.#awards.get(nullifier);
    if (award === undefined) throw new Error("the books have no such award");
    const paid = this.#take(award.unpaid);
    award.unpaid -= paid;
    this.#pay(award.recipient, paid);
    this.#collect();
  }

  /** The fire gets what is left over when everybody's claims, present and possible, are put aside. */
  #collect(): void {
    let spare = this.#bond + this.#revenue;
    for (const _dispute of this.#open) spare -= HOLD + HOLD;
    for (const { unpaid } of this.#awards.values()) spare -= unpaid;
    if (spare <= 0n) return;
    const burned = this.#take(least(spare, this.#penalties));
    this.#penalties -= burned;
    this.#fire += burned;
  }

  #purseOf(id: bigint): Purse {
    const purse = this.#purses.get(id);
    if (purse === undefined) throw new Error("the books have no such open account");
    return purse;
  }

  #pay(address: string, amount: bigint): void {
    if (amount === 0n) return;
    (this.#blocked.has(address) ? this.#credits : this.#hands).add(address, amount);
  }
}

/** Mocha's hooks for a file: the world and fresh books before each test, the books checked after it. */
export function withReferee(): () => { w: DisputeWorld; referee: Referee } {
  let current: { w: DisputeWorld; referee: Referee } | undefined;
  beforeEach("the world", async function () {
    this.timeout(600_000);
    const w = await networkHelpers.loadFixture(disputeWorld);
    current = { w, referee: new Referee(w) };
  });
  afterEach("the books", async () => {
    await current?.referee.expectBooks();
  });
  after("the prover", stopProving);
  return () => {
    if (current === undefined) throw new Error("the world is there in tests only");
    return current;
  };
}
