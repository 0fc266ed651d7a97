// SPDX-License-Identifier: GPL-3.0-or-later
/** One transaction: estimated, limited, sent, waited for, and its failure explained. */
import type { Provider, Signer, TransactionReceipt, TransactionResponse } from "ethers";
import { VoidSigner, isError } from "ethers";

import { ChainError, guarded, toChainError } from "./errors.ts";

/** The most gas that one transaction may use: https://eips.ethereum.org/EIPS/eip-7825. */
export const TRANSACTION_GAS_LIMIT = 16_777_216n;

export interface SendOptions {
  /** Blocks to wait for, the transaction's own included. Default 1. */
  readonly confirmations?: number;
  /** How long to wait for the receipt. Default two minutes. */
  readonly timeoutMilliseconds?: number;
  /** Told as soon as the transaction is on its way: the moment to write down its hash. */
  readonly onSent?: (transaction: { readonly hash: string; readonly nonce: number }) => void | Promise<void>;
}

export interface TransactionRequest {
  /** Absent for a deployment. */
  readonly to?: string;
  readonly data: string;
  /** Fixed by a caller that must not send twice; the signer's next one by default. */
  readonly nonce?: number;
}

/** A signer that tries transactions in place of sending them, and has no key (`rehearsalOn`). */
export abstract class TryingSigner extends VoidSigner {
  /** @throws ChainError as sending would */
  abstract rehearse(request: TransactionRequest, action: string): Promise<TransactionReceipt>;
}

/**
 * The gas limit for an estimate. The margin is wide because the snarkjs verifier answers false when gas runs short, which the
 * contracts turn into a revert: an estimate that was right a block ago must still be enough when a storage slot was cleared meanwhile.
 * @throws ChainError GAS_LIMIT
 */
export function gasLimitFor(estimate: bigint, action: string): bigint {
  if (estimate > TRANSACTION_GAS_LIMIT) {
    throw new ChainError(
      "GAS_LIMIT",
      `${action} needs ${estimate} gas, and one transaction may use ${TRANSACTION_GAS_LIMIT}: split it`,
    );
  }
  const limit = estimate + estimate / 4n + 30_000n;
  return limit < TRANSACTION_GAS_LIMIT ? limit : TRANSACTION_GAS_LIMIT;
}

function providerOf(signer: Signer): Provider {
  if (signer.provider === null) throw new ChainError("ARGUMENT_INVALID", "the signer is connected to no endpoint");
  return signer.provider;
}

/** @throws ChainError REVERTED, GAS_LIMIT, INSUFFICIENT_FUNDS, NOT_MINED, RPC_FAILED. `action` names what was tried. */
export async function sendTransaction(
  signer: Signer,
  request: TransactionRequest,
  action: string,
  options: SendOptions = {},
): Promise<TransactionReceipt> {
  if (signer instanceof TryingSigner) return signer.rehearse(request, action);
  const provider = providerOf(signer);
  const estimate = await guarded(action, () => signer.estimateGas({ ...request }));
  const gasLimit = gasLimitFor(estimate, action);
  const transaction = await guarded(action, () => signer.sendTransaction({ ...request, gasLimit }));
  await options.onSent?.({ hash: transaction.hash, nonce: transaction.nonce });
  const receipt = await receiptOf(provider, transaction, action, options);
  if (receipt.status !== 1) throw await reasonOf(provider, transaction, receipt, action);
  return receipt;
}

async function receiptOf(
  provider: Provider,
  transaction: TransactionResponse,
  action: string,
  options: SendOptions,
): Promise<TransactionReceipt> {
  const { confirmations = 1, timeoutMilliseconds = 120_000 } = options;
  try {
    const receipt = await transaction.wait(confirmations, timeoutMilliseconds);
    if (receipt !== null) return receipt;
  } catch (error) {
    const mined = isError(error, "CALL_EXCEPTION") ? await provider.getTransactionReceipt(transaction.hash) : null;
    if (mined !== null) return mined;
    if (isError(error, "TRANSACTION_REPLACED")) {
      throw new ChainError("NOT_MINED", `${action}: another transaction took the place of ${transaction.hash}`, {
        cause: error,
      });
    }
    if (!isError(error, "TIMEOUT")) throw toChainError(error, action);
  }
  throw new ChainError(
    "NOT_MINED",
    `${action}: ${transaction.hash} was not mined within ${timeoutMilliseconds / 1000} s; look it up before you try again`,
  );
}

/** Asks the chain for the reason of a failed transaction by doing it again as a call. */
async function reasonOf(
  provider: Provider,
  transaction: TransactionResponse,
  receipt: TransactionReceipt,
  action: string,
): Promise<ChainError> {
  const { from, to, data, gasLimit } = transaction;
  try {
    await provider.call({ from, to, data, gasLimit, blockTag: receipt.blockNumber });
  } catch (error) {
    const explained = toChainError(error, action);
    if (explained.code === "REVERTED") return explained;
  }
  return new ChainError("REVERTED", `${action} was mined in ${transaction.hash} and failed without a reason`);
}
