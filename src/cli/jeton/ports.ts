// SPDX-License-Identifier: GPL-3.0-or-later
import { CliError } from "../errors.ts";

/** @throws CliError OPTION_INVALID */
export function portNumber(text: string, option: string): number {
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number <= 65_535) return number;
  throw new CliError("OPTION_INVALID", `${option} takes a number from 0 to 65535, and not "${text}"`);
}
