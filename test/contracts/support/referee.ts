// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Calls the pool for the tests and keeps its own books, in the most naive way: a purse for each account, out of which tickets, refunds, fire
 * and people are paid one after the other. Nothing of the contracts' or the library's arithmetic is used.
 */
import { expect } from "chai";

import type { CloseRequest } from "../../../src/chain/index.ts";
import {
  C,
  D,
  P,
  RECIPIENT,
  RELAYER,
  S,
  WATCHER,
  alice,
  bob,
  carol,
  closeArgument,
  ethers,
  networkHelpers,
  settlementWorld,
  slashArguments,
} from "./settlement-world.ts";
import type { SettlementWorld, SlashRequest } from "./settlement-world.ts";

const DEAD = "0x000000000000000000000000000000000000dEaD";

interface Purse {
  deposit: bigint;
  stake: bigint;
  close?: CloseRequest;
}

/** What D pays for the first j tickets: the provider first, then the fire, until it is empty. */
function payTickets(purse: bigint, { firstUnused, refundedCharges, refundedHolds }: CloseRequest) {
  let [charges, holds] = [0n, 0n];
  for (let ticket = 0n; ticket < firstUnused; ticket++) [charges, holds] = [charges + C, holds + P];
  charges -= refundedCharges;
  holds -= refundedHolds;
  const toProvider = charges < purse ? charges : purse;
  const left = purse - toProvider;
  const toFire = holds < left ? holds : left;
  return { toProvider, toFire, left: left - toFire };
}

export class Referee {
  readonly #world: SettlementWorld;
  readonly #purses = new Map<bigint, Purse>([alice, bob, carol].map((id) => [id, { deposit: D, stake: S }]));
  readonly #hands = new Map<string, bigint>([RECIPIENT, RELAYER, WATCHER, DEAD].map((address) => [address, 0n]));
  readonly #credits = new Map<string, bigint>();
  readonly #blocked = new Set<string>();
  #revenue = 0n;
  #fire = 0n;

  constructor(world: SettlementWorld) {
    this.#world = world;
    this.#hands.set(world.provider.address, 0n);
  }

  async startClose(request: CloseRequest): Promise<void> {
    await this.#world.settlement.connect(this.#world.stranger).startClose(closeArgument(request));
    this.noteClose(request);
  }

  /** Books a close that a test sent by itself. */
  noteClose(request: CloseRequest): void {
    this.#purseOf(request.identityCommitment).close = request;
  }

  async finalizeClose(id: bigint): Promise<void> {
    await this.#world.settlement.connect(this.#world.stranger).finalizeClose(id);
    this.notePayout(id);
  }

  /** The window passes first. */
  async finalizeAfterWindow(id: bigint): Promise<void> {
    const [pending] = await this.#world.settlement.pendingClosesOf([id]);
    await networkHelpers.time.increaseTo(pending?.finalizableAt ?? 0n);
    await this.finalizeClose(id);
  }

  /** Books the payout of a close that a test made final by itself. */
  notePayout(id: bigint): void {
    const { deposit, stake, close } = this.#purseOf(id);
    if (close === undefined) throw new Error("there is no close to pay out");
    this.#purses.delete(id);
    const { toProvider, toFire, left } = payTickets(deposit, close);
    this.#revenue += toProvider;
    this.#fire += toFire;
    const toUser = left + stake;
    const fee = close.fee < toUser ? close.fee : toUser;
    this.#pay(close.relayer, fee);
    this.#pay(close.recipient, toUser - fee);
  }

  async slash(request: SlashRequest): Promise<void> {
    await this.#world.settlement.connect(this.#world.stranger).slash(...slashArguments(request));
    this.noteSlash(request);
  }

  noteSlash({ identityCommitment, recipient }: SlashRequest): void {
    const { deposit, stake } = this.#purseOf(identityCommitment);
    this.#purses.delete(identityCommitment);
    this.#revenue += deposit;
    const bounty = (stake - (stake % 2n)) / 2n;
    this.#pay(recipient, bounty);
    this.#fire += stake - bounty;
  }

  async expire(id: bigint): Promise<void> {
    await this.#world.settlement.connect(this.#world.stranger).expire(id);
    const purse = this.#purseOf(id);
    this.#revenue += purse.deposit;
    purse.deposit = 0n;
  }

  async withdraw(): Promise<void> {
    const { disputes, provider } = this.#world;
    await disputes.connect(provider).withdrawRevenue(provider.address, this.#revenue);
    this.#pay(provider.address, this.#revenue);
    this.#revenue = 0n;
  }

  async burn(): Promise<void> {
    await this.#world.pool.burn();
    this.#pay(DEAD, this.#fire);
    this.#fire = 0n;
  }

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
    const signer = await ethers.getSigner(account);
    await this.#world.pool.connect(signer).claim(account);
    this.#pay(account, this.#credits.get(account) ?? 0n);
    this.#credits.delete(account);
  }

  received(address: string): bigint {
    return this.#hands.get(address) ?? 0n;
  }

  get revenue(): bigint {
    return this.#revenue;
  }

  get fire(): bigint {
    return this.#fire;
  }

  /** P-01 and P-02: every balance and every member of the ledger is what the books say, and the balance is their sum. */
  async expectBooks(): Promise<void> {
    const { pool, token, second } = this.#world;
    const ledger = await pool.ledger();
    const escrowed = [...this.#purses.values()].reduce((sum, { deposit, stake }) => sum + deposit + stake, 0n);
    const undelivered = [...this.#credits.values()].reduce((sum, credit) => sum + credit, 0n);
    expect([...ledger], "escrowed, undelivered, revenue, bond, awaiting burn").to.deep.equal([
      escrowed,
      undelivered,
      this.#revenue,
      0n,
      this.#fire,
    ]);
    expect(await token.balanceOf(pool), "the pool's tokens").to.equal(
      escrowed + undelivered + this.#revenue + this.#fire,
    );
    for (const [address, amount] of this.#hands) expect(await token.balanceOf(address), address).to.equal(amount);
    for (const [address, amount] of this.#credits) expect(await pool.creditOf(address), address).to.equal(amount);
    const handed = [...this.#hands.values()].reduce((sum, amount) => sum + amount, 0n);
    expect(handed + (await token.balanceOf(pool)), "what was paid in").to.equal(3n * (D + S));
    expect(await token.balanceOf(second.pool), "the other pool").to.equal(3n * (D + S));
  }

  #purseOf(id: bigint): Purse {
    const purse = this.#purses.get(id);
    if (purse === undefined) throw new Error("the books have no such open account");
    return purse;
  }

  #pay(address: string, amount: bigint): void {
    if (amount === 0n) return;
    const pile = this.#blocked.has(address) ? this.#credits : this.#hands;
    pile.set(address, (pile.get(address) ?? 0n) + amount);
  }
}

/** Mocha's hooks for a file: the world and fresh books before each test, the books checked after it. */
export function withReferee(): () => { w: SettlementWorld; referee: Referee } {
  let current: { w: SettlementWorld; referee: Referee } | undefined;
  beforeEach("the world", async function () {
    this.timeout(600_000);
    const w = await networkHelpers.loadFixture(settlementWorld);
    current = { w, referee: new Referee(w) };
  });
  afterEach("the books", async () => {
    await current?.referee.expectBooks();
  });
  return () => {
    if (current === undefined) throw new Error("the world is there in tests only");
    return current;
  };
}
