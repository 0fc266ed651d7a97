// SPDX-License-Identifier: GPL-3.0-or-later
/** What crosses between a wallet's process and the test's. */
import type { SignedRefund } from "../../../src/wire/index.ts";

export interface WalletStart {
  readonly providerUrl: string;
  readonly seed: Uint8Array;
  /** A bug that the audit must find: requests are stored when their answers came. */
  readonly isForgetful: boolean;
}

export interface Order {
  readonly account: number;
  /** Names the call, for the service's books. */
  readonly id: string;
  readonly isStreamed?: boolean;
  readonly isSlow?: boolean;
}

/** The same at every attempt, so that its proof is. */
export interface CloseOrder {
  readonly account: number;
  readonly recipient: string;
  /** Unix seconds. */
  readonly deadline: bigint;
}

/** What a caller was told. */
export interface Told {
  readonly account: number;
  readonly index: number;
  readonly response: string;
  readonly charged: bigint;
  readonly refund: Pick<SignedRefund, "refundedCharge" | "refundedHold"> | undefined;
  /** What was handed on while the answer came, and whether the wallet says that it is the response. */
  readonly pieces?: string;
  readonly areTruePieces?: boolean;
}

/** What a wallet took up when it was started again. */
export interface Taken {
  readonly told: readonly Told[];
  readonly failed: readonly string[];
}

export interface Books {
  readonly identityCommitment: bigint;
  readonly used: number;
  readonly budget: bigint;
  readonly isRestored: boolean;
  readonly grievances: readonly string[];
  readonly tickets: readonly {
    readonly status: string;
    readonly refund: SignedRefund | undefined;
    readonly isFolded: boolean;
    /** Cumulative charges by the receipts; undefined where there is none. */
    readonly receipts: readonly (bigint | undefined)[];
  }[];
}
