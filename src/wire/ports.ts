// SPDX-License-Identifier: GPL-3.0-or-later
/** What the two parties need from the floors below, as narrow as they use it. `Prover` and the chain's view satisfy these. */
import type { AccountPath, CircuitInput, Proof, Statement } from "../protocol/index.ts";

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
