// SPDX-License-Identifier: GPL-3.0-or-later
/** A gateway and a wallet at work, killed again and again; and then their books, and what the chain pays. */
import { setTimeout as sleep } from "node:timers/promises";

import { Dice } from "../unlinkability/dice.ts";
import { audit } from "./audit.ts";
import type { Audit, AuditedAccount } from "./audit.ts";
import { readGatewayBooks } from "./gateway-books.ts";
import { differences, moneyOn, recipientOf } from "./money.ts";
import { Owner } from "./owner.ts";
import { Pair } from "./pair.ts";
import type { Planted } from "./pair.ts";
import { OUTSIDE } from "./points.ts";
import type { Kill, Side, Stage } from "./points.ts";
import { killsOf, scheduleOf } from "./schedule.ts";
import type { Schedule, Turn } from "./schedule.ts";
import type { World } from "./world.ts";

export interface CrashOptions {
  readonly seed: number;
  readonly kills: number;
  readonly accounts: number;
  /** The points to choose from. Default: all. */
  readonly points?: readonly Kill[];
  /** Folds every refund before the accounts are closed. */
  readonly foldsAll?: boolean;
  /** A bug on purpose: the accounts are not closed then. */
  readonly planted?: Planted;
  /** Told of each round. */
  readonly note?: (line: string) => void;
}

export interface CrashReport extends Omit<Audit, "dues"> {
  /** How often somebody died where, by "side: point". */
  readonly deaths: ReadonlyMap<string, number>;
  /** Points that were never reached, whatever was tried. */
  readonly missed: readonly string[];
  /** How often the service was asked: once for each call, and again where a gateway died over it. */
  readonly services: number;
  readonly folds: number;
  /** What both sides printed last, when something is wrong. */
  readonly lastWords: string;
}

/** D of an account, in tickets. */
const TICKETS = 150n;
/** Proofs that an account has ahead, as far as they are made in time: a call without one makes it first. */
const STOCK = 1;
const MOST_WAIT_MILLISECONDS = 500;
/** How many rounds may try for a point. */
const TRIES = 4;
/** From this round on a fold does with what there is. */
const LATE = 30;
const FOLD_SLOTS = 4;
const BUSY_SHARE = 0.25;
const CLOSE_SECONDS = 7_200;

export async function runCrashes(world: World, options: CrashOptions): Promise<CrashReport> {
  const { seed, accounts, planted, kills, points } = options;
  const dice = new Dice(seed);
  const schedule = scheduleOf(dice, kills, accounts, points);
  const deaths = { gateway: killsOf(schedule, "gateway"), wallet: killsOf(schedule, "wallet") };
  const pair = await Pair.open(world, { seed, accounts, planted, deaths });
  let isFine = false;
  try {
    const report = await new Run(world, pair, options, dice).all(schedule);
    isFine = report.findings.length === 0 || planted !== undefined;
    return report;
  } catch (error) {
    throw new Error(`the run with seed ${seed} broke off\n${await pair.lastWords()}`, { cause: error });
  } finally {
    await pair.close(!isFine);
  }
}

class Run {
  readonly #world: World;
  readonly #pair: Pair;
  readonly #owner: Owner;
  readonly #options: CrashOptions;
  readonly #dice: Dice;
  readonly #accounts: readonly number[];
  readonly #started = performance.now();
  readonly #missed: string[] = [];
  /** By point, since it was last reached. */
  readonly #tries = new Map<string, number>();
  #stocking: Promise<void> | undefined;
  #rounds = 0;
  #folds = 0;

  constructor(world: World, pair: Pair, options: CrashOptions, dice: Dice) {
    this.#world = world;
    this.#pair = pair;
    this.#owner = new Owner(pair);
    this.#options = options;
    this.#dice = dice;
    this.#accounts = Array.from({ length: options.accounts }, (_, number) => number);
  }

