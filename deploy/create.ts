// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Creates a contract once. Before a transaction leaves, the record says from which account and with which nonce: one nonce is mined
 * once, and it fixes the new contract's address, so a run that was cut off finds what its predecessor did.
 */
import type { TransactionReceipt } from "ethers";
import { AbiCoder, getCreateAddress } from "ethers";

import type { Artifact } from "../src/chain/index.ts";
import { ChainError, isCodeOf, linkedBytecode, sendTransaction } from "../src/chain/index.ts";
import type { DeployContext } from "./context.ts";
import { DeployError } from "./errors.ts";
import type { ContractRecord, PendingRecord } from "./record.ts";

/** What a constructor takes. */
export interface ConstructorArguments {
  readonly types: readonly string[];
  readonly values: readonly unknown[];
}

/** How long to wait for a transaction, in milliseconds: congestion is no reason to give up. */
const MINING_TIMEOUT = 600_000;

const NO_ARGUMENTS: ConstructorArguments = { types: [], values: [] };

/** Makes sure that `name` is deployed and is this build, and returns its address. */
export async function ensureContract(
  context: DeployContext,
  name: string,
  constructorArguments: ConstructorArguments = NO_ARGUMENTS,
): Promise<string> {
  const artifact = await context.artifact(name);
  const recorded = context.record.contracts[name];
  if (recorded !== undefined && (await isUsable(context, artifact, name, recorded.address))) {
    context.log(`${name}: there already, ${recorded.address}`);
    return recorded.address;
  }
  const data =
    linkedBytecode(artifact, context.libraries) +
    AbiCoder.defaultAbiCoder().encode(constructorArguments.types, constructorArguments.values).slice(2);
  const created = await sendOnce(context, name, { data }, async (pending) => {
    if (pending === undefined) return undefined;
    const address = getCreateAddress(pending);
    return (await codeAt(context, address)) === "0x" ? undefined : { address };
  });
  await requireCodeOf(context, artifact, name, created.address);
  await context.settle({ contracts: { ...context.record.contracts, [name]: created } });
  context.log(`${name}: ${created.address}`);
  return created.address;
}

/** Whether the contract on record is there. A local chain that was started anew has lost it; on a live one that is an error. */
async function isUsable(context: DeployContext, artifact: Artifact, name: string, address: string): Promise<boolean> {
  if ((await codeAt(context, address)) === "0x") {
    if (context.isLocal) return false;
    throw new DeployError(
      "RECORD_MISMATCH",
      `${context.options.store.name} says that ${name} is at ${address}, and nothing is there: the endpoint lags or serves another chain, or the record was changed; nothing was sent`,
    );
  }
  await requireCodeOf(context, artifact, name, address);
  return true;
}

export function codeAt(context: DeployContext, address: string): Promise<string> {
  return context.options.provider.getCode(address);
}

/** @throws DeployError CODE_MISMATCH */
export async function requireCodeOf(
  context: DeployContext,
  artifact: Artifact,
  name: string,
  address: string,
): Promise<void> {
  if (isCodeOf(await codeAt(context, address), artifact, context.libraries)) return;
  throw new DeployError(
    "CODE_MISMATCH",
    `the code at ${address} is not this build's ${name}: either the contracts were changed since they were deployed (check out the version that was), or ${context.options.store.name} was tampered with. To deploy this version beside the old one, move the record away first`,
  );
}

/** What a transaction that is to be sent once does. */
interface OnceRequest {
  readonly to?: string;
  readonly data: string;
}

/** Looks for what a transaction left behind; without one, for what anything left behind. */
type Finder = (pending: PendingRecord | undefined) => Promise<{ readonly address: string } | undefined>;

/**
 * Sends `request`, unless `find` says that it was done.
 * @returns the result, with the transaction's hash and block where they are known.
 */
export async function sendOnce(
  context: DeployContext,
  what: string,
  request: OnceRequest,
  find: Finder,
): Promise<ContractRecord> {
  const earlier = await earlierTransaction(context, what);
  const done = await find(earlier);
  if (done !== undefined) {
    context.log(`${what}: an earlier run sent it`);
    return { ...done, ...(earlier === undefined ? {} : await minedIn(context, earlier)) };
  }
  const from = context.deployerAddress;
  const isFree = earlier !== undefined && !(await isNonceUsed(context, earlier));
  const nonce = isFree ? earlier.nonce : await context.options.provider.getTransactionCount(from, "pending");
  const sending: PendingRecord = { what, from, nonce };
  await context.save({ pending: sending });
  const receipt = await send(context, request, sending);
  const found = await find(sending);
  if (found === undefined) {
    throw new DeployError("WIRING_MISMATCH", `${receipt.hash} was mined, and ${what} is not where it should be`);
  }
  return { ...found, transactionHash: receipt.hash, blockNumber: receipt.blockNumber };
}

async function send(context: DeployContext, request: OnceRequest, sending: PendingRecord): Promise<TransactionReceipt> {
  const { deployer } = context.options;
  try {
    return await sendTransaction(deployer, { ...request, nonce: sending.nonce }, `deploying ${sending.what}`, {
      confirmations: context.confirmations,
      timeoutMilliseconds: MINING_TIMEOUT,
      onSent: ({ hash }) => context.save({ pending: { ...sending, transactionHash: hash } }),
    });
  } catch (error) {
    // Refused before it was sent, or mined and failed: either way nothing of it is on its way.
    const isOver = error instanceof ChainError && ["REVERTED", "GAS_LIMIT", "INSUFFICIENT_FUNDS"].includes(error.code);
    if (isOver) await context.settle();
    throw error;
  }
}

/** The transaction that an earlier run may have sent for `what`; waits for it if it is on its way. */
async function earlierTransaction(context: DeployContext, what: string): Promise<PendingRecord | undefined> {
  const { pending } = context.record;
  if (pending === undefined || pending.what !== what) return undefined;
  if (await isNonceUsed(context, pending)) return pending;
  const { provider } = context.options;
  const sent = pending.transactionHash === undefined ? null : await provider.getTransaction(pending.transactionHash);
  if (sent !== null) {
    context.log(`${what}: waiting for ${sent.hash}, which an earlier run sent`);
    await sent.wait(context.confirmations, MINING_TIMEOUT).catch(() => undefined); // a failed one is sent again, with another nonce
    return pending;
  }
  if (pending.from !== context.deployerAddress) {
    throw new DeployError(
      "PENDING_TRANSACTION",
      `an earlier run may have sent a transaction for ${what} from ${pending.from} with nonce ${pending.nonce}, and it was not mined: run again with that deployer, or remove "pending" from ${context.options.store.name} if you know that it will never be mined`,
    );
  }
  return pending;
}

async function isNonceUsed(context: DeployContext, { from, nonce }: PendingRecord): Promise<boolean> {
  return (await context.options.provider.getTransactionCount(from, "latest")) > nonce;
}

async function minedIn(
  context: DeployContext,
  { transactionHash }: PendingRecord,
): Promise<Pick<ContractRecord, "transactionHash" | "blockNumber">> {
  if (transactionHash === undefined) return {};
  const receipt: TransactionReceipt | null = await context.options.provider.getTransactionReceipt(transactionHash);
  return receipt === null ? {} : { transactionHash, blockNumber: receipt.blockNumber };
}
