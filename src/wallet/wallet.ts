// SPDX-License-Identifier: GPL-3.0-or-later
/** A wallet in one pool: derives accounts from the seed and connects them to chain, prover and provider. */
import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";

import { deriveIdentitySecret, identityCommitmentOf, ticketRootOf } from "../protocol/index.ts";
import { parseTerms, termsAnswer, termsHashOf, termsProblem } from "../wire/index.ts";
import type { Terms } from "../wire/index.ts";
import { Account } from "./account.ts";
import { isSignedByKey, readAnswer } from "./checks.ts";
import { WalletError } from "./errors.ts";
import type { WalletContext, WalletOptions } from "./ports.ts";
import { FeedFollower } from "./feed.ts";
import { AccountRecords, accountNumbers } from "./records.ts";
import { persist } from "./sending.ts";

export class Wallet {
  readonly #context: WalletContext;
  readonly #accounts = new Map<number, Account>();
  readonly #feed: FeedFollower;
  #terms: Terms | undefined;

  constructor(options: WalletOptions) {
    this.#context = {
      randomBytes,
      pause: (milliseconds) => setTimeout(milliseconds),
      retry: { attempts: 5, pauseMilliseconds: 1_000 },
      isSignedByProvider: async (digest, signature) =>
        isSignedByKey(options.pool.parameters.provider, digest, signature),
      ...options,
      requireTerms: async () => void (await this.terms()),
    };
    this.#feed = new FeedFollower(this.#context);
  }

  /** Account `number`, the same object each time. Nothing is on chain for it until somebody deposits. */
  account(number: number): Account {
    if (!Number.isInteger(number) || number < 0 || number > 0xffff_ffff) {
      throw new RangeError("accounts are numbered from 0");
    }
    const known = this.#accounts.get(number);
    if (known !== undefined) return known;
    const { store, pool } = this.#context;
    const identitySecret = deriveIdentitySecret(store.seed, pool.chainId, pool.address, number);
    const account = new Account({
      ...this.#context,
      identitySecret,
      identityCommitment: identityCommitmentOf(identitySecret),
      ticketRoot: ticketRootOf(identitySecret, pool.poolHash),
      records: new AccountRecords(store, pool.poolHash, number),
    });
    this.#accounts.set(number, account);
    return account;
  }

  /** The numbers of the accounts that the wallet's file has of this pool. */
  knownAccounts(): number[] {
    const { store, pool } = this.#context;
    return accountNumbers(store, pool.poolHash);
  }

  /** The provider's public feed, as far as it was read. */
  get feed(): FeedFollower {
    return this.#feed;
  }

  /** The provider's terms, checked against the pool. @throws WalletError TERMS_MISMATCH */
  async terms(): Promise<Terms> {
    if (this.#terms !== undefined) return this.#terms;
    const { pool, provider } = this.#context;
    const answer = readAnswer(termsAnswer, await persist(this.#context, () => provider.terms()));
    if (answer.chainId !== pool.chainId || answer.pool !== pool.address) {
      throw new WalletError("TERMS_MISMATCH", "the provider serves another pool");
    }
    const parsed = readTerms(answer.terms);
    if (termsHashOf(answer.terms) !== pool.parameters.termsHash.toLowerCase()) {
      throw new WalletError("TERMS_MISMATCH", "the provider's terms do not hash to what the pool says");
    }
    const problem = termsProblem(parsed, pool.parameters);
    if (problem !== undefined) {
      throw new WalletError("TERMS_MISMATCH", `the provider's terms do not fit the pool: ${problem}`);
    }
    this.#terms = parsed;
    return parsed;
  }
}

function readTerms(json: unknown): Terms {
  try {
    return parseTerms(json);
  } catch (error) {
    throw new WalletError("TERMS_MISMATCH", "the provider's terms cannot be read", { cause: error });
  }
}
