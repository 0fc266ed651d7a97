// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton wallet enrol`, `prove`, `fold` and `restore`. */
import { deriveIdentitySecret, identityCommitmentOf } from "../../../protocol/index.ts";
import type { FoldContents } from "../../../chain/index.ts";
import type { Account } from "../../../wallet/index.ts";
import type { FoldFile } from "../../../wire/index.ts";
import { tokensText } from "../../amounts.ts";
import { CliError } from "../../errors.ts";
import type { Outcome } from "../../outcome.ts";
import { inTurn, transact } from "../../transact.ts";
import { accountAt, accountNumber, withWallet, workOf } from "./session.ts";
import type { OpenOptions, SendingOptions, WalletSession } from "./session.ts";

export interface AccountOptions extends OpenOptions {
  readonly account: string;
}

export interface ProveOptions extends AccountOptions {
  readonly count: string;
}

export interface FoldOptions extends AccountOptions, SendingOptions {
  readonly certify: boolean;
  readonly json: boolean;
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
    if (options.certify) return certify(session, account, options);
    if (options.dryRun) {
      const { unfolded } = account.summary();
      return {
        dryRun: "a fold that the provider signs sends nothing to the chain",
        unfolded: tokensText(unfolded, session.client.token),
      };
    }
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

/** Brings folds that the provider does not sign on chain: makes final what has passed its window, and certifies the next one. */
export async function certify(session: WalletSession, account: Account, options: SendingOptions): Promise<Outcome> {
  const { client, view, say } = session;
  const work = workOf(session, options);
  const now = BigInt(Math.floor(Date.now() / 1000));
  const settled = await account.settleFolds();
  const due: FoldContents[] = [];
  for (const { newState, status, finalizableAt = 0n } of settled) {
    const fold = await view.fold(newState);
    if (status === "pending" && fold !== undefined && finalizableAt <= now) due.push(fold);
  }
  const finalize =
    due.length > 0 &&
    (await transact(work, options, {
      question: `Make ${due.length} certified folds final?`,
      send: (sender) => inTurn(due, (fold) => sender.finalizeFold(fold)),
      tell: () => ({}),
    }));

  const { unfolded } = account.summary();
  const isNext = unfolded > 0n || settled.some(({ status }) => status === "absent");
  // A dry run groups no refunds: what is grouped stays together.
  const file = options.dryRun ? undefined : await account.prepareCertifiedFold();
  const certified =
    (file !== undefined || (options.dryRun && isNext)) &&
    (await transact(work, options, {
      question: "Have the chain certify the next fold?",
      unrehearsed: {
        like: "certifyFold",
        shown: {
          fold: `not rehearsed: the chain certifies it in a window of ${client.parameters.challengeWindow} s; run this again afterwards to make it final`,
          ...(options.dryRun ? { unfolded: tokensText(unfolded, client.token) } : {}),
        },
      },
      send: (sender) => sender.certifyFold(file as FoldFile),
      tell: () => {
        say("run this again after the window to make it final");
        return {};
      },
    }));
  const folds = await account.settleFolds();
  return {
    ...(finalize === false ? {} : { finalize }),
    ...(certified === false ? {} : { certify: certified }),
    pending: folds.filter(({ status }) => status === "pending").length,
    final: folds.filter(({ status }) => status === "final").length,
    certified: tokensText(account.summary().certified, client.token),
  };
}

/** How many accounts in a row without a deposit end the search: somebody may have left numbers out. */
const GAP = 20;

export const restoreCommand = (options: AccountOptions): Promise<Outcome> =>
  withWallet(options, async (session) => {
    const { say } = session;
    say("reading the pool's events and the provider's feed whole, so that nobody learns what is looked for …");
    const found = await restoreAll(session, accountNumber(options.account));
    if (Object.keys(found).length === 0) {
      throw new CliError(
        "ACCOUNT_STATE",
        `the pool ${session.client.pool.address} has no account of this phrase from number ${options.account} on`,
      );
    }
    say("a restored account may not know its newest tickets: it closes with the provider's consent only");
    return found;
  });

/** Restores what the chain has of the phrase, from a number on. What the wallet's file knows already stays as it is. */
export async function restoreAll(
  { client, view, keys, purse }: Pick<WalletSession, "client" | "view" | "keys" | "purse">,
  from: number,
): Promise<Record<string, object>> {
  const found: Record<string, object> = {};
  let end = from + GAP;
  for (let number = from; number < end; number++) {
    // The file learns of no account that is not there.
    const secret = deriveIdentitySecret(keys.seed, client.pool.chainId, client.pool.address, number);
    const onChain = await view.account(identityCommitmentOf(secret));
    if (onChain === undefined) continue;
    end = number + 1 + GAP;
    const deposit = { status: onChain.status, deposit: tokensText(onChain.deposit, client.token) };
    const restored = await purse
      .add(number)
      .restore()
      .catch((error: unknown) => {
        if ((error as { code?: unknown }).code !== "ACCOUNT_NOT_EMPTY") throw error;
        return undefined;
      });
    if (restored === undefined) {
      found[`account${number}`] = { ...deposit, notice: "known already: it stays as it is" };
      continue;
    }
    const { nextIndex, refunds, folds, isEnrolled } = restored;
    found[`account${number}`] = { ...deposit, isEnrolled, usedTickets: nextIndex, refunds, folds };
  }
  return found;
}
