// SPDX-License-Identifier: GPL-3.0-or-later
/** What is sold in the benchmark of calls, and the one request that is sent all the time. */
import { HDNodeWallet, JsonRpcProvider, Mnemonic } from "ethers";

import { DEVELOPMENT_MNEMONIC } from "../../../deploy/index.ts";
import { CHAT_MODEL } from "../../../src/model/index.ts";
import type { TermsJson } from "../../../src/wire/index.ts";

/** So cheap that a session of one ticket has room for hundreds of calls. In token units. */
const CLASS = { upTo: 32_000, price: "10" };
export const CALL_PRICE = 20n;

export const TERMS: TermsJson = {
  format: "jeton.terms.v1",
  service: "The bundled model, for a benchmark",
  pricing: { kind: "tokens", models: { [CHAT_MODEL]: { input: [CLASS], output: [CLASS] } } },
  policy: "None.",
  retention: { answersSeconds: 86_400, sessionSeconds: 86_400, statement: "Nothing here is worth keeping." },
  endpoints: [],
};

export const PATH = "/v1/chat/completions";

export const requestBody = (stream: boolean): string =>
  JSON.stringify({
    model: CHAT_MODEL,
    messages: [{ role: "user", content: "Count to twenty" }],
    ...(stream ? { stream } : {}),
  });

/** Where the pool is. */
export interface Place {
  readonly rpcUrl: string;
  readonly pool: string;
  readonly fromBlock: number;
}

export const connect = (rpcUrl: string): JsonRpcProvider =>
  new JsonRpcProvider(rpcUrl, undefined, { cacheTimeout: -1, pollingInterval: 100 });

/** An account of the development phrase: 0 deploys and deposits, 1 is the provider. */
export const payer = (provider: JsonRpcProvider, number: 0 | 1): HDNodeWallet =>
  HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEVELOPMENT_MNEMONIC), `m/44'/60'/0'/0/${number}`).connect(provider);
