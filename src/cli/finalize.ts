// SPDX-License-Identifier: GPL-3.0-or-later
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { CliError } from "./errors.ts";
import { openPool } from "./pools.ts";
import { readCommitment } from "./options.ts";
import type { IdentityOptions } from "./options.ts";
import { note, report } from "./report.ts";
import type { Outcome, Report, Say } from "./report.ts";
import { confirm, openSender, withSession } from "./session.ts";

interface FinalizeArguments extends IdentityOptions {
  readonly pool: string;
  readonly identityCommitment: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
}

/** `npx hardhat finalize`. */
export async function finalize(
  args: FinalizeArguments,
  hre: HardhatRuntimeEnvironment,
  say: Say = note,
): Promise<Outcome> {
  return withSession(hre, say, async (session) => {
    const { client } = await openPool(session, args.pool);
    const identityCommitment = await readCommitment(client.pool, args.identityCommitment, args);
    const pending = await client.pendingCloseOf(identityCommitment);
    if (pending === undefined) {
      const { status } = await client.accountOf(identityCommitment);
      throw new CliError(
        "ACCOUNT_STATE",
        `there is no close to finalize: the account is ${status === "none" ? "unknown" : status}`,
      );
    }
    await confirm(session, args.yes, `Finalize the close of ${identityCommitment}?`);
    const receipt = await (await openSender(session, client)).finalizeClose(identityCommitment);
    const { recipient, toRecipient, relayer, fee, toProvider } = pending;
    return {
      pool: client.pool.address,
      identityCommitment,
      recipient,
      toRecipient,
      relayer,
      toRelayer: fee,
      toProvider,
      transactionHash: receipt.hash,
      gasUsed: receipt.gasUsed,
    };
  });
}

export default (args: FinalizeArguments, hre: HardhatRuntimeEnvironment): Promise<Report> =>
  report(args, () => finalize(args, hre));
