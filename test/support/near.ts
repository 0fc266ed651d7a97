// SPDX-License-Identifier: GPL-3.0-or-later
/** Fractions in tests: once a network is open, chai's own `closeTo` takes whole numbers alone. */
import { expect } from "chai";

/** @throws AssertionError unless `value` is within `tolerance` of `expected` */
export function expectNear(value: number, expected: number, tolerance: number, what = "value"): void {
  const isNear = Math.abs(value - expected) <= tolerance;
  expect(isNear, `${what}: ${value} is not within ${tolerance} of ${expected}`).to.equal(true);
}
