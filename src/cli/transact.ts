// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The one way in which a command sends. On a live chain everything is rehearsed and shown before it is confirmed; a dry run ends there. What
 * must not be seen before is shown alone.
 */
import type { TransactionReceipt } from "ethers";

import type { PoolClient } from "../chain/index.ts";
import { ChainError, PoolClient as Client, PoolSender, rehearsalOn } from "../chain/index.ts";
import { CliError } from "./errors.ts";
import { textOf } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { previewOf, tokensMoved } from "./preview.ts";
import { confirm } from "./session.ts";
import type { Place, Session } from "./session.ts";
import { typicalCost } from "./typical-cost.ts";
import type { CostedAlone } from "./typical-cost.ts";

/** What every command that sends is given. */
export interface SendingArguments {
  readonly yes: boolean;
  readonly json: boolean;
  readonly dryRun?: boolean | undefined;
}

/** Where it sends. */
export interface Work<S extends Place = Session> {
  readonly session: S;
  readonly client: PoolClient;
  /** In a dry run it has no key. */
  readonly sender: PoolSender;
}

/** One transaction, or a row of them. */
type Sent = TransactionReceipt | readonly TransactionReceipt[];

/** What is shown in place of a rehearsal. */
export interface Unrehearsed {
  /** Costs about as much as the one that will be sent. */
  readonly like: CostedAlone;
  readonly shown: Outcome;
}

export interface Undertaking<S extends Sent = TransactionReceipt> {
  /** Asked on a live chain. */
  readonly question: string;
  /** Asked on local chains, too. */
  readonly isGrave?: boolean;
  /** A rehearsal hands the whole transaction to the endpoint, which could send it, confirmed or not. */
  readonly unrehearsed?: Unrehearsed;
  /** What is done once it is confirmed, before anything is sent. */
  prepare?(): Promise<unknown>;
  /** Sends, and does nothing else: where it is rehearsed it is run twice, the first time without anything being sent. */
  send(sender: PoolSender): Promise<S>;
  /** What came of it. */
  tell(sent: S): Outcome | Promise<Outcome>;
  /** Who is paid beside those that the transactions name. */
  readonly paid?: readonly string[];
}

/** @throws CliError NOT_CONFIRMED; ChainError */
export async function transact<S extends Sent = TransactionReceipt>(
  work: Work<Place>,
  args: SendingArguments,
  undertaking: Undertaking<S>,
): Promise<Outcome> {
  const { session, sender } = work;
  const isDryRun = args.dryRun === true;
  if (isDryRun || !session.isLocal) {
    const preview = await previewed(work, { isDryRun, isJson: isDryRun && args.json }, undertaking);
    if (isDryRun) return { dryRun: "nothing was sent, nothing was signed", ...preview };
    session.say(textOf(preview));
  }
  await confirm(session, args.yes, undertaking.question, undertaking.isGrave);
  await undertaking.prepare?.();
  const sent = await undertaking.send(sender);
  return { ...(await undertaking.tell(sent)), ...proofOf(sent) };
}

function proofOf(sent: Sent): Outcome {
  if ("hash" in sent) return { transactionHash: sent.hash, gasUsed: sent.gasUsed };
  return {
    transactions: sent.map(({ hash }) => hash),
    gasUsed: sent.reduce((sum, { gasUsed }) => sum + gasUsed, 0n),
  };
}

/** Sends one after the other: each sees what the ones before it did. */
export async function inTurn<T>(
  items: readonly T[],
  send: (item: T) => Promise<TransactionReceipt>,
): Promise<readonly TransactionReceipt[]> {
  const receipts: TransactionReceipt[] = [];
  for (const item of items) receipts.push(await send(item));
  return receipts;
}

interface Manner {
  readonly isDryRun: boolean;
  readonly isJson: boolean;
}

async function previewed<S extends Sent>(
  work: Work<Place>,
  manner: Manner,
  undertaking: Undertaking<S>,
): Promise<Outcome> {
  const { unrehearsed } = undertaking;
  const { client, session, sender } = work;
  // Whoever wants to send can, whatever the endpoint cannot tell before: only a refusal by the chain ends the command.
  const unknown = (error: unknown): Outcome => {
    const isRefusal = error instanceof CliError || (error instanceof ChainError && error.code !== "RPC_FAILED");
    if (manner.isDryRun || isRefusal) throw error;
    return { cost: `not known before it is sent: ${(error as Error).message}` };
  };
  if (unrehearsed === undefined) return rehearse(work, manner, undertaking).catch(unknown);
  const { shown, like } = unrehearsed;
  const from = await sender.signer.getAddress();
  const cost = typicalCost(client, session.provider, from, like, manner.isJson);
  return { ...shown, ...(await cost.catch(unknown)) };
}

/** A refusal by the chain is part of a dry run's outcome; before something is sent it ends the command. */
async function rehearse<S extends Sent>(
  { session, client, sender }: Work<Place>,
  { isDryRun, isJson }: Manner,
  undertaking: Undertaking<S>,
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
