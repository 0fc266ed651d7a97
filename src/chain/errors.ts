// SPDX-License-Identifier: GPL-3.0-or-later
/** What can go wrong between this process and the chain. Codes are stable; a caller can switch on them. */
import { isError } from "ethers";

import { explainRevert, revertDataOf } from "./reverts.ts";
import type { Revert } from "./reverts.ts";

export type ChainErrorCode =
  /** The endpoint serves another chain than expected. */
  | "WRONG_CHAIN"
  /** Nothing is deployed at an address that should hold a contract. */
  | "NO_CODE"
  /** The build at hand lacks what a contract's code is made from. */
  | "BUILD_INCOMPLETE"
  /** A contract answers, but it is no pool, or not the one it should be. */
  | "NOT_A_POOL"
  /** The contracts refused: `revert` tells which rule. */
  | "REVERTED"
  /** A transaction would need more gas than one transaction may use. */
  | "GAS_LIMIT"
  /** The sender holds too little of the token, or of the coin that gas is paid in. */
  | "INSUFFICIENT_FUNDS"
  /** The pool may not take enough of the sender's tokens. */
  | "INSUFFICIENT_ALLOWANCE"
  /** No receipt in time, or another transaction took the nonce. */
  | "NOT_MINED"
  /** The token offers no permit or authorization, or its domain cannot be established. */
  | "TOKEN_UNSUPPORTED"
  /** Events, tree and contract do not agree. */
  | "INCONSISTENT"
  /** This pool has no account with this commitment. */
  | "UNKNOWN_ACCOUNT"
  /** A call's arguments cannot be right. */
  | "ARGUMENT_INVALID"
  /** The endpoint failed or did not answer. */
  | "RPC_FAILED";

export class ChainError extends Error {
  readonly code: ChainErrorCode;
  /** Set when `code` is REVERTED and the contract gave a reason. */
  readonly revert: Revert | undefined;

  constructor(code: ChainErrorCode, message: string, options: { cause?: unknown; revert?: Revert | undefined } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ChainError";
    this.code = code;
    this.revert = options.revert;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** For people. ethers' long messages quote the endpoint's URL, and with it the key that many have in it. */
function shortMessageOf(error: unknown): string {
  const short = error instanceof Error && "shortMessage" in error ? error.shortMessage : undefined;
  return (typeof short === "string" ? short : messageOf(error)).replaceAll(/\bhttps?:\/\/[^\s"']+/g, "[endpoint]");
}

/** Turns whatever a provider threw while `action` was tried into a ChainError. */
export function toChainError(error: unknown, action: string): ChainError {
  if (error instanceof ChainError) return error;
  const data = revertDataOf(error);
  if (data !== undefined) {
    const revert = explainRevert(data);
    return new ChainError("REVERTED", `${action} was refused: ${revert.message}`, { cause: error, revert });
  }
  const message = messageOf(error);
  if (isError(error, "INSUFFICIENT_FUNDS") || /insufficient funds|enough funds/i.test(message)) {
    return new ChainError(
      "INSUFFICIENT_FUNDS",
      `${action}: the sender's balance does not cover the gas; send it some of the chain's coin`,
      { cause: error },
    );
  }
  if (
    /transaction gas (limit|cap)|exceeds .*gas (limit|cap)|gas limit is .*exceeds|gas required exceeds/i.test(message)
  ) {
    return new ChainError("GAS_LIMIT", `${action} needs more gas than one transaction may use (16,777,216): split it`, {
      cause: error,
    });
  }
  if (/revert/i.test(message)) {
    return new ChainError("REVERTED", `${action} was refused without a reason`, { cause: error });
  }
  return new ChainError("RPC_FAILED", `${action}: the endpoint failed: ${shortMessageOf(error)}`, { cause: error });
}

/** Runs a read and reports its failure as a ChainError. */
export async function guarded<T>(action: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw toChainError(error, action);
  }
}
