// SPDX-License-Identifier: GPL-3.0-or-later
/** Folding: refund tickets become budget, and can be spent again (docs/protocol.md, Folding refunds). */
import { FOLD_SLOTS, foldClaim, foldedState, stateHash } from "../protocol/index.ts";
import type { RefundTicket, State } from "../protocol/index.ts";
import { toJson } from "../wire/index.ts";
import type { FoldRequest } from "../wire/index.ts";
import { checkStateSignature } from "./checks.ts";
import { stateRefused } from "./enrolling.ts";
import { WalletError } from "./errors.ts";
import { asSigned } from "./fold-records.ts";
import type { FoldRecord, KnownState } from "./fold-records.ts";
import { proveClaim } from "./ports.ts";
import type { AccountContext } from "./ports.ts";
import { persist } from "./sending.ts";

export interface Folded {
  readonly indices: readonly number[];
  /** What the refunds come to, in token base units. */
  readonly added: bigint;
  /** The budget that tickets are proved from now. */
  readonly budget: bigint;
}

/** A fold that is not signed, on the state that it builds on. */
export interface FoldStep {
  readonly fold: FoldRecord;
  readonly base: KnownState;
  readonly state: State;
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

/** @throws WalletError NOT_ENROLLED */
function newestKnown({ records, identitySecret }: AccountContext): KnownState {
  const state = records.folds.newest(identitySecret);
  if (state === undefined) throw new WalletError("NOT_ENROLLED", "the account is not enrolled with the provider");
  return state;
}

/** The folds that are not signed, each on top of the one before it. */
export function unsignedFolds(context: AccountContext): readonly FoldStep[] {
  const { records, pool, identitySecret } = context;
  const steps: FoldStep[] = [];
  const states = records.folds.states(identitySecret);
  let tip: KnownState | undefined;
  for (const fold of records.folds.unsigned()) {
    const isNew = ({ state }: KnownState): boolean => stateHash(pool.poolHash, state) === fold.request.newState;
    const position = fold.isFinal ? states.findIndex(isNew) : -1;
    // A certified state stands among the others; one that does not stand yet follows the newest.
    const base = position > 0 ? (states[position - 1] as KnownState) : (tip ?? newestKnown(context));
    const state = foldedState(pool.poolHash, base.state, refundsOf(context, fold.indices));
    steps.push({ fold, base, state });
    tip = position > 0 ? states.at(-1) : { state, signature: undefined };
  }
  return steps;
}

/** Where the next fold builds: on the last one that is not signed, or on the newest state. */
export const tipOf = (context: AccountContext, steps: readonly FoldStep[]): KnownState => {
  const last = steps.at(-1);
  return last === undefined || last.fold.isFinal ? newestKnown(context) : { state: last.state, signature: undefined };
};

/** Proves a fold. A base without a signature counts as certified: it stands on chain, or is to stand there first. */
export async function proveFold(
  context: AccountContext,
  base: KnownState,
  tickets: readonly RefundTicket[],
): Promise<FoldRequest> {
  const claim = foldClaim(context.pool, asSigned(base), tickets, base.signature === undefined);
  const proof = await proveClaim(context, "fold", claim);
  const [newState, ...rest] = claim.publicSignals as [bigint, ...bigint[]];
  return { newState, foldNullifiers: rest.slice(0, FOLD_SLOTS), certified: rest[FOLD_SLOTS] ?? 0n, proof };
}

/** Groups up to four refunds on a base, if there are any, and stores the fold: from there on these tickets are never grouped otherwise. */
export async function groupRefunds(context: AccountContext, baseOf: () => KnownState): Promise<FoldRecord | undefined> {
  const { records } = context;
  const indices = records
    .foldableTickets()
    .slice(0, FOLD_SLOTS)
    .map(({ index }) => index);
  if (indices.length === 0) return undefined;
  return records.folds.add(indices, await proveFold(context, baseOf(), refundsOf(context, indices)));
}

/** The fold as it is sent: proved again, on the same state, where that state was signed since. */
export async function requestOf(context: AccountContext, { fold, base }: FoldStep): Promise<FoldRequest> {
  const { records, pool } = context;
  const certified = base.signature === undefined ? stateHash(pool.poolHash, base.state) : 0n;
  // What the chain holds as final was proved in a way that it took.
  if (fold.isFinal || fold.request.certified === certified) return fold.request;
  const request = await proveFold(context, base, refundsOf(context, fold.indices));
  records.folds.replaceRequest(fold, request);
  return request;
}

/**
 * Has the provider sign the oldest fold that it did not sign yet, or else folds up to four refunds. Undefined when there is none.
 * @throws WalletError SIGNATURE_REFUSED, PROVIDER_DISHONEST, UNANSWERED: the fold stays, and is sent again unchanged.
 */
export async function fold(context: AccountContext): Promise<Folded | undefined> {
  const { records, pool, provider } = context;
  if (unsignedFolds(context).length === 0) await groupRefunds(context, () => newestKnown(context));
  const [step] = unsignedFolds(context);
  if (step === undefined) return undefined;
  await context.requireTerms();

  const request = await requestOf(context, step);
  const body = toJson(request);
  const answer = await persist(context, () => provider.fold(body)).catch((error: unknown) => {
    throw stateRefused("the provider does not sign this fold", error);
  });
  const { signature } = checkStateSignature(pool, request.newState, answer);
  const { state, base } = step;
  records.folds.sign(step.fold, { state, signature });
  return { indices: step.fold.indices, added: state.budget - base.state.budget, budget: state.budget };
}
