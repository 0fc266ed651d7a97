// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton wallet status`: from the proxy that has the wallet open, or from the wallet's file. */
import { note } from "../../outcome.ts";
import type { Outcome } from "../../outcome.ts";
import { WalletHome } from "./home.ts";
import type { RunningProxyNote } from "./home.ts";
import type { OpenOptions } from "./session.ts";

export async function statusCommand(options: OpenOptions): Promise<Outcome> {
  const proxy = await new WalletHome(options.home).runningProxy();
  const overview = (proxy && (await askProxy(proxy))) ?? (await fromFile(options));
  return (options.json === true ? overview : readable(overview)) as Outcome;
}

const fromFile = async (options: OpenOptions): Promise<object> => {
  const { overviewFromFile } = await import("./status-from-file.ts");
  return overviewFromFile(options);
};

/** Undefined when it does not answer after all. */
async function askProxy({ url, token }: RunningProxyNote): Promise<object | undefined> {
  try {
    const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}/jeton/status`, {
      ...(headers && { headers }),
      signal: AbortSignal.timeout(5_000),
    });
    if (!answer.ok) return undefined;
    note(`from the proxy at ${url}, which has the wallet open`);
    return (await answer.json()) as object;
  } catch {
    return undefined;
  }
}

/** For people: amounts as text. */
function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  if ("units" in value && "text" in value) return value.text;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, readable(item)]));
}
