// SPDX-License-Identifier: GPL-3.0-or-later
/** Why a provider refuses. Codes are stable: a caller can switch on them, and an HTTP edge maps them to RFC 9457 problems. */
export const GATEWAY_ERRORS = {
  /** The request has not the form that the schemas ask for. */
  REQUEST_MALFORMED: 400,
  /** The upstream's terms do not offer this payload. */
  PAYLOAD_REFUSED: 422,
  /** The voucher leaves too little for this call. */
  CAP_TOO_LOW: 402,
  /** The first call of a ticket must bring its proof. */
  PROOF_REQUIRED: 402,
  PROOF_INVALID: 403,
  SIGNATURE_INVALID: 403,
  /** The account behind this ticket spent a ticket twice. */
  ACCOUNT_SLASHED: 403,
  /** The chain holds no open account under this commitment. */
  ACCOUNT_NOT_OPEN: 409,
  /** The root is none of the pool's, or not final yet: ask again later. */
  ROOT_UNKNOWN: 409,
  ENROLMENT_CONFLICT: 409,
  TICKET_UNKNOWN: 404,
  /** Another message was handed in for this ticket: a double spend. */
  TICKET_SPENT: 409,
  /** A close revealed this ticket. */
  TICKET_CLOSED: 410,
  SESSION_ENDED: 410,
  /** The refund of a session that still runs was asked for. */
  SESSION_OPEN: 409,
  /** This sequence was used with another request. Nothing was charged. */
  SEQUENCE_CONFLICT: 409,
  /** A later sequence was served already. */
  SEQUENCE_PASSED: 409,
  /** Another process serves this session now, or did when it died: ask again later. */
  CALL_IN_PROGRESS: 409,
  /** The service behind the gateway failed. Nothing was charged; the same call may be sent again. */
  UPSTREAM_FAILED: 502,
  /** The service asked for a charge that the terms or the voucher do not allow. Nothing was charged. */
  CHARGE_REFUSED: 500,
  FOLD_CONFLICT: 409,
  /** The fold builds on a certified state that is not final yet: ask again later. */
  STATE_NOT_CERTIFIED: 409,
  /** The session's violation of the policy is not on chain yet, and its refund is not signed before: ask again later. */
  VIOLATION_PENDING: 409,
  /** Nothing was held against the session: no such call, another violation, or a dispute that came first. */
  VIOLATION_REFUSED: 409,
  /** The close reveals a ticket that was used. */
  CLOSE_CONFLICT: 409,
  /** The close could not be settled on chain as it stands. */
  CLOSE_REFUSED: 422,
  /** This is sold: the offer says how it is paid. */
  PAYMENT_REQUIRED: 402,
  NOT_FOUND: 404,
  BODY_TOO_LARGE: 413,
  /** The request came too slowly. */
  REQUEST_TIMEOUT: 408,
  /** Too much at once from one place: ask again later. */
  TOO_MANY_REQUESTS: 429,
  /** More work than the gateway takes on, or it is shutting down: ask again later. */
  OVERLOADED: 503,
  INTERNAL: 500,
} as const satisfies Record<string, number>;

export type GatewayErrorCode = keyof typeof GATEWAY_ERRORS;

/** The same request may succeed later, unchanged. */
const RETRYABLE: ReadonlySet<GatewayErrorCode> = new Set([
  "ROOT_UNKNOWN",
  "CALL_IN_PROGRESS",
  "STATE_NOT_CERTIFIED",
  "VIOLATION_PENDING",
  "UPSTREAM_FAILED",
  "REQUEST_TIMEOUT",
  "TOO_MANY_REQUESTS",
  "OVERLOADED",
  "INTERNAL",
]);

/** A refusal. The message is shown to the caller and holds no secret and nothing of another user. */
export class GatewayError extends Error {
  readonly code: GatewayErrorCode;
  /** More for a machine to read: numbers and names only. */
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: GatewayErrorCode, message: string, details: Readonly<Record<string, string | number>> = {}) {
    super(message);
    this.name = "GatewayError";
    this.code = code;
    this.details = details;
  }

  /** The HTTP status that fits. */
  get status(): number {
    return GATEWAY_ERRORS[this.code];
  }

  get isRetryable(): boolean {
    return RETRYABLE.has(this.code);
  }
}
