// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Folds that the chain certifies, for a provider that will not sign them (docs/protocol.md, Certified folds). A certified state is good
 * for closes and further folds. Tickets are proved from signed states alone: from a certified one when the provider has signed it, or a
 * fold on top of it.
 */
import type { FoldFile, FoldView } from "../wire/index.ts";
import type { FoldRecord } from "./fold-records.ts";
import { groupRefunds, requestOf, tipOf, unsignedFolds } from "./folding.ts";
import type { AccountContext } from "./ports.ts";

/** A fold that the provider did not sign, and what the chain has of it. */
export interface SettledFold {
  readonly indices: readonly number[];
  readonly newState: bigint;
  /**
   * "absent": not on chain. "pending": in its window, or past it and to be made final. "final": closes claim it. "fallen": another fold
   * of one of its tickets prevailed, or the fold that it builds on fell; its refunds are lost to this fold, and grouped in no other.
   */
  readonly status: "absent" | FoldView["status"];
  /** Unix seconds; undefined for one that is absent. */
  readonly finalizableAt: bigint | undefined;
}

/** Compares the folds that are not signed with the chain, and takes what became final as newest state. */
export async function settleFolds(context: AccountContext): Promise<readonly SettledFold[]> {
  const { records, chain } = context;
  const settled: SettledFold[] = [];
  let hasFallen = false;
  for (const { fold, state } of unsignedFolds(context)) {
    const { newState } = fold.request;
    const view = await chain.fold(newState);
    const seen = fold.isFinal ? "final" : (view?.status ?? "absent");
    const status = hasFallen ? "fallen" : seen;
    if (status === "fallen") {
      // What builds on it never stands either.
      hasFallen = true;
      records.folds.fall(fold);
    }
    if (status === "final" && !fold.isFinal) records.folds.finalize(fold, state);
    settled.push({ indices: fold.indices, newState, status, finalizableAt: view?.finalizableAt });
  }
  return settled;
}

/**
 * The fold to be certified next: the oldest that is not on chain, or else up to four refunds on top of the newest state, which may still
 * be pending there. Undefined when there is nothing to fold. It is stored before it is given out, and is the same until it is on chain.
 * @throws WalletError NOT_ENROLLED
 */
export async function prepareCertifiedFold(context: AccountContext): Promise<FoldFile | undefined> {
  const { chain } = context;
  await settleFolds(context);
  for (const step of unsignedFolds(context)) {
    const isOnChain = step.fold.isFinal || (await chain.fold(step.fold.request.newState)) !== undefined;
    if (!isOnChain) return fileOf(context, await requestOf(context, step));
  }
  const grouped = await groupRefunds(context, () => tipOf(context, unsignedFolds(context)));
  return grouped && fileOf(context, grouped.request);
}

const fileOf = ({ pool }: AccountContext, request: FoldRecord["request"]): FoldFile => ({
  chainId: pool.chainId,
  pool: pool.address,
  ...request,
});
