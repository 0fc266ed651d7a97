// SPDX-License-Identifier: GPL-3.0-or-later
import { AssertionError } from "node:assert";

/** The message of the error that a promise must end with. @throws AssertionError when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<string> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return (error as Error).message;
  }
  throw new AssertionError({ message: `expected an error, got ${String(value)}` });
}
