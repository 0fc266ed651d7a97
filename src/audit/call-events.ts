// SPDX-License-Identifier: GPL-3.0-or-later
/** Which call makes which event, what its arguments look like, and whether a call is the one behind an event. */
import type { CloseRequest, FoldContents, PoolEvent, PoolEventArguments } from "../chain/index.ts";
import type { Proof } from "../protocol/index.ts";
import type { RuleCall } from "./calls.ts";
import type { ShownFold } from "./fold-model.ts";

/** The calls that make each event. Those of closes and slashes may be sampled. */
export const CALLS_OF: Partial<Record<keyof PoolEventArguments, readonly string[]>> = {
  CloseStarted: ["startClose", "closeWithConsent"],
  AccountSlashed: ["slash"],
  DisputeOpened: ["openDispute"],
  DisputeAnswered: ["answerDispute"],
  FoldCertified: ["certifyFold", "challengeFold"],
  FoldChallenged: ["challengeFold"],
  ViolationReported: ["reportViolation"],
  BondWithdrawalAnnounced: ["announceBondWithdrawal"],
  BondPaid: ["withdrawBond"],
  RevenueWithdrawn: ["withdrawRevenue"],
};

/** What only the provider may do. */
export const PROVIDERS_OWN: ReadonlySet<string> = new Set([
  "ViolationReported",
  "BondWithdrawalAnnounced",
  "BondPaid",
  "RevenueWithdrawn",
  "FoldChallenged",
]);

export interface RawProof {
  readonly a: readonly [bigint, bigint];
  readonly b: readonly [readonly [bigint, bigint], readonly [bigint, bigint]];
  readonly c: readonly [bigint, bigint];
}

/** ethers' results are frozen and refuse to be cloned into another thread. */
export function proofOf({ a, b, c }: RawProof): Proof {
  return {
    a: [a[0], a[1]],
    b: [
      [b[0][0], b[0][1]],
      [b[1][0], b[1][1]],
    ],
    c: [c[0], c[1]],
  };
}

/** A close as its call has it. */
export type RawClose = Omit<CloseRequest, "proof"> & { readonly proof: RawProof };

/** A fold as its call has it. */
export type RawFold = FoldContents & { readonly proof: RawProof };

/** What a challenge showed. */
export function shownBy({ args }: RuleCall): ShownFold {
  const { newState, foldNullifiers, certified } = args[3] as RawFold;
  return { newState, foldNullifiers: [...foldNullifiers], certified };
}

const text = (...parts: readonly unknown[]): string => parts.join(" ").toLowerCase();

/** What a close's event repeats of its call. */
const CLOSE_FIELDS = [
  "identityCommitment",
  "firstUnused",
  "refundedCharges",
  "refundedHolds",
  "recipient",
  "relayer",
  "fee",
  "coverKeys",
] as const;

const closeText = (of: Readonly<Record<(typeof CLOSE_FIELDS)[number], unknown>>): string =>
  text(...CLOSE_FIELDS.map((field) => String(of[field])));

/** What a call and its event must have in common; names are compared in lower case. */
export function isOf({ name, args }: RuleCall, event: PoolEvent): boolean {
  switch (event.name) {
    case "CloseStarted":
      return closeText(event.args) === closeText(args[0] as RawClose);
    case "CloseFinalized":
      return name === "closeWithConsent" && (args[0] as RawClose).identityCommitment === event.args.identityCommitment;
    case "AccountSlashed":
      return (
        text(args[0], args[1], args[2]) ===
        text(event.args.identityCommitment, event.args.nullifier, event.args.recipient)
      );
    case "DisputeOpened": {
      const { nullifier, y, sessionAddress, recipient } = event.args;
      return text(args[0], args[1], args[2], args[3]) === text(nullifier, y, sessionAddress, recipient);
    }
    case "DisputeAnswered": {
      const { nullifier, refundedCharge, refundedHold, signatureR8, signatureS } = event.args;
      return text(args[0]) === text([nullifier, refundedCharge, refundedHold, signatureR8, signatureS]);
    }
    case "FoldCertified": {
      const raw = args[name === "certifyFold" ? 0 : 3] as RawFold;
      const { newState, foldNullifiers, certified } = event.args;
      return text(raw.newState, raw.foldNullifiers, raw.certified) === text(newState, foldNullifiers, certified);
    }
    case "FoldChallenged":
      return (args[3] as RawFold).newState === event.args.by;
    case "ViolationReported":
      return text(args[0], args[1]) === text(event.args.nullifier, event.args.evidenceHash);
    case "BondWithdrawalAnnounced":
      return args[0] === event.args.amount;
    case "BondPaid":
    case "RevenueWithdrawn":
      return text(args[0], args[1]) === text(event.args.to, event.args.amount);
    default:
      return false;
  }
}
