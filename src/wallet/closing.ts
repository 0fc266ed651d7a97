// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Closing (docs/protocol.md, Closing). The closing flag is on disk before the cover keys leave: from then on no ticket is used, and every further
 * close of the account has the same j.
 */
import { TypedDataEncoder, ZeroAddress, getAddress } from "ethers";

import {
  CLOSE_CONSENT_TYPES,
  TICKET_COUNT,
  closeClaim,
  closePayout,
  coverKeysHash,
  domainOf,
  stateHash,
} from "../protocol/index.ts";
import type { CloseTerms, Payout, PoolParameters } from "../protocol/index.ts";
import { GatewayError, closeConsent, toJson } from "../wire/index.ts";
import type { AccountView, CloseConsent, CloseRequest } from "../wire/index.ts";
import { readAnswer } from "./checks.ts";
import { WalletError } from "./errors.ts";
import { asSigned } from "./fold-records.ts";
import type { KnownState } from "./fold-records.ts";
import { proveClaim } from "./ports.ts";
import type { AccountContext } from "./ports.ts";
import { persist } from "./sending.ts";

export interface CloseOptions {
  readonly recipient: string;
  /** Who gets the fee. Default: nobody. */
  readonly relayer?: string;
  readonly fee?: bigint;
  /** The last second in which the close can be submitted, unix time. */
  readonly deadline: bigint;
  /** j. Default: the first index that was never reserved; a higher one pays for tickets that were not used. */
  readonly firstUnused?: number;
  /** Refunds are rounded down to a multiple of this, so that exact sums tell nothing. Default: not rounded. */
  readonly roundDownTo?: bigint;
  /**
   * Asked for when the wallet was restored, because it may not know its newest tickets.
   * "consent": the close goes to the provider alone, for its consent. A dishonest provider that hid a ticket from the feed could
   * slash the account with it. "certain": `firstUnused` is above every ticket that was ever used; if it is not, the account is slashed.
   */
  readonly afterRestore?: "consent" | "certain";
}

export interface PreparedClose {
  /** For `startClose`, or with a consent for `closeWithConsent`. */
  readonly request: CloseRequest;
  /** What the close pays out if nobody objects. */
  readonly payout: Payout;
}

/** What the options come to. @throws WalletError CLOSE_AFTER_RESTORE, CLOSE_INVALID */
export function checkClose(context: AccountContext, options: CloseOptions): { terms: CloseTerms; firstUnused: number } {
  return { terms: termsOf(options), firstUnused: decideFirstUnused(context, options) };
}

/**
 * Decides j and proves the close. The provider is not needed.
 * @param settleFolds compares with the chain, in turn with whatever groups refunds.
 * @throws WalletError ACCOUNT_NOT_OPEN, CLOSE_AFTER_RESTORE, CLOSE_INVALID
 */
export async function buildClose(
  context: AccountContext,
  options: CloseOptions,
  settleFolds: () => Promise<unknown>,
): Promise<PreparedClose> {
  const { records, pool, chain, identitySecret, identityCommitment } = context;
  const account = await chain.account(identityCommitment);
  if (account === undefined || account.isClosing || (account.status !== "active" && account.status !== "expired")) {
    throw new WalletError("ACCOUNT_NOT_OPEN", "the chain has no open account to close, or a close is pending");
  }
  if (records.folds.unsigned().length > 0) await settleFolds();
  const { terms, firstUnused } = checkClose(context, options);
  const most = mostRefunded(pool.parameters, firstUnused);
  const newest = records.folds.newest(identitySecret);
  const { refunds, base } = claimedRefunds(newest, account, most, options.roundDownTo ?? 1n);
  const close = { deposit: account.deposit, firstUnused, ...refunds, terms };
  // Until here nothing depends on the flag; from here on the account uses no ticket any more, whatever fails.
  records.markClosing(firstUnused);

  const isCertified = base !== undefined && base.signature === undefined;
  const claim = closeClaim(pool, identitySecret, base && asSigned(base), close, isCertified);
  const proof = await proveClaim(context, "close", claim);
  const { coverKeys } = claim;
  return {
    request: {
      identityCommitment,
      firstUnused: BigInt(firstUnused),
      ...refunds,
      certified: isCertified ? stateHash(pool.poolHash, base.state) : 0n,
      ...terms,
      coverKeys,
      proof,
    },
    payout: closePayout(pool.parameters, {
      ...refunds,
      deposit: account.deposit,
      stake: account.stake,
      firstUnused: BigInt(firstUnused),
      fee: terms.fee,
      isExpired: account.status === "expired",
    }),
  };
}

