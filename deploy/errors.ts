// SPDX-License-Identifier: GPL-3.0-or-later
/** Why a deployment stopped. Each message says what to do. */
export type DeployErrorCode =
  | "WRONG_CHAIN"
  | "NETWORK_UNKNOWN"
  | "DEVELOPMENT_KEYS"
  | "DEVELOPMENT_ACCOUNT"
  | "DEPLOYER_MISSING"
  | "DEPLOYER_UNFUNDED"
  | "TOKEN_UNKNOWN"
  | "TOKEN_DECIMALS"
  | "POOL_CONFIG"
  | "POOL_CHANGED"
  | "RECORD_FORMAT"
  | "RECORD_MISMATCH"
  | "CODE_MISMATCH"
  | "WIRING_MISMATCH"
  | "ARTIFACT_MISSING"
  | "PENDING_TRANSACTION";

export class DeployError extends Error {
  readonly code: DeployErrorCode;

  constructor(code: DeployErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "DeployError";
    this.code = code;
  }
}
