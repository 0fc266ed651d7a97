// SPDX-License-Identifier: GPL-3.0-or-later
import { arithmetic, lines } from "./arithmetic.ts";
import { guessedPrompts, guessedSecrets, relatedSessionKeys } from "./guesses.ts";
import type { Matcher } from "./matcher.ts";
import { hamming, highBits, lowBits, remainders } from "./nearness.ts";
import { gaps, orderMatchers, rounds } from "./order.ts";
import { refundSums } from "./refunds.ts";
import { equalValues, knownFunctions, smallNumbers } from "./values.ts";

export type { Matcher } from "./matcher.ts";

export const MATCHERS: readonly Matcher[] = [
  equalValues,
  knownFunctions,
  arithmetic,
  lines,
  lowBits,
  highBits,
  hamming,
  remainders,
  ...orderMatchers,
  rounds,
  gaps,
  smallNumbers,
  refundSums,
  guessedSecrets,
  guessedPrompts,
  relatedSessionKeys,
];
