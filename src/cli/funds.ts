// SPDX-License-Identifier: GPL-3.0-or-later
/** The provider's money: `jeton bond …` and `jeton revenue withdraw`. */
import type { TransactionReceipt } from "ethers";

import type { PoolSender } from "../chain/index.ts";
import { AMOUNT_BITS } from "../protocol/index.ts";
import { onPool } from "./command.ts";
import type { Command } from "./command.ts";
import { addressOption, amountText, numberOption, required } from "./options.ts";
import { transact } from "./transact.ts";
import type { SendingArguments } from "./transact.ts";

interface FundsArguments extends SendingArguments {
  readonly pool: string;
  readonly amount: string | undefined;
  readonly recipient?: string | undefined;
}

type Move = (sender: PoolSender, amount: bigint, recipient: string) => Promise<TransactionReceipt>;

/** A command that moves an amount, and shows what the provider has and owes afterwards. */
const funds = (question: (amount: string, recipient: string) => string, move: Move): Command<FundsArguments> =>
  onPool(async (args, work) => {
    const { client, sender } = work;
    const given = required(args.amount, "--amount", "how much, in token units");
    const amount = numberOption(given, "--amount", (1n << BigInt(AMOUNT_BITS)) - 1n);
    const recipient =
      args.recipient === undefined ? await sender.signer.getAddress() : addressOption(args.recipient, "--recipient");
    return transact(work, args, {
      question: question(amountText(amount, client.token), recipient),
      send: (as) => move(as, amount, recipient),
      tell: async () => {
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
        };
      },
    });
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
