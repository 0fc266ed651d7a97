// SPDX-License-Identifier: GPL-3.0-or-later
/** Holds a simulation against the real contracts, event by event: the ledger after each, every account's money at the end, and the gas of each verb. */
import type { SimulatedEvent } from "./events.ts";
import { FRESH_SLOT, GasModel, TOLERANCE } from "./gas.ts";
import type { Measured } from "./measured.ts";
import { PoolMoney } from "./money.ts";
import { Replay } from "./replay.ts";
import type { ReplayWorld } from "./replay.ts";
import { playedOut } from "./script.ts";
import type { Script } from "./script.ts";

type Kind = SimulatedEvent["kind"];

/** Gas of one kind of transaction: what was used, and what the model says for the same places in the tree. Means of all. */
export interface VerbAgreement {
  readonly verb: Kind;
  readonly count: number;
  readonly used: number;
  readonly computed: number;
  /** The largest difference of a single transaction, as a share of what was computed. */
  readonly furthest: number;
  /** As much is promised. */
  readonly tolerance: number;
}

export interface Agreement {
  readonly transactions: number;
  readonly accounts: number;
  /** Accounts whose money went where it was said, to the unit. */
  readonly settled: number;
  readonly verbs: readonly VerbAgreement[];
  /** What did not come as it was computed; empty where all did. */
  readonly differences: readonly string[];
}

interface Gas {
  count: number;
  used: number;
  computed: number;
  furthest: number;
}

const placesOf = (event: SimulatedEvent): number =>
  event.kind === "deposit" ? 1 : event.kind === "depositBatch" ? event.accounts.length : 0;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** Only pools of very few users see this: the first deposit where the bond came before it, or one after everybody left. */
function slotsOfNextDeposit(places: number, { balances: { escrowed, bond } }: PoolMoney): number {
  if (places === 0) return bond > 0n ? -FRESH_SLOT : 0;
  return escrowed === 0n ? FRESH_SLOT : 0;
}

/** What the pool's ledger says otherwise than the simulation. */
async function ledgerDifferences({ client }: ReplayWorld, money: PoolMoney, event: SimulatedEvent): Promise<string[]> {
  const ledger = await client.contracts.pool.ledger();
  return (["escrowed", "revenue", "bond", "awaitingBurn"] as const).flatMap((name) =>
    ledger[name] === money.balances[name]
      ? []
      : [`after ${event.kind} the pool's ${name} is ${ledger[name]}, and was computed as ${money.balances[name]}`],
  );
}

/** Who was paid otherwise than the simulation says, and how many accounts were settled. */
async function payoutDifferences(
  world: ReplayWorld,
  replay: Replay,
  script: Script,
  money: PoolMoney,
): Promise<readonly [settled: number, differences: string[]]> {
  const differences: string[] = [];
  const compare = async (what: string, address: string, computed: bigint): Promise<void> => {
    const held = await world.client.token.balanceOf(address);
    if (held !== computed) differences.push(`${what} is ${held}, and was computed as ${computed}`);
  };
  for (const account of script.accounts) {
    const { toUser = 0n, toSlasher = 0n } = money.settlements.get(account.id) ?? {};
    const award = money.awards.get(account.id) ?? 0n;
    await compare(`the pay-out of account ${account.id}`, replay.addressOf(account, "payout"), toUser);
    await compare(`the bounty for account ${account.id}`, replay.addressOf(account, "bounty"), toSlasher);
    await compare(`the award of account ${account.id}`, replay.addressOf(account, "award"), award);
  }
  await compare("the provider's treasury", replay.treasury, money.withdrawn);
  return [money.settlements.size, differences];
}

/** Sends every event of the script, and stops where the ledger first differs: all after it would. `onEvent` is told before each. */
export async function carryOut(
  world: ReplayWorld,
  script: Script,
  measured: Measured,
  onEvent: (event: SimulatedEvent, number: number) => void = () => undefined,
): Promise<Agreement> {
  const replay = new Replay(world);
  const money = new PoolMoney(script.scenario);
  const model = new GasModel(measured);
  const byVerb = new Map<Kind, Gas>();
  const differences: string[] = [];
  let [transactions, places] = [0, 0];
  let slots = 0;
  for (const event of playedOut(script, money)) {
    transactions += 1;
    onEvent(event, transactions);
    const { kind, gas: used } = await replay.play(event);
    const from = places;
    places += placesOf(event);
    const computed = model.of(event, from, places) + (event.kind === "deposit" ? slots : 0);
    slots = slotsOfNextDeposit(places, money);
    const gas = byVerb.get(kind) ?? { count: 0, used: 0, computed: 0, furthest: 0 };
    byVerb.set(kind, gas);
    gas.count += 1;
    gas.used += used;
    gas.computed += computed;
    gas.furthest = Math.max(gas.furthest, Math.abs(used - computed) / computed);
    differences.push(...(await ledgerDifferences(world, money, event)));
    if (differences.length > 0) break;
  }
  const verbs = [...byVerb].map(([verb, { count, used, computed, furthest }]): VerbAgreement => ({
    ...{ verb, count, used: used / count, computed: computed / count },
    ...{ furthest, tolerance: TOLERANCE[verb] },
  }));
  for (const { verb, furthest, tolerance } of verbs) {
    if (furthest <= tolerance) continue;
    differences.push(`the gas of ${verb} differs by ${percent(furthest)}, and ${percent(tolerance)} is promised`);
  }
  const isWhole = differences.every((difference) => !difference.startsWith("after "));
  const [settled, paidOtherwise] = isWhole ? await payoutDifferences(world, replay, script, money) : [0, []];
  return {
    ...{ transactions, settled, verbs },
    accounts: script.accounts.length,
    differences: [...differences, ...paidOtherwise],
  };
}
