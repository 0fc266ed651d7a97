// SPDX-License-Identifier: GPL-3.0-or-later
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { CliError } from "./errors.ts";
import { openPool } from "./pools.ts";
import { readCommitment } from "./options.ts";
import type { IdentityOptions } from "./options.ts";
import { note, report } from "./report.ts";
import type { Outcome, Report, Say } from "./report.ts";
import { confirm, openSender, withSession } from "./session.ts";

interface ExpireArguments extends IdentityOptions {
  readonly pool: string;
  readonly identityCommitment: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
}

/** `npx hardhat expire`. */
export async function expire(args: ExpireArguments, hre: HardhatRuntimeEnvironment, say: Say = note): Promise<Outcome> {
  return withSession(hre, say, async (session) => {
    const { client } = await openPool(session, args.pool);
    const identityCommitment = await readCommitment(client.pool, args.identityCommitment, args);
    const { status, deposit } = await client.accountOf(identityCommitment);
    if (status === "none")
      throw new CliError("ACCOUNT_STATE", "this pool has no account with this identity commitment");
    await confirm(session, args.yes, `Expire the account ${identityCommitment}?`);
    const receipt = await (await openSender(session, client)).expire(identityCommitment);
    return {
      pool: client.pool.address,
      identityCommitment,
      toProvider: deposit,
      transactionHash: receipt.hash,
      gasUsed: receipt.gasUsed,
    };
  });
}

export default (args: ExpireArguments, hre: HardhatRuntimeEnvironment): Promise<Report> =>
  report(args, () => expire(args, hre));
