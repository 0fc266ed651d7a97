// SPDX-License-Identifier: GPL-3.0-or-later
export { pricingOn } from "./price.ts";
export type { Price } from "./price.ts";
export { RehearsalSigner, rehearsalOn } from "./rehearsal.ts";
export type { Rehearsal, RehearsedTransaction } from "./rehearsal.ts";
