// SPDX-License-Identifier: GPL-3.0-or-later
/** The rules of docs/protocol.md, Calls, as a pure function of what is recorded. Every store decides with it, inside its transaction. */
import type { CallAnswer } from "../../wire/index.ts";
import type { CertifiedFold, EndBasis, EndDecision, Fold, FoldDecision, SpentTicket, Ticket } from "./records.ts";

/** A call as its voucher states it; the voucher's signature was checked. */
export interface CallClaim {
  readonly nullifier: bigint;
  readonly x: bigint;
  readonly sessionAddress: string;
  readonly sequence: number;
  readonly cap: bigint;
  readonly requestHash: string;
  readonly signature: string;
  /** What the voucher must at least leave, after what was charged before. */
  readonly leastRoom: bigint;
}

/** How many calls a session has at most, also of those that were charged nothing. */
export const CALLS_PER_SESSION = 1_000;

/** A call that was recorded. */
export interface RecordedCall {
  readonly requestHash: string;
  readonly isServed: boolean;
  /** Undefined when it was not served, or when its answer is no longer kept. */
  readonly answer: CallAnswer | undefined;
}

/** What is recorded of a session's calls. */
export interface SessionCalls {
  readonly count: number;
  /** The highest sequence; 0 of no call. */
  readonly highest: number;
  /** The last lease among them ends then: unix seconds. */
  readonly leaseUntil: number;
  /** The one with the claim's sequence; its answer is read for the claim's request alone. */
  readonly recorded: RecordedCall | undefined;
}

export type CallDecision =
  /** Serve it: the lease is the caller's. `charged` is what the session was charged before. */
  | { readonly kind: "serve"; readonly charged: bigint; readonly isViolated: boolean }
  | { readonly kind: "answered"; readonly answer: CallAnswer }
  /** Never handed in: verify its proof. */
  | { readonly kind: "unseen" }
  | { readonly kind: "closed" }
  | { readonly kind: "other-message"; readonly recorded: SpentTicket }
  | { readonly kind: "ended" }
  | { readonly kind: "conflict" }
  | { readonly kind: "passed" }
  /** It was served, and its answer is no longer kept. */
  | { readonly kind: "forgotten" }
  /** The session had all the calls that it can have. */
  | { readonly kind: "too-many" }
  | { readonly kind: "in-progress" }
  | { readonly kind: "cap-too-low"; readonly charged: bigint };

/** True for a claim on a session that is recorded: what follows depends on its calls. */
export const isOfSession = (claim: CallClaim, ticket: Ticket | undefined): boolean =>
  ticket !== undefined && ticket.status !== "closed" && ticket.share.x === claim.x;

/** `calls` are those of the ticket's session; nothing is asked of them unless the claim is of it. */
export function decideCall(
  claim: CallClaim,
  ticket: Ticket | undefined,
  calls: SessionCalls,
  now: number,
): CallDecision {
  if (ticket === undefined) return { kind: "unseen" };
  if (ticket.status === "closed") return { kind: "closed" };
  if (ticket.share.x !== claim.x) return { kind: "other-message", recorded: ticket };

  const { recorded } = calls;
  if (recorded !== undefined && recorded.requestHash !== claim.requestHash) return { kind: "conflict" };
  if (recorded?.answer !== undefined) return { kind: "answered", answer: recorded.answer };
  if (ticket.status === "ended" || ticket.isDisputed) return { kind: "ended" };
  if (recorded?.isServed === true) return { kind: "forgotten" };
  if (recorded === undefined && calls.highest > claim.sequence) return { kind: "passed" };
  if (calls.leaseUntil > now) return { kind: "in-progress" };
  if (recorded === undefined && calls.count >= CALLS_PER_SESSION) return { kind: "too-many" };
  if (ticket.charged + claim.leastRoom > claim.cap) return { kind: "cap-too-low", charged: ticket.charged };
  return { kind: "serve", charged: ticket.charged, isViolated: ticket.violation !== undefined };
}

/** The rules of a session's end, on the basis of which a refund is offered; `leases` are those of its calls. Undefined: it ends now. */
export function decideEnd(
  x: bigint,
  { charged, violation }: EndBasis,
  ticket: Ticket | undefined,
  leases: readonly number[],
  now: number,
): EndDecision | undefined {
  if (ticket === undefined) return { kind: "unseen" };
  if (ticket.status === "closed") return { kind: "closed" };
  if (ticket.share.x !== x) return { kind: "other-message", recorded: ticket };
  if (ticket.refund !== undefined) return { kind: "ended", refund: ticket.refund };
  if (leases.some((until) => until > now)) return { kind: "in-progress" };
  return ticket.charged === charged && ticket.violation === violation ? undefined : { kind: "changed" };
}

/** The rules of folding: a refund is folded once. `signed` and `certified` are the recorded folds that share a nullifier with this one. */
export function decideFold(
  state: bigint,
  nullifiers: readonly bigint[],
  signed: readonly Fold[],
  certified: readonly CertifiedFold[],
): FoldDecision {
  const isSame = (fold: CertifiedFold): boolean =>
    fold.state === state && fold.nullifiers.every((nullifier, slot) => nullifier === nullifiers[slot]);
  const [fold] = signed;
  if (fold !== undefined) return signed.length === 1 && isSame(fold) ? { kind: "signed", fold } : { kind: "conflict" };
  return certified.every(isSame) ? { kind: "new" } : { kind: "conflict" };
}
