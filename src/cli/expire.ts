// SPDX-License-Identifier: GPL-3.0-or-later
import { onPool } from "./command.ts";
import { CliError } from "./errors.ts";
import { readCommitment } from "./options.ts";
import type { IdentityOptions } from "./options.ts";
import { transact } from "./transact.ts";
import type { SendingArguments } from "./transact.ts";

interface ExpireArguments extends IdentityOptions, SendingArguments {
  readonly pool: string;
  readonly identityCommitment: string | undefined;
}

/** `jeton expire`. */
export const expire = onPool<ExpireArguments>(async (args, work) => {
  const { client } = work;
  const identityCommitment = await readCommitment(client.pool, args.identityCommitment, args);
  const { status, deposit } = await client.accountOf(identityCommitment);
  if (status === "none") throw new CliError("ACCOUNT_STATE", "this pool has no account with this identity commitment");
  return transact(work, args, {
    question: `Expire the account ${identityCommitment}?`,
    send: (sender) => sender.expire(identityCommitment),
    tell: () => ({ pool: client.pool.address, identityCommitment, toProvider: deposit }),
  });
});
