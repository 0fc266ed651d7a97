// SPDX-License-Identifier: GPL-3.0-or-later
/** What a rehearsal found, as it is shown: to people before they confirm, and as the outcome of a dry run. */
import { dataLength, formatEther } from "ethers";

import type { PoolClient, Price, Rehearsal, RehearsedTransaction } from "../chain/index.ts";
import { amountText } from "./amounts.ts";
import { addressesIn, decodeCall } from "./calls.ts";
import type { Outcome } from "./outcome.ts";
import type { Place } from "./session.ts";

const coins = (wei: bigint): string => `${formatEther(wei)} ETH`;

const feeOf = ({ executionFee, dataFee }: Price): bigint => executionFee + (dataFee?.fee ?? 0n);

/** Whether who sends it has the coins for it. */
export const affordability = (balance: bigint, price: Price, isJson: boolean): Outcome => ({
  senderCoins: isJson ? balance : coins(balance),
  isAffordable: balance >= feeOf(price),
});

/** The parts of a price, and their sum. */
export function priceShown(price: Price, isJson: boolean): Outcome {
  const { gasPrice, executionFee, dataFee } = price;
  const show = (wei: bigint): bigint | string => (isJson ? wei : coins(wei));
  return {
    gasPrice: isJson ? gasPrice : `${gasPrice} wei`,
    executionFee: show(executionFee),
    l1DataFee: dataFee === undefined ? (isJson ? undefined : "none on this chain") : show(dataFee.fee),
    l1DataFeeFrom: dataFee?.oracle,
    totalFee: show(feeOf(price)),
  };
}

function costOf(transaction: RehearsedTransaction, isJson: boolean): Outcome {
  const { gas, isUpperBound } = transaction;
  return {
    gas: isUpperBound && !isJson ? `at most ${gas}, as it builds on the transactions above` : gas,
    ...(isJson ? { isUpperBound } : {}),
    ...priceShown(transaction, isJson),
  };
}

/** One transaction, for machines and people. */
function shown(transaction: RehearsedTransaction, isJson: boolean): Outcome {
  const { action, to, isCreation, data, nonce, refusal } = transaction;
  const call = isCreation ? undefined : decodeCall(data);
  return {
    action,
    ...(isCreation
      ? { creates: to, bytes: dataLength(data) }
      : { to, contract: call?.contract, function: call?.function, arguments: call?.arguments ?? { data } }),
    coinsSent: isJson ? 0n : coins(0n),
    nonce,
    outcome: refusal === undefined ? "succeeds" : `is refused: ${refusal.message}`,
    ...(isJson ? { succeeds: refusal === undefined, reason: refusal?.revert?.name } : {}),
    ...(refusal === undefined ? costOf(transaction, isJson) : {}),
  };
}

/** How many tokens each party would have more, or less, afterwards. */
export async function tokensMoved(
  before: PoolClient,
  after: PoolClient,
  { signer }: Rehearsal,
  more: readonly string[],
  isJson: boolean,
): Promise<Outcome> {
  const parties = new Map<string, string>([
    [before.pool.address, "pool"],
    [before.parameters.provider, "provider"],
    [signer.address, "sender"],
  ]);
  const named = signer.transactions.flatMap(({ data, isCreation }) =>
    isCreation ? [] : addressesIn(decodeCall(data)?.arguments),
  );
  for (const address of [...named, ...more]) if (!parties.has(address)) parties.set(address, "");
  const moved = await Promise.all(
    [...parties].map(async ([address, role]) => {
      const [had, has] = await Promise.all([before.token.balanceOf(address), after.token.balanceOf(address)]);
      const change = has - had;
      const text = change > 0n ? `+${amountText(change, before.token)}` : `-${amountText(-change, before.token)}`;
      return change === 0n ? undefined : [`${role === "" ? "" : `${role} `}${address}`, isJson ? change : text];
    }),
  );
  return Object.fromEntries(moved.filter((entry) => entry !== undefined)) as Outcome;
}

/** The whole row. */
export async function previewOf(
  { provider, network }: Pick<Place, "provider" | "network">,
  { signer }: Rehearsal,
  isJson: boolean,
): Promise<Outcome> {
  const { transactions, address } = signer;
  const total = transactions.reduce((sum, transaction) => sum + feeOf(transaction), 0n);
  const balance = await provider.getBalance(address);
  return {
    network: `${network.title}, chain ${network.chainId}`,
    sender: address,
    senderCoins: isJson ? balance : coins(balance),
    transactions: transactions.map((transaction) => shown(transaction, isJson)),
    totalFee: isJson ? total : coins(total),
    isAffordable: balance >= total,
  };
}
