// SPDX-License-Identifier: GPL-3.0-or-later
/** Where and when a benchmark ran: without it, a time says nothing. */
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";

import { rounded } from "./statistics.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Processes that wanted a core when the run began, on average over five minutes: above 0, other work disturbed it. */
  readonly load: number;
  /** ISO 8601, UTC. */
  readonly date: string;
}

export const describeMachine = (now: Date): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()}`,
  node: process.version,
  load: rounded(loadavg()[1] ?? 0),
  date: now.toISOString(),
});
