// SPDX-License-Identifier: GPL-3.0-or-later
import { onPool } from "./command.ts";
import { CliError } from "./errors.ts";
import { readCommitment } from "./options.ts";
import type { IdentityOptions } from "./options.ts";
import { transact } from "./transact.ts";
import type { SendingArguments } from "./transact.ts";

interface FinalizeArguments extends IdentityOptions, SendingArguments {
  readonly pool: string;
  readonly identityCommitment: string | undefined;
}

/** `jeton finalize`. */
export const finalize = onPool<FinalizeArguments>(async (args, work) => {
  const { client } = work;
  const identityCommitment = await readCommitment(client.pool, args.identityCommitment, args);
  const pending = await client.pendingCloseOf(identityCommitment);
  if (pending === undefined) {
    const { status } = await client.accountOf(identityCommitment);
    throw new CliError(
      "ACCOUNT_STATE",
      `there is no close to finalize: the account is ${status === "none" ? "unknown" : status}`,
    );
  }
  const { recipient, toRecipient, relayer, fee, toProvider } = pending;
  return transact(work, args, {
    question: `Finalize the close of ${identityCommitment}?`,
    send: (sender) => sender.finalizeClose(identityCommitment),
    paid: [recipient, relayer],
    tell: () => ({
      pool: client.pool.address,
      identityCommitment,
      recipient,
      toRecipient,
      relayer,
      toRelayer: fee,
      toProvider,
    }),
  });
});
