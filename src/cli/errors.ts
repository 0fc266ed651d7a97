// SPDX-License-Identifier: GPL-3.0-or-later
/** What a user of the command line did that cannot work. The message says what to do. */
export type CliErrorCode =
  | "OPTION_MISSING"
  | "OPTION_INVALID"
  | "CONFIGURATION_MISSING"
  | "FILE_UNREADABLE"
  | "POOL_UNKNOWN"
  | "ACCOUNT_STATE"
  | "NOT_CONFIRMED"
  | "PROGRAM_MISSING"
  | "TERMS_INVALID"
  | "WALLET_MISSING"
  | "WALLET_EXISTS"
  | "WALLET_LOCKED"
  | "PASSWORD_MISSING"
  | "FUNDS_MISSING"
  | "DEVELOPMENT_KEYS"
  | "PORT_TAKEN"
  | "SANDBOX_MISSING"
  | "SANDBOX_RUNNING";

export class CliError extends Error {
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "CliError";
    this.code = code;
  }
}
