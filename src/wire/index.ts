// SPDX-License-Identifier: GPL-3.0-or-later
/** What crosses between a wallet and a provider: messages, hashes, terms, errors, and the ports that both parties are given. */
export * from "./api.ts";
export * from "./canonical.ts";
export * from "./dispute-files.ts";
export * from "./errors.ts";
export * from "./exchange.ts";
export { fileFormat } from "./files.ts";
export type { FileFormat } from "./files.ts";
export * from "./fold-file.ts";
export * from "./hashes.ts";
export * from "./http.ts";
export * from "./leaves.ts";
export * from "./messages.ts";
export * from "./ports.ts";
export * from "./terms.ts";
export * from "./violation-file.ts";
export * from "./x402.ts";
export { describeIssues, isCanonicalSignature, toJson } from "./values.ts";
export type { Json } from "./values.ts";
