// SPDX-License-Identifier: GPL-3.0-or-later
/** Reads what was typed. */
import { getAddress, isAddress } from "ethers";

import type { Pool } from "../protocol/index.ts";
import { FIELD_MODULUS, deriveIdentitySecret, identityCommitmentOf } from "../protocol/index.ts";
import { CliError } from "./errors.ts";
import { readText } from "./files.ts";

export { amountText } from "./amounts.ts";

/** The seed's environment variable. A seed is never an argument: arguments end up in histories and process lists. */
export const SEED_VARIABLE = "JETON_SEED";

export interface IdentityOptions {
  /** A file with the seed; the environment's JETON_SEED otherwise. */
  readonly seed: string | undefined;
  readonly account: number;
}

/** @throws CliError OPTION_MISSING */
export function required(value: string | undefined, option: string, what: string): string {
  if (value === undefined || value === "") throw new CliError("OPTION_MISSING", `${option} is missing: ${what}`);
  return value;
}

/** @throws CliError OPTION_INVALID */
export function numberOption(value: string, option: string, maximum: bigint): bigint {
  if (!/^(0|[1-9]\d{0,77})$/.test(value))
    throw new CliError("OPTION_INVALID", `${option} takes a whole number, and not "${value}"`);
  const parsed = BigInt(value);
  if (parsed > maximum) throw new CliError("OPTION_INVALID", `${option} is at most ${maximum}, and not ${value}`);
  return parsed;
}

/** @throws CliError OPTION_INVALID */
export function addressOption(value: string, option: string): string {
  const isWellFormed: boolean = isAddress(value);
  if (!isWellFormed) throw new CliError("OPTION_INVALID", `${option} takes an address, and not "${value}"`);
  return getAddress(value);
}

/** The secret of an account of this pool, from the wallet's seed. Never printed. @throws CliError OPTION_MISSING, OPTION_INVALID */
export async function readIdentity(
  { chainId, address }: Pool,
  { seed, account }: IdentityOptions,
): Promise<{ readonly identitySecret: bigint; readonly identityCommitment: bigint }> {
  if (account < 0 || account > 0xffffffff)
    throw new CliError("OPTION_INVALID", "--account is between 0 and 4294967295");
  const text = seed === undefined ? process.env[SEED_VARIABLE] : await readText(seed, "the seed");
  if (text === undefined || text.trim() === "") {
    throw new CliError(
      "OPTION_MISSING",
      `there is no seed: name a file with --seed FILE, or set ${SEED_VARIABLE} (hexadecimal, at least 32 bytes)`,
    );
  }
  const digits = text.trim().replace(/^0x/, "");
  if (!/^([0-9a-fA-F]{2}){32,}$/.test(digits)) {
    throw new CliError("OPTION_INVALID", "the seed is not at least 32 bytes in hexadecimal");
  }
  const identitySecret = deriveIdentitySecret(Buffer.from(digits, "hex"), chainId, address, account);
  return { identitySecret, identityCommitment: identityCommitmentOf(identitySecret) };
}

/** An account that is named by its commitment, or by the wallet's seed. */
export async function readCommitment(
  pool: Pool,
  identityCommitment: string | undefined,
  identity: IdentityOptions,
): Promise<bigint> {
  if (identityCommitment === undefined) return (await readIdentity(pool, identity)).identityCommitment;
  return numberOption(identityCommitment, "--identity-commitment", FIELD_MODULUS - 1n);
}
