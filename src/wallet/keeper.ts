// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The background of a wallet: enrols and folds after random waits, proves tickets ahead, takes up what was interrupted, and compares with
 * the chain. Waits are drawn for each account on its own; of two that are due together one waits anew, and after one has acted the others
 * pause, so that accounts do not act side by side.
 */
import type { Clock } from "../wire/index.ts";
import type { Account } from "./account.ts";
import { randomShare, secondsOf } from "./delays.ts";
import { Faults } from "./faults.ts";
import type { KeeperFault, KeeperTask } from "./faults.ts";
import { LIVE_KEEPER } from "./keeper-settings.ts";
import type { KeeperSettings } from "./keeper-settings.ts";
import { Lane } from "./lane.ts";
import type { PlannedTask } from "./plans.ts";
import type { Purse } from "./purse.ts";
import type { CallResult } from "./sessions.ts";

export type { KeeperFault, KeeperTask } from "./faults.ts";

/** Something that was done. */
export interface KeeperDone {
  readonly task: KeeperTask;
  readonly account: number | undefined;
}

export interface KeeperOptions {
  readonly purse: Purse;
  /** What differs from `LIVE_KEEPER`. */
  readonly settings?: Partial<KeeperSettings>;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Uniform in [0, 1). Default: from the platform's CSPRNG. */
  readonly random?: () => number;
  /** Told what failed. It is tried again, after pauses that grow. */
  readonly onFault?: (fault: KeeperFault) => void;
  readonly onDone?: (done: KeeperDone) => void;
  /** Told the answers of calls that were sent again. */
  readonly onAnswer?: (result: CallResult) => void;
}

export interface KeeperStatus {
  readonly isPaused: boolean;
  /** Accounts that have enrolled, one's own included, as far as the provider's feed was read. */
  readonly anonymitySet: number;
  readonly accounts: readonly {
    readonly number: number;
    readonly stage: "no deposit" | "waits to enrol" | "enrolled" | "closing";
    /** Unix seconds: not before. */
    readonly enrolsAt: number | undefined;
    readonly foldsAt: number | undefined;
  }[];
  /** The last fault of each task that has not succeeded since. */
  readonly faults: readonly {
    readonly task: KeeperTask;
    readonly account: number | undefined;
    readonly message: string;
    readonly at: number;
  }[];
}

/** A planned task whose time has come. */
interface Due {
  readonly number: number;
  readonly account: Account;
  readonly task: PlannedTask;
  readonly at: number;
}

