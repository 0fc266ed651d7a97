// SPDX-License-Identifier: GPL-3.0-or-later
export * from "./account-tree.ts";
export * from "./authorizations.ts";
export * from "./close-request.ts";
export * from "./errors.ts";
export * from "./event-sync.ts";
export * from "./pool-client.ts";
export * from "./pool-events.ts";
export * from "./pool-history.ts";
export * from "./pool-sender.ts";
export * from "./pool-view.ts";
export * from "./provider.ts";
export * from "./reverts.ts";
export * from "./send.ts";
export * from "./token.ts";
