// SPDX-License-Identifier: GPL-3.0-or-later
/** Folds (docs/protocol.md, Folding refunds, Certified folds): the provider signs each refund into a state once, and defends that on chain. */
import { GatewayError } from "../wire/index.ts";
import type { FoldRequest, FoldView, StateSignature } from "../wire/index.ts";
import { Outbox } from "./outbox.ts";
import type { GatewayContext, GatewayOptions } from "./ports.ts";
import type { FoldConflict, FoldDecision } from "./store/index.ts";

/** A fold that was certified, as the chain's event tells it. */
export type ObservedFold = Pick<FoldView, "newState" | "foldNullifiers" | "certified">;

/** For `challengeFold`: the fold that must fall, and the signed one that shares a refund with it. */
export interface FoldChallenge {
  readonly pending: ObservedFold;
  readonly conflicting: FoldRequest;
}

/** @throws GatewayError PROOF_INVALID, FOLD_CONFLICT, STATE_NOT_CERTIFIED */
export async function fold(
  { pool, store, chain, verify, stateKey }: GatewayContext,
  { newState, foldNullifiers: nullifiers, certified, proof }: FoldRequest,
): Promise<StateSignature> {
  const answer = (decision: Exclude<FoldDecision, { kind: "new" }>): StateSignature => {
    if (decision.kind === "conflict") {
      throw new GatewayError("FOLD_CONFLICT", "a refund of this fold was folded before");
    }
    const { state, signature } = decision.fold;
    return { state, signature };
  };

  const early = await store.decideFold(newState, nullifiers);
  if (early.kind !== "new") return answer(early);
  if (!(await verify("fold", [newState, ...nullifiers, certified, pool.poolHash], proof))) {
    throw new GatewayError("PROOF_INVALID", "the fold's proof is not valid");
  }
  if (certified !== 0n && !(await chain.finalFold(certified))) {
    throw new GatewayError(
      "STATE_NOT_CERTIFIED",
      "the state that the fold builds on is not certified, or not final yet",
    );
  }
  const signed = { nullifiers, state: newState, certified, proof, signature: stateKey.sign(newState) };
  const decision = await store.recordFold(signed);
  return answer(decision.kind === "new" ? { kind: "signed", fold: signed } : decision);
}

/** Follows the folds on chain, and hands in a challenge to each that shares a refund with another one that was signed. */
export class FoldWatch {
  readonly #store: GatewayOptions["store"];
  readonly outbox: Outbox<FoldConflict>;

  constructor({ store, onFoldConflict, onFault }: Pick<GatewayOptions, "store" | "onFoldConflict" | "onFault">) {
    this.#store = store;
    this.outbox = new Outbox({
      keyOf: ({ pending }) => pending.state,
      pending: () => store.unreportedConflicts(),
      handIn: (conflict) => onFoldConflict(challengeOf(conflict)),
      markDone: ({ pending }) => store.markConflictReported(pending.state),
      onFault,
    });
  }

  /** Its nullifiers count as seen from here on, whatever becomes of it: only its own state is signed for them. */
  async observe({ newState: state, foldNullifiers: nullifiers, certified }: ObservedFold): Promise<boolean> {
    const conflict = await this.#store.recordCertifiedFold({ state, nullifiers, certified });
    if (conflict !== undefined) this.outbox.post(conflict);
    return conflict === undefined;
  }
}

const challengeOf = ({ pending, signed }: FoldConflict): FoldChallenge => ({
  pending: { newState: pending.state, foldNullifiers: pending.nullifiers, certified: pending.certified },
  conflicting: {
    newState: signed.state,
    foldNullifiers: signed.nullifiers,
    certified: signed.certified,
    proof: signed.proof,
  },
});