/** How many proofs are begun before it looks again whether they are wanted. */
const PROOFS_AT_ONCE = 2;

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #settings: KeeperSettings;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #faults: Faults;
  readonly #lanes: readonly Lane[];
  /** Accounts that the chain has as open. */
  readonly #deposited = new Set<number>();
  /** When calls of an account that were interrupted are taken up, unix seconds. */
  readonly #resumesAt = new Map<number, number>();
  /** The account that acted last, and until when no other one does. */
  #acted: { readonly number: number; readonly until: number } | undefined;
  #isPaused = false;

  constructor(options: KeeperOptions) {
    const { settings, clock = () => Math.floor(Date.now() / 1_000), random = randomShare } = options;
    this.#options = options;
    this.#settings = { ...LIVE_KEEPER, ...settings };
    this.#clock = clock;
    this.#random = random;
    const { everySeconds, chainSeconds, feedSeconds } = this.#settings;
    this.#faults = new Faults(everySeconds);
    this.#lanes = [
      new Lane(() => this.#follow(), feedSeconds),
      new Lane(() => this.#settle(), chainSeconds),
      new Lane(() => this.#act(), everySeconds),
      new Lane(() => this.#prove(), everySeconds),
    ];
  }

  start(): void {
    for (const lane of this.#lanes) lane.start();
  }

  /** Begins nothing new until `resume`. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.wake();
  }

  /** Looks now for something to do. */
  wake(): void {
    for (const lane of this.#lanes) lane.wake();
  }

  /** Does everything that is due now, once. What fails is told to `onFault`. */
  async round(): Promise<void> {
    for (const lane of this.#lanes) await lane.run();
  }

  /** Ends the background, when what runs is done. Closing the prover gives up the proofs that run. */
  async close(): Promise<void> {
    this.#isPaused = true;
    await Promise.all(this.#lanes.map((lane) => lane.stop()));
  }

  status(): KeeperStatus {
    const { purse } = this.#options;
    return {
      isPaused: this.#isPaused,
      anonymitySet: purse.feed.enrolments,
      accounts: [...purse.accounts].map(([number, account]) => ({
        number,
        stage: this.#stageOf(number, account),
        enrolsAt: account.plans.at("enrol"),
        foldsAt: account.plans.at("fold"),
      })),
      faults: this.#faults.all.map(({ task, account, error, at }) => ({
        task,
        account,
        message: messageOf(error),
        at,
      })),
    };
  }

  #stageOf(number: number, account: Account): KeeperStatus["accounts"][number]["stage"] {
    const { isEnrolled, isUsable } = account.readiness();
    if (isUsable) return "enrolled";
    if (isEnrolled) return "closing";
    return this.#deposited.has(number) ? "waits to enrol" : "no deposit";
  }

  /** Reads the provider's feed on. */
  async #follow(): Promise<void> {
    if (this.#isPaused) return;
    await this.#try("feed", undefined, async () => (await this.#options.purse.feed.follow(), false));
  }

  async #settle(): Promise<void> {
    for (const [number, account] of this.#options.purse.accounts) {
      if (this.#isPaused) return;
      const settleDisputes = async (): Promise<boolean> =>
        (await account.settleDisputes()).some(({ status }) => status !== "open");
      const settleFolds = async (): Promise<boolean> =>
        (await account.settleFolds()).some(({ status }) => status === "final" || status === "fallen");
      if (account.isOwed()) await this.#try("settle-disputes", number, settleDisputes);
      if (account.unsignedFolds() > 0) await this.#try("settle-folds", number, settleFolds);
    }
  }

  async #act(): Promise<void> {
    for (const [number, account] of this.#options.purse.accounts) {
      if (this.#isPaused) return;
      if (this.#isToResume(number, account)) {
        await this.#try("resume", number, () => this.#acting(number, () => this.#resumeCalls(account)));
      }
      await this.#try("watch", number, () => this.#planEnrolment(number, account));
      this.#planFold(account);
    }
    for (let due = this.#due(); due !== undefined && !this.#isPaused; due = this.#due()) await this.#do(due);
  }

  #isToResume(number: number, account: Account): boolean {
    if (account.overdue().length === 0) {
      this.#resumesAt.delete(number);
      return false;
    }
    const now = this.#clock();
    const isAlone = this.#options.purse.accounts.size === 1;
    const at =
      this.#resumesAt.get(number) ?? now + (isAlone ? 0 : secondsOf(this.#settings.resumeAfter, this.#random()));
    this.#resumesAt.set(number, at);
    return now >= at && !this.#isQuiet(number, now);
  }

  /** Whether another account acted a short while ago. */
  #isQuiet(number: number, now: number): boolean {
    return this.#acted !== undefined && this.#acted.number !== number && now < this.#acted.until;
  }

  /** What the provider sees of an account: for a while after it the others do nothing. */
  async #acting<T>(number: number, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      const { betweenAccounts } = this.#settings;
      this.#acted = { number, until: this.#clock() + secondsOf(betweenAccounts, this.#random()) };
    }
  }

  async #resumeCalls(account: Account): Promise<boolean> {
    const resend = this.#settings.interrupted === "resend";
    const { answers, failures } = await account.resume({ resend });
    for (const answer of answers) tell(() => this.#options.onAnswer?.(answer));
    if (failures[0] !== undefined) throw failures[0].error;
    return true;
  }

  async #planEnrolment(number: number, account: Account): Promise<false> {
    if (account.readiness().isEnrolled) return false;
    const view = await account.onChain();
    const isOpen = view !== undefined && view.status === "active" && !view.isClosing;
    if (isOpen) this.#deposited.add(number);
    else this.#deposited.delete(number);
    const isPlanned = account.plans.at("enrol") !== undefined;
    if (isOpen && !isPlanned) this.#plan(account, "enrol");
    if (!isOpen && isPlanned) account.plans.drop("enrol");
    return false;
  }

  #planFold(account: Account): void {
    const { isUsable, left } = account.readiness();
    if (!isUsable || account.plans.at("fold") !== undefined) return;
    const { stock, foldFrom } = this.#settings;
    const least = left < stock ? 1 : foldFrom;
    if (account.unsignedFolds() > 0 || account.foldable() >= least) this.#plan(account, "fold");
  }

  #plan(account: Account, task: PlannedTask): void {
    const { enrolAfter, foldAfter } = this.#settings;
    const wait = secondsOf(task === "enrol" ? enrolAfter : foldAfter, this.#random());
    account.plans.set(task, this.#clock() + wait);
  }

  /** What was due first. Whatever is due for other accounts waits anew. */
  #due(): Due | undefined {
    const now = this.#clock();
    const all: Due[] = [];
    for (const [number, account] of this.#options.purse.accounts) {
      for (const task of ["enrol", "fold"] as const) {
        const at = account.plans.at(task);
        if (at === undefined || at > now || this.#faults.isPausing(task, number, now)) continue;
        if (this.#isQuiet(number, now)) continue;
        if (task === "fold" || this.#isHidden(at, now)) all.push({ number, account, task, at });
      }
    }
    const [first, ...others] = all.sort((a, b) => a.at - b.at);
    for (const { number, account, task } of others) if (number !== first?.number) this.#plan(account, task);
    return first;
  }

  /** Whether enough others have enrolled, or the wait for them was long enough. */
  #isHidden(dueAt: number, now: number): boolean {
    const { enrolWhenAnonymitySet, enrolAtLatestSeconds } = this.#settings;
    return now >= dueAt + enrolAtLatestSeconds || this.#options.purse.feed.enrolments >= enrolWhenAnonymitySet;
  }

  #do({ number, account, task }: Due): Promise<void> {
    const act = async (): Promise<boolean> => {
      const isDone = task === "enrol" ? (await account.enroll(), true) : (await account.fold()) !== undefined;
      account.plans.drop(task);
      return isDone;
    };
    return this.#try(task, number, () => this.#acting(number, act));
  }

  /** Proves tickets until the stock is full, or the budgets are. Calls that wait for a proof go first. */
  async #prove(): Promise<void> {
    for (;;) {
      const ready = [...this.#options.purse.accounts].map(([number, account]) => ({
        number,
        account,
        ...account.readiness(),
      }));
      const missing = this.#settings.stock - ready.reduce((sum, { inStock }) => sum + inStock, 0);
      const next = ready.find(
        ({ number, inStock, left }) => left > inStock && !this.#faults.isPausing("prove", number, this.#clock()),
      );
      if (this.#isPaused || missing <= 0 || next === undefined) return;
      const wanted = next.inStock + Math.min(missing, PROOFS_AT_ONCE);
      await this.#try("prove", next.number, async () => (await next.account.proveTickets(wanted), true));
    }
  }

  /** @param work resolves to whether something was done. */
  async #try(task: KeeperTask, account: number | undefined, work: () => Promise<boolean>): Promise<void> {
    if (this.#faults.isPausing(task, account, this.#clock())) return;
    try {
      const isDone = await work();
      this.#faults.clear(task, account);
      if (isDone) tell(() => this.#options.onDone?.({ task, account }));
    } catch (error) {
      this.#faults.add({ task, account, error }, this.#clock());
      tell(() => this.#options.onFault?.({ task, account, error }));
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The error of one who is told is his own. */
function tell(call: () => void): void {
  try {
    call();
  } catch {
    // Nothing of the background depends on it.
  }
}
