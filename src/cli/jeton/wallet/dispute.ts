// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton wallet dispute …`: refunds that the provider withholds. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";

import { deriveIdentitySecret, holdOf, nullifierOf, ticketKeyOf, ticketRootOf } from "../../../protocol/index.ts";
import type { Account } from "../../../wallet/index.ts";
import { disputeFile } from "../../../wire/index.ts";
import type { DisputeFile } from "../../../wire/index.ts";
import { tokensText } from "../../amounts.ts";
import { CliError } from "../../errors.ts";
import type { Outcome } from "../../outcome.ts";
import { inTurn, transact } from "../../transact.ts";
import { timeText } from "./close.ts";
import { accountAt, accountNumber, withWallet, workOf } from "./session.ts";
import type { OpenOptions, SendingOptions, WalletSession } from "./session.ts";

export interface DisputeOptions extends OpenOptions {
  readonly account: string;
}

export interface OpenDisputeOptions extends DisputeOptions, SendingOptions {
  readonly ticket: string;
  readonly recipient?: string;
  /** Writes the dispute there, for somebody else to send. */
  readonly out?: string;
  readonly json: boolean;
}

export interface ResolveOptions extends DisputeOptions, SendingOptions {
  readonly json: boolean;
}

function ticketNumber(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new CliError("OPTION_INVALID", `--ticket takes the number of a used ticket, and not "${text}"`);
}

export const openDisputeCommand = (options: OpenDisputeOptions): Promise<Outcome> =>
  withWallet(options, async (session) => {
    const { client, signer, say } = session;
    const account = accountAt(session, options.account);
    const { recipient = signer.address, out } = options;
    const index = ticketNumber(options.ticket);
    // The provider may still give it. What was interrupted is not sent any more: it would be paid for, right before a public dispute.
    if (!options.dryRun) await account.resume({ resend: false });
    const known = await account.checkDispute({ index, recipient });
    say(
      `The provider has ${client.parameters.disputeWindow} s to show the refund of ticket ${index} on chain. If it does not, ${recipient} gets ${tokensText(holdOf(client.parameters), client.token)}.`,
    );
    say("  The dispute shows the ticket, and with the recipient and who pays for the gas, it may tell whose it is.");
    say("  No further ticket is used with this provider while the dispute is open.");
    if (out !== undefined && !options.dryRun) {
      const file = await account.prepareDispute({ index, recipient });
      const path = resolve(out);
      await writeFile(path, `${disputeFile.toJson(file)}\n`, { mode: 0o600 });
      return { ticket: index, nullifier: file.nullifier, file: path };
    }
    const nullifier = nullifierAt(session, accountNumber(options.account), index);
    const tell = async (): Promise<Outcome> => {
      const [dispute] = await client.disputesOf([nullifier]);
      const at = dispute === undefined ? undefined : timeText(dispute.resolvableAt);
      return { ticket: index, nullifier, recipient, resolvableAt: at };
    };
    if (known !== undefined) {
      say(`the chain has this dispute over ticket ${index} already: nothing is sent`);
      return { ticket: index, nullifier, recipient, resolvableAt: timeText(known.resolvableAt) };
    }
    let file: DisputeFile | undefined;
    return transact(workOf(session, options), options, {
      question: `Open the dispute over ticket ${index}?`,
      unrehearsed: {
        like: "openDispute",
        shown: {
          dispute: "not rehearsed: whoever sees it learns which ticket may be yours",
          ticket: index,
          nullifier,
          recipient,
        },
      },
      prepare: async () => {
        file = await account.prepareDispute({ index, recipient });
      },
      send: (sender) => sender.openDispute(file as DisputeFile),
      tell,
    });
  });

/** What the chain has of the account's disputes, as an outcome. */
async function describe({ client }: WalletSession, account: Account): Promise<Outcome> {
  const settled = await account.settleDisputes();
  return Object.fromEntries(
    settled.map(({ index, status, resolvableAt, refund }) => [
      `ticket${index}`,
      {
        status,
        ...(status === "open" ? { resolvableAt: timeText(resolvableAt) } : {}),
        ...(refund === undefined
          ? {}
          : { refund: tokensText(refund.refundedCharge + refund.refundedHold, client.token) }),
      },
    ]),
  );
}

export const listDisputesCommand = (options: DisputeOptions): Promise<Outcome> =>
  withWallet(options, async (session) => {
    const account = accountAt(session, options.account);
    const disputes = await describe(session, account);
    const grievances = account.grievances();
    if (Object.keys(disputes).length === 0) session.say("there is no dispute over a ticket of this account");
    return {
      ...disputes,
      ...(grievances.length === 0 ? {} : { grievances: grievances.map(({ reason }) => reason) }),
    };
  });

function nullifierAt({ keys, client: { pool } }: WalletSession, account: number, index: number): bigint {
  const secret = deriveIdentitySecret(keys.seed, pool.chainId, pool.address, account);
  return nullifierOf(ticketKeyOf(ticketRootOf(secret, pool.poolHash), index));
}

/** Decides every dispute that was not answered in its window. */
export async function resolveDue(
  session: WalletSession,
  account: Account,
  number: number,
  options: SendingOptions,
): Promise<Outcome> {
  const { client, say } = session;
  const head = await client.provider.getBlock("latest");
  const now = BigInt(head?.timestamp ?? 0);
  const due = (await account.settleDisputes()).filter(
    ({ status, resolvableAt }) => status === "open" && resolvableAt <= now,
  );
  if (due.length === 0) {
    say("no dispute can be resolved now");
    return { transactions: [], ...(await describe(session, account)) };
  }
  const nullifiers = due.map(({ index }) => nullifierAt(session, number, index));
  return transact(workOf(session, options), options, {
    question: `Resolve ${due.length} disputes?`,
    send: (sender) => inTurn(nullifiers, (nullifier) => sender.resolveDispute(nullifier)),
    paid: (await client.disputesOf(nullifiers)).flatMap((dispute) => dispute?.recipient ?? []),
    tell: () => describe(session, account),
  });
}

export const resolveDisputesCommand = (options: ResolveOptions): Promise<Outcome> =>
  withWallet(options, async (session) =>
    resolveDue(session, accountAt(session, options.account), accountNumber(options.account), options),
  );