  async all(schedule: Schedule): Promise<CrashReport> {
    const { planted, foldsAll = false } = this.#options;
    await this.#pair.alive();
    const commitments = await Promise.all(this.#accounts.map(this.#owner.identity));
    const { ticketPrice, policyHold } = this.#world.client.parameters;
    const deposit = TICKETS * (ticketPrice + policyHold);
    await this.#world.deposit(commitments, deposit);

    for (const account of this.#accounts) {
      this.#miss(await this.#round(schedule.enrolments[account] ?? [], [() => this.#owner.enrol(account)]));
    }
    const queues = { gateway: [...schedule.gateway], wallet: [...schedule.wallet] };
    while (queues.gateway.length + queues.wallet.length > 0) await this.#next(queues);
    await this.#stocking;
    if (foldsAll) for (const account of this.#accounts) while (await this.#owner.fold(account)) this.#folds += 1;

    const before = await moneyOn(this.#world);
    const deadline = BigInt(before.time + CLOSE_SECONDS);
    const close = (account: number) => (): Promise<unknown> =>
      this.#owner.close({ account, recipient: recipientOf(this.#options.seed, account), deadline });
    const closing = planted === undefined ? this.#accounts : [];
    for (const account of closing) this.#miss(await this.#round(schedule.closes[account] ?? [], [close(account)]));

    const { dues, ...audited } = await this.#audit(deposit);
    const isPaid = planted === undefined;
    const paid = isPaid ? await differences(this.#world, this.#options.seed, commitments, dues, before) : [];
    const findings = [...this.#owner.failures, ...this.#pair.failures, ...audited.findings, ...paid];
    return {
      ...audited,
      findings,
      deaths: this.#deaths(),
      missed: this.#missed,
      services: this.#pair.kettle.services.length,
      folds: this.#folds,
      lastWords: findings.length === 0 ? "" : await this.#pair.lastWords(),
    };
  }

  /** One turn of each side, as far as there are any, while what their points need goes on. */
  async #next(queues: Record<Side, Turn[]>): Promise<void> {
    const kills: Kill[] = [];
    let rich: number | undefined;
    for (const side of ["gateway", "wallet"] as const) {
      const turn = queues[side].shift() ?? [];
      const isFold = turn[0]?.stage === "fold";
      if (isFold) rich ??= await this.#richest();
      if (isFold && rich === undefined) queues[side].push(turn);
      else kills.push(...turn);
    }
    const stages = new Set(kills.map(({ stage }) => stage));
    if (stages.size === 0) stages.add("call");
    const work = [...stages].map((stage) => () => this.#work(stage, rich));
    if (this.#dice.chance(BUSY_SHARE)) work.push(() => this.#work(this.#dice.pick(["call", "stream"])));
    const left = await this.#round(kills, work);
    for (const kill of kills) if (!left.includes(kill)) this.#tries.delete(nameOf(kill));
    const again = left.filter((kill) => this.#mayTryAgain(kill)).map((kill): Kill => ({ ...kill, passes: 0 }));
    for (const side of ["gateway", "wallet"] as const) {
      const turn = again.filter((kill) => kill.side === side);
      if (turn.length > 0) queues[side].push(turn);
    }
  }

  /** @returns the kills whose points were not reached. */
  async #round(kills: Turn, work: readonly (() => Promise<unknown>)[]): Promise<Turn> {
    const { parties } = this.#pair;
    await this.#pair.alive();
    const before = { gateway: parties.gateway.deaths.length, wallet: parties.wallet.deaths.length };
    await this.#pair.arm(kills);
    const outside = kills
      .filter(({ point }) => point === OUTSIDE)
      .map(async ({ side }) => {
        await sleep(this.#dice.below(MOST_WAIT_MILLISECONDS));
        parties[side].kill();
      });
    await Promise.all([...work.map((task) => task()), ...outside]);
    await this.#pair.alive();
    await this.#pair.arm([]);

    const died = (side: Side): string[] =>
      parties[side].deaths.slice(before[side]).map((point) => nameOf({ side, point: point ?? OUTSIDE }));
    const deaths = [...died("gateway"), ...died("wallet")];
    this.#rounds += 1;
    const seconds = ((performance.now() - this.#started) / 1_000).toFixed(1);
    const who = deaths.join(", ") || "nobody died";
    this.#options.note?.(`round ${this.#rounds}, ${seconds} s, ${this.#owner.calls} calls so far: ${who}`);
    return kills.filter((kill) => !deaths.includes(nameOf(kill)));
  }

  /** What a point needs. A fold takes an account that has something to fold. */
  async #work(stage: Stage, rich?: number): Promise<unknown> {
    const account = this.#dice.pick(this.#accounts);
    this.#stock();
    switch (stage) {
      case "call":
        return this.#owner.call(account);
      case "stream":
        return this.#owner.call(account, { isStreamed: true });
      case "slow":
        return this.#owner.call(account, { isSlow: true });
      case "session":
        return this.#owner.session(account);
      case "prove":
        return this.#owner.prove(account, 2);
      case "fold":
        this.#folds += 1;
        return this.#owner.fold(rich ?? account);
      default:
        throw new Error(`nothing is done at random at the stage "${stage}"`);
    }
  }

  /** Proves ahead, beside everything else. */
  #stock(): void {
    const account = this.#dice.pick(this.#accounts);
    this.#stocking ??= this.#owner.stock(account, STOCK).finally(() => (this.#stocking = undefined));
  }

  /** An account with enough refunds for a fold; later one with any. */
  async #richest(): Promise<number | undefined> {
    await this.#pair.alive();
    const least = this.#rounds < LATE ? FOLD_SLOTS : 1;
    for (const account of this.#dice.shuffled(this.#accounts)) {
      if ((await this.#owner.foldable(account)) >= least) return account;
    }
    return undefined;
  }

  #mayTryAgain(kill: Kill): boolean {
    const tries = (this.#tries.get(nameOf(kill)) ?? 0) + 1;
    this.#tries.set(nameOf(kill), tries);
    if (tries >= TRIES) this.#miss([kill]);
    return tries < TRIES;
  }

  #miss(kills: Turn): void {
    this.#missed.push(...kills.map(nameOf));
  }

  async #audit(deposit: bigint): Promise<Audit> {
    await this.#pair.alive();
    const accounts: AuditedAccount[] = [];
    for (const number of this.#accounts) {
      const [books, restored] = [await this.#owner.books(number), await this.#owner.restored(number)];
      accounts.push({ number, deposit, books, restored });
    }
    const { seed, told, gatewayFile, kettle } = this.#pair;
    const { pool } = this.#world.client;
    return audit({ pool, seed, told, services: kettle.services, gateway: readGatewayBooks(gatewayFile), accounts });
  }

  #deaths(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const side of ["gateway", "wallet"] as const) {
      for (const point of this.#pair.parties[side].deaths) {
        const name = nameOf({ side, point: point ?? OUTSIDE });
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
    return counts;
  }
}

const nameOf = ({ side, point }: Pick<Kill, "side" | "point">): string => `${side}: ${point}`;
