// SPDX-License-Identifier: GPL-3.0-or-later
/** What the two parties need from the floors below, as narrow as they use it. `Prover` and the chain's view satisfy these. */
import type { AccountPath, CircuitInput, Proof, Signature, Statement } from "../protocol/index.ts";

/** False for anything that is no proof of these public signals; never throws on bad input. */
export type Verify = (statement: Statement, publicSignals: readonly bigint[], proof: Proof) => Promise<boolean>;

export type Prove = (
  statement: Statement,
  input: CircuitInput,
) => Promise<{ readonly proof: Proof; readonly publicSignals: readonly bigint[] }>;

/** Unix seconds, whole. */
export type Clock = () => number;

/** An account as the chain has it. Amounts in token base units. */
export interface AccountView {
  /** As deposited, whatever became of it. */
  readonly deposit: bigint;
  readonly stake: bigint;
  readonly status: "active" | "expired" | "closed" | "slashed";
  /** A close was started and is not final. */
  readonly isClosing: boolean;
}

/** Accounts, from data that was read whole, so that no question names one's own account to somebody else. */
export interface AccountSource {
  /** Undefined when no such account was ever opened. */
  account(identityCommitment: bigint): Promise<AccountView | undefined>;
}

export interface PathSource {
  /** The account's path in the whole tree, against a root that can no longer be reorganized. */
  pathOf(identityCommitment: bigint): Promise<AccountPath>;
}

export interface RootSource {
  /** True if the pool had this root in a block that can no longer be reorganized. */
  isFinalRoot(root: bigint): Promise<boolean>;
}

/** The refund ticket that answered a dispute, from its event. Amounts in token base units. */
export interface RefundOnChain {
  readonly refundedCharge: bigint;
  readonly refundedHold: bigint;
  readonly signature: Signature;
}

/** The dispute over one ticket; there is never a second one. */
export interface DisputeView {
  readonly status: "open" | "answered" | "lost";
  readonly nullifier: bigint;
  /** The ticket's share, for the message that `sessionAddress` gives. */
  readonly y: bigint;
  readonly sessionAddress: string;
  /** Who gets the award. */
  readonly recipient: string;
  /** Until then it can be answered, from then on resolved: unix seconds. */
  readonly resolvableAt: bigint;
  /** When answered. */
  readonly refund: RefundOnChain | undefined;
}

/** A fold that was certified on chain. */
export interface FoldView {
  /** "fallen" also when another fold holds one of its nullifiers for good, or the fold that it builds on has fallen. */
  readonly status: "pending" | "final" | "fallen";
  readonly newState: bigint;
  readonly foldNullifiers: readonly bigint[];
  /** The certified state that it builds on; 0 for one that the provider signed. */
  readonly certified: bigint;
  /** When it can be made final: unix seconds. */
  readonly finalizableAt: bigint;
}

/** As of the newest block, which can still be reorganized; from data that was read whole. */
export interface DisputeSource {
  /** Undefined when no dispute was opened over this ticket. */
  dispute(nullifier: bigint): Promise<DisputeView | undefined>;
  /** The evidence hash of the violation that the provider reported of this ticket: 32 bytes, `0x…`, in lower case. */
  violation(nullifier: bigint): Promise<string | undefined>;
}

export interface FoldSource {
  /** As of the newest block, which can still be reorganized. Undefined when this state was never certified. */
  fold(state: bigint): Promise<FoldView | undefined>;
  /** True if the state is certified and final in a block that can no longer be reorganized: as good as signed. */
  finalFold(state: bigint): Promise<boolean>;
}
