// SPDX-License-Identifier: GPL-3.0-or-later
/** The life of every account by the rules of docs/protocol.md: opened once, closed or slashed or expired, paid out once, to the unit. */
import type { PoolEvent, PoolEventArguments } from "../chain/index.ts";
import { FIELD_MODULUS, TICKET_COUNT, leafOf } from "../protocol/index.ts";
import { AccountTable } from "./accounts.ts";
import { short } from "./context.ts";
import type { Context } from "./context.ts";
import { Frontier } from "./frontier.ts";
import { KeyTable } from "./key-table.ts";
import type { Money } from "./money.ts";
import { splitOfClose, splitOfSlash } from "./split.ts";
import type { Split } from "./split.ts";

const NOBODY = `0x${"0".repeat(40)}`;
const AMOUNT_LIMIT = 1n << 96n;

/** A close that is not final. */
export interface PendingClose {
  readonly split: Split;
  readonly recipient: string;
  readonly relayer: string;
  readonly firstUnused: number;
  readonly refundedCharges: bigint;
  readonly refundedHolds: bigint;
  readonly finalizableAt: bigint;
  /** Its window is none: the provider has consented. */
  readonly isConsented: boolean;
}

interface Release {
  readonly status: "closed" | "slashed";
  readonly split: Split;
  readonly recipient: string;
  readonly relayer: string;
}

/** What ended accounts came to. */
export interface ClosingTotals {
  closes: number;
  consented: number;
  slashes: number;
  slashedWhileClosing: number;
  expiries: number;
  tickets: bigint;
  refundedCharges: bigint;
  refundedHolds: bigint;
  deposits: bigint;
  toRecipients: bigint;
  toRelayers: bigint;
  toProvider: bigint;
  toBurn: bigint;
  stakesBurned: bigint;
  bounties: bigint;
}

type Of<Name extends keyof PoolEventArguments> = PoolEventArguments[Name];

export class AccountModel {
  readonly #context: Context;
  readonly #money: Money;
  readonly table = new AccountTable();
  readonly tree = new Frontier();
  /** Every root that the contract announced, and when, in unix seconds. */
  readonly roots = new KeyTable();
  readonly rootTimes: number[] = [];
  readonly pending = new Map<bigint, PendingClose>();
  readonly totals: ClosingTotals = {
    closes: 0,
    consented: 0,
    slashes: 0,
    slashedWhileClosing: 0,
    expiries: 0,
    tickets: 0n,
    refundedCharges: 0n,
    refundedHolds: 0n,
    deposits: 0n,
    toRecipients: 0n,
    toRelayers: 0n,
    toProvider: 0n,
    toBurn: 0n,
    stakesBurned: 0n,
    bounties: 0n,
  };
  /** Sums of all deposits ever, and of those of accounts that hold theirs. */
  deposited = 0n;
  openDeposits = 0n;
  #opening = 0n;
  #releases = new Map<bigint, Release>();
  #forfeits = new Set<bigint>();

  constructor(context: Context, money: Money) {
    this.#context = context;
    this.#money = money;
  }

  apply({ name, args }: PoolEvent): void {
    switch (name) {
      case "AccountOpened":
        return this.#open(args);
      case "RootUpdated":
        return this.#root(args);
      case "CloseStarted":
        return this.#close(args);
      case "CloseFinalized":
        return this.#finalize(args);
      case "AccountSlashed":
        return this.#slash(args);
      case "AccountReleased":
        return this.#release(args);
      case "AccountExpired":
        return this.#expire(args);
      case "DepositForfeited":
        return this.#forfeit(args);
      default:
    }
  }

