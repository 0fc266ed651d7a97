// SPDX-License-Identifier: GPL-3.0-or-later
/** Folds that the chain certifies. */
import type { TransactionReceipt } from "ethers";

import { CreditSettlement__factory } from "../../typechain-types/index.js";
import type { FoldRequestStruct } from "../../typechain-types/contracts/CreditSettlement.js";
import type { Proof } from "../protocol/index.ts";
import { FOLD_SLOTS } from "../protocol/index.ts";
import { ContractSender, proofStruct } from "./contract-sender.ts";
import { ChainError } from "./errors.ts";

const settlement = CreditSettlement__factory.createInterface();

/** What a fold claims. */
export interface FoldContents {
  readonly newState: bigint;
  /** One for each slot. */
  readonly foldNullifiers: readonly bigint[];
  /** The certified state that it builds on; 0 for one that the provider signed. */
  readonly certified: bigint;
}

/** A fold with its proof. */
export interface ProvenFold extends FoldContents {
  readonly proof: Proof;
}

function slotsOf({ foldNullifiers }: FoldContents): [bigint, bigint, bigint, bigint] {
  const [first, second, third, fourth] = foldNullifiers;
  const isWhole = foldNullifiers.length === FOLD_SLOTS;
  if (!isWhole || first === undefined || second === undefined || third === undefined || fourth === undefined) {
    throw new ChainError("ARGUMENT_INVALID", `a fold has ${FOLD_SLOTS} nullifiers, not ${foldNullifiers.length}`);
  }
  return [first, second, third, fourth];
}

const foldStruct = (fold: ProvenFold): FoldRequestStruct => ({
  newState: fold.newState,
  foldNullifiers: slotsOf(fold),
  certified: fold.certified,
  proof: proofStruct(fold.proof),
});

export abstract class FoldSender extends ContractSender {
  /** Has a fold certified that the provider would not sign; it can be made final after the challenge window. Anyone may. */
  async certifyFold(fold: ProvenFold): Promise<TransactionReceipt> {
    const data = settlement.encodeFunctionData("certifyFold", [foldStruct(fold)]);
    return this.sendTo("settlement", data, "the certification of the fold");
  }

  /** Shows another fold that shares a ticket with a pending one, which falls. Only the provider may. */
  async challengeFold(pending: FoldContents, conflicting: ProvenFold): Promise<TransactionReceipt> {
    const { newState, certified } = pending;
    const shown = foldStruct(conflicting);
    const data = settlement.encodeFunctionData("challengeFold", [newState, slotsOf(pending), certified, shown]);
    return this.sendTo("settlement", data, "the challenge of the fold");
  }

  /** Makes a certified fold final after its window: as good as signed. Anyone may. */
  async finalizeFold(pending: FoldContents): Promise<TransactionReceipt> {
    const { newState, certified } = pending;
    const data = settlement.encodeFunctionData("finalizeFold", [newState, slotsOf(pending), certified]);
    return this.sendTo("settlement", data, "the finalization of the fold");
  }
}
