// SPDX-License-Identifier: GPL-3.0-or-later
import { DemoUSD__factory } from "../../typechain-types/index.js";
import type { PoolSender } from "../chain/index.ts";
import { sendTransaction } from "../chain/index.ts";
import { onPool } from "./command.ts";
import { CliError } from "./errors.ts";
import { amountText, numberOption, readIdentity, required } from "./options.ts";
import type { IdentityOptions } from "./options.ts";
import type { Session } from "./session.ts";
import { transact } from "./transact.ts";
import type { SendingArguments } from "./transact.ts";

interface DepositArguments extends IdentityOptions, SendingArguments {
  readonly pool: string;
  readonly amount: string | undefined;
  readonly mint: boolean;
}

/** Gives the sender demo dollars on a local network, where anyone can. */
async function mint(session: Session, sender: PoolSender, price: bigint): Promise<void> {
  const record = await session.store.load();
  const { token } = sender.client;
  if (!session.network.isLocal || record?.contracts["DemoUSD"]?.address !== token.address) {
    throw new CliError("OPTION_INVALID", "--mint is for the demo dollar of local networks");
  }
  const data = DemoUSD__factory.createInterface().encodeFunctionData("mint", [await sender.signer.getAddress(), price]);
  await sendTransaction(sender.signer, { to: token.address, data }, "the making of demo dollars");
}

/** `jeton deposit`. */
export const deposit = onPool<DepositArguments>(async (args, work) => {
  const { session, client } = work;
  const text = required(args.amount, "--amount", "the deposit in token units; the stake comes on top");
  const amount = numberOption(text, "--amount", (1n << 96n) - 1n);
  const { identityCommitment } = await readIdentity(client.pool, args);
  const account = await client.accountOf(identityCommitment);
  if (account.status !== "none") {
    throw new CliError(
      "ACCOUNT_STATE",
      `account ${args.account} of this seed is ${account.status} in this pool: an account is opened once, use another --account`,
    );
  }
  const price = client.priceOf(amount);
  session.say(`deposit ${amountText(amount, client.token)}, stake ${amountText(price - amount, client.token)}`);
  return transact(work, args, {
    question: `Pay ${amountText(price, client.token)} into pool ${client.pool.address}?`,
    send: async (sender) => {
      if (args.mint) await mint(session, sender, price);
      await sender.ensureAllowance(price);
      return sender.deposit({ identityCommitment, amount });
    },
    tell: () => ({
      pool: client.pool.address,
      account: args.account,
      identityCommitment,
      deposit: amount,
      stake: price - amount,
    }),
  });
});
