// SPDX-License-Identifier: GPL-3.0-or-later
/** What happens on chain, in an order that can be carried out. Times in seconds from the start, amounts in token units. */

/** One ticket: which one of an account, and what was charged for it. */
export interface TicketUse {
  readonly charge: bigint;
  /** Its refund was never signed, and the dispute over it was lost. */
  readonly isLost: boolean;
  /** It lost its hold to the policy. */
  readonly isViolation: boolean;
}

export type AccountEnd = "open" | "closed" | "slashed" | "expired";

/** An account of the simulation. */
export interface SimulatedAccount {
  /** `user.number`, unique. */
  readonly id: string;
  readonly user: number;
  readonly deposit: bigint;
  readonly openedAt: number;
  readonly isSponsored: boolean;
  readonly tickets: number;
  /** What was charged for all its tickets. */
  readonly charged: bigint;
  readonly folds: number;
  /** Its last ticket is used by then. */
  readonly activeUntil: number;
  /** When its money is the provider's, the user's or burned; undefined beyond the horizon of its life. */
  readonly settledAt: number;
  readonly end: AccountEnd;
  /** Ticket by ticket, for who carries it out. */
  readonly uses: readonly TicketUse[];
}

interface OfAccount {
  readonly at: number;
  readonly account: SimulatedAccount;
}

export interface CloseTotals {
  readonly firstUnused: number;
  readonly refundedCharges: bigint;
  readonly refundedHolds: bigint;
}

export type AccountEvent =
  | ({ readonly kind: "deposit" } & OfAccount)
  | ({ readonly kind: "startClose" | "closeWithConsent" } & OfAccount & CloseTotals)
  | ({ readonly kind: "finalizeClose" } & OfAccount & CloseTotals)
  | ({ readonly kind: "slash" } & OfAccount & { readonly ticket: number })
  | ({ readonly kind: "expire" } & OfAccount)
  | ({ readonly kind: "openDispute" | "resolveDispute" | "reportViolation" } & OfAccount & { readonly ticket: number })
  | ({ readonly kind: "answerDispute" } & OfAccount & { readonly ticket: number; readonly charge: bigint });

export type ProviderEvent =
  | { readonly kind: "depositBatch"; readonly at: number; readonly accounts: readonly SimulatedAccount[] }
  | { readonly kind: "postBond" | "withdrawRevenue"; readonly at: number; readonly amount: bigint }
  | { readonly kind: "burn"; readonly at: number };

export type SimulatedEvent = AccountEvent | ProviderEvent;
export type Verb = SimulatedEvent["kind"] | "approve";

export const VERBS: readonly Verb[] = [
  ...(["approve", "deposit", "depositBatch", "startClose", "closeWithConsent", "finalizeClose", "slash"] as const),
  ...(["expire", "openDispute", "answerDispute", "resolveDispute", "reportViolation"] as const),
  ...(["postBond", "withdrawRevenue", "burn"] as const),
];
