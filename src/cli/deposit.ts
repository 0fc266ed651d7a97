// SPDX-License-Identifier: GPL-3.0-or-later
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { DemoUSD__factory } from "../../typechain-types/index.js";
import type { PoolSender } from "../chain/index.ts";
import { CliError } from "./errors.ts";
import { openPool } from "./pools.ts";
import { amountText, numberOption, readIdentity, required } from "./options.ts";
import type { IdentityOptions } from "./options.ts";
import { note, report } from "./report.ts";
import type { Outcome, Report, Say } from "./report.ts";
import { confirm, openSender, withSession } from "./session.ts";
import type { Session } from "./session.ts";

interface DepositArguments extends IdentityOptions {
  readonly pool: string;
  readonly amount: string | undefined;
  readonly mint: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

/** Gives the sender demo dollars on a local network, where anyone can. */
async function mint(session: Session, sender: PoolSender, price: bigint): Promise<void> {
  const record = await session.store.load();
  const { token } = sender.client;
  if (!session.network.isLocal || record?.contracts["DemoUSD"]?.address !== token.address) {
    throw new CliError("OPTION_INVALID", "--mint is for the demo dollar of local networks");
  }
  await (
    await DemoUSD__factory.connect(token.address, sender.signer).mint(await sender.signer.getAddress(), price)
  ).wait();
}

/** `npx hardhat deposit`. */
export async function deposit(
  args: DepositArguments,
  hre: HardhatRuntimeEnvironment,
  say: Say = note,
): Promise<Outcome> {
  return withSession(hre, say, async (session) => {
    const text = required(args.amount, "--amount", "the deposit in token units; the stake comes on top");
    const amount = numberOption(text, "--amount", (1n << 96n) - 1n);
    const { client } = await openPool(session, args.pool);
    const { identityCommitment } = await readIdentity(client.pool, args);
    const account = await client.accountOf(identityCommitment);
    if (account.status !== "none") {
      throw new CliError(
        "ACCOUNT_STATE",
        `account ${args.account} of this seed is ${account.status} in this pool: an account is opened once, use another --account`,
      );
    }
    const sender = await openSender(session, client);
    const price = client.priceOf(amount);
    say(`deposit ${amountText(amount, client.token)}, stake ${amountText(price - amount, client.token)}`);
    await confirm(session, args.yes, `Pay ${amountText(price, client.token)} into pool ${client.pool.address}?`);
    if (args.mint) await mint(session, sender, price);
    await sender.ensureAllowance(price);
    const receipt = await sender.deposit({ identityCommitment, amount });
    return {
      pool: client.pool.address,
      account: args.account,
      identityCommitment,
      deposit: amount,
      stake: price - amount,
      transactionHash: receipt.hash,
      gasUsed: receipt.gasUsed,
    };
  });
}

export default (args: DepositArguments, hre: HardhatRuntimeEnvironment): Promise<Report> =>
  report(args, () => deposit(args, hre));
