// SPDX-License-Identifier: GPL-3.0-or-later
/** The user's side: accounts, tickets, calls, refunds, folds, closes. */
export { Account } from "./account.ts";
export type { AccountSummary } from "./account.ts";
export type { SettledFold } from "./certifying.ts";
export type { CloseOptions, PreparedClose } from "./closing.ts";
export type { Grievance } from "./dispute-records.ts";
export type { DisputeOptions, SettledDispute } from "./disputes.ts";
export { WalletError } from "./errors.ts";
export type { WalletErrorCode } from "./errors.ts";
export type { Folded } from "./folding.ts";
export type { RetryPolicy, WalletOptions } from "./ports.ts";
export type { Restored } from "./restoring.ts";
export type { CallOptions, CallResult, Resumed, Session } from "./sessions.ts";
export { WalletStore } from "./store.ts";
export { sessionKeyFrom, sessionKeyOf, signCall, signDispute, signEnd } from "./vouchers.ts";
export type { CallDraft, SessionKey } from "./vouchers.ts";
export { Wallet } from "./wallet.ts";
