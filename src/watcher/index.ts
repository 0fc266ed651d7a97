// SPDX-License-Identifier: GPL-3.0-or-later
/** The watcher: finds double spends and understated closes in what is public, and claims. Nobody reaches past this door. */
export type { RaisedAlarm } from "./alarms.ts";
export type { ClaimKind, ClaimOutcome } from "./claim-records.ts";
export { budgetOf, feesFor, worthOf } from "./cost.ts";
export type { Fees, Quote } from "./cost.ts";
export { WatcherError } from "./errors.ts";
export type { WatcherErrorCode } from "./errors.ts";
export { serveWatcher } from "./metrics.ts";
export type { WatcherServer } from "./metrics.ts";
export { command, webhook } from "./notify.ts";
export { ALARMS } from "./ports.ts";
export type {
  AlarmCode,
  AlarmMessage,
  ClaimSigner,
  Claiming,
  FeedSource,
  Notify,
  PriceSource,
  Thresholds,
  WatchedPool,
  WatcherLog,
  WatcherLogEntry,
  WatcherPorts,
} from "./ports.ts";
export { askedPrice, fixedPrice } from "./price.ts";
export { statusOf } from "./status.ts";
export type { ClaimStatus, CloseStatus, PoolStatus } from "./status.ts";
export { WatcherStore } from "./store.ts";
export { Watcher } from "./watcher.ts";
export type { PassOutcome, WatcherOptions } from "./watcher.ts";
