// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton wallet status`: from the wallet's file, or from the proxy that has it open. */
import { formatEther } from "ethers";

import { feedPage } from "../../../wire/index.ts";
import type { ProviderApi } from "../../../wire/index.ts";
import { tokensText } from "../../amounts.ts";
import type { Outcome } from "../../outcome.ts";
import { note } from "../../outcome.ts";
import { WalletHome } from "./home.ts";
import type { RunningProxyNote } from "./home.ts";
import { Overview, readable } from "./overview.ts";
import { withWallet } from "./session.ts";
import type { OpenOptions, WalletSession } from "./session.ts";

export async function statusCommand(options: OpenOptions): Promise<Outcome> {
  const home = new WalletHome(options.home);
  const proxy = await home.runningProxy();
  const overview =
    (proxy && (await askProxy(proxy))) ?? (await withWallet(options, async (session) => fromFile(session)));
  return (options.json === true ? overview : readable(overview)) as Outcome;
}

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

async function fromFile(session: WalletSession): Promise<object> {
  const { client, keys, network, provider, say } = session;
  const overview = await new Overview(session).read();
  const [tokens, coins] = await Promise.all([
    client.token.balanceOf(keys.fundingAddress),
    client.provider.getBalance(keys.fundingAddress),
  ]);
  const anonymitySet = await countEnrolments(provider).catch((error: unknown) => {
    say(`the provider's gateway does not answer: ${(error as Error).message}`);
    return undefined;
  });
  const funds = { tokens: tokensText(tokens, client.token), coins: `${formatEther(coins)} ${network.coin}` };
  return { ...overview, anonymitySet, fundingAddressHolds: funds };
}

/** How many accounts a call can come from: those that enrolled, from the provider's feed, read whole. */
async function countEnrolments(provider: ProviderApi): Promise<number> {
  let count = 0;
  for (let after = 0; ;) {
    const { entries, next, isEnd } = feedPage.parse(await provider.publicFeed({ after }));
    count += entries.filter(({ kind }) => kind === "enrolment").length;
    if (isEnd || next <= after) return count;
    after = next;
  }
}
