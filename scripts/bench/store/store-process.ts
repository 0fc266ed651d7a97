// SPDX-License-Identifier: GPL-3.0-or-later
/** A process with a store: fills it, or works on it with some callers at once. */
import { answerParent } from "../child.ts";
import { rounded, spreadOf } from "../statistics.ts";
import type { Spread } from "../statistics.ts";
import { fillStore } from "./fill.ts";
import { worksOn } from "./work.ts";
import type { Work, Works } from "./work.ts";

export interface Filling {
  readonly location: string;
  readonly rows: number;
}

export interface Load {
  readonly work: Exclude<keyof Works, "close">;
  readonly callers: number;
  /** How long it goes on. */
  readonly milliseconds: number;
}

export interface Pace {
  readonly perSecond: number;
  /** Milliseconds by the clock. */
  readonly time: Spread;
}

let works: Works | undefined;

async function run(work: Work, { callers, milliseconds }: Load): Promise<Pace> {
  const times: number[] = [];
  const start = performance.now();
  const end = start + milliseconds;
  const caller = async (): Promise<void> => {
    for (let began = performance.now(); began < end; began = performance.now()) {
      await work();
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { perSecond: rounded((1_000 * times.length) / (performance.now() - start)), time: spreadOf(times) };
}

answerParent({
  fill: ({ location, rows }: Filling) => fillStore(location, rows),
  open: async (location: string) => void (works = await worksOn(location)),
  load: async (load: Load) => {
    if (works === undefined) throw new Error("no store is open");
    return run(works[load.work], load);
  },
  close: () => works?.close() ?? Promise.resolve(),
});
