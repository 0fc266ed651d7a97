// SPDX-License-Identifier: GPL-3.0-or-later
/** Where a wallet stands that nobody has open: from its file, the chain and the provider's feed. */
import { formatEther } from "ethers";

import { tokensText } from "../../amounts.ts";
import { Overview } from "./overview.ts";
import { withWallet } from "./session.ts";
import type { OpenOptions, WalletSession } from "./session.ts";

export const overviewFromFile = (options: OpenOptions): Promise<object> => withWallet(options, read);

async function read(session: WalletSession): Promise<object> {
  const { client, keys, network, purse, say } = session;
  const overview = await new Overview(session).read();
  const [tokens, coins] = await Promise.all([
    client.token.balanceOf(keys.fundingAddress),
    client.provider.getBalance(keys.fundingAddress),
  ]);
  await purse.feed.follow().catch((error: unknown) => {
    say(`the provider's feed cannot be read, and the anonymity set is as of before: ${(error as Error).message}`);
  });
  const anonymitySet = purse.feed.enrolments;
  const funds = { tokens: tokensText(tokens, client.token), coins: `${formatEther(coins)} ${network.coin}` };
  return { ...overview, anonymitySet, fundingAddressHolds: funds };
}
