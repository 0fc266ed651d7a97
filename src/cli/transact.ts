// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The one way in which a command sends. On a live chain everything is rehearsed and shown before it is confirmed; a dry run ends there. What
 * must not be seen before is shown alone.
 */
import type { TransactionReceipt } from "ethers";

import type { PoolClient } from "../chain/index.ts";
import { ChainError, PoolClient as Client, PoolSender, rehearsalOn } from "../chain/index.ts";
import { textOf } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { previewOf, tokensMoved } from "./preview.ts";
import { confirm } from "./session.ts";
import type { Session } from "./session.ts";

/** What every command that sends is given. */
export interface SendingArguments {
  readonly yes: boolean;
  readonly json: boolean;
  readonly dryRun?: boolean | undefined;
}

/** Where it sends. */
export interface Work {
  readonly session: Session;
  readonly client: PoolClient;
  /** In a dry run it has no key. */
  readonly sender: PoolSender;
}

export interface Undertaking {
  /** Asked on a live chain. */
  readonly question: string;
  /**
   * Shown in place of a rehearsal. A rehearsal hands the whole transaction to the endpoint, which could send it, confirmed or not.
   */
  readonly unrehearsed?: Outcome;
  /** Sends, and does nothing else: where it is rehearsed it is run twice, the first time without anything being sent. */
  send(sender: PoolSender): Promise<TransactionReceipt>;
  /** What came of it. */
  tell(receipt: TransactionReceipt): Outcome | Promise<Outcome>;
  /** Who is paid beside those that the transactions name. */
  readonly paid?: readonly string[];
}

/** @throws CliError NOT_CONFIRMED; ChainError */
export async function transact(work: Work, args: SendingArguments, undertaking: Undertaking): Promise<Outcome> {
  const { session, sender } = work;
  const isDryRun = args.dryRun === true;
  if (isDryRun || !session.isLocal) {
    const preview =
      undertaking.unrehearsed ?? (await rehearse(work, { isDryRun, isJson: isDryRun && args.json }, undertaking));
    if (isDryRun) return { dryRun: "nothing was sent, nothing was signed", ...preview };
    session.say(textOf(preview));
  }
  await confirm(session, args.yes, undertaking.question);
  const receipt = await undertaking.send(sender);
  return { ...(await undertaking.tell(receipt)), transactionHash: receipt.hash, gasUsed: receipt.gasUsed };
}

/** A refusal by the chain is part of a dry run's outcome; before something is sent it ends the command. */
async function rehearse(
  { session, client, sender }: Work,
  { isDryRun, isJson }: { readonly isDryRun: boolean; readonly isJson: boolean },
  undertaking: Undertaking,
): Promise<Outcome> {
  const rehearsal = await rehearsalOn(session.provider, await sender.signer.getAddress());
  try {
    const after = await Client.connect(rehearsal.provider, client.pool.address, { chainId: client.chainId });
    await undertaking.send(new PoolSender(after, rehearsal.signer)).catch((error: unknown) => {
      const isTold = error instanceof ChainError && rehearsal.signer.transactions.at(-1)?.refusal === error;
      if (!isTold || !isDryRun) throw error;
      process.exitCode = 1;
    });
    const moved = await tokensMoved(client, after, rehearsal, undertaking.paid ?? [], isJson);
    return { ...(await previewOf(session, rehearsal, isJson)), tokensMoved: moved };
  } finally {
    rehearsal.close();
  }
}
