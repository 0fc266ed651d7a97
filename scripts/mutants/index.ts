// SPDX-License-Identifier: GPL-3.0-or-later
/** The kept list of planted bugs. */
import { ACCOUNTS } from "./accounts.ts";
import { DISPUTES } from "./disputes.ts";
import { FOLDS } from "./folds.ts";
import { MONEY } from "./money.ts";
import type { Mutation } from "./mutation.ts";

export const MUTATIONS: readonly Mutation[] = [...MONEY, ...DISPUTES, ...FOLDS, ...ACCOUNTS];
