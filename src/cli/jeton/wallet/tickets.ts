// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton wallet enrol`, `prove`, `fold` and `restore`. */
import type { Account } from "../../../wallet/index.ts";
import { tokensText } from "../../amounts.ts";
import { CliError } from "../../errors.ts";
import type { Outcome } from "../../outcome.ts";
import { confirm } from "./ask.ts";
import { accountAt, withWallet } from "./session.ts";
import type { OpenOptions, WalletSession } from "./session.ts";

export interface AccountOptions extends OpenOptions {
  readonly account: string;
}

export interface ProveOptions extends AccountOptions {
  readonly count: string;
}

export interface FoldOptions extends AccountOptions {
  readonly certify: boolean;
  readonly yes: boolean;
}

export const enrolCommand = (options: AccountOptions): Promise<Outcome> =>
  withWallet(options, async (session) => {
    const account = accountAt(session, options.account);
    if (!account.summary().isEnrolled) {
      session.say("proving that some deposit of the pool is yours (some seconds) …");
      await account.enroll();
    }
    const { budget, covered } = account.summary();
    return { account: options.account, budget: tokensText(budget, session.client.token), tickets: covered };
  });

export const proveCommand = (options: ProveOptions): Promise<Outcome> =>
  withWallet(options, async (session) => {
    const count = Number(options.count);
    if (!/^\d{1,5}$/.test(options.count) || count === 0) {
      throw new CliError(
        "OPTION_INVALID",
        `--count takes how many tickets should be in stock, and not "${options.count}"`,
      );
    }
    const inStock = await proveAhead(session, accountAt(session, options.account), count);
    return { account: options.account, inStock };
  });

/** Proves until so many tickets are in stock, and says how it goes. */
export async function proveAhead({ say }: WalletSession, account: Account, count: number): Promise<number> {
  return account.proveTickets(count, (done, wanted) => say(`proved ${done} of ${wanted} tickets`));
}

/** Folds everything that the provider signs. @returns what the budget grew by, in token base units */
export async function foldAll({ say, client }: WalletSession, account: Account): Promise<bigint> {
  let added = 0n;
  for (;;) {
    if (account.summary().unfolded > 0n) say("folding refunds (some seconds) …");
    const folded = await account.fold();
    if (folded === undefined) return added;
    added += folded.added;
    say(`folded ${folded.indices.length} refunds: ${tokensText(folded.added, client.token)} can be spent again`);
  }
}

export const foldCommand = (options: FoldOptions): Promise<Outcome> =>
  withWallet(options, async (session) => {
    const account = accountAt(session, options.account);
    if (options.certify) return certify(session, account, options.yes);
    const added = await foldAll(session, account).catch((error: unknown) => {
      const { code, message } = error as { code?: unknown; message: string };
      if (code !== "SIGNATURE_REFUSED" && code !== "UNANSWERED") throw error;
      throw new CliError(
        "ACCOUNT_STATE",
        `${message}: add --certify to have the chain certify the fold instead`,
        error,
      );
    });
    const { budget } = account.summary();
    const { token } = session.client;
    return { account: options.account, added: tokensText(added, token), budget: tokensText(budget, token) };
  });

/** Brings folds that the provider does not sign on chain: certifies the next one, and makes final what has passed its window. */
async function certify(
  { client, network, sender, view, say }: WalletSession,
  account: Account,
  yes: boolean,
): Promise<Outcome> {
  const now = BigInt(Math.floor(Date.now() / 1000));
  const hashes: string[] = [];
  for (const { newState, status, finalizableAt = 0n } of await account.settleFolds()) {
    const fold = await view.fold(newState);
    if (status !== "pending" || fold === undefined || finalizableAt > now) continue;
    hashes.push((await sender.finalizeFold(fold)).hash);
  }
  const file = await account.prepareCertifiedFold();
  if (file !== undefined) {
    say(
      `the chain certifies a fold in a window of ${client.parameters.challengeWindow} s; run this again afterwards to make it final`,
    );
    if (!network.isLocal) await confirm(yes, `Send the fold to ${network.title}?`);
    hashes.push((await sender.certifyFold(file)).hash);
  }
  const folds = await account.settleFolds();
  return {
    transactions: hashes,
    pending: folds.filter(({ status }) => status === "pending").length,
    final: folds.filter(({ status }) => status === "final").length,
    certified: tokensText(account.summary().certified, client.token),
  };
}

export const restoreCommand = (options: AccountOptions): Promise<Outcome> =>
  withWallet(options, async (session) => {
    const { say, client, view } = session;
    let number = Number(options.account);
    const found: Record<string, object> = {};
    say("reading the pool's events and the provider's feed whole, so that nobody learns what is looked for …");
    for (; ; number++) {
      const account = accountAt(session, number.toString());
      const onChain = await view.account(account.identityCommitment);
      if (onChain === undefined) break;
      const { nextIndex, refunds, folds, isEnrolled } = await account.restore();
      found[`account${number}`] = {
        status: onChain.status,
        deposit: tokensText(onChain.deposit, client.token),
        isEnrolled,
        usedTickets: nextIndex,
        refunds,
        folds,
      };
    }
    if (Object.keys(found).length === 0) {
      throw new CliError(
        "ACCOUNT_STATE",
        `the pool ${client.pool.address} has no account ${options.account} of this phrase`,
      );
    }
    say("a restored account may not know its newest tickets: it closes with the provider's consent only");
    return found;
  });
