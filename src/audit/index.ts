// SPDX-License-Identifier: GPL-3.0-or-later
/** The auditor's side: a pool's whole history replayed and checked from an endpoint alone, and the provider's books reconciled with it. */
export { runAudit } from "./audit.ts";
export type { AuditOptions } from "./audit.ts";
export * from "./errors.ts";
export type { FeedSource } from "./feed-books.ts";
export { FINDINGS } from "./findings.ts";
export type { Finding, FindingCode, Place, Severity } from "./findings.ts";
export { documentOf } from "./page.ts";
export type { Verify } from "./proof-queue.ts";
export type { AuditReport } from "./report-data.ts";
export { resultText, summaryOf } from "./summary.ts";
export { splitOfClose, splitOfSlash } from "./split.ts";
