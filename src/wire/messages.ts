// SPDX-License-Identifier: GPL-3.0-or-later
/** Every request and answer of the provider's interface. Each schema reads the JSON form; its output is what the rules work with. */
import { z } from "zod";

import { COVER_SLOTS, FOLD_SLOTS, TICKET_COUNT } from "../protocol/index.ts";
import {
  address,
  amount,
  bytes32,
  eddsaSignature,
  fieldElement,
  proof,
  providerSignature,
  sessionSignature,
  uint256,
} from "./values.ts";

/** Bytes of UTF-8 are at most four times as many. */
const MAX_PAYLOAD_CHARACTERS = 4 * 1024 * 1024;
const MAX_FEED_PAGE = 1_000;

/** What opens a ticket: its share and the proof of the `request` statement. x follows from the session's address. */
export const ticketOpening = z.object({ y: fieldElement, proof }).strict();

/** Asks for the signature of an account's first state. */
export const enrollRequest = z
  .object({ root: fieldElement, newState: fieldElement, enrollNullifier: fieldElement, proof })
  .strict();

/** The provider's signature of a state. */
export const stateSignature = z.object({ state: fieldElement, signature: eddsaSignature }).strict();

/** One paid call: the voucher (EIP-712 `Call`), what it is for, and with the first call of a ticket its opening. */
export const callRequest = z
  .object({
    nullifier: fieldElement,
    sessionAddress: address,
    /** 1, 2, 3 … within the session. */
    sequence: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
    /** The most that the session may be charged in total so far. */
    cap: amount,
    salt: bytes32,
    payload: z.string().max(MAX_PAYLOAD_CHARACTERS),
    /** The session ends with this call, and the refund ticket comes with its answer. */
    isLast: z.boolean(),
    signature: sessionSignature,
    ticket: ticketOpening.optional(),
  })
  .strict();

/** The provider's refund ticket for one nullifier. */
export const refundTicket = z
  .object({ nullifier: fieldElement, refundedCharge: amount, refundedHold: amount, signature: eddsaSignature })
  .strict();

export const receipt = z
  .object({
    nullifier: fieldElement,
    sequence: uint256,
    requestHash: bytes32,
    responseHash: bytes32,
    charged: amount,
    modelId: z.string().max(200),
    issuedAt: uint256,
  })
  .strict();

/** The refund is null while the session goes on, or when it has to be asked for. */
export const callAnswer = z
  .object({ response: z.string(), receipt, signature: providerSignature, refund: refundTicket.nullable() })
  .strict();

/** Ends a session, signed by its key (EIP-712 `EndSession`). With an opening it turns a ticket that was never served into a full refund. */
export const endRequest = z
  .object({
    nullifier: fieldElement,
    sessionAddress: address,
    signature: sessionSignature,
    ticket: ticketOpening.optional(),
  })
  .strict();

export const refundRequest = z.object({ nullifier: fieldElement }).strict();

export const foldRequest = z
  .object({
    newState: fieldElement,
    foldNullifiers: z
      .array(fieldElement)
      .length(FOLD_SLOTS)
      .refine((all) => new Set(all).size === all.length, "expected different fold nullifiers")
      .readonly(),
    /** The certified state that the fold builds on; 0 if it builds on one that the provider signed. */
    certified: fieldElement,
    proof,
  })
  .strict();

/** A close as the settlement contract takes it; `firstUnused` is j. */
export const closeRequest = z
  .object({
    identityCommitment: fieldElement,
    firstUnused: uint256.refine((value) => value <= BigInt(TICKET_COUNT), `expected at most ${TICKET_COUNT}`),
    refundedCharges: uint256,
    refundedHolds: uint256,
    certified: fieldElement,
    recipient: address,
    relayer: address,
    fee: uint256,
    /** Unix seconds. */
    deadline: uint256,
    coverKeys: z.array(fieldElement).length(COVER_SLOTS).readonly(),
    proof,
  })
  .strict();

/** The provider's consent: the close may be paid out at once, until the deadline (unix seconds). */
export const closeConsent = z.object({ consentDeadline: uint256, signature: providerSignature }).strict();

/** The terms as published, and the pool that they belong to. */
export const termsAnswer = z.object({ chainId: uint256, pool: address, terms: z.unknown() }).strict();

/** The entries after position `after`; 0 is the beginning. */
export const feedRequest = z
  .object({
    after: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    limit: z.number().int().min(1).max(MAX_FEED_PAGE).default(MAX_FEED_PAGE),
  })
  .strict();

const position = z.number().int().min(1);
export const feedEntry = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ticket"), position, nullifier: fieldElement, x: fieldElement, y: fieldElement }).strict(),
  refundTicket.extend({ kind: z.literal("refund"), position }).strict(),
  z
    .object({
      kind: z.literal("enrolment"),
      position,
      nullifier: fieldElement,
      root: fieldElement,
      state: fieldElement,
      proof,
      signature: eddsaSignature,
    })
    .strict(),
  z
    .object({
      kind: z.literal("fold"),
      position,
      nullifiers: z.array(fieldElement).length(FOLD_SLOTS).readonly(),
      state: fieldElement,
      signature: eddsaSignature,
    })
    .strict(),
]);

export const feedPage = z
  .object({
    entries: z.array(feedEntry).max(MAX_FEED_PAGE).readonly(),
    /** Where the next page begins. */
    next: z.number().int().min(0),
    /** Nothing was recorded after this page when it was read. */
    isEnd: z.boolean(),
  })
  .strict();

export type TicketOpening = z.output<typeof ticketOpening>;
export type EnrollRequest = z.output<typeof enrollRequest>;
export type EnrollRequestJson = z.input<typeof enrollRequest>;
export type StateSignature = z.output<typeof stateSignature>;
export type StateSignatureJson = z.input<typeof stateSignature>;
export type CallRequest = z.output<typeof callRequest>;
export type CallRequestJson = z.input<typeof callRequest>;
export type CallAnswer = z.output<typeof callAnswer>;
export type CallAnswerJson = z.input<typeof callAnswer>;
export type SignedRefund = z.output<typeof refundTicket>;
export type SignedRefundJson = z.input<typeof refundTicket>;
export type EndRequest = z.output<typeof endRequest>;
export type EndRequestJson = z.input<typeof endRequest>;
export type RefundRequestJson = z.input<typeof refundRequest>;
export type FoldRequest = z.output<typeof foldRequest>;
export type FoldRequestJson = z.input<typeof foldRequest>;
export type CloseRequest = z.output<typeof closeRequest>;
export type CloseRequestJson = z.input<typeof closeRequest>;
export type CloseConsent = z.output<typeof closeConsent>;
export type CloseConsentJson = z.input<typeof closeConsent>;
export type TermsAnswerJson = z.input<typeof termsAnswer>;
export type FeedRequestJson = z.input<typeof feedRequest>;
export type FeedEntry = z.output<typeof feedEntry>;
export type FeedEntryJson = z.input<typeof feedEntry>;
export type FeedPage = z.output<typeof feedPage>;
export type FeedPageJson = z.input<typeof feedPage>;