  /** The end of a transaction. */
  settle(): void {
    if (this.#opening !== 0n) {
      this.#context.find("ROOT_MISSING", `after ${this.tree.count} leaves`);
      this.#opening = 0n;
    }
    for (const [account, { status }] of this.#releases) {
      this.#context.find("RELEASE_MISSING", `account ${short(account)}`, { expected: status });
    }
    for (const account of this.#forfeits) this.#context.find("EXPIRY_MISMATCH", `account ${short(account)}`);
    this.#releases.clear();
    this.#forfeits.clear();
  }

  /** D of an account, by which a close is proved. */
  depositOf(identityCommitment: bigint): bigint | undefined {
    const index = this.table.indexOf(identityCommitment);
    return index === -1 ? undefined : this.table.depositAt(index);
  }

  #open({ identityCommitment, deposit, stake, leafIndex }: Of<"AccountOpened">): void {
    const [context, subject] = [this.#context, `account ${short(identityCommitment)}`];
    const { stakeMinimum, stakeBps } = context.pool.parameters;
    const isElement = identityCommitment > 0n && identityCommitment < FIELD_MODULUS;
    context.require(isElement, "COMMITMENT_INVALID", subject);
    context.require(this.table.indexOf(identityCommitment) === -1, "COMMITMENT_REUSED", subject);
    const most = context.hold * BigInt(TICKET_COUNT);
    const isInRange = deposit >= context.hold && deposit <= most && deposit < AMOUNT_LIMIT;
    context.require(isInRange, "DEPOSIT_OUT_OF_RANGE", subject, { found: deposit });
    context.same("STAKE_MISMATCH", subject, stake, stakeMinimum + (deposit * stakeBps) / 10_000n);
    context.same("LEAF_OUT_OF_ORDER", subject, leafIndex, this.tree.count);
    if (isElement && deposit < AMOUNT_LIMIT) this.tree.add(leafOf(identityCommitment, deposit));
    if (this.table.indexOf(identityCommitment) === -1) {
      this.table.open(identityCommitment, deposit, stake, Number(context.now));
      this.deposited += deposit;
      this.openDeposits += deposit;
    }
    this.#money.add("escrowed", deposit + stake);
    this.#opening += deposit + stake;
  }

  /** One deposit or one batch ends with its root, and is paid for at once. */
  #root({ root, leafCount }: Of<"RootUpdated">): void {
    this.#context.same(
      "ROOT_MISMATCH",
      `after ${leafCount} leaves`,
      `${leafCount}: ${root}`,
      `${this.tree.count}: ${this.tree.root}`,
    );
    if (this.roots.add(root) === this.rootTimes.length) this.rootTimes.push(Number(this.#context.now));
    this.#money.dueIn(this.#opening, "deposits with their stakes");
    this.#opening = 0n;
  }

  #close(args: Of<"CloseStarted">): void {
    const { identityCommitment, firstUnused, refundedCharges, refundedHolds, recipient, relayer, fee, finalizableAt } =
      args;
    const [context, subject] = [this.#context, `account ${short(identityCommitment)}`];
    const { parameters, address } = context.pool;
    const index = this.table.indexOf(identityCommitment);
    if (index === -1 || this.table.heldAt(index) === 0n) {
      context.find("ACCOUNT_NOT_OPEN", subject, { found: index === -1 ? "never opened" : this.table.statusAt(index) });
      return;
    }
    context.require(!this.pending.has(identityCommitment), "CLOSE_REPEATED", subject);
    const j = BigInt(firstUnused);
    const isPool = (party: string): boolean => party.toLowerCase() === address.toLowerCase();
    const isInRange =
      firstUnused <= TICKET_COUNT &&
      refundedCharges <= j * parameters.ticketPrice &&
      refundedHolds <= j * parameters.policyHold &&
      recipient !== NOBODY &&
      !isPool(recipient) &&
      !isPool(relayer) &&
      (relayer !== NOBODY || fee === 0n) &&
      fee < AMOUNT_LIMIT;
    context.require(isInRange, "CLOSE_OUT_OF_RANGE", subject);
    const isConsented = finalizableAt === context.now;
    if (!isConsented)
      context.same("CLOSE_WINDOW_MISMATCH", subject, finalizableAt, context.now + parameters.challengeWindow);
    const account = this.#accountAt(index);
    const split = splitOfClose(parameters, account, { firstUnused: j, refundedCharges, refundedHolds, fee });
    this.pending.set(identityCommitment, {
      split,
      recipient,
      relayer,
      firstUnused,
      refundedCharges,
      refundedHolds,
      finalizableAt,
      isConsented,
    });
  }

  #finalize({ identityCommitment }: Of<"CloseFinalized">): void {
    const close = this.pending.get(identityCommitment);
    if (close === undefined) {
      this.#context.find("CLOSE_UNKNOWN", `account ${short(identityCommitment)}`);
      return;
    }
    const { totals } = this;
    totals.closes += 1;
    if (this.#context.now < close.finalizableAt || close.isConsented) totals.consented += 1;
    totals.tickets += BigInt(close.firstUnused);
    totals.refundedCharges += close.refundedCharges;
    totals.refundedHolds += close.refundedHolds;
    totals.deposits += this.depositOf(identityCommitment) ?? 0n;
    this.#releases.set(identityCommitment, { status: "closed", ...close });
  }

  #slash({ identityCommitment, recipient }: Of<"AccountSlashed">): void {
    const index = this.table.indexOf(identityCommitment);
    if (index === -1 || this.table.heldAt(index) === 0n) {
      this.#context.find("ACCOUNT_NOT_OPEN", `account ${short(identityCommitment)}`);
      return;
    }
    const split = splitOfSlash(this.#context.pool.parameters, this.#accountAt(index));
    this.totals.slashes += 1;
    if (this.pending.has(identityCommitment)) this.totals.slashedWhileClosing += 1;
    this.totals.stakesBurned += split.toBurn;
    this.totals.bounties += split.toRecipient;
    this.#releases.set(identityCommitment, { status: "slashed", split, recipient, relayer: NOBODY });
  }

  #release(args: Of<"AccountReleased">): void {
    const { identityCommitment, status, recipient, toRecipient, relayer, toRelayer, toProvider, toBurn } = args;
    const [context, subject] = [this.#context, `account ${short(identityCommitment)}`];
    const index = this.table.indexOf(identityCommitment);
    const held = index === -1 ? 0n : this.table.heldAt(index);
    if (held === 0n) context.find("ACCOUNT_NOT_OPEN", subject);
    const due = this.#releases.get(identityCommitment);
    this.#releases.delete(identityCommitment);
    if (due === undefined) context.find("RELEASE_UNEXPLAINED", subject, { found: status });
    else {
      const { split } = due;
      const payee = split.toRelayer === 0n ? NOBODY : due.relayer;
      const words = (parts: readonly unknown[]): string => parts.join(" ").toLowerCase();
      context.same(
        "PAYOUT_MISMATCH",
        subject,
        words([status, recipient, toRecipient, relayer, toRelayer, toProvider, toBurn]),
        words([due.status, due.recipient, split.toRecipient, payee, split.toRelayer, split.toProvider, split.toBurn]),
      );
      context.same(
        "PAYOUT_MISMATCH",
        `${subject}, all parts together`,
        toRecipient + toRelayer + toProvider + toBurn,
        held,
      );
    }
    if (index !== -1) {
      if (this.table.statusAt(index) === "active") this.openDeposits -= this.table.depositAt(index);
      this.table.setStatus(index, status === "slashed" ? "slashed" : "closed");
    }
    this.pending.delete(identityCommitment);
    this.#money.add("escrowed", -held);
    this.#money.earn(toProvider);
    this.#money.setAside(toBurn);
    this.#money.dueOut(recipient, toRecipient, "an account's payout");
    this.#money.dueOut(relayer, toRelayer, "a relayer's fee");
    if (status === "closed") {
      this.totals.toRecipients += toRecipient;
      this.totals.toRelayers += toRelayer;
      this.totals.toProvider += toProvider;
      this.totals.toBurn += toBurn;
    }
  }

  #expire({ identityCommitment }: Of<"AccountExpired">): void {
    const [context, index] = [this.#context, this.table.indexOf(identityCommitment)];
    const subject = `account ${short(identityCommitment)}`;
    if (index === -1 || this.table.statusAt(index) !== "active") {
      context.find("ACCOUNT_NOT_OPEN", subject);
      return;
    }
    const from = BigInt(this.table.openedAt(index)) + context.pool.parameters.accountLifetime;
    const isDue = context.now >= from && !this.pending.has(identityCommitment);
    context.require(isDue, "EXPIRY_TOO_EARLY", subject, { expected: `from ${from} on`, found: context.now });
    this.#forfeits.add(identityCommitment);
  }

  #forfeit({ identityCommitment, amount }: Of<"DepositForfeited">): void {
    const subject = `account ${short(identityCommitment)}`;
    const index = this.table.indexOf(identityCommitment);
    this.#context.require(this.#forfeits.delete(identityCommitment), "EXPIRY_MISMATCH", subject);
    if (index === -1) return;
    const deposit = this.table.depositAt(index);
    this.#context.same("EXPIRY_MISMATCH", subject, amount, deposit);
    this.totals.expiries += 1;
    this.openDeposits -= deposit;
    this.table.setStatus(index, "expired");
    this.#money.add("escrowed", -deposit);
    this.#money.earn(deposit);
  }

  #accountAt(index: number): { deposit: bigint; stake: bigint; isExpired: boolean } {
    return {
      deposit: this.table.depositAt(index),
      stake: this.table.stakeAt(index),
      isExpired: this.table.statusAt(index) === "expired",
    };
  }
}
