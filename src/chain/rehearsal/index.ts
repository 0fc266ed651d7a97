// SPDX-License-Identifier: GPL-3.0-or-later
export { RehearsalSigner, rehearsalOn } from "./rehearsal.ts";
export type { Rehearsal, RehearsedTransaction } from "./rehearsal.ts";
