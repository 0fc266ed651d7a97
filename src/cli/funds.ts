// SPDX-License-Identifier: GPL-3.0-or-later
/** The provider's money: `npx hardhat bond …` and `npx hardhat revenue withdraw`. */
import type { TransactionReceipt } from "ethers";

import type { PoolSender } from "../chain/index.ts";
import { AMOUNT_BITS } from "../protocol/index.ts";
import { onPool } from "./command.ts";
import type { Command } from "./command.ts";
import { addressOption, amountText, numberOption, required } from "./options.ts";
import { confirm } from "./session.ts";

interface FundsArguments {
  readonly pool: string;
  readonly amount: string | undefined;
  readonly recipient?: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
}

type Move = (sender: PoolSender, amount: bigint, recipient: string) => Promise<TransactionReceipt>;

/** A command that moves an amount, and shows what the provider has and owes afterwards. */
const funds = (question: (amount: string, recipient: string) => string, move: Move): Command<FundsArguments> =>
  onPool(async (args, { session, client, sender }) => {
    const given = required(args.amount, "--amount", "how much, in token units");
    const amount = numberOption(given, "--amount", (1n << BigInt(AMOUNT_BITS)) - 1n);
    const recipient =
      args.recipient === undefined ? await sender.signer.getAddress() : addressOption(args.recipient, "--recipient");
    await confirm(session, args.yes, question(amountText(amount, client.token), recipient));
    const receipt = await move(sender, amount, recipient);
    const { bond, revenue } = await client.ledger();
    const { free, encumbered, announcedWithdrawal, withdrawableAt } = await client.obligations();
    return {
      pool: client.pool.address,
      amount,
      bond,
      revenue,
      encumbered,
      free,
      announcedWithdrawal,
      withdrawableAt: announcedWithdrawal === 0n ? undefined : withdrawableAt,
      transactionHash: receipt.hash,
      gasUsed: receipt.gasUsed,
    };
  });

export const postBond = funds(
  (amount) => `Add ${amount} to the provider's bond?`,
  (sender, amount) => sender.postBond(amount),
);

export const announceBondWithdrawal = funds(
  (amount) => `Give notice that ${amount} of the bond will be withdrawn?`,
  (sender, amount) => sender.announceBondWithdrawal(amount),
);

export const withdrawBond = funds(
  (amount, recipient) => `Withdraw ${amount} of the bond to ${recipient}?`,
  (sender, amount, recipient) => sender.withdrawBond(recipient, amount),
);

export const withdrawRevenue = funds(
  (amount, recipient) => `Withdraw ${amount} of the revenue to ${recipient}?`,
  (sender, amount, recipient) => sender.withdrawRevenue(recipient, amount),
);
