// SPDX-License-Identifier: GPL-3.0-or-later
/** A command's outcome as Hardhat takes it. */
import { errorResult, successfulResult } from "hardhat/utils/result";

import { settle } from "./outcome.ts";
import type { Outcome, ReportOptions } from "./outcome.ts";

/** What Hardhat wants of a task: it exits with 1 where this says no. */
export interface Report {
  readonly success: boolean;
}

export const report = async (options: ReportOptions, command: () => Promise<Outcome>): Promise<Report> =>
  (await settle(options, command)) ? successfulResult() : errorResult();
