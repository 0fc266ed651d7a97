// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton wallet close` and `finalize`. */
import type { TransactionReceipt } from "ethers";

import type { PoolSender } from "../../../chain/index.ts";
import { closePayout } from "../../../protocol/index.ts";
import type { Account, CloseOptions as CloseTerms, PreparedClose } from "../../../wallet/index.ts";
import { WalletError } from "../../../wallet/index.ts";
import type { CloseConsent } from "../../../wire/index.ts";
import { tokensText, unitsOf } from "../../amounts.ts";
import { CliError } from "../../errors.ts";
import type { Outcome, Say } from "../../outcome.ts";
import { transact } from "../../transact.ts";
import { accountAt, withWallet, workOf } from "./session.ts";
import type { SendingOptions, WalletSession } from "./session.ts";
import { foldAll } from "./tickets.ts";

export interface CloseOptions extends SendingOptions {
  readonly account: string;
  readonly recipient?: string;
  readonly firstUnused?: string;
  readonly roundDownTo?: string;
  /** False with --no-consent: the close waits for its window, and the provider is not asked. */
  readonly consent: boolean;
}

/** A day to get the transaction mined. */
const DEADLINE_SECONDS = 86_400;

export const closeCommand = (options: CloseOptions): Promise<Outcome> =>
  withWallet(options, async (session) => {
    const { client, signer, say } = session;
    const account = accountAt(session, options.account);
    await requireClosable(session, account);
    // What it would refuse it refuses before the provider hears of anything.
    const terms = termsOf(options, session);
    const firstUnused = account.checkClose(terms);
    if (!options.dryRun) await collect(session, account);
    const { unfolded } = account.summary();
    const { recipient } = terms;
    await explain(session, account, { recipient, firstUnused, isDryRun: options.dryRun });

    let done: Closed | undefined;
    return transact(workOf(session, options), options, {
      question: `Close account ${options.account}?`,
      isGrave: unfolded > 0n,
      unrehearsed: {
        like: options.consent ? "closeWithConsent" : "startClose",
        shown: {
          close: `not rehearsed: whoever has seen it can send it${options.dryRun ? ". Refunds that are due are fetched and folded first" : ""}`,
          account: options.account,
          firstUnused,
          recipient,
          toRecipient: `about ${tokensText(await expected(session, account, firstUnused), client.token)}`,
        },
      },
      prepare: async () => {
        say("proving the close (5 to 10 seconds) …");
        const prepared = await account.buildClose(terms);
        const consent = options.consent ? await consentTo(session, account, prepared) : undefined;
        done = { prepared, consent };
      },
      send: (sender) => sendClose(sender, say, done as Closed),
      tell: async () => {
        const { prepared, consent } = done as Closed;
        const { toRecipient, toProvider, toBurn } = prepared.payout;
        return {
          account: options.account,
          recipient,
          firstUnused,
          ...(await standing(session, prepared, consent !== undefined)),
          toRecipient: tokensText(toRecipient, client.token),
          toProvider: tokensText(toProvider, client.token),
          burned: tokensText(toBurn, client.token),
          paidBy: signer.address,
        };
      },
    });
  });

interface Closed {
  readonly prepared: PreparedClose;
  /** Undefined for a close that goes through its window. */
  readonly consent: CloseConsent | undefined;
}

interface Claim {
  readonly recipient: string;
  readonly firstUnused: number;
  readonly isDryRun: boolean;
}

