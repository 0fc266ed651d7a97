// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Leaks, planted into what was observed: each is a mistake that a wallet, a prover, a provider or the protocol could make. The matchers
 * are not told which one it is.
 */
import { NUMBER_LEAKS } from "./numbers.ts";
import { ORDER_LEAKS } from "./order.ts";
import { SECRET_LEAKS } from "./secrets.ts";
import type { Leak } from "./plant.ts";

export type { Leak } from "./plant.ts";
export { exactSums } from "./secrets.ts";

export const LEAKS: readonly Leak[] = [...SECRET_LEAKS, ...NUMBER_LEAKS, ...ORDER_LEAKS];
