// SPDX-License-Identifier: GPL-3.0-or-later
/** Folds (docs/protocol.md, Folding refunds): the provider signs a state with refunds added, each refund once. The proof is kept for challenges on chain. */
import { GatewayError } from "../wire/index.ts";
import type { FoldRequest, StateSignature } from "../wire/index.ts";
import type { GatewayContext } from "./ports.ts";
import type { Fold } from "./store.ts";

/** @throws GatewayError PROOF_INVALID, FOLD_CONFLICT */
export async function fold(
  { pool, store, verify, stateKey }: GatewayContext,
  { newState, foldNullifiers: nullifiers, certified, proof }: FoldRequest,
): Promise<StateSignature> {
  const answer = (standing: readonly Fold[]): StateSignature => {
    const [only] = standing;
    const isSame =
      standing.length === 1 &&
      only !== undefined &&
      only.state === newState &&
      only.nullifiers.every((nullifier, slot) => nullifier === nullifiers[slot]);
    if (!isSame) throw new GatewayError("FOLD_CONFLICT", "a refund of this fold was folded before");
    return { state: only.state, signature: only.signature };
  };

  const known = await store.foldsWith(nullifiers);
  if (known.length > 0) return answer(known);
  if (!(await verify("fold", [newState, ...nullifiers, certified, pool.poolHash], proof))) {
    throw new GatewayError("PROOF_INVALID", "the fold's proof is not valid");
  }
  const signed: Fold = { nullifiers, state: newState, proof, signature: stateKey.sign(newState) };
  const standing = await store.recordFold(signed);
  return answer(standing.length === 0 ? [signed] : standing);
}
