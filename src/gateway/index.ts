// SPDX-License-Identifier: GPL-3.0-or-later
/** The provider's side: the rules, the store, and the service behind them. */
export type { ObservedClose } from "./closes.ts";
export { Gateway } from "./gateway.ts";
export { fixedPriceUpstream, httpTransport, jsonRpcUpstream } from "./json-rpc-upstream.ts";
export type { JsonRpcCall, JsonRpcTransport } from "./json-rpc-upstream.ts";
export { DEFAULT_SETTINGS } from "./ports.ts";
export type { GatewayOptions, GatewaySettings, TypedDataSigner } from "./ports.ts";
export type { CallClaim, CallDecision } from "./rules.ts";
export { SqliteStore } from "./sqlite-store.ts";
export type { SqliteStoreOptions } from "./sqlite-store.ts";
export { GatewayStoreError } from "./store-error.ts";
export type * from "./store.ts";
export type { ServeContext, Served, Upstream } from "./upstream.ts";
