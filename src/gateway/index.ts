// SPDX-License-Identifier: GPL-3.0-or-later
/** The provider's side: the rules, the store, and the service behind them. */
export type { ObservedClose } from "./closes.ts";
export { DESK_EVENTS, ProviderDesk } from "./desk.ts";
export type { DeskOptions, DeskPorts } from "./desk.ts";
export type { DisputeReply, ObservedDispute } from "./disputes.ts";
export type { FoldChallenge, ObservedFold } from "./folds.ts";
export { Gateway } from "./gateway.ts";
export * from "./http/index.ts";
export { fixedPriceUpstream, httpTransport, jsonRpcUpstream } from "./json-rpc-upstream.ts";
export type { JsonRpcCall, JsonRpcTransport } from "./json-rpc-upstream.ts";
export type { Log, LogEntry } from "./log.ts";
export { DEFAULT_SETTINGS } from "./ports.ts";
export type { GatewayOptions, GatewaySettings, TypedDataSigner } from "./ports.ts";
export { checkProvider, startProvider } from "./service.ts";
export type { ProviderOptions, RunningProvider } from "./service.ts";
export {
  backUpStoreFile,
  checkStoreFile,
  GatewayStoreError,
  PostgresStore,
  SqliteStore,
  StoreReader,
  openStore,
} from "./store/index.ts";
export type * from "./store/index.ts";
export type { ServeContext, Served, Upstream } from "./upstream.ts";
export * from "./upstreams/index.ts";
export type { ViolationClaim, ViolationFinding, ViolationReport } from "./violations.ts";
