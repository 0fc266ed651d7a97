// SPDX-License-Identifier: GPL-3.0-or-later
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import type { Account, PoolClient } from "../chain/index.ts";
import { evidenceFromJson, proveDoubleSpend, slashClaim, slashPayout } from "../protocol/index.ts";
import { Prover } from "../prover/index.ts";
import { requireChainOf } from "./command.ts";
import { CliError } from "./errors.ts";
import { readText } from "./files.ts";
import { openPool } from "./pools.ts";
import { addressOption, amountText, required } from "./options.ts";
import { note, report } from "./report.ts";
import type { Outcome, Report, Say } from "./report.ts";
import { confirm, openSender, withSession } from "./session.ts";

interface SlashArguments {
  readonly evidence: string | undefined;
  readonly recipient: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
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

/** `npx hardhat slash`. The recovered secret stays in this process. */
export async function slash(args: SlashArguments, hre: HardhatRuntimeEnvironment, say: Say = note): Promise<Outcome> {
  const path = required(args.evidence, "--evidence", "a file with two shares of one ticket (docs/protocol.md)");
  const evidence = evidenceFromJson(await readText(path, "the evidence"));
  return withSession(hre, say, async (session) => {
    requireChainOf(session, "the evidence", evidence.chainId);
    const { client } = await openPool(session, evidence.pool);
    const proven = proveDoubleSpend(client.pool, evidence);
    const account = await requireOpen(client, proven.identityCommitment);
    const sender = await openSender(session, client);
    const recipient =
      args.recipient === undefined ? await sender.signer.getAddress() : addressOption(args.recipient, "--recipient");
    const { deposit, stake, status } = account;
    const { toRecipient, toProvider, toBurn } = slashPayout(client.parameters, deposit, stake, status === "expired");
    say(
      `the evidence is good: ticket ${proven.index} was spent twice; the bounty is ${amountText(toRecipient, client.token)}`,
    );
    await confirm(session, args.yes, `Slash the account and have the bounty paid to ${recipient}?`);
    say("proving …");
    const prover = await Prover.create({ workers: 1 });
    try {
      const { proof } = await prover.prove("slash", slashClaim(client.pool, proven, recipient).input);
      const { identityCommitment } = proven;
      const receipt = await sender.slash(identityCommitment, evidence.nullifier, recipient, proof);
      return {
        pool: client.pool.address,
        identityCommitment,
        ticket: proven.index,
        recipient,
        toRecipient,
        toProvider,
        toBurn,
        transactionHash: receipt.hash,
        gasUsed: receipt.gasUsed,
      };
    } finally {
      await prover.close();
    }
  });
}

export default (args: SlashArguments, hre: HardhatRuntimeEnvironment): Promise<Report> =>
  report(args, () => slash(args, hre));
