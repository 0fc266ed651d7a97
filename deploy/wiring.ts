// SPDX-License-Identifier: GPL-3.0-or-later
import { DeployError } from "./errors.ts";

/** @throws DeployError WIRING_MISMATCH unless a deployed contract points where it should. */
export function requireWiring(what: string, actual: string, expected: string): void {
  if (actual.toLowerCase() === expected.toLowerCase()) return;
  throw new DeployError(
    "WIRING_MISMATCH",
    `${what} is ${actual}, and should be ${expected}: the record was changed, or belongs to other contracts`,
  );
}
