// SPDX-License-Identifier: GPL-3.0-or-later
/** What a wallet is given. */
import type { CircuitInput, Claim, Pool, Proof, Statement } from "../protocol/index.ts";
import type {
  AccountSource,
  AccountView,
  Clock,
  DisputeSource,
  FoldSource,
  PathSource,
  Prove,
  ProviderApi,
} from "../wire/index.ts";
import { WalletError } from "./errors.ts";
import type { AccountRecords } from "./records.ts";
import type { WalletStore } from "./store.ts";

export interface RetryPolicy {
  /** How often the same bytes are sent before a call counts as unanswered. */
  readonly attempts: number;
  /** Before the second attempt; each further pause is twice as long. */
  readonly pauseMilliseconds: number;
}

export interface AccountCount {
  /** How many accounts were ever opened in the pool. */
  accountCount(): Promise<number>;
}

/** `Prover.prove`; a prover without priorities is one too. Tasks of a higher priority go first. */
export type PrioritizedProve = (
  statement: Statement,
  input: CircuitInput,
  options?: { readonly priority?: number },
) => ReturnType<Prove>;

export interface WalletOptions {
  readonly store: WalletStore;
  readonly pool: Pool;
  readonly provider: ProviderApi;
  readonly chain: AccountSource & PathSource & DisputeSource & FoldSource & Partial<AccountCount>;
  readonly prove: PrioritizedProve;
  readonly clock: Clock;
  /** Whether the pool's provider signed a digest. Default: its address is that of a key. A contract account (ERC-1271) needs the chain. */
  readonly isSignedByProvider?: (digest: string, signature: string) => Promise<boolean>;
  /** Cryptographically strong random bytes. */
  readonly randomBytes?: (length: number) => Uint8Array;
  readonly pause?: (milliseconds: number) => Promise<void>;
  readonly retry?: RetryPolicy;
}

export type WalletContext = Required<WalletOptions> & {
  /** Refuses a provider whose terms are not the pool's. @throws WalletError TERMS_MISMATCH */
  readonly requireTerms: () => Promise<void>;
};

/** One account, opened. */
export type AccountContext = WalletContext & {
  readonly records: AccountRecords;
  readonly identitySecret: bigint;
  readonly identityCommitment: bigint;
  readonly ticketRoot: bigint;
};

/** The account as the chain has it, if it can still be used. @throws WalletError ACCOUNT_NOT_OPEN */
export async function requireActive({ chain, identityCommitment }: AccountContext): Promise<AccountView> {
  const account = await chain.account(identityCommitment);
  if (account === undefined || account.status !== "active" || account.isClosing) {
    const state = account === undefined ? "unknown" : account.isClosing ? "closing" : account.status;
    throw new WalletError("ACCOUNT_NOT_OPEN", `the chain says that the account is ${state}`);
  }
  return account;
}

/** Proves a claim, and checks that it is what was proved. @throws WalletError PROOF_MISMATCH */
export async function proveClaim(
  { prove }: Pick<WalletContext, "prove">,
  statement: Statement,
  claim: Claim,
  priority = 0,
): Promise<Proof> {
  const { proof, publicSignals } = await prove(statement, claim.input, { priority });
  const isSame =
    publicSignals.length === claim.publicSignals.length &&
    publicSignals.every((signal, position) => signal === claim.publicSignals[position]);
  if (!isSame) throw new WalletError("PROOF_MISMATCH", `the prover answered another ${statement} statement`);
  return proof;
}
