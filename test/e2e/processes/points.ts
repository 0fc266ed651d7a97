// SPDX-License-Identifier: GPL-3.0-or-later
/** Where a process may be killed: every step of a call, of a session's end, of a fold, an enrolment and a close, on both sides. */

export type Side = "gateway" | "wallet";

/** What must be going on for a point to be reached. */
export type Stage =
  /** A call on a ticket of its own, answered as a whole. */
  | "call"
  /** A call whose answer is streamed. */
  | "stream"
  /** A call that the service takes its time for. */
  | "slow"
  /** A session of several calls, ended by a message of its own. */
  | "session"
  | "prove"
  | "fold"
  | "enrol"
  | "close";

interface Point {
  readonly stage: Stage;
  /** What has happened when the process dies here, and what has not. */
  readonly state: string;
}

export const GATEWAY_POINTS = {
  "call came": { stage: "call", state: "A call of a new ticket came. Nothing is verified, nothing recorded." },
  "proof verified": { stage: "call", state: "The ticket's proof is verified. Nothing is recorded." },
  "call recorded": { stage: "call", state: "Ticket, voucher and lease are recorded. The service was not asked." },
  "service asked": { stage: "slow", state: "The service works on the call. It has not answered." },
  "lease renewed": { stage: "slow", state: "The service still works on the call, and the lease was renewed." },
  "answer begun": { stage: "stream", state: "The wallet has the beginning of a streamed answer, the service goes on." },
  "service done": { stage: "call", state: "The service has answered. Nothing is charged." },
  "call signed": { stage: "call", state: "Receipt and refund are signed. Neither is recorded." },
  "call completed": { stage: "call", state: "Answer, charge and refund are recorded. The wallet has nothing of it." },
  "stream completed": { stage: "stream", state: "The same, and the wallet has all of the response but no receipt." },
  "answer cut": { stage: "call", state: "Half of the answer is written to the connection." },
  "answer written": { stage: "call", state: "The whole answer is written to the connection." },
  "end came": { stage: "session", state: "The end of a session is asked for. Its refund is not recorded." },
  "end recorded": { stage: "session", state: "The refund is recorded. The wallet has nothing of it." },
  "refund cut": { stage: "session", state: "Half of the refund is written to the connection." },
  "fold came": { stage: "fold", state: "A fold's proof is verified. Its state is not recorded as signed." },
  "fold recorded": { stage: "fold", state: "The fold is recorded as signed. The wallet has nothing of it." },
  "enrolment came": { stage: "enrol", state: "An enrolment's proof is verified. It is not recorded." },
  "enrolment recorded": { stage: "enrol", state: "The enrolment is recorded as signed. The wallet has nothing of it." },
  "close came": { stage: "close", state: "A close's proof is verified. Its tickets are not entered." },
  "close entered": { stage: "close", state: "The close's tickets are entered. The consent is not signed." },
} as const satisfies Record<string, Point>;

export const WALLET_POINTS = {
  "ticket taken": { stage: "session", state: "A session's ticket is reserved. No request is stored." },
  "request not stored": { stage: "call", state: "The request is made, and its transaction is not committed." },
  "request stored": { stage: "call", state: "The request is stored. Nothing has left." },
  "request sent": { stage: "slow", state: "The request has left. Nothing came back." },
  "answer begun": { stage: "stream", state: "The beginning of a streamed answer came, and was handed on." },
  "answer came": { stage: "call", state: "The whole answer came. Nothing of it is stored." },
  "answer not stored": { stage: "call", state: "The answer is checked, and its transaction is not committed." },
  "answer stored": { stage: "call", state: "The answer is stored. Whoever made the call was not told." },
  "later answer came": { stage: "session", state: "The answer of a session's second call came. It is not stored." },
  "end sent": { stage: "session", state: "A session's end has left. Nothing came back." },
  "refund came": { stage: "session", state: "The refund of a session came. It is not stored." },
  "refund stored": { stage: "session", state: "The refund is stored. Whoever ended the session was not told." },
  "proof not stored": { stage: "prove", state: "A ticket is proved. The proof is not stored." },
  "proof stored": { stage: "prove", state: "The proof is stored. Others are being made." },
  "fold stored": { stage: "fold", state: "A fold is proved and stored. Nothing has left." },
  "fold sent": { stage: "fold", state: "The fold has left. Nothing came back." },
  "fold signed": { stage: "fold", state: "The signature of a fold's state came. It is not stored." },
  "fold kept": { stage: "fold", state: "The signature is stored. Whoever folded was not told." },
  "enrolment signed": { stage: "enrol", state: "The signature of the first state came. It is not stored." },
  "close decided": { stage: "close", state: "The closing flag is stored. Nothing has left." },
  "consent came": { stage: "close", state: "The provider's consent came. Nothing was sent to the chain." },
  "close sent": { stage: "close", state: "The close is on chain. The wallet does not know it." },
} as const satisfies Record<string, Point>;

export type GatewayPoint = keyof typeof GATEWAY_POINTS;
export type WalletPoint = keyof typeof WALLET_POINTS;

/** A point on one side. */
export interface Kill {
  readonly side: Side;
  readonly point: string;
  readonly stage: Stage;
  /** How often the point is passed before it kills. */
  readonly passes?: number;
}

const on = (side: Side, points: Record<string, Point>): Kill[] =>
  Object.entries(points).map(([point, { stage }]) => ({ side, point, stage }));

export const ALL_POINTS: readonly Kill[] = [...on("gateway", GATEWAY_POINTS), ...on("wallet", WALLET_POINTS)];

/** A kill that comes from outside, at no point in particular. */
export const OUTSIDE = "from outside";
