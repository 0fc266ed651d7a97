// SPDX-License-Identifier: GPL-3.0-or-later
import type { Account, PoolClient } from "../chain/index.ts";
import { evidenceFromJson, proveDoubleSpend, slashClaim, slashPayout } from "../protocol/index.ts";
import { Prover } from "../prover/index.ts";
import type { Command } from "./command.ts";
import { requireChainOf } from "./command.ts";
import { CliError } from "./errors.ts";
import { readText } from "./files.ts";
import { addressOption, amountText, required } from "./options.ts";
import { note } from "./outcome.ts";
import { openPool } from "./pools.ts";
import { openSender, withSession } from "./session.ts";
import { transact } from "./transact.ts";
import type { SendingArguments } from "./transact.ts";

interface SlashArguments extends SendingArguments {
  readonly evidence: string | undefined;
  readonly recipient: string | undefined;
}

async function requireOpen(client: PoolClient, identityCommitment: bigint): Promise<Account> {
  const account = await client.accountOf(identityCommitment);
  if (account.status === "active" || account.status === "expired") return account;
  const reasons = {
    none: `the shares are of somebody (identity commitment ${identityCommitment}) who has no account in this pool: there is nothing to slash`,
    slashed: "the account was slashed already: somebody else had the same evidence first",
    closed: "the account was closed and paid out before: there is nothing left to slash",
  };
  throw new CliError("ACCOUNT_STATE", reasons[account.status]);
}

/** `jeton slash`. The recovered secret stays in this process. */
export const slash: Command<SlashArguments> = async (args, open, say = note) => {
  const path = required(args.evidence, "--evidence", "a file with two shares of one ticket (docs/protocol.md)");
  const evidence = evidenceFromJson(await readText(path, "the evidence"));
  return withSession(open, say, async (session) => {
    requireChainOf(session, "the evidence", evidence.chainId);
    const { client } = await openPool(session, evidence.pool);
    const proven = proveDoubleSpend(client.pool, evidence);
    const { identityCommitment, index } = proven;
    const { deposit, stake, status } = await requireOpen(client, identityCommitment);
    const sender = await openSender(session, client, args.dryRun);
    const recipient =
      args.recipient === undefined ? await sender.signer.getAddress() : addressOption(args.recipient, "--recipient");
    const { toRecipient, toProvider, toBurn } = slashPayout(client.parameters, deposit, stake, status === "expired");
    say(
      `the evidence is good: ticket ${index} was spent twice; the bounty is ${amountText(toRecipient, client.token)}`,
    );
    say("proving …");
    const prover = await Prover.create({ workers: 1 });
    const { input } = slashClaim(client.pool, proven, recipient);
    const { proof } = await prover.prove("slash", input).finally(() => prover.close());
    return transact({ session, client, sender }, args, {
      question: `Slash the account and have the bounty paid to ${recipient}?`,
      send: (as) => as.slash(identityCommitment, evidence.nullifier, recipient, proof),
      tell: () => ({
        pool: client.pool.address,
        identityCommitment,
        ticket: index,
        recipient,
        toRecipient,
        toProvider,
        toBurn,
      }),
    });
  });
};