/** Said before anything is proved: from then on there is no way back. */
async function explain(
  session: WalletSession,
  account: Account,
  { recipient, firstUnused, isDryRun }: Claim,
): Promise<void> {
  const { client, say } = session;
  const { challengeWindow, provider } = client.parameters;
  const { unsettled, unfolded } = account.summary();
  const claim = firstUnused === 0 ? "no ticket was used" : `only the tickets below ${firstUnused} were used`;
  say(`This close says that ${claim} (j = ${firstUnused}), and publishes the keys of all others.`);
  say("  If one of those was used after all, by a copy of this wallet for instance, the account is lost.");
  say(`  From ${isDryRun ? "then" : "now"} on the account uses no ticket any more, whatever becomes of the close.`);
  say(
    `  With the provider's consent it pays out at once; otherwise after a window of ${minutes(challengeWindow)}, in which ${provider} can object.`,
  );
  // A dry run has fetched and folded nothing: what it would say of refunds is not how it will be.
  if (unsettled > 0 && !isDryRun) {
    say(
      `  ${unsettled} used tickets have no refund: they are paid for in full. "jeton wallet dispute" asks for refunds.`,
    );
  }
  if (unfolded > 0n && !isDryRun) {
    const lost = tokensText(unfolded, client.token);
    say(`  Refunds of ${lost} are not folded and will be lost. "jeton wallet fold --certify" saves them.`);
  }
  say(`  ${recipient} gets about ${tokensText(await expected(session, account, firstUnused), client.token)}.`);
}

const minutes = (seconds: bigint): string =>
  seconds < 7_200n ? `${seconds / 60n} minutes` : `${seconds / 3_600n} hours`;

async function requireClosable({ view, client }: WalletSession, { identityCommitment }: Account): Promise<void> {
  const onChain = await view.account(identityCommitment);
  if (onChain === undefined) throw new CliError("ACCOUNT_STATE", "nothing was deposited into this account");
  if (onChain.isClosing) {
    const pending = await client.pendingCloseOf(identityCommitment);
    const at = pending === undefined ? "" : ` from ${timeText(pending.finalizableAt)} on`;
    throw new CliError("ACCOUNT_STATE", `the account is closing already: "jeton wallet finalize" pays it out${at}`);
  }
  if (onChain.status !== "active" && onChain.status !== "expired") {
    throw new CliError("ACCOUNT_STATE", `the account is ${onChain.status}: it holds nothing any more`);
  }
}

export const timeText = (seconds: bigint): string => new Date(Number(seconds) * 1000).toISOString();

/** Fetches the refunds that are due, and folds them. A provider that does not answer does not stop the close. */
async function collect(session: WalletSession, account: Account): Promise<void> {
  const { say } = session;
  if (!account.summary().isEnrolled || account.summary().closingFrom !== undefined) return;
  try {
    // What was interrupted is not sent any more: it would be paid for, and right before the close that it belongs to.
    const { failures } = await account.resume({ resend: false });
    for (const { index, error } of failures)
      say(`the refund of ticket ${index} does not come: ${(error as Error).message}`);
    await foldAll(session, account);
  } catch (error) {
    say(`the provider does not fold: ${(error as Error).message}`);
  }
}

function termsOf(options: CloseOptions, { client, signer }: WalletSession): CloseTerms {
  const { recipient = signer.address, firstUnused, roundDownTo, consent } = options;
  if (firstUnused !== undefined && !/^\d{1,5}$/.test(firstUnused)) {
    throw new CliError("OPTION_INVALID", `--first-unused takes the number of a ticket, and not "${firstUnused}"`);
  }
  const known = firstUnused === undefined ? {} : { afterRestore: "certain" as const };
  const afterRestore = consent ? { afterRestore: "consent" as const } : known;
  return {
    recipient,
    deadline: BigInt(Math.floor(Date.now() / 1000) + DEADLINE_SECONDS),
    // Read where the wallet was restored: the provider consents, or the user knows better than the wallet, or the close is refused.
    ...afterRestore,
    ...(firstUnused === undefined ? {} : { firstUnused: Number(firstUnused) }),
    ...(roundDownTo === undefined ? {} : { roundDownTo: unitsOf(roundDownTo, "--round-down-to", client.token) }),
  };
}

