// SPDX-License-Identifier: GPL-3.0-or-later
/** Where a wallet stands that nobody has open: from its file, the chain and the provider's feed. */
import { formatEther } from "ethers";

import { feedPage } from "../../../wire/index.ts";
import type { ProviderApi } from "../../../wire/index.ts";
import { tokensText } from "../../amounts.ts";
import { Overview } from "./overview.ts";
import { withWallet } from "./session.ts";
import type { OpenOptions, WalletSession } from "./session.ts";

export const overviewFromFile = (options: OpenOptions): Promise<object> => withWallet(options, read);

async function read(session: WalletSession): Promise<object> {
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
