// SPDX-License-Identifier: GPL-3.0-or-later
/** A local server that turns the requests of existing programs into paid calls. */
export { DEFAULT_LIMITS } from "./ports.ts";
export type { Log, Payer, ProxyLimits, ProxyOptions } from "./ports.ts";
export { ProxyProblem } from "./problem.ts";
export { PAGE_PATH, STATUS_PATH, startProxy } from "./server.ts";
export type { RunningProxy } from "./server.ts";
