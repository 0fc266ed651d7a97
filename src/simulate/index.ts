// SPDX-License-Identifier: GPL-3.0-or-later
/** What a pool costs, earns and needs with many users: a seeded simulation whose small cases are carried out on real contracts. */
export { carryOut } from "./agreement.ts";
export type { Agreement, VerbAgreement } from "./agreement.ts";
export { Charges, betaBelow } from "./charges.ts";
export { costsOf } from "./costs.ts";
export type { Cost, L2Cost } from "./costs.ts";
export { documentOf } from "./document.ts";
export * from "./errors.ts";
export * from "./events.ts";
export * from "./fees.ts";
export { GasModel, TOLERANCE, depositGas } from "./gas.ts";
export { readMeasured } from "./measured.ts";
export type { Measured } from "./measured.ts";
export { PoolMoney, stakeOf } from "./money.ts";
export { medianOf, simulate } from "./outcome.ts";
export type { MonthFigures, Outcome, Resources } from "./outcome.ts";
export { Random } from "./random.ts";
export { Replay } from "./replay.ts";
export type { Played, ReplayWorld } from "./replay.ts";
export { BUILT_IN, MONTH, scenarioSchema } from "./scenario.ts";
export type { Scenario, ScenarioJson } from "./scenario.ts";
export { playedOut, scriptOf } from "./script.ts";
export type { Script } from "./script.ts";
export { sampleTransactions } from "./transactions.ts";
