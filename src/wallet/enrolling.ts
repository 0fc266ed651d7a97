// SPDX-License-Identifier: GPL-3.0-or-later
/** Enrolment: the provider's signature of the account's first state (docs/protocol.md, Enrolment). */
import { enrollClaim, initialState } from "../protocol/index.ts";
import { GatewayError, toJson } from "../wire/index.ts";
import { checkStateSignature } from "./checks.ts";
import { WalletError } from "./errors.ts";
import { proveClaim, requireActive } from "./ports.ts";
import type { AccountContext } from "./ports.ts";
import { persist } from "./sending.ts";

/**
 * Enrols the account; nothing happens when it is enrolled. The first state follows from k and the deposit alone, so trying again after
 * a crash, or against a newer root, asks for the same signature.
 * @throws WalletError ACCOUNT_NOT_OPEN, TERMS_MISMATCH, PROVIDER_DISHONEST, SIGNATURE_REFUSED, UNANSWERED
 */
export async function enroll(context: AccountContext): Promise<void> {
  const { records, pool, provider, chain, identitySecret, identityCommitment } = context;
  const known = records.folds.newest(identitySecret);
  if (known !== undefined) return;
  await context.requireTerms();
  const { deposit } = await requireActive(context);

  const claim = enrollClaim(pool, identitySecret, deposit, await chain.pathOf(identityCommitment));
  const proof = await proveClaim(context, "enroll", claim);
  const [root, newState, enrollNullifier] = claim.publicSignals as [bigint, bigint, bigint];
  const request = toJson({ root, newState, enrollNullifier, proof });
  const answer = await persist(context, () => provider.enroll(request)).catch((error: unknown) => {
    throw stateRefused("the provider does not enrol this account", error);
  });
  const { signature } = checkStateSignature(pool, newState, answer);
  const enrolled = { state: initialState(pool.poolHash, identitySecret, deposit), signature };
  // Another enrolment of this process may have come first.
  if (records.folds.newest(identitySecret) === undefined) records.folds.addState(enrolled);
}

/** A refusal in the wallet's terms; anything else as it is. */
export function stateRefused(message: string, error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  return new WalletError("SIGNATURE_REFUSED", `${message}: ${error.message}`, { cause: error, refusal: error.code });
}
