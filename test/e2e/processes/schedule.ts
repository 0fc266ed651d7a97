// SPDX-License-Identifier: GPL-3.0-or-later
/** Who is killed where, in which order. */
import type { Dice } from "../unlinkability/dice.ts";
import { ALL_POINTS, OUTSIDE } from "./points.ts";
import type { Kill, Side, Stage } from "./points.ts";

/** Kills of one side while one piece of work goes on: one after the other, in the order in which their points are passed. */
export type Turn = readonly Kill[];

export interface Schedule {
  /** By account. */
  readonly enrolments: readonly Turn[];
  readonly closes: readonly Turn[];
  /** Between the two. */
  readonly gateway: readonly Turn[];
  readonly wallet: readonly Turn[];
}

const OUTSIDE_SHARE = 0.15;
/** Of points that are passed once before they kill: another call of the same process is under way, or just done. */
const PASSED_SHARE = 0.15;
/** Where something can be going on when a kill comes from outside. */
const OUTSIDE_STAGES: readonly Stage[] = ["call", "stream", "slow", "session"];

const isOnce = ({ stage }: Kill): boolean => stage === "enrol" || stage === "close";

/** @param kills in all; where there are fewer than points, chance says which are left out */
export function scheduleOf(dice: Dice, kills: number, accounts: number, points = ALL_POINTS): Schedule {
  const isChosen = points.length > 1;
  const outside = isChosen ? Math.round(kills * OUTSIDE_SHARE) : 0;
  const chosen = new Set(dice.shuffled(points).slice(0, kills - outside));
  // A turn's kills come in the order of the list.
  const first = points.filter((kill) => chosen.has(kill));
  const once = first.filter(isOnce);
  const again = points.filter((kill) => !isOnce(kill));
  const between = first.filter((kill) => !isOnce(kill));
  while (again.length > 0 && once.length + between.length + outside < kills) {
    const rest = new Set(dice.shuffled(again).slice(0, kills - outside - once.length - between.length));
    between.push(...again.filter((kill) => rest.has(kill)));
  }

  const perAccount = (stage: Stage): Turn[] => {
    const all = once.filter((kill) => kill.stage === stage);
    return Array.from({ length: accounts }, (_, account) => all.filter((__, turn) => turn % accounts === account));
  };
  const fromOutside = Array.from({ length: outside }, (_, turn): Kill => ({
    side: turn % 2 === 0 ? "gateway" : "wallet",
    point: OUTSIDE,
    stage: dice.pick(OUTSIDE_STAGES),
  }));
  const turnsOf = (side: Side): Turn[] => {
    const own = [...between, ...fromOutside].filter((kill) => kill.side === side);
    const single = own.filter(({ stage }) => stage !== "fold").map((kill) => [passed(dice, kill)]);
    const folds = inTurns(own.filter(({ stage }) => stage === "fold"));
    return dice.shuffled([...single, ...folds]);
  };
  return {
    enrolments: perAccount("enrol"),
    closes: perAccount("close"),
    gateway: turnsOf("gateway"),
    wallet: turnsOf("wallet"),
  };
}

/** How often a side is to die. */
export function killsOf({ enrolments, closes, gateway, wallet }: Schedule, side: Side): number {
  return [enrolments, closes, gateway, wallet].flat(2).filter((kill) => kill.side === side).length;
}

/** One fold is enough for all points of folding: a proof takes seconds. */
function inTurns(kills: readonly Kill[]): Turn[] {
  const turns: Kill[][] = [];
  for (const kill of kills) {
    const last = turns.at(-1);
    if (last === undefined || last.some(({ point }) => point === kill.point)) turns.push([kill]);
    else last.push(kill);
  }
  return turns;
}

function passed(dice: Dice, kill: Kill): Kill {
  const canPass = kill.point !== OUTSIDE && (kill.stage === "session" || kill.stage === "call");
  return canPass && dice.chance(PASSED_SHARE) ? { ...kill, passes: 1 } : kill;
}
