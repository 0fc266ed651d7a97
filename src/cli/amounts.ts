// SPDX-License-Identifier: GPL-3.0-or-later
/** Amounts of a token, for people. */
import { parseUnits } from "ethers";

import { CliError } from "./errors.ts";

export interface Denomination {
  readonly symbol: string;
  readonly decimals: number;
}

/** "12.5 USDC". */
export function tokensText(units: bigint, { symbol, decimals }: Denomination): string {
  const digits = units.toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = decimals === 0 ? "" : digits.slice(-decimals).replace(/0+$/, "");
  return `${whole}${fraction === "" ? "" : `.${fraction}`} ${symbol}`;
}

/** "12.5 USDC (12500000 units)". */
export const amountText = (units: bigint, token: Denomination): string =>
  `${tokensText(units, token)} (${units} units)`;

/** "12.5" as units. @throws CliError OPTION_INVALID */
export function unitsOf(text: string, option: string, { symbol, decimals }: Denomination): bigint {
  if (!/^\d{1,30}(\.\d+)?$/.test(text) || (text.split(".")[1] ?? "").length > decimals) {
    throw new CliError("OPTION_INVALID", `${option} takes an amount of ${symbol} such as 5 or 0.25, and not "${text}"`);
  }
  return parseUnits(text, decimals);
}
