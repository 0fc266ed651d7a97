// SPDX-License-Identifier: GPL-3.0-or-later
/** What a transaction costs that is not shown before it is sent: gas as it was measured in its worst case, data of the same size. */
import { Transaction } from "ethers";

import { pricingOn } from "../chain/index.ts";
import type { ChainProvider, PoolClient } from "../chain/index.ts";
import { decodeCall } from "./calls.ts";
import type { Outcome } from "./outcome.ts";
import { affordability, priceShown } from "./preview.ts";

/** The verbs that are not rehearsed. */
export type CostedAlone = "startClose" | "closeWithConsent" | "openDispute" | "certifyFold";

/** @param from who sends it. @throws ChainError RPC_FAILED */
export async function typicalCost(
  client: PoolClient,
  provider: ChainProvider,
  from: string,
  verb: CostedAlone,
  isJson: boolean,
): Promise<Outcome> {
  const { readMeasured, sampleTransactions } = await import("../simulate/index.ts");
  const measured = (await readMeasured()).gas[verb];
  const { data } = Transaction.from(`0x${Buffer.from(sampleTransactions(1)[verb]).toString("hex")}`);
  const to = client.addresses[verb === "openDispute" ? "disputes" : "settlement"];
  const gas = BigInt(measured);
  const nonce = await provider.getTransactionCount(from);
  const price = await pricingOn(provider)({ to, data, nonce, gas, gasLimit: gas + gas / 4n + 30_000n });
  const call = decodeCall(data);
  return {
    to,
    contract: call?.contract,
    function: call?.function,
    gas: isJson ? gas : `about ${gas}, as measured`,
    ...priceShown(price, isJson),
    ...affordability(await provider.getBalance(from), price, isJson),
  };
}
