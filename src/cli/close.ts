// SPDX-License-Identifier: GPL-3.0-or-later
import { ZeroAddress } from "ethers";

import type { Account, PoolClient } from "../chain/index.ts";
import { closeRequestOf } from "../chain/index.ts";
import type { Payout } from "../protocol/index.ts";
import { TICKET_COUNT, closeClaim, closePayout } from "../protocol/index.ts";
import { Prover } from "../prover/index.ts";
import { onPool } from "./command.ts";
import { CliError } from "./errors.ts";
import { addressOption, amountText, numberOption, readIdentity, required } from "./options.ts";
import type { IdentityOptions } from "./options.ts";
import type { Say } from "./outcome.ts";
import { transact } from "./transact.ts";
import type { SendingArguments } from "./transact.ts";

interface CloseArguments extends IdentityOptions, SendingArguments {
  readonly pool: string;
  readonly firstUnused: string | undefined;
  readonly recipient: string | undefined;
}

/** A day to get the transaction mined. */
const DEADLINE_SECONDS = 86_400n;

async function requireClosable(client: PoolClient, identityCommitment: bigint): Promise<Account> {
  const account = await client.accountOf(identityCommitment);
  if (account.status === "none") {
    throw new CliError("ACCOUNT_STATE", "this pool has no such account: check the seed, --account and --pool");
  }
  if (account.status !== "active" && account.status !== "expired") {
    throw new CliError("ACCOUNT_STATE", `the account is ${account.status}: it holds nothing any more`);
  }
  if ((await client.pendingCloseOf(identityCommitment)) !== undefined) {
    throw new CliError("ACCOUNT_STATE", "the account is closing already: finalize it when its window has passed");
  }
  return account;
}

function warn({ token }: PoolClient, firstUnused: number, payout: Payout, say: Say): void {
  say(`WARNING: this says that ticket ${firstUnused} and all after it were never used, and makes them public.`);
  say(`  If one of them was used, even in a call that failed, anyone who saw it takes your whole account:`);
  say(
    `  the deposit goes to the provider, the stake to the slasher and the fire. Take the number from your wallet, or one that is surely high enough.`,
  );
  say(
    `  All tickets below ${firstUnused} are paid for in full: refunds are claimed by closing with the wallet, not with this command.`,
  );
  say(
    `  Whatever becomes of this transaction, use no ticket from ${firstUnused} on ever again, and close with ${firstUnused} if you try again.`,
  );
  say(
    `  You will get ${amountText(payout.toRecipient, token)}; the provider ${amountText(payout.toProvider, token)}; burned ${amountText(payout.toBurn, token)}.`,
  );
}

/** `jeton close`. */
export const close = onPool<CloseArguments>(async (args, work) => {
  const { session, client, sender } = work;
  const text = required(
    args.firstUnused,
    "--first-unused",
    "the number of the first ticket that was never used (0 if none was, 65536 if all were)",
  );
  const firstUnused = Number(numberOption(text, "--first-unused", BigInt(TICKET_COUNT)));
  const { identitySecret, identityCommitment } = await readIdentity(client.pool, args);
  const { deposit, stake, status } = await requireClosable(client, identityCommitment);
  const recipient =
    args.recipient === undefined ? await sender.signer.getAddress() : addressOption(args.recipient, "--recipient");
  const payout = closePayout(client.parameters, {
    deposit,
    stake,
    firstUnused: BigInt(firstUnused),
    refundedCharges: 0n,
    refundedHolds: 0n,
    fee: 0n,
    isExpired: status === "expired",
  });
  warn(client, firstUnused, payout, session.say);

  return transact(work, args, {
    question: `Close account ${args.account} with first unused ticket ${firstUnused}, paying ${recipient}?`,
    unrehearsed: {
      like: "startClose",
      shown: {
        close:
          "not rehearsed: whoever has seen it can send it, and no ticket from the first unused one on may be used then",
        account: args.account,
        identityCommitment,
        firstUnused,
        recipient,
        ...payout,
      },
    },
    send: async (as) => {
      const now = BigInt((await session.provider.getBlock("latest"))?.timestamp ?? 0);
      const claimed = {
        deposit,
        firstUnused,
        refundedCharges: 0n,
        refundedHolds: 0n,
        terms: { recipient, relayer: ZeroAddress, fee: 0n, deadline: now + DEADLINE_SECONDS },
      };
      const claim = closeClaim(client.pool, identitySecret, undefined, claimed);
      session.say("proving (some 5 to 10 seconds) …");
      const prover = await Prover.create({ workers: 1 });
      const { proof } = await prover.prove("close", claim.input).finally(() => prover.close());
      return as.startClose(closeRequestOf(identityCommitment, claimed, claim.coverKeys, proof));
    },
    tell: async () => {
      const pending = await client.pendingCloseOf(identityCommitment);
      return {
        pool: client.pool.address,
        account: args.account,
        identityCommitment,
        firstUnused,
        recipient,
        ...payout,
        finalizableAt: pending?.finalizableAt,
      };
    },
  });
});