function termsOf({ recipient, relayer = ZeroAddress, fee = 0n, deadline }: CloseOptions): CloseTerms {
  let terms: CloseTerms;
  try {
    terms = { recipient: getAddress(recipient), relayer: getAddress(relayer), fee, deadline };
  } catch (error) {
    throw new WalletError("CLOSE_INVALID", "recipient and relayer must be addresses", { cause: error });
  }
  const { recipient: paid } = terms;
  if (paid === ZeroAddress) throw new WalletError("CLOSE_INVALID", "the recipient must not be the zero address");
  if (fee < 0n || (terms.relayer === ZeroAddress && fee !== 0n)) {
    throw new WalletError("CLOSE_INVALID", "a fee needs a relayer, and is not negative");
  }
  return terms;
}

function decideFirstUnused({ records }: AccountContext, { firstUnused, afterRestore }: CloseOptions): number {
  const { nextIndex, closingFrom, isRestored } = records.account;
  const least = closingFrom ?? nextIndex;
  const chosen = firstUnused ?? least;
  if (!Number.isInteger(chosen) || chosen < least || chosen > TICKET_COUNT) {
    throw new WalletError("CLOSE_INVALID", `the first unused ticket is between ${least} and ${TICKET_COUNT}`);
  }
  if (!isRestored && closingFrom !== undefined && chosen !== closingFrom) {
    throw new WalletError(
      "CLOSE_INVALID",
      `an earlier close left with ${closingFrom} as first unused ticket: every retry has the same`,
    );
  }
  if (isRestored && afterRestore === undefined) {
    throw new WalletError(
      "CLOSE_AFTER_RESTORE",
      "a restored wallet may not know its newest tickets, and closing below a used one loses everything: close with the provider's consent, or with a first unused ticket that is certainly high enough",
    );
  }
  if (isRestored && afterRestore === "certain" && firstUnused === undefined) {
    throw new WalletError("CLOSE_AFTER_RESTORE", "say which first unused ticket is certainly high enough");
  }
  return chosen;
}

interface Refunds {
  readonly refundedCharges: bigint;
  readonly refundedHolds: bigint;
}

/** All that the tickets below j can have brought back: a claim above it gives everything away. */
const mostRefunded = ({ ticketPrice, policyHold }: PoolParameters, firstUnused: number): Refunds => ({
  refundedCharges: BigInt(firstUnused) * ticketPrice,
  refundedHolds: BigInt(firstUnused) * policyHold,
});

/** The refunds of the newest state, signed or certified, rounded down; no state when nothing is claimed. */
function claimedRefunds(
  newest: KnownState | undefined,
  { deposit }: AccountView,
  most: Refunds,
  step: bigint,
): { refunds: Refunds; base: KnownState | undefined } {
  if (step <= 0n) throw new WalletError("CLOSE_INVALID", "refunds are rounded down to a multiple of a positive amount");
  const round = (amount: bigint, atMost: bigint): bigint => {
    const clamped = amount < atMost ? amount : atMost;
    return clamped - (clamped % step);
  };
  const returnedHolds = newest?.state.returnedHolds ?? 0n;
  const refundedHolds = round(returnedHolds, most.refundedHolds);
  const charges = newest === undefined ? 0n : newest.state.budget - returnedHolds - deposit;
  const refundedCharges = round(charges, most.refundedCharges);
  const base = refundedCharges + refundedHolds === 0n ? undefined : newest;
  return { refunds: { refundedCharges, refundedHolds }, base };
}

/**
 * Asks the provider to consent, so that the close pays out at once.
 * @throws WalletError SIGNATURE_REFUSED (refusal CLOSE_CONFLICT names the least j that is without conflict), PROVIDER_DISHONEST, UNANSWERED
 */
export async function requestConsent(context: AccountContext, request: CloseRequest): Promise<CloseConsent> {
  const { pool, provider, isSignedByProvider } = context;
  const body = toJson(request);
  const answer = await persist(context, () => provider.consentToClose(body)).catch((error: unknown) => {
    if (!(error instanceof GatewayError)) throw error;
    const message = `the provider does not consent: ${error.message}`;
    throw new WalletError("SIGNATURE_REFUSED", message, { cause: error, refusal: error.code });
  });
  const consent = readAnswer(closeConsent, answer);
  const { proof: _, coverKeys, ...message } = request;
  const digest = TypedDataEncoder.hash(domainOf(pool), CLOSE_CONSENT_TYPES, {
    ...message,
    coverKeysHash: coverKeysHash(coverKeys),
    consentDeadline: consent.consentDeadline,
  });
  if (!(await isSignedByProvider(digest, consent.signature))) {
    throw new WalletError("PROVIDER_DISHONEST", "the provider's consent is not signed by it");
  }
  return consent;
}