/** What the close will pay out, before anything is proved. */
async function expected({ client, view }: WalletSession, account: Account, firstUnused: number): Promise<bigint> {
  const onChain = await view.account(account.identityCommitment);
  const { deposit = 0n, stake = 0n } = onChain ?? {};
  const { budget, certified, isEnrolled } = account.summary();
  const refunds = isEnrolled ? budget + certified - deposit : 0n;
  const claim = {
    deposit,
    stake,
    firstUnused: BigInt(firstUnused),
    refundedCharges: refunds,
    refundedHolds: 0n,
    fee: 0n,
  };
  return closePayout(client.parameters, { ...claim, isExpired: onChain?.status === "expired" }).toRecipient;
}

/** Undefined when the provider does not consent for a reason that does not endanger the close. */
async function consentTo(
  { say, config }: WalletSession,
  account: Account,
  { request }: PreparedClose,
): Promise<CloseConsent | undefined> {
  try {
    return await account.requestConsent(request);
  } catch (error) {
    if (!(error instanceof WalletError)) throw error;
    if (error.refusal === "CLOSE_CONFLICT") {
      throw new CliError(
        "ACCOUNT_STATE",
        `${error.message}. Sending this close would lose the account: ${afterConflict(account)}; nothing was sent`,
        error,
      );
    }
    if (account.summary().isRestored) throw error;
    say(`${config.gateway} does not consent (${error.message}): the close goes through its window instead`);
    return undefined;
  }
}

/** A wallet that is not restored keeps the j of its first close: only a restored one takes another. */
const afterConflict = (account: Account): string =>
  account.summary().isRestored
    ? "close with --first-unused as the provider says, if you believe it"
    : "if you know that the provider is wrong, and that no copy of this wallet was used, close with --no-consent, which goes through the window";

function sendClose(
  sender: PoolSender,
  say: Say,
  { prepared: { request }, consent }: Closed,
): Promise<TransactionReceipt> {
  say(consent === undefined ? "sending the close …" : "the provider consents: sending the close …");
  if (consent === undefined) return sender.startClose(request);
  return sender.closeWithConsent(request, consent.consentDeadline, consent.signature);
}

async function standing(
  { client, say }: WalletSession,
  { request }: PreparedClose,
  isFinal: boolean,
): Promise<Outcome> {
  if (isFinal) return { isFinal };
  const pending = await client.pendingCloseOf(request.identityCommitment);
  const at = pending === undefined ? undefined : timeText(pending.finalizableAt);
  say(`"jeton wallet finalize" pays it out${at === undefined ? "" : ` from ${at} on`}`);
  return { isFinal, finalizableAt: at };
}

export interface FinalizeOptions extends SendingOptions {
  readonly account: string;
}

export const finalizeCommand = (options: FinalizeOptions): Promise<Outcome> =>
  withWallet(options, async (session) => {
    const { client } = session;
    const { identityCommitment } = accountAt(session, options.account);
    const pending = await client.pendingCloseOf(identityCommitment);
    const { status } = await client.accountOf(identityCommitment);
    if (pending === undefined) {
      if (status === "closed") return { account: options.account, status };
      throw new CliError("ACCOUNT_STATE", `there is no close to finalize: the account is ${status}`);
    }
    const head = await client.provider.getBlock("latest");
    if (head !== null && BigInt(head.timestamp) < pending.finalizableAt) {
      throw new CliError(
        "ACCOUNT_STATE",
        `the window is open until ${timeText(pending.finalizableAt)}: try again then`,
      );
    }
    const { recipient, toRecipient, toProvider } = pending;
    return transact(workOf(session, options), options, {
      question: `Finalize the close of account ${options.account}?`,
      send: (sender) => sender.finalizeClose(identityCommitment),
      paid: [recipient],
      tell: () => ({
        account: options.account,
        status: "closed",
        recipient,
        toRecipient: tokensText(toRecipient, client.token),
        toProvider: tokensText(toProvider, client.token),
      }),
    });
  });
