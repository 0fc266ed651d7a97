// SPDX-License-Identifier: GPL-3.0-or-later
/** An endpoint of a chain, opened. Its URL may hold a key: no error and no log quotes it. */
import { FetchRequest, JsonRpcProvider, Network, isError, makeError } from "ethers";
import type { JsonRpcPayload, JsonRpcResult } from "ethers";

import { CliError } from "./errors.ts";

/** How long an endpoint may take for one answer. */
const ANSWER_MILLISECONDS = 30_000;
const NEAR = /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])([:/]|$)/;

/** @param source where the URL comes from, for errors. @throws CliError OPTION_INVALID */
function requestTo(url: string, source: string): FetchRequest {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CliError("OPTION_INVALID", `${source} is no http or https URL of a chain's endpoint`);
  }
  const request = new FetchRequest(url);
  request.timeout = ANSWER_MILLISECONDS;
  return request;
}

/** ethers' errors of a connection quote the URL. */
class QuietProvider extends JsonRpcProvider {
  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    try {
      return await super._send(payload);
    } catch (error) {
      const said = isError(error, "SERVER_ERROR") || isError(error, "TIMEOUT") ? error.shortMessage : "no answer";
      throw makeError(`the endpoint failed: ${said}`, "SERVER_ERROR");
    }
  }
}

/** Asked before ethers is: its provider asks for ever. @throws CliError CONFIGURATION_MISSING */
async function chainIdAt(url: string, source: string): Promise<bigint> {
  const ask = async (): Promise<bigint> => {
    const request = requestTo(url, source);
    request.body = { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] };
    return BigInt(((await request.send()).bodyJson as { readonly result: string }).result);
  };
  try {
    // A connection that was kept may be closed just when it is used again: the second question has a new one.
    return await ask().catch(ask);
  } catch (error) {
    throw new CliError("CONFIGURATION_MISSING", `no endpoint of a chain answers at the URL of ${source}`, error);
  }
}

/** @throws CliError OPTION_INVALID, CONFIGURATION_MISSING */
export async function openEndpoint(url: string, source: string): Promise<JsonRpcProvider> {
  const chainId = await chainIdAt(url, source);
  return new QuietProvider(requestTo(url, source), Network.from(chainId), {
    staticNetwork: true,
    pollingInterval: NEAR.test(url) ? 200 : 2_000,
    // What was just sent is to be seen.
    cacheTimeout: -1,
  });
}
