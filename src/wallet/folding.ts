// SPDX-License-Identifier: GPL-3.0-or-later
/** Folding: refund tickets become budget, and can be spent again (docs/protocol.md, Folding refunds). */
import { FOLD_SLOTS, foldClaim, foldedState } from "../protocol/index.ts";
import type { RefundTicket, SignedState } from "../protocol/index.ts";
import { toJson } from "../wire/index.ts";
import type { FoldRequest } from "../wire/index.ts";
import { checkStateSignature } from "./checks.ts";
import { stateRefused } from "./enrolling.ts";
import { proveClaim } from "./ports.ts";
import type { AccountContext } from "./ports.ts";
import type { FoldRecord } from "./records.ts";
import { persist } from "./sending.ts";
import { newestState } from "./stock.ts";

export interface Folded {
  readonly indices: readonly number[];
  /** What the budget grew by, in token base units. */
  readonly added: bigint;
  readonly budget: bigint;
}

/** The refunds of these tickets, as a fold takes them. */
function refundsOf({ records }: AccountContext, indices: readonly number[]): RefundTicket[] {
  return indices.map((index) => {
    const refund = records.ticket(index)?.refund;
    if (refund === undefined) throw new Error(`the wallet has lost the refund of ticket ${index}`);
    const { refundedCharge, refundedHold, signature } = refund;
    return { index, refundedCharge, refundedHold, signature };
  });
}

/** Proves a fold of up to four refunds into the newest state, and stores it: from there on these tickets are never grouped otherwise. */
async function prepare(context: AccountContext): Promise<FoldRecord | undefined> {
  const { records, pool } = context;
  const indices = records
    .foldableTickets()
    .slice(0, FOLD_SLOTS)
    .map(({ index }) => index);
  if (indices.length === 0) return undefined;
  const claim = foldClaim(pool, newestState(context), refundsOf(context, indices));
  const proof = await proveClaim(context, "fold", claim);
  const [newState, ...rest] = claim.publicSignals as [bigint, ...bigint[]];
  const request: FoldRequest = { newState, foldNullifiers: rest.slice(0, FOLD_SLOTS), certified: 0n, proof };
  records.addFold(indices, request);
  return records.pendingFold();
}

/**
 * Finishes the fold that is under way, or else folds up to four refunds. Undefined when there is none.
 * @throws WalletError SIGNATURE_REFUSED, PROVIDER_DISHONEST, UNANSWERED: the fold stays, and is sent again unchanged.
 */
export async function fold(context: AccountContext): Promise<Folded | undefined> {
  const { records, pool, provider } = context;
  const pending = records.pendingFold() ?? (await prepare(context));
  if (pending === undefined) return undefined;
  await context.requireTerms();

  const { indices, request } = pending;
  const body = toJson(request);
  const answer = await persist(context, () => provider.fold(body)).catch((error: unknown) => {
    throw stateRefused("the provider does not sign this fold", error);
  });
  const { signature } = checkStateSignature(pool, request.newState, answer);
  const base = newestState(context);
  const signed: SignedState = { state: foldedState(pool.poolHash, base.state, refundsOf(context, indices)), signature };
  records.signFold(pending, signed);
  return { indices, added: signed.state.budget - base.state.budget, budget: signed.state.budget };
}
